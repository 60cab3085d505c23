"""The journal's native protocol: each event a datagram, each fact a field that `journalctl ORDER_ID=1` asks for.

Sending never waits. A journal that is slow, or gone, costs events and never notes: `send` says so, and its caller
counts. https://systemd.io/JOURNAL_NATIVE_PROTOCOL
"""

import errno
import fcntl
import os
import socket
import struct
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

SOCKET = Path("/run/systemd/journal/socket")
_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
_TOO_LARGE = (errno.EMSGSIZE, errno.ENOBUFS)
_BUFFER_BYTES = 8 << 20  # as much as the kernel lets us have: a burst must not be lost while journald sleeps


def is_read_by_journal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """True when systemd has connected `stream` to its journal: JOURNAL_STREAM names the device and inode of that."""
    device, _, inode = environ.get("JOURNAL_STREAM", "").partition(":")
    try:
        status = os.fstat(stream.fileno())
    except OSError:
        return False
    return (device, inode) == (str(status.st_dev), str(status.st_ino))


class Journal:
    """The journal at a Unix socket; it may be restarted, and need not be there."""

    def __init__(self, address: Path = SOCKET) -> None:
        self._address = str(address)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)

    def send(self, fields: Mapping[str, str]) -> bool:
        """Hand over one event; False when the journal could not take it at this moment."""
        event = b"".join(_field(name, text) for name, text in fields.items())
        try:
            self._socket.sendto(event, self._address)
        except OSError as error:
            return error.errno in _TOO_LARGE and self._send_as_file(event)
        return True

    def close(self) -> None:
        self._socket.close()

    def _send_as_file(self, event: bytes) -> bool:
        """Hand over a large event as a sealed file in memory."""
        try:
            descriptor = os.memfd_create("slipway-event", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            with os.fdopen(descriptor, "wb") as file:
                file.write(event)
                file.flush()
                fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
                passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", [descriptor]))]
                self._socket.sendmsg([], passed, 0, self._address)
        except OSError:
            return False
        return True


def _field(name: str, text: str) -> bytes:
    """NAME=TEXT, or with its length ahead where the text has more than one line."""
    value = text.encode("utf-8", "replace")
    if b"\n" not in value:
        return b"%s=%s\n" % (name.encode(), value)
    return b"%s\n%s%s\n" % (name.encode(), struct.pack("<Q", len(value)), value)
