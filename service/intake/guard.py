"""The guarded open: nothing that a sender can put into a folder makes us block, follow, or read without end.

Only a regular file with one link and a size within the cap is read, in one go, into memory: these bytes are what is
hashed, read and copied, and the sender's inode is never looked at again.
"""

import errno
import os
import stat
from typing import NamedTuple

from service.errors import FileTooLarge, FileUnreadable, NotARegularFile

FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
SHORT_OF = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)  # our own shortage, not the file's fault

KINDS = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class Identity(NamedTuple):
    """What makes a file the same file with the same content, as far as a look from outside can tell."""

    inode: int
    size_bytes: int
    modified_ns: int
    links: int


def identity(status: os.stat_result) -> Identity:
    """The identity in an answer of stat."""
    return Identity(status.st_ino, status.st_size, status.st_mtime_ns, status.st_nlink)


def read_guarded(folder: int, name: str, most_bytes: int) -> tuple[bytes, Identity] | None:
    """The content of `name` in the open `folder` and whose it is; None if it vanished or changed while it was read.

    Raises NotARegularFile, FileTooLarge or FileUnreadable; OSError only where we are short of memory or descriptors.
    """
    try:
        check_kind(os.stat(name, dir_fd=folder, follow_symlinks=False), most_bytes)  # opening a device may act on it
        descriptor = os.open(name, FLAGS, dir_fd=folder)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(error) from error
    try:
        return _read_unchanged(descriptor, most_bytes)
    except OSError as error:
        raise _unreadable(error) from error
    finally:
        os.close(descriptor)


def check_kind(status: os.stat_result, most_bytes: int) -> None:
    """Raise unless this is a regular file with one link and of a size that we take."""
    for is_kind, kind in KINDS:
        if is_kind(status.st_mode):
            raise NotARegularFile(f"the drop is {kind}")
    if status.st_nlink > 1:
        raise NotARegularFile(f"the drop has {status.st_nlink} hard links")
    if status.st_size > most_bytes:
        raise FileTooLarge(f"the drop has {status.st_size} bytes, the limit is {most_bytes}")


def can_be_kept(status: os.stat_result) -> bool:
    """True for folders and plain files. A link, a pipe, a socket, a second name of a file: these are only removed."""
    return stat.S_ISDIR(status.st_mode) or (stat.S_ISREG(status.st_mode) and status.st_nlink == 1)


def _read_unchanged(descriptor: int, most_bytes: int) -> tuple[bytes, Identity] | None:
    before = os.fstat(descriptor)
    check_kind(before, most_bytes)
    content = _read_all(descriptor, before.st_size)
    unchanged = identity(os.fstat(descriptor)) == identity(before) and len(content) == before.st_size
    return (content, identity(before)) if unchanged else None


def _read_all(descriptor: int, size_bytes: int) -> bytes:
    """Up to one byte more than `size_bytes`, so that a file that grows shows; a signal may cut a read short."""
    parts = []
    missing = size_bytes + 1
    while missing and (part := os.read(descriptor, missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _unreadable(error: OSError) -> Exception:
    if error.errno in SHORT_OF:
        return error
    if error.errno in (errno.ELOOP, errno.ENXIO):  # swapped for a link or a socket since we looked
        return NotARegularFile("the drop is no plain file")
    return FileUnreadable(f"the drop can't be read: {error.strerror}")
