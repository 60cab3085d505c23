"""What goes with what: learned from what was ordered, kept as a compact file, asked while a note is planned.

Learning needs scipy and happens in `slipway recommend`; the service opens the file and asks, and loads nothing else.
"""
