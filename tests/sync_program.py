"""A real sync that kills itself before its nth step on the disk: python -m tests.sync_program ORIGINALS LIBRARY STEP.

A step is whatever it is about to do to a file of the library: open, rename, link, remove, connect; and every picture
that is done. Step 0 never comes: then the steps are counted, and said.
"""

import os
import signal
import sys
from pathlib import Path

from service.config import Images
from service.imagery.originals.source import open_source
from service.imagery.syncing import revision
from service.imagery.syncing.sync import SyncPlan, sync
from tests.imagery_doubles import Bench, in_an_hour

STEPS = frozenset(("open", "os.rename", "os.symlink", "os.remove", "os.mkdir", "os.rmdir", "sqlite3.connect"))


class Steps:
    """Counts the steps, and is killed before the fatal one."""

    def __init__(self, library: Path, fatal: int) -> None:
        self._library = str(library)
        self._fatal = fatal
        self.taken = 0

    def audit(self, event: str, given: tuple[object, ...]) -> None:
        if event in STEPS and any(self._library in str(one) for one in given):
            self.take()

    def take(self, *_progress: object) -> None:
        self.taken += 1
        if self.taken == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)


def main(originals: Path, library: Path, fatal: int) -> None:
    revision.KEEP_EVERY_S = 0.0  # every picture is kept at once: more moments to be killed at
    steps, settings = Steps(library, fatal), Images(workers=2)
    sys.addaudithook(steps.audit)
    plan = SyncPlan("", settings, now=in_an_hour, progress=steps.take)
    sync(library, open_source(str(originals), None, settings), Bench(library).demand, plan)
    os.write(1, b"%d\n" % steps.taken)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
