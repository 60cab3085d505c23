"""Looks back: had notes carried recommendations, how often would their customers have bought one of them next?

Learned is from the orders before a day, asked at every order from that day on. A hit is a tile that the same customer's
next order holds. Best-sellers are asked in the same way: what the customer has is never picked, so it can't be hit by
anybody. Gifts and guests are left out: a gift carries no tiles, a guest can't be known again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from math import sqrt

from service.model import Recommendation, Shipment
from service.recommending.learning import learn
from service.recommending.model_file import Shelf, dump_model, load_model
from service.recommending.recommendations import offered, recommended
from service.recommending.sales import sales_of, shop_sales

TILES = 3
LATEST_SHARE = 0.2
Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Occasion:
    """An order, what its customer had bought before, and what the same customer's next order brought newly."""

    order: Shipment  # all of it, as if it were one parcel
    bought: frozenset[str]
    wanted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How many of the occasions were hit: by what was learned, by the best-sellers, by those of the last weeks.

    `gain` is by how much our rate is above the better one of theirs; `low` and `high` are its 95 % interval.
    """

    split: date
    learned_orders: int
    occasions: int
    hits: int
    best_seller_hits: int
    recent_best_seller_hits: int
    gain: float
    low: float
    high: float


def evaluate(shipments: Iterable[Shipment], split: date | None = None) -> Evaluation:
    """The figures for a split at this day; by default the last fifth of the orders is what is looked at."""
    orders = _whole_orders(shipments)
    day = split or _day_of(orders[int(len(orders) * (1 - LATEST_SHARE))])
    before = [order for order in orders if _day_of(order) < day]
    shelves = _shelves(before, day - timedelta(days=1))
    occasions = [each for each in _occasions(orders, day) if each.order.order.shop in shelves]
    ours, best, recent = [], [], []
    for occasion in occasions:
        shelf = shelves[occasion.order.order.shop]
        asked = occasion.order, occasion.bought, occasion.order.order.language
        ours.append(_is_hit(occasion, recommended(shelf, *asked)))
        best.append(_is_hit(occasion, offered(shelf, range(len(shelf.skus)), *asked)))
        recent.append(_is_hit(occasion, offered(shelf, shelf.best, *asked)))
    gain, low, high = _gain(ours, best if sum(best) >= sum(recent) else recent)
    return Evaluation(day, len(before), len(occasions), sum(ours), sum(best), sum(recent), gain, low, high)


def _whole_orders(shipments: Iterable[Shipment]) -> list[Shipment]:
    """Each order as one parcel with all its lines, by time."""
    orders: dict[tuple[str, str], Shipment] = {}
    for shipment in shipments:
        key = shipment.order.shop, shipment.order.order_id
        lines = orders[key].lines if key in orders else ()
        orders[key] = replace(shipment, lines=(*lines, *shipment.lines))
    return sorted(orders.values(), key=lambda each: (each.order.ordered_at, each.order.order_id))


def _day_of(order: Shipment) -> date:
    return order.order.ordered_at.date()


def _shelves(orders: Sequence[Shipment], today: date) -> Mapping[str, Shelf]:
    """What is learned of each shop, as the service would read it."""
    by_shop = shop_sales(sales_of(orders))
    models = {shop: learn(baskets, articles, today) for shop, (baskets, articles) in by_shop.items()}
    return load_model(dump_model(today, models)).shops


def _occasions(orders: Iterable[Shipment], day: date) -> Iterator[Occasion]:
    bought: dict[tuple[str, str], frozenset[str]] = {}
    latest: dict[tuple[str, str], Shipment] = {}
    for order in orders:
        customer = order.order.shop, order.order.customer.id
        if not customer[1].strip():
            continue
        skus = frozenset(line.sku for line in order.lines)
        before = latest.get(customer)
        if before and _day_of(before) >= day and not before.order.gift:
            known = bought[customer]
            of_before = frozenset(line.sku for line in before.lines)
            yield Occasion(before, known, skus - known - of_before)
        if before:
            bought[customer] = bought[customer].union(line.sku for line in before.lines)
        bought.setdefault(customer, frozenset())
        latest[customer] = order


def _is_hit(occasion: Occasion, picked: Iterator[Recommendation]) -> bool:
    return any(article.sku in occasion.wanted for article in islice(picked, TILES))


def _gain(ours: Sequence[bool], theirs: Sequence[bool]) -> tuple[float, float, float]:
    """The difference of two rates on the same occasions, and its interval: only where they differ do they tell."""
    if not ours:
        return 0.0, 0.0, 0.0
    count = len(ours)
    only_ours = sum(our and not their for our, their in zip(ours, theirs, strict=True))
    only_theirs = sum(their and not our for our, their in zip(ours, theirs, strict=True))
    gain = (only_ours - only_theirs) / count
    spread = Z95 * sqrt(only_ours + only_theirs - (only_ours - only_theirs) ** 2 / count) / count
    return gain, gain - spread, gain + spread
