"""What goes with what: learned from orders, kept in a file, picked for a note."""

import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import structlog

from service.log import configure_log
from service.model import Recommendation, Shipment
from service.recommending.evaluating import evaluate
from service.recommending.learning import _weights, learn
from service.recommending.model_file import dump_model, write_model
from service.recommending.recommendations import Recommendations, known_articles
from service.recommending.sales import Article, Basket, Sales, joined, sales_of, shop_sales
from tests.builders import a_customer, a_line, a_shipment

TODAY = date(2026, 11, 21)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def ordered(order_id: str, *skus: str, days_ago: float = 5, **changes: Any) -> Shipment:
    """An order of these articles, each called after its SKU."""
    lines = tuple(a_line(sku=sku, description=f"Article {sku}", category=sku.rstrip("0123456789")) for sku in skus)
    return a_shipment(order_id=order_id, lines=lines, ordered_at=NOON - timedelta(days=days_ago), **changes)


def teatime() -> list[Shipment]:
    """Pots go with cups, saws with nails; half of all orders have a best-seller, whatever else is in them."""
    orders = []
    for number in range(20):
        more = ("candle1",) if number % 2 else ()
        orders.append(ordered(f"tea{number}", "tea1", "cup1", *more))
        orders.append(ordered(f"tool{number}", "saw1", "nail1", *more))
    return orders


def model_of(path: Path, orders: list[Shipment], today: date = TODAY) -> Recommendations:
    models = {shop: learn(*sold, today) for shop, sold in shop_sales(sales_of(orders)).items()}
    write_model(path / "a.model", today, models)
    return Recommendations(path / "a.model")


def contradicting(path: Path) -> Recommendations:
    """A whole file whose lists end elsewhere than they are."""
    sold = shop_sales(sales_of(teatime()))
    models = {shop: replace(learn(*each, TODAY), best=(4_000_000,), skus=()) for shop, each in sold.items()}
    write_model(path / "a.model", TODAY, models)
    return Recommendations(path / "a.model")


def picked(model: Recommendations, note: Shipment, *bought: str, language: str = "en", count: int = 3) -> list[str]:
    return [each.sku for each in model.pick(note, frozenset(bought), language, count)]


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """The log as JSON lines."""
    stream = io.StringIO()
    configure_log(stream)
    yield stream
    structlog.reset_defaults()


# What is picked ------------------------------------------------------------------------------------------------------


def test_what_is_ordered_together_comes_before_what_everybody_orders(tmp_path: Path) -> None:
    model = model_of(tmp_path, teatime())
    assert ["cup1", "candle1"] == picked(model, ordered("1", "tea1"), count=2)
    assert ["nail1", "candle1"] == picked(model, ordered("1", "saw1"), count=2)


def test_what_is_in_every_order_goes_with_nothing_in_particular(tmp_path: Path) -> None:
    tea = [ordered(f"t{number}", "tea1", "candle1", *(("cup1",) if number < 8 else ())) for number in range(20)]
    others = [ordered(f"o{number}", "candle1", "saw1") for number in range(100)]
    assert ["cup1", "candle1"] == picked(model_of(tmp_path, tea + others), ordered("1", "tea1"), count=2)


def test_what_was_bought_before_has_a_say_but_is_not_picked(tmp_path: Path) -> None:
    model = model_of(tmp_path, teatime())
    assert ["nail1", "candle1", "cup1", "tea1"] == picked(model, ordered("1", "lamp1"), "saw1", count=9)
    assert ["candle1"] == picked(model, ordered("1", "tea1", "cup1"), "saw1", "nail1", count=9)


def test_an_article_without_a_name_in_the_notes_language_is_not_picked(tmp_path: Path) -> None:
    model = model_of(tmp_path, [*teatime(), ordered("fr", "cup1", language="fr-CH")])
    assert ["cup1"] == picked(model, ordered("1", "tea1"), language="fr")
    assert [] == picked(model, ordered("1", "tea1"), language="de")


def test_words_of_an_order_in_another_language_are_no_names(tmp_path: Path) -> None:
    orders = [*(ordered(f"nl{number}", "tea1", "cup1", language="nl") for number in range(9))]
    assert [] == picked(model_of(tmp_path, orders), ordered("1", "tea1"))


def test_a_price_is_said_in_the_orders_currency_or_not_at_all(tmp_path: Path) -> None:
    model = model_of(tmp_path, teatime())
    expected = Recommendation("cup1", "Article cup1", "cup", Decimal("4.95"))
    assert (expected,) == model.pick(ordered("1", "tea1"), frozenset(), "en", 1)
    assert [None] == [one.price for one in model.pick(ordered("1", "tea1", currency="EUR"), frozenset(), "en", 1)]


def test_the_newest_order_says_what_an_article_is_called(tmp_path: Path) -> None:
    new = a_line(sku="cup1", description="Renamed cup", category="cup", unit_price=Decimal("7.50"))
    orders = [a_shipment(order_id="new", lines=(new,), ordered_at=NOON), *teatime()]
    (cup,) = model_of(tmp_path, orders).pick(ordered("1", "tea1"), frozenset(), "en", 1)
    assert ("Renamed cup", Decimal("7.50")) == (cup.description, cup.price)


def test_a_shop_recommends_only_what_it_sells(tmp_path: Path) -> None:
    model = model_of(tmp_path, [*teatime(), *(ordered(f"h{n}", "tea1", "axe1", shop="halm") for n in range(9))])
    assert "axe1" not in picked(model, ordered("1", "tea1"), count=9)
    assert ["axe1"] == picked(model, ordered("1", "tea1", shop="halm"), count=9)
    assert [] == picked(model, ordered("1", "tea1", shop="unheard-of"), count=9)


def test_an_article_nobody_knows_stands_for_its_category(tmp_path: Path) -> None:
    model = model_of(tmp_path, teatime())
    assert ["cup1"] == picked(model, ordered("1", "tea777"), count=1)
    assert ["nail1"] == picked(model, ordered("1", "saw777"), count=1)


def test_what_too_few_ordered_is_told_nobody(tmp_path: Path) -> None:
    model = model_of(tmp_path, [*teatime(), ordered("r1", "tea1", "engraved1"), ordered("r2", "tea1", "engraved1")])
    assert "engraved1" not in picked(model, ordered("1", "tea1"), count=9)


def test_what_nobody_ordered_lately_is_not_picked(tmp_path: Path) -> None:
    old = [ordered(f"old{number}", "tea1", "urn1", days_ago=60) for number in range(9)]
    assert "urn1" not in picked(model_of(tmp_path, [*teatime(), *old]), ordered("1", "tea1"), count=9)
    newer = [*teatime(), *old, ordered("new", "urn1", days_ago=3)]
    assert "urn1" in picked(model_of(tmp_path, newer), ordered("1", "tea1"), count=9)


def test_where_nothing_is_known_the_best_sellers_are_picked(tmp_path: Path) -> None:
    model = model_of(tmp_path, [*teatime(), *(ordered(f"b{number}", "book1") for number in range(99))])
    assert "book1" == picked(model, ordered("1", "lamp1"))[0]


def test_orders_count_less_with_their_age_and_more_again_a_year_later() -> None:
    fresh, half, spring, last_year = _weights(np.array([0.0, 120.0, 240.0, 365.0]), 120.0)
    assert (1.0, 0.5) == (fresh, half)
    assert 0.25 == pytest.approx(spring)
    assert 0.5 == last_year


# The file ------------------------------------------------------------------------------------------------------------


def test_the_same_orders_make_the_same_file_in_whatever_order_they_come() -> None:
    def content(orders: list[Shipment]) -> bytes:
        return dump_model(TODAY, {shop: learn(*sold, TODAY) for shop, sold in shop_sales(sales_of(orders)).items()})

    assert content(teatime()) == content(teatime()[::-1])


def test_a_new_file_counts_from_the_next_note_on(tmp_path: Path) -> None:
    model = Recommendations(tmp_path / "a.model")
    assert [] == picked(model, ordered("1", "tea1"))
    model_of(tmp_path, teatime())
    assert ["cup1"] == picked(model, ordered("1", "tea1"), count=1)
    model_of(tmp_path, [ordered(f"t{number}", "tea1", "pot1") for number in range(9)])
    assert ["pot1"] == picked(model, ordered("1", "tea1"), count=1)


@pytest.mark.parametrize("harm", ["cut", "changed", "foreign", "empty", "folder", "deep", "no shops"])
def test_a_file_that_cant_be_read_recommends_nothing_and_is_said_once(
    tmp_path: Path, harm: str, said: io.StringIO
) -> None:
    model_of(tmp_path, teatime())
    path = tmp_path / "a.model"
    content = path.read_bytes()
    harmed = {
        "cut": content[:-9],
        "changed": content[:-1] + bytes([content[-1] ^ 1]),
        "foreign": b'{"format": "another/1"}\n',
        "empty": b"",
        "deep": b"[" * 100_000,
        "no shops": re.sub(rb'"shops": .*', b'"shops": []}', content.partition(b"\n")[0])
        + content[content.index(b"\n") :],
    }
    if harm == "folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(harmed[harm])
    model = Recommendations(path)
    assert [[], []] == [picked(model, ordered("1", "tea1")), picked(model, ordered("2", "tea1"))]
    assert ["recommendations.broken"] == [json.loads(line)["event"] for line in said.getvalue().splitlines()]


def test_a_model_at_fault_recommends_nothing_and_is_said_once(tmp_path: Path, said: io.StringIO) -> None:
    model = contradicting(tmp_path)
    assert [[], []] == [picked(model, ordered("1", "tea1")) for _ in range(2)]
    (event,) = (json.loads(line) for line in said.getvalue().splitlines())
    assert "recommendations.broken" == event["event"]
    assert "IndexError at service.recommending" in event["reason"]
    model_of(tmp_path, teatime())
    assert "cup1" in picked(model, ordered("1", "tea1")), "another file is asked again"


def test_what_the_file_knows_of_articles_is_known_to_the_next_one(tmp_path: Path) -> None:
    model_of(tmp_path, teatime())
    known = Sales(articles=known_articles(tmp_path / "a.model"))
    bare = Sales(articles={("amber-home", "cup1"): Article("cups")})
    cup = joined(known, bare).articles["amber-home", "cup1"]
    assert Article("cups", "", {"en": "Article cup1"}, {"GBP": Decimal("4.95")}) == cup


def test_an_order_in_two_parcels_or_two_sources_is_one_basket() -> None:
    parts = [ordered("1", "a1", "b1"), ordered("1", "b1", "c1")]
    expected = {("amber-home", "1"): Basket(date(2026, 11, 16), ("a1", "b1", "c1"))}
    assert expected == sales_of(parts).baskets
    assert expected == joined(sales_of(parts[:1]), sales_of(parts[1:])).baskets


def test_the_service_loads_nothing_that_learns() -> None:
    program = (
        "import sys, service.daemon, service.recommending.recommendations;"
        "print([name for name in ('numpy', 'scipy') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert "[]\n" == ran.stdout


# Looking back --------------------------------------------------------------------------------------------------------


def customer_orders(customer: str, *days_and_skus: tuple[float, str], **changes: Any) -> list[Shipment]:
    return [
        ordered(f"{customer}-{days_ago}", sku, days_ago=days_ago, customer=a_customer(id=customer), **changes)
        for days_ago, sku in days_and_skus
    ]


def test_looking_back_counts_tiles_that_the_next_order_holds() -> None:
    before = [ordered(f"b{number}", "tea1", "cup1", days_ago=30) for number in range(9)]
    before += [ordered(f"c{sku}{number}", sku, days_ago=30) for sku in ("x1", "x2", "x3") for number in range(20)]
    after = [*customer_orders("ada", (9, "tea1"), (2, "cup1")), *customer_orders("ben", (9, "x1"), (2, "x2"))]
    found = evaluate([*after, *before], (NOON - timedelta(days=10)).date())
    assert (69, 2, 2, 1) == (found.learned_orders, found.occasions, found.hits, found.best_seller_hits)
    assert 0.5 == found.gain
    assert found.low < found.gain < found.high


def test_looking_back_leaves_gifts_guests_and_what_was_bought_before_out() -> None:
    before = [ordered(f"b{number}", "tea1", "cup1", days_ago=30) for number in range(9)]
    gift = customer_orders("ada", (9, "tea1"), (2, "cup1"), gift=True)
    guest = customer_orders("", (9, "tea1"), (2, "cup1"))
    had = customer_orders("ben", (20, "cup1"), (9, "tea1"), (2, "cup1"))
    found = evaluate([*before, *gift, *guest, *had], (NOON - timedelta(days=10)).date())
    assert (1, 0, 0) == (found.occasions, found.hits, found.best_seller_hits)


def test_looking_back_at_nothing_finds_no_gain() -> None:
    found = evaluate([ordered("1", "tea1")])
    assert (0, 0.0, 0.0, 0.0) == (found.occasions, found.gain, found.low, found.high)
