"""Each country's post finds its parts where it looks for them."""

import pytest

from service.planning.addresses import address_lines, compile_address_forms, country_names, site_country_names
from tests.builders import an_address

UK = site_country_names("GB")
FORMS = compile_address_forms()


@pytest.mark.parametrize(
    ("expected", "country", "postcode", "city", "region"),
    [
        (("BRISTOL", "BS1 4DJ"), "GB", "BS1 4DJ", "Bristol", ""),
        (("LAVENHAM", "Suffolk", "CO10 9QZ"), "GB", "CO10 9QZ", "Lavenham", "Suffolk"),
        (("SAINT HELIER", "JE2 3AB", "JERSEY"), "JE", "JE2 3AB", "Saint Helier", ""),
        (("Dublin", "D02 AF30", "IRELAND"), "IE", "D02 AF30", "Dublin", ""),
        (("35000 Rennes", "FRANCE"), "FR", "35000", "Rennes", ""),
        (("80331 München", "GERMANY"), "DE", "80331", "München", ""),
        (("1010 Wien", "AUSTRIA"), "AT", "1010", "Wien", ""),
        (("8001 Zürich", "SWITZERLAND"), "CH", "8001", "Zürich", ""),
        (("1000 Bruxelles", "BELGIUM"), "BE", "1000", "Bruxelles", ""),
        (("1012 LG Amsterdam", "NETHERLANDS"), "NL", "1012 LG", "Amsterdam", ""),
        (("Springfield, IL 62704", "UNITED STATES"), "US", "62704", "Springfield", "IL"),
        (("Montréal QC H3Z 2Y7", "CANADA"), "CA", "H3Z 2Y7", "Montréal", "QC"),
        (("Sydney NSW 2000", "AUSTRALIA"), "AU", "2000", "Sydney", "NSW"),
        (("Chiyoda-ku, Tokyo 100-8111", "JAPAN"), "JP", "100-8111", "Chiyoda-ku", "Tokyo"),
        (("28013 Madrid", "SPAIN"), "ES", "28013", "Madrid", ""),
        (("00187 Roma RM", "ITALY"), "IT", "00187", "Roma", "RM"),
        (("114 55 Stockholm", "SWEDEN"), "SE", "114 55", "Stockholm", ""),
        (("0150 Oslo", "NORWAY"), "NO", "0150", "Oslo", ""),
        (("2100 København Ø", "DENMARK"), "DK", "2100", "København Ø", ""),
        (("Singapore 238823", "SINGAPORE"), "SG", "238823", "Singapore", ""),
        (("Dubai", "UNITED ARAB EMIRATES"), "AE", "", "Dubai", ""),
        (("1100-148 Lisboa", "PORTUGAL"), "PT", "1100-148", "Lisboa", ""),
        (("Hyderabad 500064", "Telangana", "INDIA"), "IN", "500064", "Hyderabad", "Telangana"),
        (("Dubai", "00000", "UNITED ARAB EMIRATES"), "AE", "00000", "Dubai", "Dubai"),
        (("03000 Ciudad de México, CDMX", "MEXICO"), "MX", "03000", "Ciudad de México", "CDMX"),
        (("1037 Budapest", "HUNGARY"), "HU", "1037", "Budapest", ""),
        (("San Juan 00901", "PUERTO RICO"), "PR", "00901", "San Juan", ""),
        (("34430 Beyoğlu/İstanbul", "TÜRKIYE"), "TR", "34430", "Beyoğlu", "İstanbul"),
        (("97600 Mamoudzou", "Grande-Terre", "MAYOTTE"), "YT", "97600", "Mamoudzou", "Grande-Terre"),
    ],
)
def test_the_parts_stand_in_the_order_of_their_country(
    expected: tuple[str, ...], country: str, postcode: str, city: str, region: str
) -> None:
    address = an_address(country=country, postcode=postcode, city=city, region=region, lines=("1 The Street",))
    assert ("Ada Whitfield", "1 The Street", *expected) == address_lines(address, "GB", UK, FORMS)


@pytest.mark.parametrize(
    ("expected", "site_country", "country"),
    [
        ((), "GB", "GB"),
        (("UNITED KINGDOM",), "IE", "GB"),
        (("ROYAUME-UNI",), "FR", "GB"),
        (("ÉTATS-UNIS",), "FR", "US"),
        (("VERENIGD KONINKRIJK",), "NL", "GB"),
        (("DEUTSCHLAND",), "AT", "DE"),
        (("GERMANY",), "JP", "DE"),
        (("QQ",), "GB", "QQ"),
    ],
)
def test_the_country_is_named_in_the_language_of_the_posting_site_and_only_abroad(
    expected: tuple[str, ...], site_country: str, country: str
) -> None:
    address = an_address(country=country, city="", postcode="", lines=())
    assert ("Ada Whitfield", *expected) == address_lines(address, site_country, site_country_names(site_country), FORMS)


def test_a_line_with_nothing_in_it_is_left_out_and_the_others_stay_as_they_came() -> None:
    address = an_address(lines=("", "c/o {name} <b>", " \u00a0 "), city="", region="", postcode="", country="GB")
    assert ("Ada Whitfield", "c/o {name} <b>") == address_lines(address, "GB", UK, FORMS)


def test_a_site_may_stand_in_any_country() -> None:
    assert all(site_country_names(country)["FR"] for country in country_names("en"))
    assert country_names("en") == site_country_names("QQ")
