"""Where words may part at the end of a line, by the rules of their language.

The patterns are LibreOffice's, by way of pyphen. Not parted are words with digits, capitals beyond the first letter,
addresses of the web and of mail: what is no word of the language. The German patterns err now and then by a letter, and
then say two places side by side: there, neither is trusted.
"""

import re
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

import pyphen

HYPHEN = "\u00ad"  # ends a line within a word: drawn as a hyphen, found and copied as if it were not there


class _Rules(NamedTuple):
    """The patterns of a language, and the letters that must stand before, after and between two places, at least."""

    patterns: str
    before: int
    after: int
    between: int


_RULES = {"de": _Rules("de_DE", 3, 3, 2), "en": _Rules("en_GB", 2, 3, 1), "fr": _Rules("fr", 2, 3, 1)}
_WORD = re.compile(r"(\W*(?:[^\W\d_]{1,2}['’])?)([^\W\d_]{5,100})([-.,;:!?…)\]»“”’‘›\"'\u00a0\u202f]*)")


def load_patterns() -> None:
    """Read the patterns of all languages, which takes half a second; otherwise each comes with its first long word."""
    for language in _RULES:
        _patterns(language)


@lru_cache(maxsize=4096)
def syllables(word: str, language: str) -> tuple[str, ...]:
    """The parts of a word between which a hyphen may stand; the word alone if there is no such place."""
    found = _WORD.fullmatch(word)
    if language not in _RULES or not found or not found[2][1:].islower():
        return (word,)
    patterns = _patterns(language)
    places = patterns.positions(found[2])
    patterns.hd.cache.clear()  # pyphen would remember every word it ever saw
    trusted = (found.end(1) + place for place in places if not _crowd(place, places, _RULES[language].between))
    return tuple(word[start:end] for start, end in pairwise([0, *trusted, len(word)]))


@cache
def _patterns(language: str) -> pyphen.Pyphen:
    rules = _RULES[language]
    return pyphen.Pyphen(lang=rules.patterns, left=rules.before, right=rules.after)


def _crowd(place: int, places: list[int], between: int) -> bool:
    """True if another place is nearer than `between` letters."""
    return any(0 < abs(place - other) < between for other in places)
