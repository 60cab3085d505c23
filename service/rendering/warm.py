"""What every render worker inherits ready-made: imported once, by the server that the workers are forked from."""

from service.rendering.blocks.qr import make_usual_table
from service.rendering.type.hyphenation import load_patterns

make_usual_table()
load_patterns()
