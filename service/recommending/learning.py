"""Learns what goes with what: articles that are ordered together more often than chance would have it.

    score(i, j) = (together(i, j) - expected) / (bought(i) + SHRINK) / (bought(j) + SHRINK) ** AGAINST_THE_COMMON

Orders weigh less the older they are, but those of the same weeks a year ago weigh again: in November, last year's
Advent counts. An article that too few ordered has no neighbours: it stands for its category, which has its own. What
nobody has ordered lately may be sold out; it and what too few ordered is not recommended.
The figures were chosen on the orders of June to September 2010 of Online Retail II; docs/recommendations.md has them.
"""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy import sparse

from service.recommending.model_file import NO_SALES, Lists, ShopModel
from service.recommending.sales import Article, Basket

HALF_LIFE_DAYS = 120.0
SEASON_HALF_LIFE_DAYS, LAST_YEAR = 30.0, 0.5
BEST_HALF_LIFE_DAYS = 30.0
SHRINK, AGAINST_THE_COMMON = 10.0, 0.25
NEIGHBOURS, NEIGHBOURS_OF_CATEGORY, BEST = 10, 20, 64
LEAST_ORDERS = 3
ON_SALE_DAYS = 42

Weights = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class _Table:
    """Orders by articles, and which articles may be recommended."""

    skus: tuple[str, ...]  # the most ordered first
    bought: sparse.csr_array
    days_ago: Weights
    is_offered: np.ndarray[tuple[int], np.dtype[np.bool_]]


def learn(baskets: Sequence[Basket], articles: Mapping[str, Article], today: date) -> ShopModel:
    """The model of one shop; `articles` by SKU. Orders after `today` are not looked at. Deterministic."""
    past = [basket for basket in baskets if basket.day <= today and basket.skus]
    if not past:
        return NO_SALES
    table = _table(past, today)
    weights = _weights(table.days_ago, HALF_LIFE_DAYS)
    together = (table.bought.T @ sparse.diags_array(weights) @ table.bought).tocsr()
    categories, members = _categories(table, articles)
    return ShopModel(
        skus=table.skus,
        articles=tuple(articles.get(sku, Article()) for sku in table.skus),
        neighbours=_neighbours(together, weights, table),
        categories=categories,
        of_categories=_of_categories(members, together, weights, table),
        best=_best_sellers(table),
    )


def _table(baskets: Sequence[Basket], today: date) -> _Table:
    last: dict[str, date] = {}
    times: dict[str, int] = {}
    for basket in baskets:
        for sku in basket.skus:
            last[sku] = max(last.get(sku, basket.day), basket.day)
            times[sku] = times.get(sku, 0) + 1
    skus = tuple(sorted(times, key=lambda sku: (-times[sku], sku)))
    number = {sku: index for index, sku in enumerate(skus)}
    columns = [number[sku] for basket in baskets for sku in basket.skus]
    ends = np.cumsum([0, *(len(basket.skus) for basket in baskets)])
    return _Table(
        skus=skus,
        bought=sparse.csr_array((np.ones(len(columns)), columns, ends), shape=(len(baskets), len(skus))),
        days_ago=np.array([(today - basket.day).days for basket in baskets], dtype=np.float64),
        is_offered=np.array(
            [times[sku] >= LEAST_ORDERS and (today - last[sku]).days < ON_SALE_DAYS for sku in skus], dtype=np.bool_
        ),
    )


def _weights(days_ago: Weights, half_life_days: float) -> Weights:
    """What an order counts: by its age, or by how near it is to these weeks of an earlier year."""
    years = np.round(days_ago / 365)
    from_season = np.abs(days_ago - 365 * years)
    again = np.where(years > 0, LAST_YEAR**years * 0.5 ** (from_season / SEASON_HALF_LIFE_DAYS), 0.0)
    return np.maximum(0.5 ** (days_ago / half_life_days), again)


def _neighbours(together: sparse.csr_array, weights: Weights, table: _Table) -> Lists:
    ordered = table.bought.T @ weights
    excess = _excess(together, ordered, ordered, weights.sum())
    known = np.diff(table.bought.tocsc().indptr) >= LEAST_ORDERS
    own = excess.row == excess.col
    kept = known[excess.row] & table.is_offered[excess.col] & ~own
    return _best_of_rows(_only(excess, kept), NEIGHBOURS)


def _of_categories(members: sparse.csr_array, together: sparse.csr_array, weights: Weights, table: _Table) -> Lists:
    ordered = table.bought.T @ weights
    excess = _excess((members @ together).tocsr(), members @ ordered, ordered, weights.sum())
    return _best_of_rows(_only(excess, table.is_offered[excess.col]), NEIGHBOURS_OF_CATEGORY)


def _excess(together: sparse.csr_array, ordered: Weights, ordered_of_column: Weights, total: float) -> sparse.coo_array:
    """How much more often a row's and a column's article are ordered together than by chance, shrunk."""
    found = together.tocoo()
    rows, columns = ordered[found.row], ordered_of_column[found.col]
    scores = (found.data - rows * columns / total) / (rows + SHRINK) / (columns + SHRINK) ** AGAINST_THE_COMMON
    return sparse.coo_array((scores, (found.row, found.col)), shape=found.shape)


def _only(scores: sparse.coo_array, kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> sparse.coo_array:
    """The positive ones of those that are kept."""
    kept = kept & (scores.data > 0)
    return sparse.coo_array((scores.data[kept], (scores.row[kept], scores.col[kept])), shape=scores.shape)


def _best_of_rows(scores: sparse.coo_array, most: int) -> Lists:
    """The highest scores of each row, the highest first; of equal ones the more common article's."""
    order = np.lexsort((scores.col, -scores.data, scores.row))
    rows, columns, found = scores.row[order], scores.col[order], scores.data[order]
    begins = np.searchsorted(rows, np.arange(scores.shape[0] + 1))
    kept = np.arange(len(rows)) - begins[rows] < most
    ends = np.cumsum(np.minimum(np.diff(begins), most))
    return Lists(array("I", ends.tolist()), array("I", columns[kept].tolist()), array("f", found[kept].tolist()))


def _categories(table: _Table, articles: Mapping[str, Article]) -> tuple[tuple[str, ...], sparse.csr_array]:
    """The categories by name, and which articles are of each."""
    of_sku = [articles[sku].category if sku in articles else "" for sku in table.skus]
    names = tuple(sorted({name for name in of_sku if name}))
    number = {name: index for index, name in enumerate(names)}
    columns = [column for column, name in enumerate(of_sku) if name]
    rows = [number[name] for name in of_sku if name]
    shape = (len(names), len(table.skus))
    return names, sparse.coo_array((np.ones(len(rows)), (rows, columns)), shape=shape).tocsr()


def _best_sellers(table: _Table) -> tuple[int, ...]:
    """The articles of most orders lately, and of these weeks of the years before."""
    sold = table.bought.T @ _weights(table.days_ago, BEST_HALF_LIFE_DAYS)
    order = np.lexsort((np.arange(len(sold)), -sold))
    return tuple(int(index) for index in order if table.is_offered[index])[:BEST]
