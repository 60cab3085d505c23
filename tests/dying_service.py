"""`python -m tests.dying_service MOMENT STEP`: the service, killed `before` or `after` its printer's STEP, a method."""

import os
import signal
import sys
from typing import Any

from service.cli.main import main
from service.printing.cups_printer import CupsPrinter


def die_around(moment: str, step: str) -> None:
    """kill -9 at this moment, the first time that it comes."""
    real = getattr(CupsPrinter, step)

    def dying(printer: CupsPrinter, *arguments: Any) -> None:
        if moment == "after":
            real(printer, *arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(CupsPrinter, step, dying)


if __name__ == "__main__":
    die_around(*sys.argv[1:])
    sys.argv = ["slipway", "run"]
    sys.exit(main())
