"""The door: hot folder, claims and receipts on one side; on the other, order files read into shipments."""
