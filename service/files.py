"""Files that are either there and whole, or not there: the one place that knows how.

A file is written beside its target, fsynced, renamed over it, and its folder fsynced; so after a power cut the target
is the old one or the new one. A full disk raises SpoolFull; other faults of the disk stay OSError.
"""

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.errors import SpoolFull

FULL = (errno.ENOSPC, errno.EDQUOT)


def write_whole(path: Path, content: bytes, *, mode: int = 0o640, owner: os.stat_result | None = None) -> None:
    """Put `content` at `path`, durably and at once for every reader; root may give it to the `owner` of something."""
    write_aside(path, content, mode=mode, owner=owner)
    fsync_folder(path.parent)


def write_aside(
    path: Path,
    content: bytes,
    *,
    mode: int = 0o640,
    durable: bool = True,
    for_everybody: bool = False,
    owner: os.stat_result | None = None,
) -> None:
    """Like write_whole, but the folder's fsync is the caller's; without `durable` it may be gone after a power cut.

    `for_everybody`: every user of the machine may read it, whatever our umask.
    """
    beside = path.with_name(f".{path.name[:180]}.{os.getpid():x}-{threading.get_ident():x}.tmp")
    try:
        with full_disk_named(path):
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                if for_everybody:
                    os.fchmod(descriptor, 0o644)
                if owner:
                    os.fchown(descriptor, owner.st_uid, owner.st_gid)
                if durable:
                    file.flush()
                    os.fsync(descriptor)
            beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def fsync_folder(folder: Path) -> None:
    """Make the names in `folder` durable: what was created, renamed or removed in it stays so."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def full_disk_named(path: Path) -> Iterator[None]:
    """A full disk inside the block becomes SpoolFull, naming the folder."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise SpoolFull(f"no space left in {path.parent}") from error
        raise
