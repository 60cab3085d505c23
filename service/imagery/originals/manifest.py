"""A manifest: a CSV file as shops write it that says which picture belongs to which sku.

UTF-8, with or without its mark, else Windows-1252; comma, semicolon or tab. The head names the columns, in any case:
`sku`; where the picture is in `path`, `url`, `image` or `picture`; and, where there is one, `version`. A row that is
wrong is a Refusal with its line. A file that can't be read to its end is PictureSourceUnusable: what would follow is
not known, and must not be taken for vanished.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from service.errors import PictureSourceUnusable
from service.imagery.offered import Refusal, fault_of_id, is_plain

MAX_BYTES = 64_000_000
MAX_ROWS = 500_000
DELIMITERS = (",", ";", "\t")
TARGETS = ("path", "url", "image", "picture")
EXPECTED = "A CSV file in UTF-8 whose first line names the columns `sku` and `path` or `url`, and maybe `version`."


@dataclass(frozen=True, slots=True)
class Row:
    """A row: whose picture, where it is (a path or an address), and its version, which may be empty."""

    place: str
    picture: str
    target: str
    version: str


def read_manifest(content: bytes, name: str) -> Iterator[Row | Refusal]:
    """The rows of the manifest called `name`, in its order; raises PictureSourceUnusable."""
    text = _text(content, name)
    head, delimiter = _head(text, name)
    columns = _Columns.of(head, name)
    for number, (line, cells) in enumerate(_records(text, delimiter, name)):
        if number > MAX_ROWS:
            raise _unusable(f"the manifest has more than {MAX_ROWS} rows", name, line)
        if number:
            yield _row(cells, columns, f"{name}, line {line}")


def _text(content: bytes, name: str) -> str:
    if len(content) > MAX_BYTES:
        raise _unusable(f"the manifest is larger than {MAX_BYTES // 1_000_000} MB", name)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _unusable("the manifest is UTF-16", name)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _windows_text(content, name)


def _windows_text(content: bytes, name: str) -> str:
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _unusable("the manifest is neither UTF-8 nor Windows-1252", name, line) from error


def _head(text: str, name: str) -> tuple[tuple[str, ...], str]:
    """The names of the columns, and the delimiter that tells them apart."""
    failures = []
    for delimiter in DELIMITERS:
        try:
            _, cells = next(_records(text, delimiter, name), (1, ()))
        except PictureSourceUnusable as error:  # quotes may be right with another delimiter
            failures.append(error)
            continue
        names = tuple(cell.strip().casefold() for cell in cells)
        if "sku" in names and any(target in names for target in TARGETS):
            return names, delimiter
    if len(failures) == len(DELIMITERS):
        raise failures[0]
    raise _unusable("the manifest's first line does not name a column `sku` and one for the picture", name, 1)


def _records(text: str, delimiter: str, name: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The records that are not blank, each with the line that it begins in."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, tuple(cells)
            line = reader.line_num + 1
    except csv.Error as error:
        fact = next((fact for sign, fact in _FACTS.items() if sign in str(error)), "the row can't be read")
        raise _unusable(fact, name, line) from error


_FACTS = {
    "unexpected end of data": "a quote is opened in this row and never closed",
    "field larger": "a value has more than 131072 characters: is a quote not closed?",
    "expected after": "text follows a closing quote",
}


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where in a row the values stand; `count` is that of the head."""

    count: int
    sku: int
    targets: tuple[int, ...]
    version: int | None

    @classmethod
    def of(cls, head: tuple[str, ...], name: str) -> "_Columns":
        for column in ("sku", "version", *TARGETS):
            if head.count(column) > 1:
                raise _unusable(f"two columns are called `{column}`", name, 1)
        targets = tuple(number for number, column in enumerate(head) if column in TARGETS)
        return cls(len(head), head.index("sku"), targets, head.index("version") if "version" in head else None)


def _row(cells: tuple[str, ...], columns: _Columns, place: str) -> Row | Refusal:
    values = [cell.strip() for cell in cells] + [""] * (columns.count - len(cells))
    picture = values[columns.sku]
    fault = fault_of_id(picture)
    if any(values[columns.count :]):
        what = "the row has more values than the head has columns"
        return Refusal("" if fault else picture, place, "invalid-row", what)
    if fault:
        return Refusal("", place, "invalid-row", f"the sku {fault}")
    targets = [values[column] for column in columns.targets if values[column]]
    if len(targets) != 1:
        what = "the row names more than one picture" if targets else "the row names no picture"
        return Refusal(picture, place, "invalid-row", what)
    version = "" if columns.version is None else values[columns.version]
    if not (is_plain(targets[0]) and is_plain(version)):
        return Refusal(picture, place, "invalid-row", "the row holds control characters")
    return Row(place, picture, targets[0], version)


def _unusable(what: str, name: str, line: int = 0) -> PictureSourceUnusable:
    where = f"{name}, line {line}" if line else name
    return PictureSourceUnusable(what, where=where, hint=f"{EXPECTED} The library is as it was.")
