"""The journal, in the place of journald: what the service says to its native socket, kept as journald would keep it."""

import json
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

NUMBERS = frozenset({"pid"})  # as the log has them where there is no journal


class JournalDouble:
    """Listens at a Unix socket; events go to `raw`, as they came, and to `log`, a line of JSON each."""

    def __init__(self, address: Path, raw: Path, log: Path) -> None:
        self._raw, self._log = raw, log
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self._socket.bind(str(address))
        self._reads = threading.Event()
        self._reads.set()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def pause(self) -> None:
        """Read no more, after what comes next."""
        self._reads.clear()

    def stop(self) -> None:
        """Be gone, with what was not read; the socket's name stays."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._reads.set()
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while self._reads.wait() and (event := self._socket.recv(1 << 20)):
            with open(self._raw, "ab") as raw, open(self._log, "a", encoding="utf-8") as log:
                raw.write(event + b"\n")
                log.write(json.dumps({name.lower(): _value(name, text) for name, text in fields_of(event)}) + "\n")


def fields_of(event: bytes) -> Iterator[tuple[str, str]]:
    """NAME=TEXT lines; a text of several lines has its length before it."""
    while event:
        line, _, event = event.partition(b"\n")
        name, is_plain, text = line.partition(b"=")
        if not is_plain:
            (length,) = struct.unpack_from("<Q", event)
            text, event = event[8 : 8 + length], event[9 + length :]
        yield name.decode(), text.decode()


def _value(name: str, text: str) -> object:
    return int(text) if name.lower() in NUMBERS else text
