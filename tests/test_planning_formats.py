"""Numbers, prices and dates stand as Babel's CLDR writes them, but for the typesetting that is ours."""

import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, get_currency_precision, list_currencies
from hypothesis import given
from hypothesis import strategies as st

from service.errors import ConfigInvalid
from service.planning.formats import compile_formats

LOCALES = {
    name: compile_formats(name[:2], name)
    for name in ("en_GB", "en_IE", "en_US", "fr_FR", "fr_CH", "de_DE", "de_AT", "de_CH")
}
CURRENCIES = ("GBP", "EUR", "USD", "CHF", "SEK", "PLN", "JPY", "KWD")

locales = st.sampled_from(sorted(LOCALES))


def typeset(babel_price: str) -> str:
    """What Babel writes, with our no-break space between letters and figures and our French pound."""
    spaced = re.sub(r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])", "\u00a0", babel_price)
    return spaced.replace("£GB", "£")


@given(locales, st.integers(-(10**12), 10**12))
def test_integers_stand_as_babel_writes_them(locale: str, value: int) -> None:
    assert format_decimal(value, locale=locale) == LOCALES[locale].integer(value)


@given(locales, st.sampled_from(CURRENCIES), st.decimals(-(10**9), 10**9, places=4) | st.just(Decimal(0)))
def test_money_stands_as_babel_writes_it(locale: str, currency: str, amount: Decimal) -> None:
    expected = typeset(format_currency(amount, currency, locale=locale, decimal_quantization=False))
    if amount or not amount.is_signed():
        assert expected == LOCALES[locale].money(amount, currency)


@pytest.mark.parametrize("locale", sorted(LOCALES))
def test_every_currency_stands_as_babel_writes_it(locale: str) -> None:
    amount = Decimal("1234")
    expected = [typeset(format_currency(amount, code, locale=locale)) for code in sorted(list_currencies())]
    assert expected == [LOCALES[locale].money(amount, code) for code in sorted(list_currencies())]


@given(st.sampled_from(CURRENCIES), st.decimals(-(10**9), 10**9, places=4))
def test_amounts_are_rounded_to_the_smallest_coin_halves_up(currency: str, amount: Decimal) -> None:
    coin = Decimal(1).scaleb(-get_currency_precision(currency))
    expected = amount.quantize(coin, rounding=ROUND_HALF_UP)
    assert expected == LOCALES["en_GB"].rounded(amount, currency)


@given(locales, st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_dates_stand_as_babel_writes_them(locale: str, day: date) -> None:
    expected = format_date(day, "long", locale=locale)
    if locale.startswith("fr") and day.day == 1:
        expected = expected.replace("1 ", "1er ", 1)
    assert expected == LOCALES[locale].date(day).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("expected", "locale"),
    [
        (("1\u00a0November 2026", "4,320", "£1,234.50", "€1,234.50", "SEK\u00a01,234.50", "JP¥1,235"), "en_GB"),
        (
            (
                *("1er\u00a0novembre 2026", "4\u202f320", "1\u202f234,50\u00a0£", "1\u202f234,50\u00a0€"),
                *("1\u202f234,50\u00a0SEK", "1\u202f235\u00a0JPY"),
            ),
            "fr_FR",
        ),
        (
            (
                *("1.\u00a0November 2026", "4.320", "1.234,50\u00a0£", "1.234,50\u00a0€"),
                *("1.234,50\u00a0SEK", "1.235\u00a0¥"),
            ),
            "de_DE",
        ),
    ],
)
def test_each_language_writes_as_its_readers_expect(expected: tuple[str, ...], locale: str) -> None:
    formats = LOCALES[locale]
    prices = [formats.money(Decimal("1234.5"), code) for code in ("GBP", "EUR", "SEK")]
    yen = formats.money(formats.rounded(Decimal("1234.5"), "JPY"), "JPY")
    assert expected == (formats.date(date(2026, 11, 1)), formats.integer(4320), *prices, yen)


@pytest.mark.parametrize(
    ("expected", "amount", "currency"),
    [
        ("£1.70", "1.7", "GBP"),
        ("£0.125", "0.1250", "GBP"),
        ("JP¥100", "100", "JPY"),
        ("KWD\u00a01.500", "1.5", "KWD"),
        ("XQQ\u00a01.50", "1.5", "XQQ"),
        ("-£3.00", "-3", "GBP"),
    ],
)
def test_money_never_loses_a_digit_and_an_unknown_currency_goes_by_its_code(
    expected: str, amount: str, currency: str
) -> None:
    assert expected == LOCALES["en_GB"].money(Decimal(amount), currency)


@pytest.mark.parametrize(
    ("what", "language", "locale"),
    [
        ("xx_XX is no CLDR locale", "en", "xx_XX"),
        ("not a locale is no CLDR locale", "en", "not a locale"),
        ("de_DE is a locale of another language", "fr", "de_DE"),
        ("en_IN does not group digits by threes", "en", "en_IN"),
    ],
)
def test_a_locale_we_can_not_write_is_refused(what: str, language: str, locale: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        compile_formats(language, locale)
    assert (what, f"slipway.toml: languages.locale.{language}") == (caught.value.what, caught.value.where)
