"""Answers by HTTP: what is whole is read however it comes in, and what is not is no answer."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from service.printing.http_answer import LARGEST_BODY, LARGEST_HEAD, BrokenHttp, HttpAnswer, received_answer

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=y\r\nbod\r\n1 \r\ny\r\n0\r\nTrailer: t\r\n\r\n"
WHOLE = HttpAnswer(200, b"body", is_last=False)


def pieces(content: bytes, size: int = 1 << 16) -> Callable[[], bytes]:
    """A connection that gives so many bytes at a time, and is then closed."""
    coming = [content[at : at + size] for at in range(0, len(content), size)]
    return lambda: coming.pop(0) if coming else b""


@pytest.mark.parametrize("size", [1, 2, 7, 1 << 16])
@pytest.mark.parametrize(
    "answer", [PLAIN, CHUNKED, b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN, PLAIN.replace(b"\r", b"")]
)
def test_an_answer_is_the_same_in_whatever_pieces_it_comes(answer: bytes, size: int) -> None:
    assert WHOLE == received_answer(pieces(answer, size))


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\nbody", id="no length"),
        pytest.param(PLAIN.replace(b"\r\n\r\n", b"\r\nConnection: Close\r\n\r\n"), id="it says so"),
        pytest.param(PLAIN.replace(b"1.1", b"1.0"), id="of old"),
        pytest.param(PLAIN + b"HTTP/1.1 200 OK\r\n", id="something nobody asked for"),
    ],
)
def test_a_connection_that_is_of_no_more_use_is_told(answer: bytes) -> None:
    assert HttpAnswer(200, b"body", is_last=True) == received_answer(pieces(answer))


@pytest.mark.parametrize(
    "said", [b"Content-Length : 4", b"content-length:\t04", b"Content-Length: 4\r\nConnection: keep-alive"]
)
def test_a_header_is_read_however_it_is_spaced(said: bytes) -> None:
    assert WHOLE == received_answer(pieces(PLAIN.replace(b"Content-Length: 4", said)))


def test_of_two_words_on_the_connection_both_are_heard() -> None:
    closing = PLAIN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n")
    assert received_answer(pieces(closing)).is_last


def test_of_what_is_not_ok_only_the_status_is_read() -> None:
    answer = b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 99999999999\r\n\r\n"
    assert HttpAnswer(426, b"", is_last=True) == received_answer(pieces(answer))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "closed in the middle"),
        (PLAIN[:-1], "closed in the middle"),
        (CHUNKED[:-2], "closed in the middle"),
        (b"220 mail\r\n\r\n", "no HTTP"),
        (b"HTTP/2 200\r\n\r\n", "no HTTP"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 9, "only ever says"),
        (PLAIN.replace(b"\r\n\r\n", b"\r\ncontent-length: 5\r\n\r\n"), "two lengths"),
        (PLAIN.replace(b": 4", b": -4"), "no sensible length"),
        (PLAIN.replace(b": 4", b": 4_0"), "no sensible length"),
        (PLAIN.replace(b": 4", b": %d" % (LARGEST_BODY + 1)), "does not end"),
        (CHUNKED.replace(b"3;x=y", b"-3"), "how long it is"),
        (CHUNKED.replace(b"3;x=y", b"0x3"), "how long it is"),
        (CHUNKED.replace(b"3;x=y", b"2"), "longer than it says"),
        (CHUNKED.replace(b"3;x=y", b"%x" % (LARGEST_BODY + 1)), "does not end"),
        (PLAIN.replace(b"Content-Length: 4", b"Transfer-Encoding: gzip"), "coded"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * LARGEST_HEAD, "does not end"),
        (CHUNKED[:-2] + b"X: y\r\n" * LARGEST_HEAD, "does not end"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + bytes(LARGEST_BODY + 1), "does not end"),
    ],
)
def test_what_is_no_whole_answer_is_none(answer: bytes, why: str) -> None:
    with pytest.raises(BrokenHttp, match=why):
        received_answer(pieces(answer))


@given(some.binary(max_size=200), some.integers(0, 200), some.integers(1, 64))
def test_whatever_comes_is_an_answer_or_a_broken_one(noise: bytes, cut: int, size: int) -> None:
    for content in (noise, PLAIN[:cut] + noise, CHUNKED[:cut] + noise):
        with suppress(BrokenHttp):
            received_answer(pieces(content, size))
