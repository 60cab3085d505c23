"""The standing words of the notes in Project Fluent, compiled once: a message that can fail fails here, not on a note.

MESSAGES says which messages the notes use and with which variables. Each is set as its language sets apostrophes,
dashes and spaces (service/planning/typography.py), however it was typed. Every language has all of them and no others,
each uses the same variables in every language, and each was spoken once with sample values before the first order
comes. A number is given twice: `units` chooses the plural, `units_text` is what is printed. Nothing of an order is
ever parsed as Fluent: it goes in as a value and comes out as it was.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fluent.runtime import FluentBundle
from fluent.runtime.resolver import Pattern
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

from service.errors import ConfigInvalid, MessageFailed
from service.planning.typography import native

PARCEL = ("more", "number", "of")
DETAIL = ("ordered_text", "here_text", "rest", "rest_text")
POINTS = ("points", "points_text")
MESSAGES: dict[str, tuple[str, ...]] = {
    "title": ("note",),
    "page-label": ("page", "pages"),
    "reprint": ("generation",),
    "greeting-new": ("name",),
    "greeting-new-unnamed": (),
    "greeting-new-text": ("brand",),
    "greeting-returning": ("name",),
    "greeting-returning-unnamed": (),
    "greeting-returning-text": ("brand",),
    "greeting-ambassador": ("name",),
    "greeting-ambassador-unnamed": (),
    "greeting-ambassador-text": ("brand",),
    "greeting-neutral": (),
    "greeting-neutral-text": ("brand",),
    "greeting-gift": (),
    "greeting-gift-text": ("brand",),
    "address-label": (),
    "fact-note": (),
    "fact-order": (),
    "fact-ordered": (),
    "fact-dispatched": (),
    "fact-parcel": (),
    "fact-parcel-value": ("number", "of"),
    "parcel-single": PARCEL,
    "parcel-single-gift": PARCEL,
    "parcel-single-text": ("units", "units_text"),
    "parcel-partial": PARCEL,
    "parcel-partial-gift": PARCEL,
    "parcel-partial-text": ("more", "more_text"),
    "parcel-partial-rest": ("rest", "rest_text"),
    "parcel-final": PARCEL,
    "parcel-final-gift": PARCEL,
    "parcel-final-text": ("units", "units_text"),
    "goods-quantity": (),
    "goods-item": (),
    "goods-unit-price": (),
    "goods-amount": (),
    "article": ("sku",),
    "detail-partial": DETAIL,
    "detail-middle": DETAIL,
    "detail-final": DETAIL,
    "detail-only": DETAIL,
    "totals-goods": (),
    "gift-message": (),
    "voucher-percent": ("percent_text",),
    "voucher-amount": ("amount",),
    "voucher-shipping": (),
    "voucher-text": ("website",),
    "voucher-text-scan": ("website",),
    "voucher-code": (),
    "voucher-minimum": ("amount",),
    "voucher-expires": ("date",),
    "recommendations": (),
    "loyalty": (),
    "loyalty-points": POINTS,
    "loyalty-tier-points": ("tier", *POINTS),
    "loyalty-earned": ("earned", "earned_text"),
    "referral": (),
    "referral-caption": (),
    "registration": (),
    "registration-caption": ("sku",),
    "feedback": (),
    "feedback-caption": (),
    "returns": (),
    "returns-text": ("days", "days_text"),
    "help": (),
}
NUMBERS = ("units", "more", "rest", "points", "earned", "days")
PLACE = "\ue000"  # of no script
SAMPLE_NUMBERS = (0, 1, 2, 5, 21, 1000)


@dataclass(frozen=True, slots=True)
class Messages:
    """The words of one language. `standing` are the messages that hold no variable."""

    language: str
    standing: Mapping[str, str]
    patterns: Mapping[str, Pattern]
    bundle: FluentBundle

    def text(self, message: str, **values: str | int) -> str:
        """The message with its values filled in as they are; raises MessageFailed."""
        if message in self.standing:
            return self.standing[message]
        text, faults = self.bundle.format_pattern(self.patterns[message], values)
        if faults:
            raise MessageFailed(f"message {message} failed", where=f"{self.language}.ftl")
        return str(text)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A message as it stands in its file: `place` is file and line."""

    name: str
    place: str
    variables: frozenset[str]


@dataclass(frozen=True, slots=True)
class _File:
    """The messages of one language as they were written."""

    path: Path
    text: str
    resource: ast.Resource
    entries: tuple[_Entry, ...]


def compile_messages(sources: Mapping[str, str], folder: Path) -> dict[str, Messages]:
    """The messages of every language; raises ConfigInvalid with all faults, each with its file and line."""
    files = {
        language: _parsed(language, text, folder / "messages" / f"{language}.ftl") for language, text in sources.items()
    }
    compiled = {language: _messages(language, file) for language, file in files.items()}
    faults = [
        fault
        for language, file in files.items()
        for fault in (*_syntax_faults(file), *_name_faults(file), *_sample_faults(compiled[language], file))
    ]
    faults += _variable_faults(tuple(files.values()))
    if faults:
        raise ConfigInvalid("\n".join(faults), hint="Mend the messages named; all languages need the same ones.")
    return compiled


def _parsed(language: str, text: str, path: Path) -> _File:
    resource = FluentParser().parse(text)
    _set_natively(resource, language)
    entries = tuple(
        _Entry(entry.id.name, f"{path}:{_line(text, entry)}", _variables(entry))
        for entry in resource.body
        if isinstance(entry, ast.Message)
    )
    return _File(path, text, resource, entries)


def _set_natively(resource: ast.Resource, language: str) -> None:
    """Mend the text of each pattern as a whole, in which a character of its own stands for each placeable."""

    class Patterns(Visitor):
        def visit_Pattern(self, node: ast.Pattern) -> None:  # noqa: N802  # Fluent's own name
            self.generic_visit(node)
            placeables = [part for part in node.elements if not isinstance(part, ast.TextElement)]
            text = "".join(part.value if isinstance(part, ast.TextElement) else PLACE for part in node.elements)
            node.elements = []
            for number, piece in enumerate(native(text, language).split(PLACE)):
                node.elements += placeables[number - 1 : number] if number else []
                node.elements += [ast.TextElement(piece)] if piece else []

    Patterns().visit(resource)


def _line(text: str, node: ast.SyntaxNode) -> int:
    return text.count("\n", 0, node.span.start if node.span else 0) + 1


def _variables(entry: ast.Message) -> frozenset[str]:
    found: set[str] = set()

    class Variables(Visitor):
        def visit_VariableReference(self, node: ast.VariableReference) -> None:  # noqa: N802  # Fluent's own name
            found.add(node.id.name)

    Variables().visit(entry)
    return frozenset(found)


def _messages(language: str, file: _File) -> Messages:
    bundle = FluentBundle([language], use_isolating=False)
    bundle.add_resource(file.resource)
    values = ((entry.name, bundle.get_message(entry.name).value) for entry in file.entries)
    patterns = {name: value for name, value in values if value is not None}
    spoken = {name: bundle.format_pattern(pattern, {}) for name, pattern in patterns.items()}
    standing = {name: str(text) for name, (text, faults) in spoken.items() if not faults}
    return Messages(language, standing, patterns, bundle)


def _syntax_faults(file: _File) -> Iterator[str]:
    for junk in file.resource.body:
        if isinstance(junk, ast.Junk):
            yield from (f"{file.path}:{_line(file.text, note)}: {note.message}" for note in junk.annotations or [])


def _name_faults(file: _File) -> Iterator[str]:
    names = [entry.name for entry in file.entries]
    yield from (f"{file.path}: message {name} is missing" for name in MESSAGES if name not in names)
    for index, entry in enumerate(file.entries):
        if entry.name not in MESSAGES:
            yield f"{entry.place}: message {entry.name} is used by no note"
        if entry.name in names[:index]:
            yield f"{entry.place}: message {entry.name} is there twice"


def _sample_faults(messages: Messages, file: _File) -> Iterator[str]:
    for entry in file.entries:
        if entry.name in MESSAGES and entry.name not in messages.standing:
            faults = _spoken_faults(messages, entry.name)
            yield from (f"{entry.place}: message {entry.name}: {fault}" for fault in faults)


def _spoken_faults(messages: Messages, name: str) -> list[str]:
    """The first fault of a message with sample values, if it has one."""
    if name not in messages.patterns:
        return ["it says nothing"]
    for number in SAMPLE_NUMBERS:
        values = {variable: number if variable in NUMBERS else "x" for variable in MESSAGES[name]}
        if faults := messages.bundle.format_pattern(messages.patterns[name], values)[1]:
            return [str(faults[0])]
    return []


def _variable_faults(files: tuple[_File, ...]) -> Iterator[str]:
    """Where a language leaves out what another says; units and units_text count as one."""
    said: dict[str, frozenset[str]] = {}
    entries = [entry for file in files for entry in file.entries]
    for entry in entries:
        said[entry.name] = said.get(entry.name, frozenset()) | _facts(entry)
    for entry in entries:
        for fact in sorted(said[entry.name] - _facts(entry)):
            yield f"{entry.place}: message {entry.name} leaves out ${fact}, which another language says"


def _facts(entry: _Entry) -> frozenset[str]:
    return frozenset(variable.removesuffix("_text") for variable in entry.variables)
