"""Comparisons that can't hold: with a value that a fact never has, or with two that contradict each other.

A fault is only what makes the whole condition false for every order: a plain comparison, a fact beside a value, that
stands alone or is joined by `&&`; of an `||`, only where each part is such a one. The same anywhere else may be meant,
and is doubtful.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import combinations

from service.planning.campaigns.expressions import (
    COMPARISONS,
    MIRRORED,
    Token,
    Values,
    joined,
    suggestion,
    text_of,
    tokens_of,
)
from service.planning.campaigns.facts import INTEGER, SCHEMA, Fact

ARITHMETIC = ("+", "-", "*", "/", "%")
IN = "in"
_LITERALS = ("text", "number", "truth")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A fact compared with a value, the fact on the left; `sign` is `in` for one of a list."""

    path: str
    sign: str
    kind: str  # of the value: text, number, truth, or what else stands there
    written: str

    @property
    def fact(self) -> Fact:
        """What is compared."""
        root, _, field = self.path.partition(".")
        return SCHEMA[root][field]

    @property
    def number(self) -> Decimal:
        """The value, where it is a number; as exact as CEL has it."""
        text = self.written.rstrip("uU")
        if "0x" in text:
            return Decimal(int(text, 16))
        return Decimal(text) if text.removeprefix("-").isdecimal() else Decimal(float(text))

    @property
    def text(self) -> str:
        """The value, where it is a text or a truth."""
        return text_of(self.written) if self.kind == "text" else self.written

    def __str__(self) -> str:
        return f"{self.path} {self.sign} {self.written}"


def impossible_faults(source: str, values: Values) -> Iterator[str]:
    """Why a condition holds for no order; nothing, where it may hold for one."""
    sign, pieces = joined(source)
    if not sign:
        yield from _never_holds(pieces[0], values)
    elif sign == "||":
        each = [tuple(impossible_faults(piece, values)) for piece in pieces]
        if all(each):
            yield from (fault for faults in each for fault in faults)
    else:
        for piece in pieces:
            yield from impossible_faults(piece, values)
        yield from _contradictions(pieces)


def doubtful_parts(source: str, values: Values) -> Iterator[str]:
    """What a condition compares with a value that the fact never has, and which parts of it contradict each other."""
    for each in _comparisons(tokens_of(source)):
        yield from _never(each, values)
        yield from _compares_strangely(each)
    yield from _contradictions_within(source)


def _never_holds(leaf: str, values: Values) -> Iterator[str]:
    """Why a plain comparison never holds; of a list, why no element of it is ever the fact."""
    each = [tuple(_never(one, values)) if one.sign != "!=" else () for one in _plain(leaf)]
    if all(each):
        yield from (fault for faults in each for fault in faults)


# Comparisons ---------------------------------------------------------------------------------------------------------


def _comparisons(tokens: Sequence[Token]) -> Iterator[Comparison]:
    """All that stand anywhere, but for what is worked out of a fact."""
    for at, token in enumerate(tokens):
        if token.kind != "fact":
            continue
        before, after = tokens[:at], tokens[at + 1 :]
        if len(after) > 1 and after[0].text in COMPARISONS and not _is_worked_with(before, reverse=True):
            yield from _compared(token.fact, after[0].text, after[1:])
        if len(after) > 1 and after[0].text == IN and after[1].text == "[":
            yield from _listed(token.fact, after[2:])
        if len(before) > 1 and before[-1].text in COMPARISONS and not _is_worked_with(after):
            yield from _compared_before(token.fact, MIRRORED[before[-1].text], before[:-1])


def _compared(path: str, sign: str, right: Sequence[Token]) -> Iterator[Comparison]:
    minus = "-" if right[0].text == "-" and len(right) > 1 else ""
    literal, rest = (right[1], right[2:]) if minus else (right[0], right[1:])
    if not _is_worked_with(rest):
        yield Comparison(path, sign, _kind(literal), minus + literal.text)


def _listed(path: str, behind: Sequence[Token]) -> Iterator[Comparison]:
    """The elements of a list that are values, up to its end."""
    element: list[Token] = []
    for token in behind:
        if token.text not in (",", "]"):
            element.append(token)
            continue
        if len(element) == 1 or (len(element) == 2 and element[0].text == "-"):
            yield from _compared(path, IN, element)
        element = []
        if token.text == "]":
            return


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


def _plain(piece: str) -> tuple[Comparison, ...]:
    """The comparison that a part is, and nothing but that; one for each element of a list."""
    tokens = tokens_of(piece)
    found = tuple(_comparisons(tokens))
    if not found or any(each.kind not in _LITERALS for each in found):
        return ()
    words = len(tokens) - sum(token.text == "-" for token in tokens)
    commas = sum(token.text == "," for token in tokens)
    is_list = found[0].sign == IN and tokens[0].kind == "fact" and words == 4 + len(found) + commas
    return found if is_list or (len(found) == 1 and found[0].sign != IN and words == 3) else ()


# Values that a fact never has ----------------------------------------------------------------------------------------


def _never(each: Comparison, values: Values) -> Iterator[str]:
    if each.kind not in _LITERALS:
        return
    if each.kind != each.fact.kind.literal:
        yield f"{each.path} is never {each.written}: it is {each.fact.kind.name}"
    elif each.kind == "number":
        yield from _out_of_bounds(each)
    elif each.kind == "text" and each.sign in ("==", "!=", IN):
        yield from _strange_text(each, values)


def _out_of_bounds(each: Comparison) -> Iterator[str]:
    least, most = each.fact.between
    bounds = f"it is {least} to {most}" if most is not None else f"it is {least} and more"
    below, above = each.number < least, most is not None and each.number > most
    too_low = below or (each.sign == "<" and each.number == least)
    too_high = above or (each.sign == ">" and each.number == most)
    if each.sign in ("==", "!=", IN) and (below or above):
        yield f"{each.path} is never {each.written}: {bounds}"
    elif too_low if each.sign in ("<", "<=") else too_high and each.sign in (">", ">="):
        yield f"{each} never holds: {bounds}"


def _strange_text(each: Comparison, values: Values) -> Iterator[str]:
    fact, known = each.fact, each.fact.one_of or values.get(each.path, ())
    if known and each.text not in known:
        yield f"{each.path} is never {each.written}{suggestion(each.text, sorted(known))}"
    elif fact.form and not re.fullmatch(fact.form, each.text):
        yield f'{each.path} is never {each.written}: it is as in "{fact.example}"'


def _compares_strangely(each: Comparison) -> Iterator[str]:
    """What is no beginning of such a text, where one is to come before or behind it."""
    fact = each.fact
    if each.kind != "text" or not fact.form or each.sign in ("==", "!=", IN):
        return
    if not re.fullmatch(fact.form, each.text + fact.example[len(each.text) :]):
        yield f'{each} compares letter by letter, and {each.path} is as in "{fact.example}"'


# Comparisons that contradict each other ------------------------------------------------------------------------------


def _contradictions_within(source: str) -> Iterator[str]:
    sign, pieces = joined(source)
    if sign == "&&":
        yield from _contradictions(pieces)
    if sign:
        for piece in pieces:
            yield from _contradictions_within(piece)


def _contradictions(pieces: Sequence[str]) -> Iterator[str]:
    """Two comparisons of a fact among the parts of an `&&`, that never hold together."""
    alone = [found[0] for piece in pieces if len(found := _plain(piece)) == 1 and found[0].sign != IN]
    for one, other in combinations(alone, 2):
        if one.path == other.path and _exclude(one, other):
            yield f"{one} and {other} never hold together"


def _exclude(one: Comparison, other: Comparison) -> bool:
    if "number" not in (one.kind, other.kind):
        return one.sign == other.sign == "==" and one.text != other.text
    if (one.kind, other.kind) != ("number", "number"):
        return False
    (low, above), (high, below) = max(_least(one), _least(other)), min(_most(one), _most(other))
    return low > high or (low == high and (above, below) != (0, 0))


def _least(each: Comparison) -> tuple[Decimal, int]:
    """The least value of a comparison that holds, and 1 where it is above it; sorts by both."""
    if each.sign not in ("==", ">", ">="):
        return Decimal("-Infinity"), 0
    if each.fact.kind is not INTEGER or each.sign == "==":
        return each.number, int(each.sign == ">")
    whole = each.number.to_integral_value(ROUND_CEILING)
    return whole + int(each.sign == ">" and whole == each.number), 0


def _most(each: Comparison) -> tuple[Decimal, int]:
    """The greatest one, and -1 where it is below it."""
    if each.sign not in ("==", "<", "<="):
        return Decimal("Infinity"), 0
    if each.fact.kind is not INTEGER or each.sign == "==":
        return each.number, -int(each.sign == "<")
    whole = each.number.to_integral_value(ROUND_FLOOR)
    return whole - int(each.sign == "<" and whole == each.number), 0
