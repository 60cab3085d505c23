"""JSON read strictly: no duplicate names, no NaN, no absurd numbers, no bottomless nesting.

The standard library's parser reads; a second, slower look at the text finds the line and column of what it took
without a word. A text that only stops too early is FileIncomplete (more of it may still come); one that no
continuation can mend is InvalidJson. Numbers with a point come as Decimal.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NoReturn

from service.errors import FileIncomplete, InvalidJson

Json = dict[str, "Json"] | list["Json"] | str | int | Decimal | bool | None

MAX_DEPTH = 32
MAX_DIGITS = 30


class _Suspicious(Exception):
    """The parser met something it would have taken without a word."""


def parse_json(text: str, *, first_line: int = 1) -> Json:
    """The value that `text` holds; `first_line` is where the text begins in its file."""
    try:
        value: Json = json.loads(
            text, object_pairs_hook=_distinct, parse_int=_integer, parse_float=_number, parse_constant=_constant
        )
    except json.JSONDecodeError as error:
        where = _line_and_column(text, error.pos, first_line)
        if _is_cut(text, error):
            raise FileIncomplete("the JSON stops before its end", where=where) from None
        raise InvalidJson(_fact(error), where=where) from None
    except (_Suspicious, RecursionError):
        _raise_first_fault(text, first_line)
    if _is_deeper(value, MAX_DEPTH):
        _raise_first_fault(text, first_line)
    return value


def _distinct(pairs: list[tuple[str, Json]]) -> Json:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _Suspicious
    return value


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise _Suspicious
    return int(digits)


def _number(digits: str) -> Decimal:
    if _is_absurd(digits):
        raise _Suspicious
    return Decimal(digits)


def _constant(_name: str) -> NoReturn:
    raise _Suspicious


def _is_absurd(digits: str) -> bool:
    exponent = re.split("[eE]", digits)[1:]
    return len(digits) > MAX_DIGITS or any(abs(int(power)) > MAX_DIGITS for power in exponent)


def _is_deeper(value: Json, limit: int) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(limit):
        level = [
            part
            for whole in level
            for part in (whole.values() if isinstance(whole, dict) else whole)
            if isinstance(part, dict | list)
        ]
        if not level:
            return False
    return True


_CUT_WORD = re.compile(r"\s*(|-|t|tr|tru|f|fa|fal|fals|n|nu|nul)\Z")
_CUT_NUMBER = re.compile(r"(\.|(\.[0-9]+)?[eE][+-]?)\Z")
_CUT_ESCAPE = re.compile(r"u[0-9a-fA-F]{0,4}\Z")


def _is_cut(text: str, error: json.JSONDecodeError) -> bool:
    """True if more text could make it whole: the parser's complaint is about the end, not about what is there."""
    if error.msg.startswith("Unterminated string"):
        return True
    if error.msg.startswith("Invalid \\u"):
        return _CUT_ESCAPE.match(text, error.pos) is not None
    if error.msg.startswith("Extra data"):
        return False
    after_digit = error.pos > 0 and text[error.pos - 1].isdigit()
    return bool(_CUT_WORD.match(text, error.pos) or (after_digit and _CUT_NUMBER.match(text, error.pos)))


_FACTS = {
    "Extra data": "there is more after the end of the JSON",
    "Expecting value": "a value is missing here",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing here",
    "Expecting ':' delimiter": "a colon is missing here",
    "Expecting property name enclosed in double quotes": "a name in double quotes is missing here",
    "Invalid control character at": "a string holds a control character or a line end",
}


def _fact(error: json.JSONDecodeError) -> str:
    return _FACTS.get(error.msg, "a string holds an escape that JSON does not know")


# The second look -----------------------------------------------------------------------------------------------------

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|-?Infinity|NaN|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|[{}\[\],:]')


def _raise_first_fault(text: str, first_line: int) -> NoReturn:
    for position, what in _faults(text):
        raise InvalidJson(what, where=_line_and_column(text, position, first_line))
    raise InvalidJson("the JSON can't be read", where=f"line {first_line}")


def _faults(text: str) -> Iterator[tuple[int, str]]:
    """(position, fact) of all that the parser takes but we don't, in the order of the text."""
    names: list[set[str] | None] = []  # one for each open bracket; None for a list
    token = ""
    for match in _TOKEN.finditer(text):
        before, token = token, match[0]
        if token in "{[":
            names.append(set() if token == "{" else None)
            if len(names) > MAX_DEPTH:
                yield match.start(), f"nested more than {MAX_DEPTH} deep"
        elif token in "}]":
            names = names[:-1]
        elif token[0] == '"':
            if names and names[-1] is not None and before in "{,":
                name = json.loads(token)
                if name in names[-1]:
                    yield match.start(), "a name stands twice in the same object"
                names[-1].add(name)
        elif token[-1] in "Ny":
            yield match.start(), "NaN and Infinity are not JSON"
        elif token not in ",:" and _is_absurd(token):
            yield match.start(), f"a number of more than {MAX_DIGITS} digits"


def _line_and_column(text: str, position: int, first_line: int) -> str:
    line = first_line + text.count("\n", 0, position)
    return f"line {line}, column {position - text.rfind(chr(10), 0, position)}"
