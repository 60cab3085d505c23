"""Files of voucher codes and of redemptions: CSV, checked whole before anything of it is taken.

A pool's file has a row for each code and these columns, of which a row fills code and one of the three benefits:

    code, percent | amount | free_shipping, currency, minimum, expires, categories, excluded_categories

An amount or a minimum has its currency. Codes are one whatever case they are written in. Categories stand in one
column with `;` between them. A file of redemptions has code, and order_id where it is known.
Faults are told all at once, each with its row and column; the codes themselves are never told.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from service.errors import VouchersRefused
from service.intake.csv_text import Row, Table, read_table
from service.intake.encoding import decoded, refuse_unfinished
from service.intake.order_contract import Part, VoucherPart
from service.intake.order_file import reason_of
from service.intake.text_forms import Currency, Text, VoucherCode
from service.marketing import CodeLine, Redemption
from service.model import Offer

MAX_FAULTS = 10
CODE_COLUMNS = (
    *("code", "percent", "amount", "free_shipping", "currency", "minimum", "expires"),
    *("categories", "excluded_categories"),
)
REDEMPTION_COLUMNS = ("code", "order_id")
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
T = TypeVar("T", CodeLine, Redemption)


class _CodePart(VoucherPart):
    """A row of a pool's file."""

    currency: Currency = ""
    categories: list[Text] = Field(default=[], max_length=20)
    excluded_categories: list[Text] = Field(default=[], max_length=20)

    @model_validator(mode="after")
    def _money_of_a_country(self) -> "_CodePart":
        if (self.amount or self.minimum) and not self.currency:
            raise PydanticCustomError("contradiction", "must name the currency of its amount or minimum")
        return self


class _RedemptionPart(Part):
    """A row of a file of redemptions."""

    code: VoucherCode
    order_id: Text = Field(default="", max_length=40)


def read_codes(content: bytes) -> tuple[CodeLine, ...]:
    """The codes of a pool's file, in its order; raises VouchersRefused, or what a file that is no CSV raises."""
    return _read(content, CODE_COLUMNS, lambda cells: _CodePart.model_validate(dict(_terms(cells))), _code_line)


def read_redemptions(content: bytes) -> tuple[Redemption, ...]:
    """The redemptions of a file, in its order; raises as read_codes does."""
    return _read(content, REDEMPTION_COLUMNS, _RedemptionPart.model_validate, _redemption)


def _code_line(row: Row, part: Any) -> CodeLine:
    terms = dict(part) | {name: tuple(getattr(part, name)) for name in ("categories", "excluded_categories")}
    return CodeLine(row.number, Offer(**terms))


def _redemption(row: Row, part: Any) -> Redemption:
    return Redemption(row.number, part.code, part.order_id)


def _read(
    content: bytes, columns: tuple[str, ...], checked: Callable[[dict[str, str]], Any], made: Callable[[Row, Any], T]
) -> tuple[T, ...]:
    table = _table(content, columns)
    read: list[T] = []
    faults: list[tuple[str, str]] = []
    first: dict[str, int] = {}
    for row in table.rows:
        try:
            part = checked(_cells(table, row))
        except ValidationError as error:
            faults += ((_fault(detail), _place(row, detail)) for detail in error.errors(include_input=False))
            continue
        if first.setdefault(part.code.lower(), row.number) != row.number:
            faults.append((f"this code stands in row {first[part.code.lower()]} too", f"row {row.number}, column code"))
        read.append(made(row, part))
    _refuse(faults)
    return tuple(read)


def _table(content: bytes, columns: tuple[str, ...]) -> Table:
    refuse_unfinished(content)
    table = read_table(decoded(content), ",")
    if table.fault:
        raise table.fault
    unknown = [number for number, name in enumerate(table.header, 1) if name not in columns]
    if unknown:  # its name is not told: in a file without a header it is a code
        what = f"column {unknown[0]} is none of {', '.join(columns)}"
        raise VouchersRefused(what, where="row 1", hint="Name the columns in the first row, with commas between them.")
    if "code" not in table.header:
        raise VouchersRefused("the column code is missing", where="row 1")
    if not table.rows:
        raise VouchersRefused("the file has a header and no rows", where="row 1")
    return table


def _cells(table: Table, row: Row) -> dict[str, str]:
    """What a row fills, by column; raises VouchersRefused for a row of another width."""
    if len(row.cells) != len(table.header):
        what = f"the row has {len(row.cells)} values, the header {len(table.header)}"
        raise VouchersRefused(what, where=f"row {row.number}")
    return {name: cell.strip() for name, cell in zip(table.header, row.cells, strict=True) if cell.strip()}


def _terms(cells: dict[str, str]) -> Iterator[tuple[str, object]]:
    for name, cell in cells.items():
        if name == "percent":
            yield name, int(cell) if cell.isascii() and cell.isdigit() and len(cell) < 10 else cell
        elif name == "free_shipping":
            yield name, _FLAGS.get(cell.lower(), cell)
        elif name in ("categories", "excluded_categories"):
            yield name, [word.strip() for word in cell.split(";") if word.strip()]
        else:
            yield name, cell


def _fault(detail: Any) -> str:
    name = str(detail["loc"][0]) if detail["loc"] else ""
    reason = reason_of(detail).removesuffix(", without quotes").removesuffix(", or null")
    return f"{name} {reason}".strip()


def _place(row: Row, detail: Any) -> str:
    return f"row {row.number}, column {detail['loc'][0]}" if detail["loc"] else f"row {row.number}"


def _refuse(faults: list[tuple[str, str]]) -> None:
    if not faults:
        return
    more = f"; and {len(faults) - MAX_FAULTS} more" if len(faults) > MAX_FAULTS else ""
    what = "; ".join(dict.fromkeys(what for what, _ in faults[:MAX_FAULTS])) + more
    raise VouchersRefused(what, where="; ".join(dict.fromkeys(place for _, place in faults[:MAX_FAULTS])))
