"""The same note by each engine, as somebody who knows it well would have it drawn. Each module is a program (see
worker.py) with nothing of the service in it but `ours`; it runs with the Python that has its engine."""

WARM_UP = 20  # notes that each draws first: by then most pictures were shown
