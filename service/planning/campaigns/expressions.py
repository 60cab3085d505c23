"""The text of a condition, read just far enough: which facts it names, whether they exist, and its `&&` parts.

CEL's own analysis names `order` but not `order.value`; a field that isn't there would make a rule that never fires.
What is allowed is what rules need: the facts, comparisons, arithmetic, lists, and the functions named below. One walk
over the lines of an order must do: a walk within a walk takes a second on an order of 2,000 lines.
"""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import cel

from service.planning.campaigns.facts import LINE_FIELDS, SCHEMA

FUNCTIONS = ("size", "has", "int", "double", "string")
WALKS = ("exists", "all", "exists_one", "filter", "map")
METHODS = ("contains", "startsWith", "endsWith", "size", *WALKS)
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
MIRRORED = dict(zip(COMPARISONS, ("==", "!=", ">", ">=", "<", "<="), strict=True))
WORDS = ("true", "false", "null", "in")

_TOKEN = re.compile(
    r"(?P<space>\s+|//[^\n]*)"
    r"|(?P<text>[bB]?[rR](?:\"\"\"(?s:.*?)\"\"\"|'''(?s:.*?)'''|\"[^\"]*\"|'[^']*')"  # raw: a backslash is one
    r"|[bB]?(?:\"\"\"(?s:\\.|[^\\])*?\"\"\"|'''(?s:\\.|[^\\])*?'''|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'))"
    r"|(?P<number>(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)[uU]?)"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>&&|\|\||==|!=|<=|>=|(?s:.))"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number, text or sign of a condition; `fact` is the whole path of a fact that it names."""

    kind: str
    text: str
    start: int
    end: int
    fact: str = ""


Values = Mapping[str, Collection[str]]
"""By path, the only values that a fact has in this house."""


def tokens_of(source: str) -> tuple[Token, ...]:
    """Its words, numbers, texts and signs in their order, each fact one of them."""
    return _with_facts(_tokens(source))


def facts_read(source: str) -> frozenset[str]:
    """The facts that a condition without faults names, as `order.value`."""
    return frozenset(token.fact for token in tokens_of(source) if token.fact)


def name_faults(source: str) -> Iterator[str]:
    """What a condition names and is not there."""
    yield from _unknown_names(tokens_of(source))


def parts_of(source: str) -> tuple[str, ...]:
    """What stands between the outer `&&` of a condition; the condition itself, where there are none."""
    return _split(source.strip(), "&&")


def joined(source: str) -> tuple[str, tuple[str, ...]]:
    """What its outermost `||` or `&&` joins, with that sign; without one, itself and no sign."""
    bare = _unwrapped(source.strip())
    for sign in ("||", "&&"):
        pieces = _split(bare, sign)
        if len(pieces) > 1:
            return sign, pieces
    return "", (bare,)


def leaves_of(source: str) -> Iterator[str]:
    """The comparisons that a condition joins by `&&`, `||` and brackets."""
    sign, pieces = joined(source)
    for piece in pieces:
        if sign:
            yield from leaves_of(piece)
        else:
            yield piece


def texts_of(source: str) -> Iterator[str]:
    """The texts that a condition without faults writes, as they are meant."""
    return (text_of(token.text) for token in _tokens(source) if token.kind == "text")


def text_of(written: str) -> str:
    """What a text in quotes says: raw ones, triple quotes and escapes are CEL's."""
    return str(cel.compile(written).execute(cel.Context()))


# Tokens --------------------------------------------------------------------------------------------------------------


def _tokens(source: str) -> tuple[Token, ...]:
    found = (Token(_kind(match), match[0], *match.span()) for match in _TOKEN.finditer(source))
    return tuple(token for token in found if token.kind != "space")


def _kind(match: re.Match[str]) -> str:
    return "bytes" if match.lastgroup == "text" and match[0][0] in "bB" else str(match.lastgroup)


def _with_facts(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """`order` `.` `value` made one."""
    joined: list[Token] = []
    at = 0
    while at < len(tokens):
        token, after = tokens[at], tokens[at + 1 : at + 3]
        is_root = token.kind == "name" and token.text in SCHEMA and not _is(tokens, at - 1, ".")
        if is_root and len(after) == 2 and after[0].text == "." and after[1].text in SCHEMA[token.text]:
            joined.append(Token("fact", token.text, token.start, after[1].end, f"{token.text}.{after[1].text}"))
            at += 3
        else:
            joined.append(token)
            at += 1
    return tuple(joined)


def _is(tokens: Sequence[Token], at: int, text: str) -> bool:
    return 0 <= at < len(tokens) and tokens[at].text == text


# Names ---------------------------------------------------------------------------------------------------------------


def _unknown_names(tokens: Sequence[Token]) -> Iterator[str]:
    depth = 0
    walk: tuple[int, str] | None = None  # how deep the brackets of a walk are, and what it calls each element
    for at, token in enumerate(tokens):
        if token.text in ("(", ")"):
            depth += 1 if token.text == "(" else -1
            if walk and depth < walk[0]:
                walk = None
        if token.kind != "name" or token.text in WORDS:
            continue
        if _is(tokens, at - 1, "."):
            yield from _unknown_member(tokens, at, walk[1] if walk else "")
            if token.text in WALKS and _is(tokens, at + 1, "("):
                if walk:
                    yield f"{token.text} within another walk over a list takes too long on a large order"
                walk = depth + 1, tokens[at + 2].text if at + 2 < len(tokens) else ""
        elif not walk or token.text != walk[1]:
            yield from _unknown_root(tokens, at)


def _unknown_member(tokens: Sequence[Token], at: int, element: str) -> Iterator[str]:
    """What follows a dot: a function, or a field of a line of goods."""
    name, owner = tokens[at].text, tokens[at - 2]
    if owner.kind == "name" and owner.text != element:
        return  # its owner is unknown, which is said already
    known = METHODS if _is(tokens, at + 1, "(") else tuple(LINE_FIELDS)
    if name not in known:
        what = "function" if known is METHODS else "field"
        yield f"there is no {what} {name}{suggestion(name, known)}"


def _unknown_root(tokens: Sequence[Token], at: int) -> Iterator[str]:
    name = tokens[at].text
    if _is(tokens, at + 1, "("):
        if name not in FUNCTIONS:
            yield f"there is no function {name}{suggestion(name, FUNCTIONS)}"
    elif name not in SCHEMA:
        yield f"there is no {name}{suggestion(name, tuple(SCHEMA))}"
    elif _is(tokens, at + 1, ".") and at + 2 < len(tokens):
        yield f"there is no {name}.{tokens[at + 2].text}{_near_fact(name, tokens[at + 2].text)}"
    else:
        yield f"{name} alone says nothing: name one of its facts, as {name}.{next(iter(SCHEMA[name]))}"


def _near_fact(root: str, field: str) -> str:
    """A suggestion of a fact of the same root, or of another where the field is one's name."""
    if near := difflib.get_close_matches(field, SCHEMA[root], n=1):
        return f"; did you mean {root}.{near[0]}?"
    elsewhere = next((f"{other}.{field}" for other, fields in SCHEMA.items() if field in fields), "")
    return f"; did you mean {elsewhere}?" if elsewhere else f"; there are {', '.join(SCHEMA[root])}"


def suggestion(name: str, known: Collection[str]) -> str:
    """What may have been meant; or all that there is."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"


# Parts ---------------------------------------------------------------------------------------------------------------


def _split(source: str, sign: str) -> tuple[str, ...]:
    """The text between those signs that stand in no bracket; whole, where another sign binds less than this one."""
    depth, start, pieces = 0, 0, []
    looser = ("?",) if sign == "||" else ("?", "||")
    for token in _tokens(source):
        depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}")) if token.kind == "sign" else 0
        if depth == 0 and token.text in looser:
            return (source,)
        if depth == 0 and token.text == sign:
            pieces.append(source[start : token.start].strip())
            start = token.end
    return (*pieces, source[start:].strip())


def _unwrapped(source: str) -> str:
    """Without the brackets round all of it."""
    tokens, depth = _tokens(source), 0
    if not tokens or tokens[0].text != "(" or tokens[-1].text != ")":
        return source
    for token in tokens[:-1]:
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0:
            return source
    return _unwrapped(source[tokens[0].end : tokens[-1].start].strip())
