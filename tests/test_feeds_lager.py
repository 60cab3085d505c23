"""The export of a German warehouse program through config/feeds/lager-csv.toml."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from service.config import read_config
from service.intake.feeds import Feeds, compile_feeds
from service.intake.reading import grows_by_lines
from service.model import Address, Customer, Line, Order, Shipment
from tests.order_documents import read, rejection, the_refusal, told

CONTENT = (Path(__file__).parent / "feeds" / "lager-november.csv").read_bytes()

DRESDEN = Shipment(
    order=Order(
        order_id="DE-88120",
        revision=1,
        shop="amber-home",
        site="eu",
        language="de",
        currency="EUR",
        priority="express",
        gift=False,
        gift_message="",
        ordered_at=datetime(2026, 11, 17, 7, 45, tzinfo=UTC),
        customer=Customer("K-4471", "Jörg Größmann", "returning", 7, "allowed", birthday="02-29"),
        delivery_address=Address("Jörg Größmann", ("Schloßstraße 12 ½", "c/o Weiß"), "01067", "Dresden", "DE"),
    ),
    number=1,
    of=2,
    final=False,
    promised_at=datetime(2026, 11, 19, 23, 0, tzinfo=UTC),
    dispatched_at=datetime(2026, 11, 18, 13, 30, tzinfo=UTC),
    lines=(
        Line("TAS-0815", "Teetasse „Föhr“ – handbemalt", "Geschirr", 4, 6, Decimal("12.90")),
        Line("KRO-0001", "Kronleuchter „Elbflorenz“, 8-armig", "Leuchten", 1, 1, Decimal("1249.00")),
    ),
)


@pytest.fixture(scope="module")
def feeds() -> Feeds:
    return compile_feeds(read_config(Path(__file__).parent.parent / "config", {}))


def changed(old: str, new: str) -> bytes:
    return CONTENT.replace(old.encode("cp1252"), new.encode("cp1252"))


def test_the_export_is_read_as_it_is(feeds: Feeds) -> None:
    reading = read("lager-2026-11-18.csv", CONTENT, feeds)
    assert () == reading.refusals
    assert ["DE-88120-1-r1", "DE-88121-1-r1", "AT-1900-1-r1"] == [each.shipment.note_id for each in reading.shipments]
    assert DRESDEN == reading.shipments[0].shipment
    assert ("Lagerplatz",) == reading.dropped
    assert grows_by_lines("lager-2026-11-18.csv", feeds)
    assert not reading.may_grow


def test_gifts_guests_companies_and_other_languages_come_through(feeds: Feeds) -> None:
    _, gift, french = (each.shipment.order for each in read("lager-1.csv", CONTENT, feeds).shipments)
    assert (True, "Alles Gute zum Einzug!", "", "new", "objected") == (
        gift.gift,
        gift.gift_message,
        gift.customer.id,
        gift.customer.status,
        gift.customer.marketing,
    )
    assert "Büro Köhler & Söhne" == gift.delivery_address.name
    assert ("fr", "ambassador", "unknown", "04-03", "AT") == (
        french.language,
        french.customer.status,
        french.customer.marketing,
        french.customer.birthday,
        french.delivery_address.country,
    )


FAULTS = [
    (
        "1.249,00 €",
        "1249.00 €",
        "invalid-order",
        "lines.unit_price must be an amount, as in 1234,50",
        "row 3, column Einzelpreis",
    ),
    (
        "12,90 €",
        "12,90 EUR",
        "invalid-order",
        "lines.unit_price must be an amount, as in 1234,50",
        "row 2, column Einzelpreis",
    ),
    (";4,00;", ";4,50;", "invalid-order", "lines.quantity must be a whole number", "row 2, column Menge"),
    (
        "Eilt",
        "Sofort",
        "invalid-order",
        "priority has a value that the feed's table does not list",
        "row 2, column Versandart",
    ),
    (
        "18.11.2026 14:30",
        "2026/11/18",
        "invalid-order",
        "dispatched_at must be a date as the feed's `dates` write it, or ISO 8601",
        "row 2, column Versanddatum",
    ),
    (
        "17.11.2026 08:45",
        "29.03.2026 02:30",
        "invalid-order",
        "ordered_at is a local time that does not exist: the clock skips it in spring",
        "row 2, column Auftragsdatum",
    ),
    (
        "Jörg;Größmann",
        ";",
        "invalid-order",
        "customer.name must not be empty; delivery_address.name must not be empty",
        "row 2, column Vorname; row 2, column Lieferung an",
    ),
    (
        "29.02.",
        "30.02.",
        "invalid-order",
        "customer.birthday must be a day, as the feed's `dates` write it",
        "row 2, column Geburtstag",
    ),
    (
        "Deutschland;2;2",
        "Deutschland;2;1",
        "invalid-order",
        "Pos must count the rows of the shipment from 1, each number once",
        "row 3, column Pos",
    ),
    (
        "Deutschland;2;",
        "Deutschland;3;",
        "incomplete-shipment",
        "2 of 3 rows of this shipment are there",
        "rows 2 to 3",
    ),
]


@pytest.mark.parametrize(("old", "new", "code", "what", "where"), FAULTS)
def test_a_fault_names_the_column_of_the_export(
    old: str, new: str, code: str, what: str, where: str, feeds: Feeds
) -> None:
    reading = read("lager-1.csv", changed(old, new), feeds)
    assert (code, what, where) == told(the_refusal(reading))
    assert 2 == len(reading.shipments)


def test_a_column_of_the_feed_that_is_not_there_is_named(feeds: Feeds) -> None:
    error = rejection("lager-1.csv", changed("Zusage bis;", "Zusage;"), feeds)
    assert ("invalid-csv", "1 column is missing: Zusage bis", "row 1") == told(error)


def test_the_wrong_encoding_is_never_guessed(feeds: Feeds) -> None:
    error = rejection("lager-1.csv", CONTENT.replace(b"\xf6", b"\x81", 1), feeds)
    assert ("wrong-encoding", "not CP1252") == (error.code, error.what)


def test_utf8_is_not_read_as_windows_encoding(feeds: Feeds) -> None:
    """Nearly every text reads as cp1252: without a look, Größmann becomes GrÃ¶ÃŸmann on the note."""
    refused = rejection("lager-a.csv", CONTENT.decode("cp1252").encode(), feeds)
    assert ("wrong-encoding", "the text is UTF-8, not CP1252") == (refused.code, refused.what)
    assert refused.where.endswith("line 1")


def test_of_two_times_that_a_clock_shows_twice_the_first_is_meant(feeds: Feeds) -> None:
    reading = read("lager-1.csv", changed("17.11.2026 08:45", "25.10.2026 02:30"), feeds)
    assert datetime(2026, 10, 25, 0, 30, tzinfo=UTC) == reading.shipments[0].shipment.order.ordered_at
