"""Conditions that would hold for everybody of whom a fact is unknown, because -1 is less than any other day.

Refused, unless the condition asks for the fact itself, as in `customer.days_to_birthday >= 0 && ... <= 7`.
"""

from collections.abc import Iterator

from service.planning.campaigns.expressions import COMPARISONS, MIRRORED, facts_read, joined, tokens_of
from service.planning.campaigns.facts import SCHEMA, UNKNOWN_DAYS

MAY_BE_UNKNOWN = frozenset(
    f"{root}.{name}" for root, fields in SCHEMA.items() for name, fact in fields.items() if fact.may_be_unknown
)
DENIED = dict(zip(COMPARISONS, ("!=", "==", ">=", ">", "<=", "<"), strict=True))


def unknown_faults(source: str) -> Iterator[str]:
    """Where a condition without other faults takes a fact that may be unknown for a small number."""
    for path in sorted(facts_read(source) & MAY_BE_UNKNOWN):
        for leaf in _taken_for_small(source, path):
            yield f"{leaf} holds also where {path} is unknown, which is {UNKNOWN_DAYS}: write {path} >= 0 && {leaf}"


def _taken_for_small(source: str, path: str) -> Iterator[str]:
    sign, pieces = joined(source)
    if sign == "&&" and any(_asks_whether_known(piece, path) for piece in pieces):
        return
    for piece in pieces:
        if sign:
            yield from _taken_for_small(piece, path)
        elif not _asks_whether_known(piece, path) and _has_upper_bound(piece, path):
            yield piece


def _asks_whether_known(source: str, path: str) -> bool:
    """Whether it does not hold where the fact is unknown, because it compares it with what can't be -1."""
    sign, pieces = joined(source)
    if sign:
        each = (_asks_whether_known(piece, path) for piece in pieces)
        return any(each) if sign == "&&" else all(each)
    return any(
        sign in ((">", "!=") if value == "-" else (">", ">=", "==")) for sign, value in _comparisons_of(pieces[0], path)
    )


def _has_upper_bound(leaf: str, path: str) -> bool:
    """`< 0` is none: it asks for what is unknown."""
    return any(
        sign in ("<", "<=") and value != "-" and (sign, value) != ("<", "0")
        for sign, value in _comparisons_of(leaf, path)
    )


def _comparisons_of(leaf: str, path: str) -> Iterator[tuple[str, str]]:
    """Sign and what begins on its right, of each comparison with the fact, as if the fact stood on its left."""
    tokens = tokens_of(leaf)
    denied = bool(tokens) and tokens[0].text == "!"
    for at, token in enumerate(tokens):
        if token.fact != path:
            continue
        if at + 2 < len(tokens) and tokens[at + 1].text in COMPARISONS:
            sign, value = tokens[at + 1].text, tokens[at + 2].text
        elif at >= 2 and tokens[at - 1].text in COMPARISONS:
            value = "-" if at >= 3 and tokens[at - 3].text == "-" else tokens[at - 2].text
            sign = MIRRORED[tokens[at - 1].text]
        else:
            continue
        yield DENIED[sign] if denied else sign, value
