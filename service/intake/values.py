"""Foreign values in canonical form: the amounts, times, flags and numbers of another program's export.

Everything comes as text and goes as the canonical order file writes it. What can't be read is Unreadable, which says
the form that was expected and never the value.
"""

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from zoneinfo import ZoneInfo

from service.intake.json_text import Json


class Unreadable(Exception):
    """A value that has not the form its field needs; the text says which."""


class Kind(Enum):
    """What a canonical field holds."""

    TEXT = "text"
    INTEGER = "integer"
    FLAG = "flag"
    AMOUNT = "amount"
    MOMENT = "time"
    DAY = "day"
    BIRTHDAY = "day of the year"


@dataclass(frozen=True, slots=True)
class Forms:
    """How an export writes: its decimal sign, its date patterns (for strptime) and the zone of its local times.

    `exact` is the canonical order file, where nothing is trimmed or turned.
    """

    decimal: str = "."
    dates: tuple[str, ...] = ()
    zone: ZoneInfo | None = None
    exact: bool = False


def canonical(text: str, kind: Kind, forms: Forms) -> Json:
    """`text` of an export as the canonical file writes a value of this kind."""
    if kind is Kind.INTEGER:
        return _integer(text, forms)
    if kind is Kind.FLAG:
        return _flag(text)
    if kind is Kind.TEXT or forms.exact:
        return text
    if kind is Kind.AMOUNT:
        return _amount(text, forms)
    if kind is Kind.BIRTHDAY:
        return _day_of_the_year(text, forms)
    time = _time(text, forms.dates)
    return _zoned(time, forms).isoformat() if kind is Kind.MOMENT else time.date().isoformat()


def _integer(text: str, forms: Forms) -> int:
    whole, _, rest = text.partition(forms.decimal) if not forms.exact else (text, "", "")
    if not re.fullmatch("-?[0-9]{1,12}", whole) or rest.strip("0"):
        raise Unreadable("must be a whole number")
    return int(whole)


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise Unreadable("must be true or false")
    return text == "true"


_PLAIN_AMOUNT = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")


def _amount(text: str, forms: Forms) -> str:
    bare = "".join(character for character in text if unicodedata.category(character) not in ("Sc", "Zs"))
    thousands = "." if forms.decimal == "," else ","
    if re.fullmatch(rf"[0-9]{{1,3}}(\{thousands}[0-9]{{3}})+(\{forms.decimal}[0-9]*)?", bare):
        bare = bare.replace(thousands, "")
    elif thousands in bare:
        bare = ""
    plain = bare.replace(forms.decimal, ".")
    if not _PLAIN_AMOUNT.fullmatch(plain):
        raise Unreadable(f"must be an amount, as in 1234{forms.decimal}50")
    whole, _, rest = plain.partition(".")
    rest = rest.rstrip("0")
    return (whole or "0") + (f".{rest}" if rest else "")


def _day_of_the_year(text: str, forms: Forms) -> str:
    patterns = ["%m-%d", *(pattern for pattern in forms.dates if "%H" not in pattern)]
    in_leap_year = tuple(pattern if "%Y" in pattern else f"{pattern} %Y" for pattern in patterns)
    for candidate in (f"{text} 2000", text):
        with suppress(Unreadable):
            return _time(candidate, in_leap_year).strftime("%m-%d")
    raise Unreadable("must be a day, as the feed's `dates` write it")


def _time(text: str, patterns: tuple[str, ...]) -> datetime:
    for pattern in patterns:
        try:
            return datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is the feed's, given afterwards
        except ValueError:
            continue
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable("must be a date as the feed's `dates` write it, or ISO 8601") from None


def _zoned(time: datetime, forms: Forms) -> datetime:
    """A local time with its offset; of two that a clock shows twice in autumn, the first."""
    if time.tzinfo is not None:
        return time
    if forms.zone is None:
        raise Unreadable("has no offset from UTC, and the feed names no timezone")
    zoned = time.replace(tzinfo=forms.zone)
    try:
        shown = zoned.astimezone(UTC).astimezone(forms.zone)
    except OverflowError:
        raise Unreadable("is a time out of all bounds") from None
    if shown.replace(tzinfo=None) != time:
        raise Unreadable("is a local time that does not exist: the clock skips it in spring")
    return zoned


def strptime_pattern(pattern: str) -> str:
    """`DD.MM.YYYY hh:mm` as strptime writes it."""
    parts = re.split("(YYYY|YY|MM|DD|hh|mm|ss)", pattern.replace("%", "%%"))
    return "".join(_TOKENS.get(part, part) for part in parts)


_TOKENS = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d", "hh": "%H", "mm": "%M", "ss": "%S"}
