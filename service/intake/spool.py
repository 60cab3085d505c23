"""The spool: the folders through which drops go, one service at a time.

incoming/           the hot folder: belongs to the senders; may be a link, also to another file system
working/            our own copies of claimed drops, DROP_ID~NAME
done/YYYY-MM-DD/    copies whose shipments are all accounted for
problem/            what was refused, with NAME.problem.json
receipts/           NAME.receipt.json, for the shop
decisions/          what a person decided, on its way into the ledger
content/            content packs that were activated (service/content)
printers/           QUEUE.device, the printer that a queue of CUPS had last; QUEUE/, a printer that is a folder
notes/, ledger.db, customer.key, .lock, .reading
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from service.errors import LedgerGone, SpoolInUse, SpoolUnusable
from service.files import full_disk_named

LOCK_TRIES, LOCK_PAUSE_S = 10, 0.02
FOLDERS = ("incoming", "working", "done", "problem", "receipts", "notes", "printers", "decisions")


@dataclass(frozen=True, slots=True)
class Spool:
    """Where everything lies; `hot_folder` is where `incoming` really is, when that is a link."""

    root: Path
    hot_folder: Path | None = None

    @property
    def incoming(self) -> Path:
        return self.hot_folder or self.root / "incoming"

    @property
    def working(self) -> Path:
        return self.root / "working"

    @property
    def done(self) -> Path:
        return self.root / "done"

    @property
    def problem(self) -> Path:
        return self.root / "problem"

    @property
    def receipts(self) -> Path:
        return self.root / "receipts"

    @property
    def notes(self) -> Path:
        return self.root / "notes"

    @property
    def printers(self) -> Path:
        return self.root / "printers"

    @property
    def decisions(self) -> Path:
        return self.root / "decisions"

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.db"

    @property
    def customer_key(self) -> Path:
        return self.root / "customer.key"

    @property
    def lock(self) -> Path:
        return self.root / ".lock"

    @property
    def reading(self) -> Path:
        return self.root / ".reading"


def open_spool(root: Path) -> Spool:
    """The spool at `root`, its folders created where missing; links are followed here, once, and never again."""
    for folder in (root, *(root / name for name in FOLDERS)):
        _make_usable(folder)
    return Spool(root.resolve(), (root / "incoming").resolve())


def _make_usable(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as error:
        raise SpoolUnusable(f"{folder} can't be created: {error.strerror}") from error
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise SpoolUnusable(f"{folder} can't be read and written by this user")


def require_ledger(spool: Spool) -> None:
    """Raises LedgerGone where the ledger is gone whose notes the receipts tell of: a new one would print again."""
    is_there = spool.ledger.exists() and spool.ledger.stat().st_size > 0
    if not is_there and any(spool.receipts.glob("*.receipt.json")):
        raise LedgerGone(f"{spool.ledger} is not there, and receipts/ tells of notes that it had")


@contextmanager
def lock_spool(spool: Spool) -> Iterator[None]:
    """Be the one service of this spool inside the block; raises SpoolInUse, naming the pid of the other.

    The lock goes with the process, whatever ends it. Its descriptor is closed on exec, so workers that are spawned
    (or come from a fork server) don't keep it; workers that are forked would.
    """
    try:
        descriptor = os.open(spool.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
    except OSError as error:
        raise SpoolUnusable(f"{spool.lock} can't be opened: {error.strerror}") from error
    try:
        _lock(descriptor, spool)
        with full_disk_named(spool.lock):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, spool: Spool) -> None:
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            time.sleep(LOCK_PAUSE_S)  # a command that asks whether we run holds it for an instant
    holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
    raise SpoolInUse(f"{spool.root} is in use by the service with pid {holder}")


def is_locked(spool: Spool) -> bool:
    """True while a service works on this spool."""
    try:
        descriptor = os.open(spool.lock, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def sweep_unfinished(folder: Path) -> None:
    """Remove what a crash left half-written in `folder`: only for the one who holds the lock, before work begins."""
    with os.scandir(folder) as entries:
        unfinished = [entry.name for entry in entries if entry.name.startswith(".") and entry.name.endswith(".tmp")]
    for name in unfinished:
        (folder / name).unlink(missing_ok=True)
