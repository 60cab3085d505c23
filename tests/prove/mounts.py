"""File systems of the rig's own: small ones that fill up, and one whose power can be cut. All need root."""

import fcntl
import os
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN
NO_LOG_FLUSH = 2  # what was not synced is lost, as in a power cut
COMMAND_S = 30


@contextmanager
def tmpfs(home: Path, options: str) -> Iterator[Path]:
    """A tmpfs below `home`, gone at the end of the block."""
    place = Path(tempfile.mkdtemp(prefix="tmpfs-", dir=home))
    _command("mount", "-t", "tmpfs", "-o", options, "slipway-prove", str(place))
    try:
        yield place
    finally:
        _unmount(place)


@contextmanager
def bound(source: Path, place: Path) -> Iterator[None]:
    """What lies in `source` is at `place` too, inside the block, and as often as it is mounted and unmounted there."""
    mount_bound(source, place)
    try:
        yield
    finally:
        runs("umount", "-l", str(place))


def mount_bound(source: Path, place: Path) -> None:
    _command("mount", "--bind", str(source), str(place))


def unmount_bound(place: Path) -> None:
    """At once, also while somebody looks into it."""
    _command("umount", "-l", str(place))


class Disk:
    """An ext4 in a file, that can lose its power."""

    def __init__(self, home: Path, size_mb: int) -> None:
        self.place = Path(tempfile.mkdtemp(prefix="disk-", dir=home))
        self._image = self.place.with_suffix(".img")
        with open(self._image, "wb") as image:
            image.truncate(size_mb << 20)
        _command("mkfs.ext4", "-q", "-F", str(self._image))
        self._mount()

    def cut_power(self) -> None:
        """Everything that was not synced is gone; the disk answers nothing until `restore`."""
        descriptor = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(descriptor)

    def sync(self) -> None:
        """All of it stays; what lies on other disks is not touched."""
        _command("sync", "--file-system", str(self.place))

    def restore(self) -> None:
        """The power is back."""
        _unmount(self.place)
        self._mount()

    def fill(self) -> None:
        """Nothing more fits, for `root` neither."""
        free = os.statvfs(self.place)
        with open(self.place / "ballast", "wb", buffering=0) as ballast, suppress(OSError):
            with suppress(OSError):
                os.posix_fallocate(ballast.fileno(), 0, max(1, free.f_bfree * free.f_frsize - (4 << 20)))
            ballast.seek(0, os.SEEK_END)
            while True:
                ballast.write(b"\0" * 4096)

    def empty(self) -> None:
        """There is room again."""
        (self.place / "ballast").unlink(missing_ok=True)

    def remove(self) -> None:
        _unmount(self.place)
        self._image.unlink(missing_ok=True)

    def _mount(self) -> None:
        _command("mount", "-o", "loop", str(self._image), str(self.place))


@contextmanager
def disk(home: Path, size_mb: int = 64) -> Iterator[Disk]:
    """A disk, gone at the end of the block; it takes of ours only what is written to it."""
    made = Disk(home, size_mb)
    try:
        yield made
    finally:
        made.remove()


def can_mount_tmpfs() -> bool:
    with suppress(OSError, subprocess.SubprocessError), _a_folder() as home, tmpfs(home, "size=1m"):
        return True
    return False


def can_mount_loop() -> bool:
    with suppress(OSError, subprocess.SubprocessError), _a_folder() as home, disk(home) as made:
        made.cut_power()
        made.restore()
        return True
    return False


@contextmanager
def _a_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="slipway-prove-") as home:
        yield Path(home)


def runs(*command: str) -> bool:
    """True if this command can be carried out here."""
    try:
        return subprocess.run(command, capture_output=True, timeout=COMMAND_S, check=False).returncode == 0
    except OSError:
        return False


def _unmount(place: Path) -> None:
    """At once, or as soon as the last process that was killed there is gone."""
    if not runs("umount", str(place)):
        _command("umount", "-l", str(place))


def _command(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=COMMAND_S)
