"""`python -m tests.dying_service STEP`: the service, killed when its printer has done STEP, one of its methods."""

import os
import signal
import sys
from typing import Any

from service.cli.main import main
from service.printing.cups_printer import CupsPrinter


def die_after(step: str) -> None:
    """kill -9, the first time that this step is done."""
    real = getattr(CupsPrinter, step)

    def dying(printer: CupsPrinter, *arguments: Any) -> None:
        real(printer, *arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(CupsPrinter, step, dying)


if __name__ == "__main__":
    die_after(sys.argv[1])
    sys.exit(main(["run"]))
