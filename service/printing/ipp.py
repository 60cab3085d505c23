"""IPP as bytes (RFC 8010): requests written, answers read.

Written here because pycups's reader is not fit for what a network sends: it ends the process with a segmentation fault
at an attribute without a value. Read are the values that we ask for: numbers, booleans and every kind of text; of what
else stands in an answer (collections, dates, ranges) only the name is kept. An answer that is no IPP is a BrokenAnswer,
whatever the bytes.
"""

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

VERSION = 0x0200
LONGEST_TEXT = 0x7FFF


class Operation(IntEnum):
    """What a request asks for (RFC 8011, 5.4.15)."""

    PRINT_JOB = 0x02
    CREATE_JOB = 0x05
    CANCEL_JOB = 0x08
    GET_JOB_ATTRIBUTES = 0x09
    GET_JOBS = 0x0A
    GET_PRINTER_ATTRIBUTES = 0x0B
    PAUSE_PRINTER = 0x10
    RESUME_PRINTER = 0x11
    SET_JOB_ATTRIBUTES = 0x14
    CUPS_GET_PRINTERS = 0x4002
    CUPS_ADD_MODIFY_PRINTER = 0x4003
    CUPS_ACCEPT_JOBS = 0x4008


class Status(IntEnum):
    """The answers that mean something of their own to us; what is below FIRST_REFUSAL is success."""

    FIRST_REFUSAL = 0x0400
    FORBIDDEN = 0x0401
    NOT_AUTHENTICATED = 0x0402
    NOT_AUTHORIZED = 0x0403
    NOT_POSSIBLE = 0x0404
    TIMEOUT = 0x0405
    NOT_FOUND = 0x0406
    GONE = 0x0407
    SERVER_ERRORS = 0x0500
    NO_SUCH_OPERATION = 0x0501
    NOT_ACCEPTING_JOBS = 0x0506


REFUSES_US = (Status.FORBIDDEN, Status.NOT_AUTHENTICATED, Status.NOT_AUTHORIZED)  # whatever we ask


class Tag(IntEnum):
    """What begins a group, and how a value is written."""

    OPERATION = 0x01
    JOB = 0x02
    END = 0x03
    PRINTER = 0x04
    FIRST_VALUE = 0x10  # what is below begins a group
    INTEGER = 0x21
    BOOLEAN = 0x22
    ENUM = 0x23
    COLLECTION = 0x34
    TEXT_WITH_LANGUAGE = 0x35
    NAME_WITH_LANGUAGE = 0x36
    END_COLLECTION = 0x37
    TEXT = 0x41
    NAME = 0x42
    KEYWORD = 0x44
    URI = 0x45
    CHARSET = 0x47
    LANGUAGE = 0x48
    MIME = 0x49
    MEMBER = 0x4A


Value = bool | int | str | tuple["Attribute", ...]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A named value or several; a collection's value is a tuple of attributes."""

    tag: Tag
    name: str
    values: tuple[Value, ...]


def attribute(tag: Tag, name: str, *values: Value) -> Attribute:
    return Attribute(tag, name, values)


@dataclass(frozen=True, slots=True)
class Request:
    """A question or an order. `target` is printer-uri or job-uri; `job` and `printer` are the attributes of one."""

    operation: Operation
    target: Attribute
    operation_attributes: tuple[Attribute, ...] = ()
    job: tuple[Attribute, ...] = ()
    document: bytes = b""
    printer: tuple[Attribute, ...] = ()


Group = Mapping[str, tuple[bool | int | str, ...]]
Wanted = Callable[[Group], bool]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, and the jobs and printers that the answer tells of."""

    status: int
    jobs: tuple[Group, ...]
    printers: tuple[Group, ...]


class BrokenAnswer(Exception):
    """These bytes are no IPP."""


def written(request: Request) -> bytes:
    """The request on the wire, its document behind it."""
    head = struct.pack(">HHIB", VERSION, request.operation, 1, Tag.OPERATION)
    spoken = (
        attribute(Tag.CHARSET, "attributes-charset", "utf-8"),
        attribute(Tag.LANGUAGE, "attributes-natural-language", "en"),
        request.target,
    )
    attributes = b"".join(_written(each) for each in (*spoken, *request.operation_attributes))
    job = bytes([Tag.JOB]) + b"".join(map(_written, request.job)) if request.job else b""
    printer = bytes([Tag.PRINTER]) + b"".join(map(_written, request.printer)) if request.printer else b""
    return b"".join((head, attributes, job, printer, bytes([Tag.END]), request.document))


@lru_cache(512)
def _written(one: Attribute) -> bytes:
    parts, name = [], one.name
    for value in one.values:
        parts.append(_field(one.tag, name, _content(value)))
        if isinstance(value, tuple):
            parts.extend(_members(value))
        name = ""  # further values of the same attribute have no name
    return b"".join(parts)


def _members(collection: tuple[Attribute, ...]) -> Iterator[bytes]:
    for member in collection:
        yield _field(Tag.MEMBER, "", member.name.encode())
        yield _written(Attribute(member.tag, "", member.values))
    yield _field(Tag.END_COLLECTION, "", b"")


def _field(tag: Tag, name: str, content: bytes) -> bytes:
    return struct.pack(">BH", tag, len(name)) + name.encode() + struct.pack(">H", len(content)) + content


def _content(value: Value) -> bytes:
    match value:
        case bool():
            return struct.pack(">?", value)
        case int():
            return struct.pack(">i", value)
        case str():
            return value.encode()[:LONGEST_TEXT]
    return b""  # of a collection: its members follow


def every(_job: Group) -> bool:
    """Whatever job it is, it is wanted."""
    return True


def read(content: bytes, is_wanted: Wanted = every) -> Answer:
    """The answer in `content`, with those of its jobs that are wanted; raises BrokenAnswer.

    A job takes five times the room that it has in `content`, and some printers tell of all that they ever had: what
    nobody wants is let go as soon as it is read.
    """
    try:
        (status,) = struct.unpack_from(">2xH", content)
        jobs: list[Group] = []
        printers: list[Group] = []
        for tag, group in _groups(content, 8):
            if tag == Tag.JOB and is_wanted(group):
                jobs.append(group)
            elif tag == Tag.PRINTER:
                printers.append(group)
    except (struct.error, IndexError) as error:
        raise BrokenAnswer("the answer breaks off") from error
    return Answer(status, tuple(jobs), tuple(printers))


def _groups(content: bytes, place: int) -> Iterator[tuple[int, Group]]:
    """Each group with its tag; a job or printer begins with every tag of its kind.

    Of printers' long records there are thousands of values for each note: this is written for speed.
    """
    tag = content[place]
    while tag != Tag.END:
        group: dict[str, tuple[bool | int | str, ...]] = {}
        last, depth, place = "", 0, place + 1
        while (value_tag := content[place]) >= FIRST_VALUE:
            at = place + 3 + (content[place + 1] << 8 | content[place + 2])
            value_at, name = at + 2, content[place + 3 : at]
            place = value_at + (content[at] << 8 | content[at + 1])  # one beyond the end fails at the next tag
            if depth == 0:
                last = name.decode("utf-8", "replace") or last
                read_value = _READERS.get(value_tag)
                values = read_value(content[value_at:place]) if read_value else ()
                group[last] = (*group[last], *values) if last in group else values
            depth += (value_tag == COLLECTION) - (value_tag == END_COLLECTION)
        yield tag, group
        tag = value_tag


def _text(value: bytes) -> tuple[str]:
    return (value.decode("utf-8", "replace"),)


def _text_behind_language(value: bytes) -> tuple[str]:
    _, after_language = _counted(value, 0)
    return _text(_counted(value, after_language)[0])


def _counted(content: bytes, place: int) -> tuple[bytes, int]:
    (size,) = struct.unpack_from(">H", content, place)
    end = place + 2 + size
    if end > len(content):
        raise IndexError(end)
    return content[place + 2 : end], end


# plain numbers, for an enum's member costs more than the rest of a value; what has no reader has no values
FIRST_VALUE, COLLECTION, END_COLLECTION = int(Tag.FIRST_VALUE), int(Tag.COLLECTION), int(Tag.END_COLLECTION)
_READERS: Mapping[int, Callable[[bytes], tuple[bool | int | str, ...]]] = {
    **dict.fromkeys(range(Tag.TEXT, Tag.MEMBER), _text),
    **dict.fromkeys((Tag.TEXT_WITH_LANGUAGE, Tag.NAME_WITH_LANGUAGE), _text_behind_language),
    **dict.fromkeys((Tag.INTEGER, Tag.ENUM), struct.Struct(">i").unpack),
    Tag.BOOLEAN: struct.Struct(">?").unpack,
}
