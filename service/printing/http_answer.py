"""What an HTTP/1.1 server answers to one request: as much of HTTP as CUPS and printers speak.

The standard library reads the head of an answer as it reads e-mail, which takes longer than all that we ask about a
note. Here the head is looked through for what says where the body ends. Bounded in size; the deadline is with whoever
receives. What is no HTTP, or says its length in two ways, is a BrokenHttp.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

OK = 200
LARGEST_HEAD = 64 << 10
LARGEST_BODY = 8 << 20
INTERIM = 4  # so many answers of "go on" may come before the one that counts
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: [^\r\n]*)?")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_END_OF_LINE = re.compile(rb"\r?\n")
_LONGEST_END = 4
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?")

Receive = Callable[[], bytes]


class BrokenHttp(Exception):
    """These bytes are no answer by HTTP, or more than anybody should send."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A status, and the body of one that is OK. After `is_last` the connection is of no more use."""

    status: int
    body: bytes
    is_last: bool


def received_answer(receive: Receive) -> HttpAnswer:
    """The next answer of a connection; `receive` gives what came, at least a byte, or none at its end.

    Raises BrokenHttp, and whatever `receive` raises.
    """
    incoming = _Incoming(receive)
    for _ in range(INTERIM + 1):
        version, status, headers = _head(incoming)
        if status >= OK:
            break
    else:
        raise BrokenHttp("it only ever says that it goes on")
    if status != OK:
        return HttpAnswer(status, b"", is_last=True)
    body = _body(incoming, headers)
    is_kept = b"keep-alive" in headers.get(b"connection", b"").lower() if version == 0 else not _closes(headers)
    return HttpAnswer(status, body, is_last=not is_kept or incoming.is_over or incoming.has_more)


class _Incoming:
    """What has come in and was not looked at yet."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._kept = b""
        self.is_over = False

    @property
    def has_more(self) -> bool:
        return bool(self._kept)

    def upto(self, end: re.Pattern[bytes], most: int) -> bytes:
        """All before the next `end`, which is passed over; no more than `most` bytes."""
        looked = 0
        while not (found := end.search(self._kept, looked)):
            if len(self._kept) > most:
                raise BrokenHttp("the head of the answer does not end")
            looked = max(0, len(self._kept) - _LONGEST_END)
            self._more()
        before, self._kept = self._kept[: found.start()], self._kept[found.end() :]
        return before

    def exactly(self, size: int) -> bytes:
        """The next so many bytes."""
        if size > LARGEST_BODY:
            raise BrokenHttp("the answer does not end")
        pieces, missing = [self._kept], size - len(self._kept)
        while missing > 0:
            self._kept = b""
            self._more()
            pieces.append(self._kept)
            missing -= len(self._kept)
        all_of_it = b"".join(pieces)
        self._kept = all_of_it[size:]
        return all_of_it[:size]

    def rest(self) -> bytes:
        """All until the other side closes the connection."""
        pieces, size = [self._kept], len(self._kept)
        while piece := self._receive():
            pieces.append(piece)
            size += len(piece)
            if size > LARGEST_BODY:
                raise BrokenHttp("the answer does not end")
        self._kept, self.is_over = b"", True
        return b"".join(pieces)

    def _more(self) -> None:
        piece = self._receive()
        if not piece:
            raise BrokenHttp("the connection was closed in the middle of the answer")
        self._kept += piece


def _head(incoming: _Incoming) -> tuple[int, int, Mapping[bytes, bytes]]:
    """The minor version, the status, and the headers by their names in small letters; of equal names the last."""
    first, *lines = incoming.upto(_END_OF_HEAD, LARGEST_HEAD).split(b"\n")
    said = _STATUS.fullmatch(first.rstrip(b"\r"))
    if not said:
        raise BrokenHttp("the answer is no HTTP")
    headers: dict[bytes, bytes] = {}
    for line in lines:
        name, _, value = line.partition(b":")
        name, value = name.strip().lower(), value.strip()
        if name == b"content-length" and headers.get(name, value) != value:
            raise BrokenHttp("the answer has two lengths")
        headers[name] = b", ".join((headers[name], value)) if name == b"connection" and name in headers else value
    return int(said[1]), int(said[2]), headers


def _body(incoming: _Incoming, headers: Mapping[bytes, bytes]) -> bytes:
    coding = headers.get(b"transfer-encoding", b"").lower()
    if coding == b"chunked":
        return _chunks(incoming)
    if coding not in (b"", b"identity"):
        raise BrokenHttp("the answer is coded in a way that nobody asked for")
    length = headers.get(b"content-length")
    if length is None:
        return incoming.rest()
    if not length.isdigit() or len(length.lstrip(b"0")) > len(str(LARGEST_BODY)):
        raise BrokenHttp("the answer has no sensible length")
    return incoming.exactly(int(length))


def _chunks(incoming: _Incoming) -> bytes:
    """A body that comes in pieces, each with its size before it; what may stand behind them is passed over."""
    pieces: list[bytes] = []
    left = LARGEST_BODY
    while size := _chunk_size(incoming):
        left -= size
        if left < 0:
            raise BrokenHttp("the answer does not end")
        pieces.append(incoming.exactly(size))
        if incoming.upto(_END_OF_LINE, LARGEST_HEAD):
            raise BrokenHttp("a piece of the answer is longer than it says")
    left = LARGEST_HEAD
    while trailer := incoming.upto(_END_OF_LINE, left):
        left -= len(trailer)
    return b"".join(pieces)


def _chunk_size(incoming: _Incoming) -> int:
    said = _CHUNK.fullmatch(incoming.upto(_END_OF_LINE, LARGEST_HEAD))
    if not said:
        raise BrokenHttp("a piece of the answer does not say how long it is")
    return int(said[1], 16)


def _closes(headers: Mapping[bytes, bytes]) -> bool:
    return b"close" in headers.get(b"connection", b"").lower()
