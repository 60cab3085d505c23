"""What every render worker inherits ready-made: imported once, by the server that the workers are forked from."""

from service.rendering.qr import make_usual_tables

make_usual_tables()
