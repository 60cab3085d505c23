"""IPP as bytes: what we write is what printers read, and whatever a network sends ends nothing."""

import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from service.model import Route
from service.printing.ipp import Answer, BrokenAnswer, Operation, Request, Tag, attribute, read, written
from service.printing.job_options import job_options

PRINTER = attribute(Tag.URI, "printer-uri", "ipp://localhost/printers/uk-notes")
HEAD = b"\x02\x00\x00\x00\x00\x00\x00\x01"


def field(tag: int, name: bytes, value: bytes) -> bytes:
    return bytes([tag]) + len(name).to_bytes(2, "big") + name + len(value).to_bytes(2, "big") + value


def test_a_request_is_written_as_rfc_8010_says() -> None:
    request = Request(Operation.PRINT_JOB, PRINTER, job=(attribute(Tag.INTEGER, "copies", 2),), document=b"%PDF")
    expected = b"".join(
        (
            b"\x02\x00\x00\x02\x00\x00\x00\x01\x01",
            field(0x47, b"attributes-charset", b"utf-8"),
            field(0x48, b"attributes-natural-language", b"en"),
            field(0x45, b"printer-uri", b"ipp://localhost/printers/uk-notes"),
            b"\x02",
            field(0x21, b"copies", b"\x00\x00\x00\x02"),
            b"\x03%PDF",
        )
    )
    assert expected == written(request)


def test_each_job_of_an_answer_is_a_group_of_its_own_and_none_is_no_value() -> None:
    one = b"\x02" + field(0x21, b"job-id", b"\x00\x00\x00\x07") + field(0x13, b"time-at-processing", b"")
    two = (
        b"\x02"
        + field(0x44, b"job-state-reasons", b"a")
        + field(0x44, b"", b"b")
        + field(0x36, b"job-name", b"\x00\x02en\x00\x01x")
    )
    answer = read(HEAD + one + two + b"\x03")
    jobs = ({"job-id": (7,), "time-at-processing": ()}, {"job-state-reasons": ("a", "b"), "job-name": ("x",)})
    assert Answer(0, jobs, ()) == answer


def test_what_stands_in_a_collection_is_passed_over() -> None:
    size = (
        field(0x34, b"", b"")
        + field(0x4A, b"", b"x-dimension")
        + field(0x21, b"", b"\x00\x00\x52\x08")
        + field(0x37, b"", b"")
    )
    inside = field(0x4A, b"", b"media-size") + size
    printer = (
        b"\x04"
        + field(0x34, b"media-col", b"")
        + inside
        + field(0x37, b"", b"")
        + field(0x23, b"printer-state", b"\x00\x00\x00\x03")
    )
    assert ({"media-col": (), "printer-state": (3,)},) == read(HEAD + printer + b"\x03").printers


def test_of_a_long_answer_only_the_jobs_that_are_wanted_take_room() -> None:
    content = (
        HEAD + b"".join(b"\x02" + field(0x42, b"job-name", b"%d-1-r1" % number) for number in range(4000)) + b"\x03"
    )
    tracemalloc.start()
    try:
        answer = read(content, lambda job: job["job-name"] == ("7-1-r1",))
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert ({"job-name": ("7-1-r1",)},) == answer.jobs
    assert most_bytes < 50_000  # all of them take 1.5 MB


@given(some.binary(max_size=200), some.integers(0, 200))
def test_whatever_comes_is_an_answer_or_a_broken_one(noise: bytes, cut: int) -> None:
    good = HEAD + b"\x02" + field(0x21, b"job-id", b"\x00\x00\x00\x07") + b"\x03"
    for content in (noise, HEAD + noise, good[:cut] + noise):
        with suppress(BrokenAnswer):
            read(content)


def test_an_answer_that_breaks_off_is_broken() -> None:
    with pytest.raises(BrokenAnswer, match="breaks off"):
        read(HEAD + b"\x02" + field(0x21, b"job-id", b"\x00\x00\x00\x07"))


@pytest.mark.parametrize(
    ("media", "size"),
    [
        ("iso_a4_210x297mm", "media-size={x-dimension=21000 y-dimension=29700} "),
        ("na_letter_8.5x11in", "media-size={x-dimension=21590 y-dimension=27940} "),
        ("custom", ""),
    ],
)
def test_a_tray_is_named_beside_the_size_of_its_paper(media: str, size: str) -> None:
    (told,) = (
        option
        for option in job_options(Route("q", media=media, media_source="tray-1"), is_raw=True)
        if option.name == "media-col"
    )
    assert (f"{{{size}media-source=tray-1}}",) == told.values
