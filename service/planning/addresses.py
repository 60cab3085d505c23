"""Addresses as the post of each country wants them.

What an order says of a place is printed as it came; only the order of the parts is ours. The country stands below in
capitals and in the language of the site that posts the parcel, and is left out inside that site's own country.
"""

import re
from collections.abc import Mapping

from babel import Locale, UnknownLocaleError
from babel.core import get_global

from service.model import Address

# The lines below the street. A part that is empty takes the separator before it along.
POSTCODE_FIRST = ("{postcode} {city}", "{region}")
FORMATS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("GB", "JE", "GG", "IM", "IE", "HK", "AE", "ZA"), ("{city}", "{region}", "{postcode}")),
    **dict.fromkeys(("CA", "AU"), ("{city} {region} {postcode}",)),
    **dict.fromkeys(("US", "JP", "KR", "CN", "TW", "BB"), ("{city}, {region} {postcode}",)),
    **dict.fromkeys(("TH", "IN"), ("{city}", "{region} {postcode}")),
    **dict.fromkeys(("SG", "NZ", "BH", "SA", "LB", "BM", "MT", "NG"), ("{city} {postcode}", "{region}")),
    "IT": ("{postcode} {city} {region}",),
    "BR": ("{city}-{region}", "{postcode}"),
}
PART = re.compile(r"([^{}]*)\{(\w+)\}")
LAYOUTS = {country: tuple(tuple(PART.findall(line)) for line in lines) for country, lines in FORMATS.items()}
DEFAULT = tuple(tuple(PART.findall(line)) for line in POSTCODE_FIRST)


def address_lines(address: Address, site_country: str, countries: Mapping[str, str]) -> tuple[str, ...]:
    """The address line by line, for a parcel posted in `site_country`, whose names of countries are `countries`."""
    abroad = address.country != site_country
    lines = (
        address.name,
        *address.lines,
        *(_line(address, parts) for parts in LAYOUTS.get(address.country, DEFAULT)),
        countries.get(address.country, address.country) if abroad else "",
    )
    return tuple(line for line in lines if line.strip())


def _line(address: Address, parts: tuple[tuple[str, str], ...]) -> str:
    line = ""
    for separator, name in parts:
        if part := getattr(address, name).strip():
            line += f"{separator if line else ''}{part}"
    return line


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
    return {code: name.upper() for code, name in territories.items() if len(code) == 2 and code.isalpha()}
