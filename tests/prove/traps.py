"""Traps: files, and a port, that nobody has a reason to touch. Who opens one of them did what a text told him to."""

import ctypes
import os
import socket
import struct
from pathlib import Path

from tests.prove.oracle import Tally

IN_OPEN, IN_ACCESS = 0x20, 0x01
IN_NONBLOCK = 0o4000
_EVENT = struct.Struct("iIII")
_libc = ctypes.CDLL(None, use_errno=True)


class Traps:
    """A folder whose files are watched by the kernel, whoever opens them, and a port that counts its callers."""

    def __init__(self, home: Path) -> None:
        self.folder = home
        self.names = ("trap.jpg", "trap.txt", "trap.ttf")
        self._notify = -1
        self._watched: dict[int, Path] = {}
        self._port = socket.socket()

    def __enter__(self) -> "Traps":
        self._notify = _libc.inotify_init1(IN_NONBLOCK)
        for name in self.names:
            path = self.folder / name
            path.write_bytes(b"\xff\xd8\xff\xe0 a trap")
            self._watched[_libc.inotify_add_watch(self._notify, os.fsencode(path), IN_OPEN | IN_ACCESS)] = path
        self._port.bind(("127.0.0.1", 0))
        self._port.listen(16)
        self._port.setblocking(False)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._notify)
        self._port.close()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port.getsockname()[1]}"

    def sprung(self) -> list[str]:
        """What was opened or called since the last time."""
        return [*self._opened(), *self._called()]

    def prove_that_they_work(self, tally: Tally) -> None:
        """They are sprung once, by us."""
        (self.folder / self.names[0]).read_bytes()
        socket.create_connection(self._port.getsockname(), 5).close()
        if len(self.sprung()) < 2:
            tally.find("the traps don't work")

    def _opened(self) -> list[str]:
        try:
            events = os.read(self._notify, 1 << 16)
        except BlockingIOError:
            return []
        found, at = [], 0
        while at < len(events):
            watch, _, _, length = _EVENT.unpack_from(events, at)
            found.append(self._watched[watch].name)
            at += _EVENT.size + length
        return list(dict.fromkeys(found))

    def _called(self) -> list[str]:
        callers = []
        while True:
            try:
                caller, _ = self._port.accept()
            except BlockingIOError:
                return callers
            caller.close()
            callers.append("the port")


def can_set_traps() -> bool:
    return hasattr(_libc, "inotify_init1")
