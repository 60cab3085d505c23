"""Files of Project Fluent, compiled once: a message that can fail fails here, not on a note.

Each message is set as its language sets apostrophes, dashes and spaces (service/planning/typography.py), however it
was typed, uses the same variables in every language, and was spoken once with sample values before the first order
comes. A number is given twice: `units` chooses the plural, `units_text` is what is printed. Nothing of an order is
ever parsed as Fluent: it goes in as a value and comes out as it was.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from fluent.runtime import FluentBundle
from fluent.runtime.resolver import Pattern
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

from service.errors import MessageFailed
from service.planning.typography import native

PLACE = "\ue000"  # of no script
SEVERAL = 2  # words; a single one may well be the same
SAMPLE_NUMBERS = (0, 1, 2, 5, 21, 1000)


@dataclass(frozen=True, slots=True)
class Messages:
    """The words of one language. `standing` are the messages that hold no variable, `says` what each one says."""

    language: str
    standing: Mapping[str, str]
    patterns: Mapping[str, Pattern]
    bundle: FluentBundle
    says: Mapping[str, frozenset[str]]

    def text(self, message: str, **values: str | int) -> str:
        """The message with its values filled in as they are; raises MessageFailed."""
        if message in self.standing:
            return self.standing[message]
        text, faults = self.bundle.format_pattern(self.patterns[message], values)
        if faults:
            raise MessageFailed(f"message {message} failed", where=f"{self.language}.ftl")
        return str(text)


@dataclass(frozen=True, slots=True)
class Entry:
    """A message as it stands in its file: `place` is file and line."""

    name: str
    place: str
    variables: frozenset[str]

    @property
    def facts(self) -> frozenset[str]:
        """What it says; units and units_text count as one."""
        return frozenset(variable.removesuffix("_text") for variable in self.variables)


@dataclass(frozen=True, slots=True)
class WordsFile:
    """The messages of one language as they were written."""

    language: str
    path: Path
    text: str
    resource: ast.Resource
    entries: tuple[Entry, ...]


# Reading -------------------------------------------------------------------------------------------------------------


def read_words(language: str, text: str, path: Path) -> WordsFile:
    """The messages in `text`; what is wrong with them, the faults below say."""
    resource = FluentParser().parse(text)
    _set_natively(resource, language)
    messages = {entry.id.name: entry for entry in resource.body if isinstance(entry, ast.Message)}
    entries = tuple(
        Entry(entry.id.name, f"{path}:{_line(text, entry)}", _variables(entry, messages))
        for entry in resource.body
        if isinstance(entry, ast.Message)
    )
    return WordsFile(language, path, text, resource, entries)


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


def _variables(entry: ast.Message, messages: Mapping[str, ast.Message]) -> frozenset[str]:
    """What a message says, itself or through others that it repeats."""
    found: set[str] = set()
    repeated: set[str] = set()

    class Variables(Visitor):
        def visit_VariableReference(self, node: ast.VariableReference) -> None:  # noqa: N802  # Fluent's own name
            found.add(node.id.name)

        def visit_MessageReference(self, node: ast.MessageReference) -> None:  # noqa: N802  # Fluent's own name
            name = node.id.name
            if name in messages and name not in repeated:
                repeated.add(name)
                self.visit(messages[name])

    Variables().visit(entry)
    return frozenset(found)


# Compiling -----------------------------------------------------------------------------------------------------------


def compile_words(file: WordsFile) -> Messages:
    """The messages of a file, ready to speak."""
    bundle = FluentBundle([file.language], use_isolating=False)
    bundle.add_resource(file.resource)
    values = ((entry.name, bundle.get_message(entry.name).value) for entry in file.entries)
    patterns = {name: value for name, value in values if value is not None}
    spoken = {name: bundle.format_pattern(pattern, {}) for name, pattern in patterns.items()}
    standing = {name: str(text) for name, (text, faults) in spoken.items() if not faults}
    return Messages(file.language, standing, patterns, bundle, {entry.name: entry.variables for entry in file.entries})


# Faults --------------------------------------------------------------------------------------------------------------


def written_faults(file: WordsFile) -> Iterator[str]:
    """What is no Fluent, and what is there twice."""
    for junk in file.resource.body:
        if isinstance(junk, ast.Junk):
            yield from (f"{file.path}:{_line(file.text, note)}: {note.message}" for note in junk.annotations or [])
    names = [entry.name for entry in file.entries]
    for index, entry in enumerate(file.entries):
        if entry.name in names[:index]:
            yield f"{entry.place}: message {entry.name} is there twice"


def spoken_faults(entry: Entry, messages: Messages, variables: Sequence[str], numbers: Sequence[str]) -> Iterator[str]:
    """What keeps a message from being spoken with sample values of these variables, the first fault of it."""
    if entry.name in messages.standing:
        return
    if entry.name not in messages.patterns:
        yield f"{entry.place}: message {entry.name}: it says nothing"
        return
    for number in SAMPLE_NUMBERS:
        values = {variable: number if variable in numbers else "x" for variable in variables}
        if faults := messages.bundle.format_pattern(messages.patterns[entry.name], values)[1]:
            yield f"{entry.place}: message {entry.name}: {faults[0]}"
            return


def untranslated(messages: Mapping[str, Messages], variables: Sequence[str]) -> Iterator[str]:
    """Messages of several words that are letter by letter the same in two languages: most often a copied file."""
    values = dict.fromkeys(variables, 5)
    for (one, ours), (other, theirs) in combinations(messages.items(), 2):
        for name in sorted(ours.patterns.keys() & theirs.patterns.keys()):
            words = _words(ours, name, values)
            if len(words) >= SEVERAL and words == _words(theirs, name, values):
                yield f"message {name} says the same in {one} and {other}"


def _words(messages: Messages, name: str, values: Mapping[str, int]) -> list[str]:
    """Without what the language's typography adds, and without what the note fills in."""
    text, _ = messages.bundle.format_pattern(messages.patterns[name], dict(values))
    return re.findall(r"[^\W\d_]+", str(text))


def differing_faults(files: Sequence[WordsFile]) -> Iterator[str]:
    """Where a language leaves out what another says."""
    said: dict[str, frozenset[str]] = {}
    entries = [entry for file in files for entry in file.entries]
    for entry in entries:
        said[entry.name] = said.get(entry.name, frozenset()) | entry.facts
    for entry in entries:
        for fact in sorted(said[entry.name] - entry.facts):
            yield f"{entry.place}: message {entry.name} leaves out ${fact}, which another language says"
