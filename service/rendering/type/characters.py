"""What of a text reaches the paper, whatever was typed.

Line breaks of every kind become newlines and tabs spaces; format characters that can't be seen (bidi controls,
variation selectors, soft hyphens, fillers) are dropped, but for the joiners, which shape what stands beside them; all
is composed (NFC). A letter under a heap of marks, more than any language writes, raises DoesNotFit: it would run over
the lines above. Control characters, private use, lone surrogates and unassigned code points raise GlyphMissing: what
they were meant to show, nobody knows.
"""

import re
import unicodedata

from service.errors import DoesNotFit, GlyphMissing

MOST_MARKS = 6  # pointed and cantillated Hebrew takes four
JOINERS = "\u200c\u200d"
_LINE_BREAKS = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_UNUSUAL = re.compile(r"[^\n -~\u00a0-\u00ac\u00ae-\u02ff\u2010-\u2027\u202f-\u205e\u20ac]")
_WITHOUT_MEANING = ("Cc", "Cs", "Co", "Cn")
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")


def readable(text: str) -> str:
    """`text` in NFC with newlines as its only line breaks and spaces for tabs, without what can't be seen."""
    if not _UNUSUAL.search(text):
        return unicodedata.normalize("NFC", text)
    text = _LINE_BREAKS.sub("\n", text).replace("\t", " ")
    for character in text:
        if unicodedata.category(character) in _WITHOUT_MEANING and character != "\n":
            raise GlyphMissing(f"no font has {named(character)}")
    seen = unicodedata.normalize("NFC", "".join(character for character in text if not _is_invisible(character)))
    if _most_marks(seen) > MOST_MARKS:
        raise DoesNotFit(f"a letter carries more than {MOST_MARKS} marks")
    return seen


def _most_marks(text: str) -> int:
    """How many marks the most burdened letter carries; enclosing and spacing marks count too."""
    most = carried = 0
    for character in text:
        carried = carried + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        most = max(most, carried)
    return most


def named(character: str) -> str:
    """A character as people look it up: U+20AC EURO SIGN."""
    name = unicodedata.name(character, "a character without a name")
    return f"U+{ord(character):04X} {name}"


def _is_invisible(character: str) -> bool:
    if character in JOINERS:
        return False
    return (
        unicodedata.category(character) == "Cf"
        or "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
        or character in _FILLERS
    )
