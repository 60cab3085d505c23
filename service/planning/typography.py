"""Our own words as their language sets them, however they were typed. Never for what a customer wrote.

In every language a typed apostrophe becomes the curved one, three dots an ellipsis, a hyphen between spaces a dash.
In French, after the Imprimerie nationale, a narrow no-break space stands before ; ! ? and a no-break space before :
and within « ». A text may begin or end beside a value that is filled in later. Straight quotes stay: only their writer
knows which of them open.
"""

import re

NARROW, NO_BREAK = "\u202f", "\u00a0"

_ADDRESS = re.compile(r"((?<!\S)\S*(?:://|@|www\.)\S*)")  # of the web or of mail; looked for once in each word
_SPACES = f"[ \u2009{NARROW}{NO_BREAK}]*"
_AFTER_WORD = r"(?<![\s;:!?(\[])"
_EVERYWHERE = (
    (re.compile(r"(?<=[^\W\d_])'|^'(?=[^\W\d_])"), "’"),
    (re.compile(r"(?<!\.)\.{3}(?!\.)"), "…"),
    (re.compile(r"(?<= )-(?= )"), "–"),
)
_IN_FRENCH = (  # the guillemets first: what stands before them is then followed by a space
    (re.compile(rf"(?<=«){_SPACES}"), NO_BREAK),
    (re.compile(rf"(?<![\s]){_SPACES}(?=»)"), NO_BREAK),
    (re.compile(rf"{_AFTER_WORD}{_SPACES}(?=[;!?]+(?:[\s»”’\")\]]|$))"), NARROW),
    (re.compile(rf"{_AFTER_WORD}{_SPACES}(?=:(?:\s|$))"), NO_BREAK),
)


def native(text: str, language: str) -> str:
    """`text` with the apostrophes, dashes and spaces of its language; the same again if it has them."""
    parts = _ADDRESS.split(text)
    parts[::2] = [_mended(part, language) for part in parts[::2]]
    return "".join(parts)


def _mended(text: str, language: str) -> str:
    for pattern, better in (*_EVERYWHERE, *(_IN_FRENCH if language == "fr" else ())):
        text = pattern.sub(better, text)
    return text
