"""Printing: jobs at printers, held first and then released.

protocol.py says what a printer promises; folder.py is the embedded one, cups_printer.py speaks to CUPS;
choose.py opens the one that the configuration names.
"""

from service.printing.choose import open_printer
from service.printing.protocol import Printer

__all__ = ("Printer", "open_printer")
