"""`recommend`: learn what goes with what, and look back how good that is."""

import argparse
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict
from datetime import date
from itertools import islice
from pathlib import Path

from service.cli.drops import read_order_file
from service.cli.terminal import progress, remark, say, say_json, show_table
from service.clock import utc_now
from service.config import Config
from service.errors import FileUnreadable, Rejected
from service.intake.feeds import Feeds, compile_feeds
from service.intake.names import is_ignored
from service.intake.reading import Reading, read_drop
from service.intake.spool import open_spool
from service.ledger.ledger import Ledger
from service.ledger.sales import Sold, sold
from service.model import Shipment
from service.recommending.evaluating import Evaluation, evaluate
from service.recommending.learning import learn
from service.recommending.model_file import write_model
from service.recommending.recommendations import FILE_NAME, known_articles
from service.recommending.sales import Article, Basket, Sales, joined, sales_of, shop_sales

NEWEST_FILES = 20_000  # of done/ are read for names and prices


def build(arguments: argparse.Namespace, config: Config) -> int:
    """Learn from the ledger's orders and those of the files that are named; the service takes it with its next note."""
    spool, feeds, today = open_spool(config.settings.spool), compile_feeds(config), utc_now().date()
    path = spool.root / FILE_NAME
    kept = sales_of(_shipments(_newest(spool.done), feeds))
    parts = (Sales(articles=known_articles(path)), _of_ledger(spool.ledger), Sales(articles=kept.articles))
    sales = joined(*parts, sales_of(_shipments(_files(arguments.orders), feeds)))
    if not sales.baskets:
        say("there are no orders to learn from: neither in the ledger nor in files that are named with --orders")
        return 1
    models = {shop: learn(baskets, articles, today) for shop, (baskets, articles) in shop_sales(sales).items()}
    size_bytes = write_model(path, today, models)
    articles = sum(len(model.skus) for model in models.values())
    orders = len(sales.baskets)
    if arguments.json:
        say_json({"orders": orders, "articles": articles, "size_bytes": size_bytes, "learned_on": today})
    else:
        say(f"learned from {orders:,} orders of {articles:,} articles: {path}, {size_bytes // 1024:,} KB")
    return 0


def _newest(done: Path) -> list[Path]:
    """The newest files of done/, the oldest of them first."""
    days = sorted((day for day in done.iterdir() if day.is_dir()), reverse=True)
    newest = islice((path for day in days for path in sorted(day.iterdir(), reverse=True)), NEWEST_FILES)
    return list(newest)[::-1]


def _files(places: Iterable[Path]) -> list[Path]:
    """The files named, and those in the folders named, at any depth."""
    found: list[Path] = []
    for place in places:
        if not place.exists():
            raise FileUnreadable(f"{place}: there is no such file", hint="Name order files, or folders of them.")
        found += sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]
    return [path for path in found if not is_ignored(path.name)]


def _shipments(paths: list[Path], feeds: Feeds) -> Iterator[Shipment]:
    """What order files say, as the service reads them; how much of it can't be read is said at the end."""
    refused = 0
    with progress("reading") as advanced:
        for done, path in enumerate(paths, 1):
            reading = _reading(path, feeds)
            refused += len(reading.refusals) if reading.shipments else 1
            yield from (read.shipment for read in reading.shipments)
            advanced(done, len(paths), "")
    if refused:
        remark(f"left out {refused:,} files or shipments that are no orders")


def _reading(path: Path, feeds: Feeds) -> Reading:
    """What a file says; nothing where it is no order file."""
    try:
        return read_drop(path.name, read_order_file(path), feeds)
    except Rejected:
        return Reading((), (), may_grow=False)


def _of_ledger(path: Path) -> Sales:
    if not path.exists():
        return Sales()
    with closing(Ledger(path, read_only=True)) as ledger:
        return _sales(sold(ledger))


def _sales(rows: Iterable[Sold]) -> Sales:
    skus: dict[tuple[str, str], list[str]] = {}
    days: dict[tuple[str, str], date] = {}
    articles: dict[tuple[str, str], Article] = {}
    for row in rows:
        order = row.shop, row.order_id
        skus.setdefault(order, []).append(row.sku)
        days.setdefault(order, row.arrived_at.date())
        articles[row.shop, row.sku] = Article(row.category)
    return Sales({order: Basket(days[order], tuple(dict.fromkeys(skus[order]))) for order in skus}, articles)


def look_back(arguments: argparse.Namespace, config: Config) -> int:
    """`recommend evaluate`: how often tiles would have been hit, beside best-sellers; nothing is written."""
    shipments = list(_shipments(_files(arguments.orders), compile_feeds(config)))
    if not shipments:
        say("there are no orders in these files")
        return 1
    found = evaluate(shipments, arguments.split)
    if not found.occasions:
        say(f"no customer ordered twice from {found.split} on, or nothing was ordered before: name another --split")
        return 1
    if arguments.json:
        say_json(asdict(found))
    else:
        _show(found)
    return 0


def _show(found: Evaluation) -> None:
    say(
        f"learned from {found.learned_orders:,} orders before {found.split}, "
        f"asked at {found.occasions:,} later ones: is one of three tiles in the customer's next order?"
    )
    hits = (
        ("recommendations", found.hits),
        ("best-sellers", found.best_seller_hits),
        ("best-sellers of the last weeks", found.recent_best_seller_hits),
    )
    show_table(("", "hits>", "rate>"), [(what, f"{n:,}", f"{n / found.occasions:.1%}") for what, n in hits])
    points = " to ".join(f"{100 * share:+.1f}" for share in (found.low, found.high))
    say(f"{100 * found.gain:+.1f} points over the better of the best-sellers; 95 % interval {points}")
