"""Where a customer may stand: in orders, in notes, on paper. Everywhere else this finds the words that name one.

The words are made up for the rig (orders.py) and stand nowhere else. Each has letters that are not ASCII and a run of
letters that are: however somebody writes the former (NFC or NFD, Latin-1, \\u00e9 in JSON, %C3%A9 in an address,
&eacute; in HTML), the run stays as it is. It is looked for in UTF-16 and in hex too, and the word in base64.
"""

import base64
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from tests.prove.orders import PERSONAL


def leaks(places: Iterable[Path], words: tuple[str, ...] = PERSONAL) -> list[str]:
    """Files under these places in whose name or content one of the words stands, and which."""
    found = []
    for path in _files_of(places):
        if words_in(bytes(path.name, "utf-8", "surrogateescape"), words):
            found.append(f"the name of {path.name}")
        with suppress(FileNotFoundError):  # a file of cupsd that has just gone
            if path.is_file() and not path.is_symlink():
                found += [f"{path}: {word}" for word in words_in(path.read_bytes(), words)]
    return found


def words_in(content: bytes, words: tuple[str, ...] = PERSONAL) -> list[str]:
    """Which of the words stand there, in whatever spelling."""
    small = content.lower()
    return [
        word
        for word in words
        if any(plain in small for plain in _plain(word)) or any(coded in content for coded in _in_base64(word))
    ]


@cache
def _plain(word: str) -> tuple[bytes, ...]:
    """Its longest run of ASCII, in small letters: as it is, with the zeros of UTF-16 between, in hex."""
    run = max(re.findall(r"[ -~]+", word), key=len).lower()
    return run.encode(), run.encode("utf-16-le")[:-1], run.encode().hex().encode()


@cache
def _in_base64(word: str) -> tuple[bytes, ...]:
    """What of it stands there the same whatever surrounds it, for each of the three places it can begin at."""
    return tuple(
        base64.b64encode(b"\0" * shift + raw)[(shift * 8 + 5) // 6 : (shift + len(raw)) * 8 // 6]
        for raw in {unicodedata.normalize(form, word).encode() for form in ("NFC", "NFD")}
        for shift in range(3)
    )


def _files_of(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        yield from (place.rglob("*") if place.is_dir() else [place])
