"""The file in which what was learned is kept, as it is asked: read whole in milliseconds, without a library.

    {"format": ..., "learned_on": ..., "byteorder": ..., "crc32": ..., "shops": {SHOP: {PART: [offset, size]}}}
    the parts, one behind another: arrays of numbers and of scores, texts in JSON

The head is one line. Articles are numbered from the most ordered one on, so a smaller number is a better known
article. What is no such file, or a damaged one, raises ModelUnreadable; a file is written whole or not at all.
"""

import json
import sys
import zlib
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from service.files import write_whole
from service.recommending.sales import Article

FORMAT = "slipway/recommendations/1"
NUMBERS, SCORES = "I", "f"


class ModelUnreadable(Exception):
    """The file is no model, or not a whole one; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Numbered lists of (article, score), the highest score first; `ends` are where each of them ends."""

    ends: "array[int]"
    articles: "array[int]"
    scores: "array[float]"

    def of(self, number: int) -> Iterator[tuple[int, float]]:
        """The list of this number."""
        begin, end = self.ends[number - 1] if number else 0, self.ends[number]
        return zip(self.articles[begin:end], self.scores[begin:end], strict=True)


@dataclass(frozen=True, slots=True)
class ShopModel:
    """What was learned of a shop; `articles` and `neighbours` go by an article's number in `skus`."""

    skus: tuple[str, ...]
    articles: tuple[Article, ...]
    neighbours: Lists
    categories: tuple[str, ...]
    of_categories: Lists
    best: tuple[int, ...]


_NO_LISTS = Lists(array(NUMBERS), array(NUMBERS), array(SCORES))
NO_SALES = ShopModel((), (), _NO_LISTS, (), _NO_LISTS, ())


@dataclass(frozen=True, slots=True)
class Shelf:
    """A ShopModel as it is read: an article stays text until it is first asked for; most never are."""

    skus: tuple[str, ...]
    number_of: Mapping[str, int]
    text_ends: "array[int]"
    texts: bytes
    neighbours: Lists
    category_number: Mapping[str, int]
    of_categories: Lists
    best: tuple[int, ...]
    _asked_for: dict[int, Article] = field(default_factory=dict)

    def has_neighbours(self, sku: str) -> bool:
        """False for an article that is unknown, or of which too little is known."""
        number = self.number_of.get(sku)
        if number is None:
            return False
        return self.neighbours.ends[number] > (self.neighbours.ends[number - 1] if number else 0)

    def article(self, number: int) -> Article:
        """What is known of the article of this number."""
        article = self._asked_for.get(number)
        if article is None:
            article = self._asked_for[number] = self._read(number)
        return article

    def _read(self, number: int) -> Article:
        begin, end = self.text_ends[number - 1] if number else 0, self.text_ends[number]
        said = json.loads(self.texts[begin:end])
        prices = {currency: Decimal(price) for currency, price in said["prices"].items()}
        return Article(said["category"], said["picture"], said["names"], prices)


@dataclass(frozen=True, slots=True)
class Model:
    """All shops of a file."""

    learned_on: date
    shops: Mapping[str, Shelf]


# Writing -------------------------------------------------------------------------------------------------------------


def write_model(path: Path, learned_on: date, shops: Mapping[str, ShopModel]) -> int:
    """Put the model at `path`, whole and at once for every reader; its size in bytes."""
    content = dump_model(learned_on, shops)
    write_whole(path, content)
    return len(content)


def dump_model(learned_on: date, shops: Mapping[str, ShopModel]) -> bytes:
    """The file's content; the same for the same shops."""
    body = bytearray()
    places: dict[str, dict[str, tuple[int, int]]] = {}
    for shop, model in sorted(shops.items()):
        places[shop] = {}
        for name, part in _parts(model):
            places[shop][name] = (len(body), len(part))
            body += part
    head = {
        "format": FORMAT,
        "learned_on": learned_on.isoformat(),
        "byteorder": sys.byteorder,
        "crc32": zlib.crc32(body),
        "shops": places,
    }
    return json.dumps(head).encode() + b"\n" + bytes(body)


def _parts(model: ShopModel) -> Iterator[tuple[str, bytes]]:
    texts = [_json(_said(article)) for article in model.articles]
    ends, end = array(NUMBERS), 0
    for text in texts:
        end += len(text)
        ends.append(end)
    yield "skus", _json(model.skus)
    yield "text_ends", ends.tobytes()
    yield "texts", b"".join(texts)
    yield "categories", _json(model.categories)
    yield "best", array(NUMBERS, model.best).tobytes()
    for name, lists in (("neighbours", model.neighbours), ("of_categories", model.of_categories)):
        yield f"{name}_ends", lists.ends.tobytes()
        yield f"{name}_articles", lists.articles.tobytes()
        yield f"{name}_scores", lists.scores.tobytes()


def _said(article: Article) -> dict[str, Any]:
    prices = {currency: f"{price:f}" for currency, price in sorted(article.prices.items())}
    names = dict(sorted(article.names.items()))
    return {"category": article.category, "picture": article.picture, "names": names, "prices": prices}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()


# Reading -------------------------------------------------------------------------------------------------------------


def load_model(content: bytes) -> Model:
    """The model that `content` is; raises ModelUnreadable."""
    head, _, body = content.partition(b"\n")
    try:
        said = json.loads(head)
        if (said["format"], said["byteorder"]) != (FORMAT, sys.byteorder):
            raise ModelUnreadable("it is of another version, or of another kind of machine")
        if zlib.crc32(body) != said["crc32"]:
            raise ModelUnreadable("it is damaged")
        shops = {shop: _shelf(body, places) for shop, places in said["shops"].items()}
        return Model(date.fromisoformat(said["learned_on"]), shops)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelUnreadable("it is no file of recommendations") from error


def _shelf(body: bytes, places: Mapping[str, tuple[int, int]]) -> Shelf:
    def part(name: str) -> bytes:
        offset, size = places[name]
        return body[offset : offset + size]

    def numbers(name: str) -> "array[int]":
        return array(NUMBERS, part(name))

    def lists(name: str) -> Lists:
        return Lists(numbers(f"{name}_ends"), numbers(f"{name}_articles"), array(SCORES, part(f"{name}_scores")))

    skus, categories = json.loads(part("skus")), json.loads(part("categories"))
    return Shelf(
        skus=tuple(skus),
        number_of={sku: number for number, sku in enumerate(skus)},
        text_ends=numbers("text_ends"),
        texts=part("texts"),
        neighbours=lists("neighbours"),
        category_number={category: number for number, category in enumerate(categories)},
        of_categories=lists("of_categories"),
        best=tuple(numbers("best")),
    )
