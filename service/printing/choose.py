"""Opens the printer that the configuration names."""

from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path

from service.config import Printing
from service.printing.cups_printer import CupsPrinter
from service.printing.folder import FolderPrinter
from service.printing.protocol import Printer


def open_printer(
    settings: Printing,
    folder: Path,
    now: Callable[[], datetime],
    not_asked: Collection[str] = (),
    *,
    remembers: bool = False,
) -> Printer:
    """The folder printer under `folder`, or the CUPS server at the socket of `settings`.

    `not_asked` are queues of CUPS whose printers are not asked themselves what became of a job. Who follows jobs
    `remembers` in `folder` which printers these queues have.
    """
    if settings.backend == "folder":
        return FolderPrinter(folder, now)
    return CupsPrinter(settings.cups_socket, settings.call_deadline_s, now, not_asked, folder if remembers else None)
