"""Numbers, prices and dates as a language writes them: Babel's CLDR patterns, compiled once and then plain strings.

Babel itself takes 17 µs for a price, more than drawing it. What we write differs from Babel in matters of typesetting:
a no-break space between a currency's letters and the figure (SEK 12.00) and between day and month, « 1er » in French,
and in French £ alone, where no other pound is meant.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal

from babel import Locale, UnknownLocaleError
from babel.dates import get_month_names
from babel.numbers import (
    NumberPattern,
    get_currency_precision,
    get_currency_symbol,
    get_decimal_symbol,
    get_group_symbol,
    list_currencies,
)

from service.errors import ConfigInvalid

NO_BREAK = "\u00a0"
WIDE = Context(prec=60, rounding=ROUND_HALF_UP)
UNKNOWN_CURRENCY_DIGITS = 2


@dataclass(frozen=True, slots=True)
class Affix:
    """What stands before and after a figure."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Currency:
    """How one language writes one currency."""

    positive: Affix
    negative: Affix
    digits: int


@dataclass(frozen=True, slots=True)
class Formats:
    """How one language writes integers, money and dates."""

    group: str
    decimal: str
    money_pattern: tuple[Affix, Affix]
    currencies: Mapping[str, Currency]
    months: tuple[str, ...]
    date_pattern: str
    first_of_month: str

    def integer(self, value: int) -> str:
        """4320 as 4,320."""
        return f"{value:,}".replace(",", self.group)

    def money(self, amount: Decimal, currency: str) -> str:
        """The exact amount: at least the currency's decimals, and more where the amount has them."""
        form = self.currencies.get(currency) or _currency(self.money_pattern, currency, UNKNOWN_CURRENCY_DIGITS)
        whole, _, fraction = f"{amount.copy_abs():,f}".partition(".")
        fraction = fraction.rstrip("0").ljust(form.digits, "0")
        point = self.decimal if fraction else ""
        affix = form.negative if amount < 0 else form.positive
        return f"{affix.before}{whole.replace(',', self.group)}{point}{fraction}{affix.after}"

    def short_money(self, amount: Decimal, currency: str) -> str:
        """The amount as an offer says it: £50, but £7.50."""
        written = self.money(amount, currency)
        digits = (
            self.currencies.get(currency) or _currency(self.money_pattern, currency, UNKNOWN_CURRENCY_DIGITS)
        ).digits
        return written.replace(f"{self.decimal}{'0' * digits}", "", 1) if amount == int(amount) and digits else written

    def date(self, day: date) -> str:
        """21 November 2026."""
        number = self.first_of_month if day.day == 1 else str(day.day)
        return self.date_pattern.format(day=number, month=self.months[day.month - 1], year=day.year)

    def rounded(self, amount: Decimal, currency: str) -> Decimal:
        """The amount in the currency's smallest coin, halves up as a till rounds."""
        form = self.currencies.get(currency)
        digits = form.digits if form else UNKNOWN_CURRENCY_DIGITS
        return amount.quantize(Decimal(1).scaleb(-digits), context=WIDE)


def compile_formats(language: str, locale_name: str) -> Formats:
    """The formats of a CLDR locale for the notes of a language; raises ConfigInvalid."""
    locale = _locale(language, locale_name)
    pattern = locale.currency_formats["standard"]
    if pattern.grouping != (3, 3):
        raise _unfit(language, f"{locale_name} does not group digits by threes")
    money_pattern = _money_pattern(pattern)
    return Formats(
        group=get_group_symbol(locale),
        decimal=get_decimal_symbol(locale),
        money_pattern=money_pattern,
        currencies={
            code: _currency(money_pattern, code, get_currency_precision(code), get_currency_symbol(code, locale))
            for code in list_currencies()
        },
        months=tuple(get_month_names("wide", locale=locale)[month] for month in range(1, 13)),
        date_pattern=_date_pattern(language, locale.date_formats["long"].pattern),
        first_of_month="1er" if language == "fr" else "1",
    )


def _locale(language: str, name: str) -> Locale:
    try:
        locale = Locale.parse(name)
    except (UnknownLocaleError, ValueError) as error:
        raise _unfit(language, f"{name} is no CLDR locale") from error
    if locale.language != language:
        raise _unfit(language, f"{name} is a locale of another language")
    return locale


def _unfit(language: str, what: str) -> ConfigInvalid:
    return ConfigInvalid(what, where=f"slipway.toml: languages.locale.{language}")


def _money_pattern(pattern: NumberPattern) -> tuple[Affix, Affix]:
    positive, negative = (Affix(pattern.prefix[sign], pattern.suffix[sign]) for sign in (0, 1))
    return positive, negative


def _currency(pattern: tuple[Affix, Affix], code: str, digits: int, symbol: str = "") -> Currency:
    symbol = (symbol or code).replace("£GB", "£")
    positive, negative = (_spaced(affix, symbol) for affix in pattern)
    return Currency(positive, negative, digits)


def _spaced(affix: Affix, symbol: str) -> Affix:
    before, after = affix.before.replace("¤", symbol), affix.after.replace("¤", symbol)
    return Affix(
        before + NO_BREAK if before[-1:].isalpha() else before,
        NO_BREAK + after if after[:1].isalpha() else after,
    )


def _date_pattern(language: str, pattern: str) -> str:
    fields = {"d": "{day}", "dd": "{day}", "MMMM": "{month}", "y": "{year}"}
    parts = re.findall(r"[A-Za-z]+|[^A-Za-z]+", pattern)
    unknown = [part for part in parts if part[0].isalpha() and part not in fields]
    if unknown or "'" in pattern:
        raise _unfit(language, f"its long date {pattern!r} has parts we do not write")
    written = "".join(fields.get(part, part) for part in parts)
    return re.sub(r"(\{day\}\.?|\{month\}) (?=\{day\}|\{month\})", rf"\1{NO_BREAK}", written)
