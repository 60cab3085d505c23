"""The forms that single values of an order file have: text, amounts, times, countries, currencies, languages.

Each form checks and normalises; what it says about a value never holds the value. Text is NFC and free of control
characters, so that the same words are the same bytes and nothing but words can reach the paper.
"""

import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated

from babel import Locale
from babel.core import get_global
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

# CLDR has codes of its own, reserved ones, and some for several countries
_NOT_COUNTRIES = ("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ")
COUNTRIES = frozenset(
    code for code in map(str, Locale("en").territories) if re.fullmatch("[A-Z]{2}", code) and code not in _NOT_COUNTRIES
)
CURRENCIES = frozenset(
    currency
    for used in get_global("territory_currencies").values()
    for currency, _since, until, is_tender in used
    if until is None and is_tender
)


def plain_text(text: str) -> str:
    """`text` in NFC; refuses control characters and lone surrogates."""
    return text if text.isascii() and text.isprintable() else _normal_text(text, allowed="")


def text_of_lines(text: str) -> str:
    """Like plain_text, but line ends may stand in it."""
    return _normal_text(text, allowed="\n")


def not_blank(text: str) -> str:
    """Refuses text that has nothing to read in it."""
    if not text.strip():
        raise PydanticCustomError("blank", "must not be empty")
    return text


def _normal_text(text: str, allowed: str) -> str:
    for position, character in enumerate(text, 1):
        if unicodedata.category(character) in ("Cc", "Cs") and character not in allowed:
            code = f"U+{ord(character):04X}"
            raise PydanticCustomError(
                "control_character",
                "holds the control character {code} at character {position}",
                {"code": code, "position": position},
            )
    return unicodedata.normalize("NFC", text)


_AMOUNT = re.compile(r"[0-9]{1,7}(\.[0-9]{1,4})?")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BIRTHDAY = re.compile(r"[0-9]{2}-[0-9]{2}")
_YEARS = range(1900, 2200)


def amount(value: object) -> Decimal:
    """A price from its decimal string."""
    if isinstance(value, str) and _AMOUNT.fullmatch(value):
        return Decimal(value)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        raise PydanticCustomError("amount", 'must stand in quotes, as in "12.50"')
    raise PydanticCustomError(
        "amount", "must be an amount as in 12.50, at most 7 digits before the point and 4 after it"
    )


def price(value: object) -> Decimal | None:
    """An amount, or None where there is none."""
    return None if value is None else amount(value)


def least_amount(value: object) -> Decimal:
    """An amount; nothing is 0."""
    return Decimal(0) if value == "" else amount(value)


def moment(value: object) -> datetime:
    """A time from ISO 8601 with its offset, in UTC."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            time = datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            raise PydanticCustomError("moment", "is a date or time that does not exist") from None
        if time.year in _YEARS:
            return time
    raise PydanticCustomError("moment", "must be a time with its offset, as in 2026-11-21T09:30:00+01:00")


def day(value: object) -> date | None:
    """A calendar day from ISO 8601; None stays None."""
    if value is None:
        return None
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise PydanticCustomError("day", "is a day that does not exist") from None
    raise PydanticCustomError("day", "must be a day, as in 2024-05-02, or null")


def birthday(text: str) -> str:
    """A day of the year, MM-DD, or nothing."""
    if text:
        try:
            if not _BIRTHDAY.fullmatch(text):
                raise ValueError
            date.fromisoformat(f"2000-{text}")
        except ValueError:
            raise PydanticCustomError("birthday", "must be a day of the year, as in 06-17, or empty") from None
    return text


def country(code: str) -> str:
    """ISO 3166-1 alpha-2, and XK, which the post uses."""
    if code not in COUNTRIES:
        raise PydanticCustomError("country", "must be a country code of ISO 3166-1, as in GB, FR, DE")
    return code


def currency(code: str) -> str:
    """ISO 4217, of those in use."""
    if code not in CURRENCIES:
        raise PydanticCustomError("currency", "must be a currency code of ISO 4217, as in GBP, EUR, CHF")
    return code


Text = Annotated[str, AfterValidator(plain_text)]
_NOT_BLANK = Field(json_schema_extra={"pattern": r"\S"})
Words = Annotated[str, AfterValidator(plain_text), AfterValidator(not_blank), _NOT_BLANK]
AddressLine = Annotated[str, Field(max_length=100), AfterValidator(plain_text), AfterValidator(not_blank), _NOT_BLANK]
Amount = Annotated[
    Decimal,
    BeforeValidator(amount),
    WithJsonSchema({"type": "string", "pattern": f"^{_AMOUNT.pattern}$", "examples": ["12.50"]}),
]
Price = Annotated[
    Decimal | None,
    BeforeValidator(price),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": f"^{_AMOUNT.pattern}$"}, {"type": "null"}]}),
]
LeastAmount = Annotated[
    Decimal, BeforeValidator(least_amount), WithJsonSchema({"type": "string", "pattern": f"^({_AMOUNT.pattern})?$"})
]
Moment = Annotated[datetime, BeforeValidator(moment), WithJsonSchema({"type": "string", "format": "date-time"})]
Day = Annotated[
    date | None,
    BeforeValidator(day),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}),
]
Birthday = Annotated[
    str, AfterValidator(birthday), WithJsonSchema({"type": "string", "pattern": "^([0-9]{2}-[0-9]{2})?$"})
]
Country = Annotated[str, AfterValidator(country), WithJsonSchema({"type": "string", "enum": sorted(COUNTRIES)})]
Currency = Annotated[str, AfterValidator(currency), WithJsonSchema({"type": "string", "enum": sorted(CURRENCIES)})]

_ORDER_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$"
_NAME = r"^[a-z0-9][a-z0-9-]{0,39}$"
_LANGUAGE = r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$"
_VOUCHER_CODE = r"^[!-~]([ -~]{0,38}[!-~])?$"
OrderId = Annotated[str, Field(pattern=_ORDER_ID)]
Name = Annotated[str, Field(pattern=_NAME)]
LanguageTag = Annotated[str, Field(pattern=_LANGUAGE)]
VoucherCode = Annotated[str, Field(pattern=_VOUCHER_CODE)]

PATTERN_FORMS = {
    _ORDER_ID: "must be 1 to 32 letters, digits, points, hyphens or underscores, the first a letter or digit",
    _NAME: "must be 1 to 40 small letters, digits or hyphens, the first a letter or digit",
    _VOUCHER_CODE: "must be 1 to 40 letters, digits or signs of ASCII, with no space at its ends",
    _LANGUAGE: "must be a language tag of BCP 47, as in en, fr-CH, de",
}
