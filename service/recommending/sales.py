"""What was sold: which articles left together in an order, and what is known of each. Nobody is named in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from service.model import LANGUAGES, Line, Recommendation, Shipment

ArticleKey = tuple[str, str]  # shop, SKU
OrderKey = tuple[str, str]  # shop, order id


@dataclass(frozen=True, slots=True)
class Basket:
    """The articles of one order, each once, as far as its parcels are known."""

    day: date
    skus: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """What a tile can say of an article: its names by language, its newest price by currency; any may be missing."""

    category: str = ""
    picture: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    prices: Mapping[str, Decimal] = field(default_factory=dict)

    def recommended(self, sku: str, language: str, currency: str) -> Recommendation | None:
        """The article as a note in this language recommends it; none if it has no name there."""
        name = self.names.get(language)
        if not name:
            return None
        return Recommendation(sku, name, self.category, self.prices.get(currency), self.picture)


@dataclass(frozen=True, slots=True)
class Sales:
    """Orders and articles, by shop."""

    baskets: Mapping[OrderKey, Basket] = field(default_factory=dict)
    articles: Mapping[ArticleKey, Article] = field(default_factory=dict)


def sales_of(shipments: Iterable[Shipment]) -> Sales:
    """What shipments say, in any order of time; of an article the newest of them counts."""
    baskets: dict[OrderKey, Basket] = {}
    articles: dict[ArticleKey, Article] = {}
    said_at: dict[tuple[str, ...], datetime] = {}
    for shipment in shipments:
        order = shipment.order
        key, skus = (order.shop, order.order_id), tuple(line.sku for line in shipment.lines)
        baskets[key] = _with(baskets.get(key, Basket(order.ordered_at.date(), ())), skus)
        for line in shipment.lines:
            article_key = (order.shop, line.sku)
            language = _language(order.language)
            heard = said_at.get((*article_key, language, order.currency))
            if heard is None or heard <= order.ordered_at:
                said_at[*article_key, language, order.currency] = order.ordered_at
                articles[article_key] = _told(articles.get(article_key, Article()), line, language, order.currency)
    return Sales(baskets, articles)


def _with(basket: Basket, skus: Iterable[str]) -> Basket:
    return replace(basket, skus=tuple(dict.fromkeys((*basket.skus, *skus))))


def _language(tag: str) -> str:
    """The language that the order's words are in; empty for one in which no note is written."""
    primary = tag.partition("-")[0].lower()
    return primary if primary in LANGUAGES else ""


def _told(known: Article, line: Line, language: str, currency: str) -> Article:
    name = line.description.strip()
    return Article(
        category=line.category or known.category,
        picture=line.picture or known.picture,
        names={**known.names, language: name} if language and name else known.names,
        prices={**known.prices, currency: line.unit_price},
    )


def joined(*parts: Sales) -> Sales:
    """All of them, each order once; what a later part says of an article goes before what an earlier one says."""
    baskets: dict[OrderKey, Basket] = {}
    articles: dict[ArticleKey, Article] = {}
    for part in parts:
        for key, basket in part.baskets.items():
            baskets[key] = _with(baskets[key], basket.skus) if key in baskets else basket
        for article_key, article in part.articles.items():
            articles[article_key] = _over(articles.get(article_key, Article()), article)
    return Sales(baskets, articles)


def _over(known: Article, newer: Article) -> Article:
    return Article(
        category=newer.category or known.category,
        picture=newer.picture or known.picture,
        names={**known.names, **newer.names},
        prices={**known.prices, **newer.prices},
    )


def shop_sales(sales: Sales) -> Mapping[str, tuple[Sequence[Basket], Mapping[str, Article]]]:
    """The baskets of each shop that sold something, and what is known of its articles by SKU."""
    baskets: dict[str, list[Basket]] = {}
    articles: dict[str, dict[str, Article]] = {}
    for (shop, _), basket in sales.baskets.items():
        baskets.setdefault(shop, []).append(basket)
    for (shop, sku), article in sales.articles.items():
        articles.setdefault(shop, {})[sku] = article
    return {shop: (sold, articles.get(shop, {})) for shop, sold in baskets.items()}
