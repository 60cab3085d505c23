"""Where files end: done/, or problem/ with a report of why.

Each step can be cut by a crash and done again: a file is moved by one rename, a report is written before its file is
moved, and the report knows by its `drop` whose it is. Names in done/ and problem/ are never overwritten: the
second order.json of a day is order~2.json. Names are chosen under one lock, for one service owns the spool.
"""

import hashlib
import stat
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from service.files import fsync_folder, write_whole
from service.intake.copies import COPY_NAME, copy_for
from service.intake.guard import can_be_kept
from service.intake.names import marked
from service.intake.receipts import dumped, owner_of
from service.intake.spool import Spool

_naming = threading.Lock()


@dataclass(frozen=True, slots=True)
class ProblemReport:
    """What the sender of a refused file needs to know: one of `problems` for the file, or each shipment refused.

    A problem has code, what, where, hint and the shipment's position in the file.
    """

    file: str
    sha256: str
    refused_at: datetime
    problems: tuple[Mapping[str, Any], ...]


def archive(claim_path: Path, spool: Spool, on: date) -> Path:
    """Move our copy to done/ of that day; the path where it now is. That folder's fsync is the caller's."""
    day = spool.done / f"{on:%Y-%m-%d}"
    if not day.is_dir():
        day.mkdir(mode=0o750, exist_ok=True)
        fsync_folder(spool.done)
    drop_id, name = _drop_of(claim_path)
    with _naming:
        target = next(path for path in _places(day, name, drop_id) if not _is_taken(path))
        claim_path.rename(target)
    return target


def refuse(claim_path: Path, spool: Spool, report: ProblemReport) -> Path:
    """Write the report, then move our copy beside it in problem/; the path where it now is. The fsync is the caller's.

    A link, pipe, socket or device is removed instead, and of a file with hard links our name only: nothing that a
    sender could still write to, or that blocks its reader, stays in problem/.
    """
    drop_id, name = _drop_of(claim_path)
    with _naming:
        target = next(path for path in _places(spool.problem, name, drop_id) if not _is_others(path, drop_id))
        write_whole(_report_of(target), dumped({"drop": drop_id, **asdict(report)}, indent=1))
        if can_be_kept(claim_path.lstat()):
            claim_path.rename(target)
        else:
            claim_path.unlink()
    return target


def take_out(path: Path, spool: Spool, drop_id: str, name: str) -> Path:
    """Move a file that was put away back to working/, durably: it is in work again; the path where it now is."""
    copy = copy_for(spool, drop_id, name).path
    path.rename(copy)
    fsync_folder(spool.working)
    return copy


def find_archived(spool: Spool, day: date, sha256: str, size_bytes: int) -> Path | None:
    """A file with this content that was put away on that day, or refused in part: the ledger knows no names."""
    return next(all_archived(spool, day, sha256, size_bytes), None)


def all_archived(spool: Spool, day: date, sha256: str, size_bytes: int) -> Iterator[Path]:
    """Every such file: the same content may have been dropped under several names."""
    folders = [spool.done / f"{day:%Y-%m-%d}", spool.problem]
    paths = (path for folder in folders if folder.is_dir() for path in folder.iterdir())
    return (path for path in paths if _has_content(path, sha256, size_bytes))


def _drop_of(claim_path: Path) -> tuple[str, str]:
    match = COPY_NAME.fullmatch(claim_path.name)
    if match is None:
        raise ValueError("not the name of a copy")
    return match[1], match[2]


def _places(folder: Path, name: str, drop_id: str) -> Iterator[Path]:
    """Where the file may go, best first; from the tenth of a name on with its drop id, so that nobody has to count."""
    for mark in ("", *"23456789", drop_id):
        yield folder / marked(name, mark)


def _is_taken(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return True


def _is_others(path: Path, drop_id: str) -> bool:
    """True if this place in problem/ is another drop's; a report of our own is what a crash left before the move."""
    return _is_taken(path) or owner_of(_report_of(path)) not in ("", drop_id)


def _has_content(path: Path, sha256: str, size_bytes: int) -> bool:
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode) or status.st_size != size_bytes:
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _report_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.problem.json")
