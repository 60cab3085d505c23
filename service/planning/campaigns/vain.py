"""Comparisons that can't hold: with a value that a fact never has, or with two that contradict each other.

Only plain ones are judged, a fact beside a number or a text: what is worked out of a fact may be anything.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from service.planning.campaigns.expressions import (
    COMPARISONS,
    MIRRORED,
    Token,
    Values,
    joined,
    suggestion,
    tokens_of,
)
from service.planning.campaigns.facts import SCHEMA, Fact

ARITHMETIC = ("+", "-", "*", "/", "%")
IN = "in"
_LITERALS = ("text", "number", "truth")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A fact compared with a value, the fact on the left; `sign` is `in` for one of a list."""

    path: str
    sign: str
    kind: str  # of the value: text, number, truth, or what else stands there
    value: str  # as it is written

    @property
    def number(self) -> Decimal:
        """The value, where it is a number."""
        text = self.value.rstrip("uU")
        return Decimal(int(text, 16)) if text.startswith("0x") else Decimal(text)

    def __str__(self) -> str:
        return f"{self.path} {self.sign} {self.value}"


def vain_faults(source: str, values: Values) -> Iterator[str]:
    """The comparisons of a condition that hold for no order."""
    for each in _comparisons(tokens_of(source)):
        yield from _never(each, values)
    yield from _contradictions(source)


def _comparisons(tokens: Sequence[Token]) -> Iterator[Comparison]:
    for at, token in enumerate(tokens):
        if token.kind != "fact":
            continue
        before, after = tokens[:at], tokens[at + 1 :]
        if len(after) > 1 and after[0].text in COMPARISONS and not _is_worked_with(before, reverse=True):
            yield from _compared(token.fact, after[0].text, after[1:])
        if len(after) > 1 and after[0].text == IN and after[1].text == "[":
            listed = after[2 : next((n for n, each in enumerate(after) if each.text == "]"), len(after))]
            yield from (Comparison(token.fact, IN, _kind(each), each.text) for each in listed)
        if len(before) > 1 and before[-1].text in COMPARISONS and not _is_worked_with(after):
            yield from _compared_before(token.fact, MIRRORED[before[-1].text], before[:-1])


def _compared(path: str, sign: str, right: Sequence[Token]) -> Iterator[Comparison]:
    minus = "-" if right[0].text == "-" and len(right) > 1 else ""
    literal, rest = (right[1], right[2:]) if minus else (right[0], right[1:])
    if not _is_worked_with(rest):
        yield Comparison(path, sign, _kind(literal), minus + literal.text)


def _compared_before(path: str, sign: str, left: Sequence[Token]) -> Iterator[Comparison]:
    minus = "-" if len(left) > 1 and left[-2].text == "-" and not _ends_value(left[:-2]) else ""
    if minus or not _is_worked_with(left[:-1], reverse=True):
        yield Comparison(path, sign, _kind(left[-1]), minus + left[-1].text)


def _is_worked_with(tokens: Sequence[Token], *, reverse: bool = False) -> bool:
    """Whether arithmetic goes on at this side of a value."""
    return bool(tokens) and tokens[-1 if reverse else 0].text in ARITHMETIC


def _ends_value(tokens: Sequence[Token]) -> bool:
    """Whether a value ends here, so that a minus behind it takes away."""
    return bool(tokens) and (tokens[-1].kind in ("fact", "name", "number", "text") or tokens[-1].text in (")", "]"))


def _kind(literal: Token) -> str:
    return "truth" if literal.text in ("true", "false") else literal.kind


# Values that a fact never has ----------------------------------------------------------------------------------------


def _never(each: Comparison, values: Values) -> Iterator[str]:
    fact = _fact(each.path)
    if each.kind not in _LITERALS:
        return
    if each.kind != fact.kind.literal:
        yield f"{each.path} is never {each.value}: it is {fact.kind.name}"
    elif each.kind == "number":
        yield from _out_of_bounds(each, fact)
    elif each.kind == "text":
        yield from _strange_text(each, fact, values)


def _out_of_bounds(each: Comparison, fact: Fact) -> Iterator[str]:
    least, most = fact.between
    bounds = f"it is {least} to {most}" if most is not None else f"it is {least} and more"
    below, above = each.number < least, most is not None and each.number > most
    too_low = below or (each.sign == "<" and each.number == least)
    too_high = above or (each.sign == ">" and each.number == most)
    if each.sign in ("==", "!=", IN) and (below or above):
        yield f"{each.path} is never {each.value}: {bounds}"
    elif too_low if each.sign in ("<", "<=") else too_high and each.sign in (">", ">="):
        yield f"{each} never holds: {bounds}"


def _strange_text(each: Comparison, fact: Fact, values: Values) -> Iterator[str]:
    text, known = each.value[1:-1], fact.one_of or values.get(each.path, ())
    if known and text not in known:
        yield f"{each.path} is never {each.value}{suggestion(text, sorted(known))}"
    elif fact.form and not re.fullmatch(fact.form, text):
        yield f"{each.path} is never {each.value}: {fact.says}"


def _fact(path: str) -> Fact:
    root, _, field = path.partition(".")
    return SCHEMA[root][field]


# Comparisons that contradict each other ------------------------------------------------------------------------------


def _contradictions(source: str) -> Iterator[str]:
    """Two comparisons of a fact, both of which must hold, and never do together."""
    sign, pieces = joined(source)
    if sign == "&&":
        plain = [each for piece in _and_pieces(pieces) for each in _plain(piece)]
        for one, other in combinations(plain, 2):
            if one.path == other.path and _exclude(one, other):
                yield f"{one} and {other} never hold together"
    if sign:
        for piece in pieces:
            yield from _contradictions(piece)


def _and_pieces(pieces: Sequence[str]) -> Iterator[str]:
    """The parts of an `&&`, each that has none itself."""
    yield from (piece for piece in pieces if not joined(piece)[0])


def _plain(piece: str) -> Iterator[Comparison]:
    """The comparison that a part is, and nothing but that."""
    tokens = tokens_of(piece)
    found = list(_comparisons(tokens))
    length = len(tokens) - any(token.text == "-" for token in tokens)
    if len(found) == 1 and length == 3 and found[0].kind in _LITERALS:
        yield found[0]


def _exclude(one: Comparison, other: Comparison) -> bool:
    if "==" in (one.sign, other.sign) and "number" not in (one.kind, other.kind):
        return one.sign == other.sign and one.value[1:-1] != other.value[1:-1]
    if (one.kind, other.kind) != ("number", "number"):
        return False
    least, most = _room(one), _room(other)
    low, high = max(least[0], most[0]), min(least[1], most[1])
    return low > high


def _room(each: Comparison) -> tuple[Decimal, Decimal]:
    """The least and the greatest value of a comparison that holds; a step inside where the value itself does not."""
    step = Decimal(1) if _fact(each.path).kind.name == "integer" else Decimal("0.000001")
    endless = Decimal("Infinity")
    match each.sign:
        case "==":
            return each.number, each.number
        case "<":
            return -endless, each.number - step
        case "<=":
            return -endless, each.number
        case ">":
            return each.number + step, endless
        case ">=":
            return each.number, endless
        case _:
            return -endless, endless
