"""Bytes as text, in the encoding that was agreed and in no other: nothing is guessed.

A UTF-8 byte order mark is taken off. What is not in the encoding is refused with the byte where it shows.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from service.errors import FileIncomplete, WrongEncoding

UTF8 = "utf-8"
_BOM = b"\xef\xbb\xbf"
_WIDE = (b"\xff\xfe", b"\xfe\xff")


def refuse_unfinished(content: bytes, encoding: str = UTF8) -> None:
    """Refuse what has nothing in it yet: an empty file, or one whose space is there but not its bytes."""
    if not content.strip(b"\0 \t\r\n"):
        raise FileIncomplete("the file is empty" if not content.strip() else "the file holds nothing but zero bytes")
    is_wide = len("\n".encode(encoding)) > 1 or (encoding == UTF8 and _is_wide(content))
    if content.endswith(b"\0") and not is_wide:
        end = len(content.rstrip(b"\0"))
        raise FileIncomplete("the file ends in zero bytes", where=f"byte {end}")


def decoded(content: bytes, encoding: str = UTF8) -> str:
    """`content` as text; raises WrongEncoding with the place of the first byte that does not fit."""
    if encoding == UTF8 and _is_wide(content):
        raise WrongEncoding("the file is UTF-16 or UTF-32, not UTF-8", where="byte 0")
    return Line(1, 0, without_mark(content), is_ended=False).decoded(encoding)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, counted from 1, and the byte it begins at. `is_ended` if a line end follows it."""

    number: int
    first_byte: int
    content: bytes
    is_ended: bool

    def decoded(self, encoding: str = UTF8) -> str:
        """The line as text."""
        try:
            text = self.content.decode(encoding)
        except UnicodeDecodeError as error:
            line = self.number + self.content.count(b"\n", 0, error.start)
            where = f"byte {self.first_byte + error.start}, line {line}"
            if encoding == UTF8 and error.reason == "unexpected end of data":
                raise FileIncomplete("the text ends in the middle of a character", where=where) from None
            raise WrongEncoding(f"not {encoding.upper()}", where=where) from None
        if encoding != UTF8:
            self._refuse_utf8(encoding)
        return text

    def _refuse_utf8(self, encoding: str) -> None:
        """UTF-8 reads as something in the encodings of one byte, as Ã¤ for ä; words in those are never UTF-8."""
        if self.content.isascii() or b"\0" in self.content:
            return
        with suppress(UnicodeDecodeError):
            self.content.decode(UTF8)
            at = len(self.content) - len(self.content.lstrip(bytes(range(128))))
            line = self.number + self.content.count(b"\n", 0, at)
            where = f"byte {self.first_byte + at}, line {line}"
            hint = 'Save the file as the feed says, or let the feed say `encoding = "utf-8"`.'
            raise WrongEncoding(f"the text is UTF-8, not {encoding.upper()}", where=where, hint=hint)


def lines_of(content: bytes) -> Iterator[Line]:
    """The lines of `content` that are not blank."""
    text = without_mark(content)
    start = 0
    for number, line in enumerate(text.split(b"\n"), 1):
        end = start + len(line)
        if line.strip():
            yield Line(number, start, line, is_ended=end < len(text))
        start = end + 1


def without_mark(content: bytes) -> bytes:
    """`content` without the byte order mark that some editors put before UTF-8."""
    return content.removeprefix(_BOM)


def _is_wide(content: bytes) -> bool:
    return content.startswith(_WIDE) or (
        len(content) > 3 and content[:4].count(0) > 1 and content[:4].strip(b"\0") != b""
    )
