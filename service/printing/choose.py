"""Opens the printer that the configuration names."""

import importlib.util
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from service.config import Printing
from service.errors import ConfigInvalid
from service.printing.folder import FolderPrinter
from service.printing.protocol import Printer


def open_printer(settings: Printing, folder: Path, now: Callable[[], datetime]) -> Printer:
    """The folder printer under `folder`, or the CUPS server at the socket of `settings`."""
    if settings.backend == "folder":
        return FolderPrinter(folder, now)
    if importlib.util.find_spec("cups") is None:
        raise ConfigInvalid(
            'printing.backend is "cups", but pycups is not installed',
            where="config/slipway.toml",
            hint='Install it: apt-get install libcups2-dev gcc python3-dev, then pip install "slipway[cups]"; '
            'or set printing.backend = "folder".',
        )
    from service.printing.cups_printer import CupsPrinter  # only here: the folder printer needs no CUPS on the machine

    return CupsPrinter(settings.cups_socket, now)
