"""TOML files checked against models: a fault names file, line and key, all of them at once."""

import difflib
import re
import tomllib
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from service.errors import ConfigInvalid

LONGEST_LINE = 4000  # Python's reader gives up on longer numbers, and takes the square of a key's parts


def read_text(path: Path) -> str:
    """The text of a configuration file."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigInvalid(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigInvalid(f"{path}: not UTF-8 at byte {error.start}", hint="Save the file as UTF-8.") from error


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as plain values."""
    text = read_text(path)
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > LONGEST_LINE:
            raise ConfigInvalid(f"{path}:{number}: a line of more than {LONGEST_LINE} characters")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigInvalid(f"{path}: {error}") from error
    except RecursionError as error:
        raise ConfigInvalid(f"{path}: nested too deep") from error


P = TypeVar("P", bound=BaseModel)


def validated(model: type[P], values: dict[str, Any], path: Path) -> P:
    """`values` of the TOML file at `path` as a `model`; a fault names file, line and key, all of them at once."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        text = read_text(path)
        faults = [
            f"{path}:{line_of_key(text, fault['loc'])}: {key_name(fault['loc'])}: {_reason(model, fault)}"
            for fault in error.errors(include_input=False, include_url=False)
        ]
        raise ConfigInvalid("\n".join(faults)) from None


def read_part(path: Path, model: type[P]) -> P:
    """A TOML file as a `model`; raises ConfigInvalid as `validated` does."""
    return validated(model, read_toml(path), path)


# Where a fault stands ------------------------------------------------------------------------------------------------

_TABLE = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_NAME = re.compile(r"""\"([^"]*)\"|'([^']*)'|([A-Za-z0-9_-]+)""")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")


def line_of_key(text: str, key: tuple[int | str, ...]) -> int:
    """The line (from 1) of a TOML text where `key` stands, or the nearest table or key above it that is there."""
    places = _all_places(text)
    for end in range(len(key), 0, -1):
        if key[:end] in places:
            return places[key[:end]]
    return 1


@lru_cache(maxsize=4)  # a file may have many faults
def _all_places(text: str) -> dict[tuple[int | str, ...], int]:
    return dict(_places(text))


def _places(text: str) -> Iterator[tuple[tuple[int | str, ...], int]]:
    table: tuple[int | str, ...] = ()
    counts: dict[tuple[int | str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if match := _TABLE.match(line):
            table = _names(match[2])
            if match[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            yield table, number
        elif match := _KEY.match(line):
            names = _names(match[1])
            for end in range(1, len(names) + 1):
                yield (*table, *names[:end]), number


def _names(dotted: str) -> tuple[int | str, ...]:
    return tuple("".join(part) for part in _NAME.findall(dotted))


def key_name(key: tuple[int | str, ...]) -> str:
    """A key as people write it: `route[2].queue`, counted from 1."""
    name = ""
    for part in key:
        name += f"[{part + 1}]" if isinstance(part, int) else f"{'.' if name else ''}{part}"
    return name or "the file"


def _reason(model: type[BaseModel], fault: Any) -> str:
    if fault["type"] != "extra_forbidden":
        return str(fault["msg"]).removeprefix("Value error, ")
    near = difflib.get_close_matches(str(fault["loc"][-1]), _known_keys(model), n=1)
    return "there is no such key" + (f"; did you mean {near[0]}?" if near else "")


@cache
def _known_keys(model: type[BaseModel]) -> list[str]:
    schema = model.model_json_schema()
    tables = [schema, *schema.get("$defs", {}).values()]
    return sorted({name for table in tables for name in table.get("properties", {})})
