"""What a source of pictures says of them: offered, refused, brought; and what makes two ids the same."""

import unicodedata
from dataclasses import dataclass
from pathlib import Path

MAX_ID_LENGTH = 64  # of a sku or a picture in an order file
MADE_HERE = "CACHEDIR.TAG"  # a folder with such a file holds what can be made again, never originals


@dataclass(frozen=True, slots=True)
class Offered:
    """A picture that a source has: its id as spelled, its place there, and a stamp.

    Whenever the content may have changed, so has the stamp; an empty stamp says nothing: the source must be asked.
    """

    picture: str
    place: str
    stamp: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something in a source becomes no picture. `picture` is empty where not even an id can be told."""

    picture: str
    place: str
    code: str
    what: str


@dataclass(frozen=True, slots=True)
class Brought:
    """A picture's bytes in a file, and the stamp to remember with what is made of them."""

    path: Path
    stamp: str


def normal_id(spelled: str) -> str:
    """What two spellings of one id have in common: NFC, without blanks round it, in capitals where there is a pair."""
    if spelled.isascii():
        return spelled.strip().upper()
    return "".join(map(_capital, unicodedata.normalize("NFC", spelled).strip()))


def _capital(letter: str) -> str:
    """The capital of a small letter; what is none, or stands for something else as a capital (ß), stays."""
    capital = letter.upper()
    return capital if capital.lower() == letter else letter


def fault_of_id(spelled: str) -> str:
    """Why this can be no id, in words; empty if it can."""
    if not is_plain(spelled):
        return "is not UTF-8, or holds control characters"
    length = len(unicodedata.normalize("NFC", spelled).strip())
    if not length:
        return "is blank"
    return f"has {length} characters, an id has at most {MAX_ID_LENGTH}" if length > MAX_ID_LENGTH else ""


def is_plain(text: str) -> bool:
    """True if `text` holds no control characters and none that stand for bytes that are no UTF-8."""
    return text.isprintable() or not any(unicodedata.category(character) in ("Cc", "Cs") for character in text)


def printable(text: str) -> str:
    """`text` with escapes for what a terminal or a list had better not get; of what is not UTF-8, its bytes."""
    return text if text.isprintable() else "".join(map(_printable_character, text))


def _printable_character(character: str) -> str:
    if character.isprintable():
        return character
    if "\udc80" <= character <= "\udcff":  # how Python spells a byte that is no UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    short = character.encode("unicode_escape").decode("ascii")
    return short.replace("\\x", "\\u00")  # a character is not a byte
