"""Real places of the countries we send to, in the order in which OpenCage's testers write them (MIT licence).

Their components are not an order: where a town is called a village, or a state has a code, we choose as a shop would.
Only the lines below the street are ours to compare, and only in cases that have both a town and a postcode.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from service.planning.addresses import address_lines, compile_address_forms
from tests.builders import an_address

FORMS = compile_address_forms()
TOWNS = ("city", "town", "village", "municipality", "hamlet", "suburb", "state_district", "county", "island", "state")
REGIONS = ("state_code", "county_code", "state", "county", "state_district", "region", "province", "island")
OUR_COUNTRIES = (
    *("ae", "at", "au", "be", "bh", "bm", "br", "ca", "ch", "cy", "cz", "de", "dk", "es", "fi", "fr", "gb", "gr", "hk"),
    *("ie", "il", "is", "it", "je", "jp", "kr", "lb", "lt", "lu", "mt", "ng", "nl", "no", "nz", "pl", "pt", "sa", "se"),
    *("sg", "th", "us", "za"),
)
WITH_STATE_CODES = ("AU", "BR", "CA", "IT", "US")
DIFFERING = {
    ("be", "prefer municipality over hamlet, 50.5689247, 5.3918483"): "they leave the province out",
    ("br", "BR housenumber -22.92540,-43.17540"): "the state: Correios joins it by a hyphen without spaces",
    ("br", "village"): "a region of statistics stands for the town",
    ("br", "Maranhão [+quarter] / -2.493246,-44.267475"): "the state, as above",
    ("br", "format postcode correctly"): "the state, as above",
    ("ca", "Brampton Centennial Secondary School"): "the province: Canada Post wants no comma before it",
    ("ca", "London treated as county - 42.95608,-81.23792"): "the province, as above",
    ("ca", "no housenumber"): "the province, as above",
    ("ca", "locality"): "the province, as above",
    ("ca", "postcode and suburb"): "the province, as above",
    ("fr", "Government building in Mamoudzou, -12.77958,45.23145"): "a country of its own in orders: YT",
    ("fr", "Building in Le Port, -20.93750,55.29020"): "a country of its own in orders: RE",
    ("il", "House in Tel Aviv, 32.06523,34.78793"): "Israel Post wants the postcode behind the town",
    ("je", "Building in Saing Helier, 49.18619,-2.10716"): "the island is the country in orders: JE",
    ("kr", "Hotel in Gangnam, Seoul, 37.49675,127.02755"): "the town stands in the street's line",
    ("pt", "37.74851,-25.60450"): "the Azores stand for a country",
    ("th", "School in Bangkok, 13.7101,100.5088"): "the quarter is a line of the street in orders",
    ("us", "village"): "a county stands for the town",
}
Case = tuple[str, Mapping[str, str], tuple[str, ...]]


def cases(text: str) -> Iterator[Case]:
    """(description, components, expected lines) of each case of a file; as much of YAML as these files use."""
    for document in re.split(r"^---\s*$", text, flags=re.MULTILINE):
        head, found, expected = re.sub(r"^\s*#.*$", "", document, flags=re.MULTILINE).partition("expected:")
        parts = dict(re.findall(r"^ +(\w+): *(.*?) *$", head, re.MULTILINE))
        description = re.search(r"^description: *(.*?) *$", head, re.MULTILINE)
        if found:
            lines = tuple(line.strip() for line in expected.splitlines()[1:] if line.strip())
            yield description[1] if description else "", {name: _bare(part) for name, part in parts.items()}, lines


def _bare(text: str) -> str:
    return text.strip("'\"")


def compared(country: str, case: Case) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Our lines below the street, and as many of theirs above the country; None where the case has too little."""
    _, parts, lines = case
    lines = lines if re.search(_any_of(parts, *TOWNS, "postcode"), lines[-1]) else lines[:-1]
    below = "\n".join(lines[-3:])
    postcode, town = _printed_postcode(parts.get("postcode", ""), below), _found(parts, TOWNS, below)
    if not postcode or not town:
        return None
    code = re.search(rf"{re.escape(town)}\W+([A-Z]{{2,3}})\b", below) if country in WITH_STATE_CODES else None
    region = code[1] if code else _found(parts, REGIONS, below.replace(town, ""))
    address = an_address(name="", lines=(), postcode=postcode, city=town, region=region, country=country)
    ours = address_lines(address, country, {}, FORMS)
    return tuple(line.casefold() for line in ours), tuple(line.casefold() for line in lines[-len(ours) :])


def _printed_postcode(postcode: str, text: str) -> str:
    """The postcode with the hyphen or space that it is printed with."""
    printed = re.search(r"[- ]?".join(map(re.escape, postcode)), text) if postcode else None
    return printed[0] if printed else ""


def _found(parts: Mapping[str, str], names: tuple[str, ...], text: str) -> str:
    return next((parts[name] for name in names if re.search(_any_of(parts, name), text)), "")


def _any_of(parts: Mapping[str, str], *names: str) -> str:
    """A pattern of these parts as whole words; of none, one that is nowhere."""
    there = [re.escape(parts[name]) for name in names if parts.get(name)]
    return rf"(?<!\w)({'|'.join(there)})(?!\w)" if there else r"(?!)"


@pytest.mark.corpora
def test_real_places_stand_as_their_post_wants_them_but_for_the_cases_that_are_listed(corpora: Path) -> None:
    folder = corpora / "opencage-address-formatting" / "testcases" / "countries"
    same, differing = set(), set()
    for country in OUR_COUNTRIES:
        for case in cases((folder / f"{country}.yaml").read_text(encoding="utf-8")):
            if pair := compared(country.upper(), case):
                (same if pair[0] == pair[1] else differing).add((country, case[0]))
    assert DIFFERING.keys() == differing
    assert {"gb", "fr", "de", "at", "ch", "be", "us", "jp"} <= {country for country, _ in same}
