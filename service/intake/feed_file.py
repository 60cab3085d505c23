"""The feed file, config/feeds/NAME.toml: what an analyst writes so that an export can be read as it is."""

import codecs
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, model_validator

Scalar = StrictStr | StrictInt | StrictBool


def _known_encoding(name: str) -> str:
    try:
        "\n".encode(name)
        known = codecs.lookup(name).name
    except (LookupError, UnicodeError, ValueError):
        known = ""
    if not known or known in _NOT_OF_FILES:
        raise ValueError("not an encoding of text files, as in utf-8, cp1252, iso-8859-15")
    return "utf-8" if known == "utf-8-sig" else known


_NOT_OF_FILES = ("idna", "punycode", "raw_unicode_escape", "unicode_escape")


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("not a time zone of the IANA database, as in Europe/Berlin") from None
    return name


class FeedPart(BaseModel):
    """A table of a feed file: no key it doesn't know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceFile(FeedPart):
    """Where one field comes from: exactly one of from, join, first_of, value."""

    from_: str | None = Field(default=None, alias="from", description="A column, or a path in the JSON.")
    join: tuple[str, ...] = Field(default=(), description="Several, joined by `with`; empty ones are left out.")
    with_: str = Field(default=" ", alias="with", description="What stands between joined parts.")
    first_of: tuple[str | tuple[str, ...], ...] = Field(
        default=(), description="Several; the first that is not empty. A list among them is joined."
    )
    value: Scalar | None = Field(default=None, description="A constant.")
    default: Scalar | None = Field(default=None, description="Taken when there is nothing.")
    table: dict[str, Scalar] = Field(default={}, description="The export's word -> ours; case doesn't matter.")
    otherwise: Scalar | None = Field(default=None, description="For words that the table does not list.")
    subtract: int = Field(default=0, ge=0, description="Taken off a number, which never falls below 0.")
    optional: bool = Field(default=False, description="The column may be missing from the file.")

    @model_validator(mode="after")
    def _one_origin(self) -> "SourceFile":
        given = [self.from_ is not None, bool(self.join), bool(self.first_of), self.value is not None]
        if sum(given) != 1:
            raise ValueError("give exactly one of from, join, first_of, value")
        if self.otherwise is not None and not self.table:
            raise ValueError("otherwise needs a table")
        return self

    @property
    def alternatives(self) -> tuple[tuple[str, ...], ...]:
        """The paths of each alternative; none for a constant."""
        if self.from_ is not None:
            return ((self.from_,),)
        if self.join:
            return (self.join,)
        return tuple((names,) if isinstance(names, str) else names for names in self.first_of)


class ConditionFile(FeedPart):
    """True where what stands at `from` is one of `values`."""

    from_: str = Field(alias="from")
    values: tuple[str, ...] = Field(min_length=1)


class FeedFile(FeedPart):
    """config/feeds/NAME.toml, whole."""

    files: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        min_length=1, description="Names of drops, with * and ?."
    )
    format: Literal["json", "jsonl", "csv"]
    encoding: Annotated[str, AfterValidator(_known_encoding)] = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1, description='CSV: as in ";" or "\\t".')
    decimal: Literal[".", ","] = Field(default=".", description="The decimal sign of amounts.")
    dates: tuple[str, ...] = Field(
        default=(), description='Date patterns, as in "DD.MM.YYYY hh:mm"; ISO 8601 always goes.'
    )
    timezone: Annotated[str, AfterValidator(_known_zone)] | None = Field(
        default=None, description="Zone of times without offset."
    )
    orders: tuple[str, ...] = Field(
        default=("",), description="JSON: where orders stand; the first that is there counts."
    )
    shipments: str = Field(default="", description="JSON: the shipments of an order, as in fulfillments[].")
    each_line: str = Field(default="", alias="lines", description="JSON: the lines of a shipment, as in items[].")
    skip: ConditionFile | None = Field(default=None, description="JSON: shipments that get no note.")
    complete: ConditionFile | None = Field(
        default=None, description="JSON: when the last shipment there is the final one."
    )
    lines_total: str = Field(default="", description="CSV: the column that says how many rows the shipment has.")
    line: str = Field(default="", description="CSV: the column that counts the rows of a shipment from 1.")
    fields: dict[str, Any] = Field(description="Each field of the order file, and where it comes from.")

    @model_validator(mode="after")
    def _keys_of_the_format(self) -> "FeedFile":
        of_json = (self.shipments, self.each_line, self.skip, self.complete)
        if self.format == "csv" and any(of_json):
            raise ValueError("shipments, lines, skip and complete are for JSON; a CSV has a row for each line of goods")
        if self.format != "csv" and (self.lines_total or self.line):
            raise ValueError("lines_total and line are for CSV")
        if self.format == "jsonl" and len("\n".encode(self.encoding)) > 1:
            raise ValueError("JSON Lines are read in encodings whose line end is one byte")
        if self.format != "csv" and not self.each_line:
            raise ValueError("lines must say where the lines of goods stand, as in items[]")
        return self
