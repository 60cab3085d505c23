"""Asked while a note is planned: what else may please this customer, from the file that `slipway recommend` made.

Nothing is learned or waited for: the file is read when it is first asked for and when there is a new one. What is in
the order or was bought before is never picked. Content never stops paper: without a file nothing is recommended, and
one that can't be read, or is found at fault when it is asked, is said once and recommends nothing more.
"""

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from heapq import heapify, heappop
from itertools import chain, islice
from operator import neg
from pathlib import Path

from service.errors import OwnFault
from service.faults import contained
from service.log import log
from service.model import Recommendation, Shipment
from service.planning.house import House
from service.planning.language import note_language
from service.recommending.model_file import Model, ModelUnreadable, Shelf, load_model
from service.recommending.sales import Article, ArticleKey

FILE_NAME = "recommendations.model"
MOST_TILES = 6  # as many as a shop may recommend itself
MOST_OF_PARCEL, MOST_OF_BOUGHT = 16, 12  # articles that have a say: the best known ones
WEIGHT_OF_CATEGORY = 0.5

_Identity = tuple[int, int, int]


class Recommendations:
    """The file, as it is at the moment of each question. May be asked by several threads."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._lock = threading.Lock()
        self._identity: _Identity | None = None
        self._model: Model | None = None

    def pick(self, shipment: Shipment, bought: frozenset[str], language: str, count: int) -> tuple[Recommendation, ...]:
        """Up to `count` articles, the best first, that have a name in `language`; with a price where it is known.

        `bought` are the SKUs that the customer has, or gets with another parcel.
        """
        with self._lock:
            model = self._current_model()
        shelf = model.shops.get(shipment.order.shop) if model else None
        if not model or not shelf:
            return ()
        try:
            with contained(OwnFault):
                return tuple(islice(recommended(shelf, shipment, bought, language), count))
        except OwnFault as error:
            self._drop(model, error)
            return ()

    def for_note(self, shipment: Shipment, bought: frozenset[str], house: House) -> tuple[Recommendation, ...]:
        """As many as a note may show, in the note's language."""
        return self.pick(shipment, bought, note_language(shipment, house), MOST_TILES)

    def _drop(self, model: Model, error: OwnFault) -> None:
        """Ask this model no more, until there is another file; the first to find its fault says so."""
        with self._lock:
            if self._model is model:
                self._model = None
                log.error("recommendations.broken", reason=error.what)

    def _current_model(self) -> Model | None:
        identity = _identity(self._path)
        if identity != self._identity:
            self._identity, self._model = identity, _read(self._path) if identity else None
        return self._model


def _identity(path: str) -> _Identity | None:
    """What tells the file from the one that was there before; none where there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116  (for every note; a Path takes twice that)
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _read(path: str) -> Model | None:
    try:
        return load_model(Path(path).read_bytes())
    except (OSError, ModelUnreadable) as error:
        log.error("recommendations.broken", reason=str(error))
        return None


def known_articles(path: Path) -> Mapping[ArticleKey, Article]:
    """Every article of the file, for the next one to be learned; none where there is no file that can be read."""
    model = _read(str(path)) if path.exists() else None
    shops = model.shops if model else {}
    return {
        (shop, sku): shelf.article(number) for shop, shelf in shops.items() for number, sku in enumerate(shelf.skus)
    }


def recommended(shelf: Shelf, shipment: Shipment, bought: frozenset[str], language: str) -> Iterator[Recommendation]:
    """Everything that one shop's model recommends, the best first, then its best-sellers."""
    return offered(shelf, _ranked(shelf, _scores(shelf, shipment, bought)), shipment, bought, language)


def offered(
    shelf: Shelf, numbers: Iterable[int], shipment: Shipment, bought: frozenset[str], language: str
) -> Iterator[Recommendation]:
    """Those of the articles of these numbers that the customer does not have and that have a name in `language`."""
    in_parcel = {line.sku for line in shipment.lines}
    for number in numbers:
        sku = shelf.skus[number]
        if sku in in_parcel or sku in bought:
            continue
        if article := shelf.article(number).recommended(sku, language, shipment.order.currency):
            yield article


def _ranked(shelf: Shelf, scores: dict[int, float]) -> Iterator[int]:
    """The numbers by falling score, of equal ones the better known; then the best-sellers that have no score."""
    waiting = list(zip(map(neg, scores.values()), scores, strict=True))
    heapify(waiting)
    while waiting:
        yield heappop(waiting)[1]
    yield from (number for number in shelf.best if number not in scores)


def _scores(shelf: Shelf, shipment: Shipment, bought: frozenset[str]) -> dict[int, float]:
    """How well each article goes with what is in the parcel and with what the customer has."""
    scores: dict[int, float] = {}
    in_parcel = _known(shelf, (line.sku for line in shipment.lines))[:MOST_OF_PARCEL]
    for number in chain(in_parcel, _known(shelf, bought)[:MOST_OF_BOUGHT]):
        for neighbour, score in shelf.neighbours.of(number):
            scores[neighbour] = scores.get(neighbour, 0.0) + score
    for category in _categories_of_strangers(shelf, shipment):
        for neighbour, score in shelf.of_categories.of(category):
            scores[neighbour] = scores.get(neighbour, 0.0) + WEIGHT_OF_CATEGORY * score
    return scores


def _known(shelf: Shelf, skus: Iterable[str]) -> list[int]:
    """The numbers of these articles, the best known first: what is said of them was learned from the most orders."""
    return sorted({number for sku in skus if (number := shelf.number_of.get(sku)) is not None})


def _categories_of_strangers(shelf: Shelf, shipment: Shipment) -> list[int]:
    """The categories of those in the parcel that have no neighbours of their own, each as often as it stands there."""
    strangers = [line for line in shipment.lines if not shelf.has_neighbours(line.sku)]
    numbers = (shelf.category_number.get(line.category) for line in strangers)
    return [number for number in numbers if number is not None][:MOST_OF_PARCEL]
