"""The prepared pictures: files named by the SHA-256 of their bytes, in 256 folders by its first byte, never changed.

A file is written aside and renamed, without fsync: it is as good as its name says or not there, until the power goes.
`make_durable` makes all that was written so far outlast that; only then may an index name it.
"""

import ctypes
import hashlib
import os
from collections.abc import Container, Iterator
from pathlib import Path

from service.errors import LibraryFull, LibraryUnusable, SpoolFull
from service.files import write_aside
from service.imagery.offered import MADE_HERE

OPEN_FILE, OPEN_FOLDER = 0o644, 0o755  # whoever prints reads them, whoever syncs; nothing in them is secret
_TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n# Prepared pictures: https://bford.info/cachedir/\n"
_libc = ctypes.CDLL(None, use_errno=True)


class Store:
    """The folder of prepared pictures."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make_folders(self) -> None:
        """Create what is missing, before the first `put`."""
        make_open_folder(self._folder)
        for shard in range(256):
            make_open_folder(self._folder / f"{shard:02x}")
        if not (self._folder / MADE_HERE).exists():
            (self._folder / MADE_HERE).write_bytes(_TAG)

    def path_of(self, digest: bytes) -> Path:
        """Where the picture with this SHA-256 lies, if it is there."""
        return Path(self._name_of(digest))

    def put(self, content: bytes) -> bytes:
        """Keep a picture; returns its SHA-256. What lies under that name is replaced: it may be torn."""
        digest = hashlib.sha256(content).digest()
        try:
            write_aside(self.path_of(digest), content, durable=False, for_everybody=True)
        except SpoolFull as error:
            raise LibraryFull(error.what) from error
        except OSError as error:
            raise LibraryUnusable(f"{self._folder} can't be written: {error.strerror}") from error
        return digest

    def has(self, digest: bytes, size_bytes: int) -> bool:
        """True if the picture is there, at its full size."""
        try:
            return os.stat(self._name_of(digest)).st_size == size_bytes  # noqa: PTH116  (asked for every picture of a note)
        except OSError:
            return False

    def fault_of(self, digest: bytes, size_bytes: int) -> str:
        """What is wrong with a picture that should be here; empty if it is whole."""
        try:
            content = self.path_of(digest).read_bytes()
        except FileNotFoundError:
            return "is not there"
        except OSError as error:
            return f"can't be read: {error.strerror}"
        if len(content) != size_bytes:
            return f"has {len(content)} bytes instead of {size_bytes}"
        return "" if hashlib.sha256(content).digest() == digest else "is damaged"

    def sizes_bytes(self) -> dict[bytes, int]:
        """What is here: the size of each picture, by its SHA-256."""
        return {
            digest: entry.stat(follow_symlinks=False).st_size for entry in self._entries() if (digest := _named(entry))
        }

    def digests(self) -> Iterator[bytes]:
        """What is here, by SHA-256."""
        return (digest for entry in self._entries() if (digest := _named(entry)))

    def remove(self, digest: bytes) -> None:
        """Take a picture away."""
        self.path_of(digest).unlink(missing_ok=True)

    def keep_only(self, named: Container[bytes]) -> None:
        """Take away every file that is none of the pictures `named`, and what a crash left half-written."""
        for entry in self._entries():
            if _named(entry) not in named:
                Path(entry.path).unlink(missing_ok=True)

    def make_durable(self) -> None:
        """Wait until everything that was put here outlasts a power cut: one flush of the file system for many files."""
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if _libc.syncfs(descriptor):
                error = ctypes.get_errno()
                raise OSError(error, os.strerror(error), str(self._folder))
        finally:
            os.close(descriptor)

    def _name_of(self, digest: bytes) -> str:
        name = digest.hex()
        return f"{self._folder}/{name[:2]}/{name}.jpg"

    def _entries(self) -> Iterator[os.DirEntry[str]]:
        for shard in range(256):
            try:
                with os.scandir(f"{self._folder}/{shard:02x}") as entries:
                    yield from entries
            except FileNotFoundError:
                continue


def make_open_folder(folder: Path) -> None:
    """Create a folder that whoever prints may read, if it is missing, and what it lies in."""
    if not folder.is_dir():
        folder.mkdir(parents=True)
        folder.chmod(OPEN_FOLDER)


def _named(entry: os.DirEntry[str]) -> bytes:
    """The SHA-256 that a file is named by; empty if it is none of ours."""
    name = entry.name
    if len(name) != 68 or not name.endswith(".jpg"):
        return b""
    try:
        return bytes.fromhex(name[:64])
    except ValueError:
        return b""
