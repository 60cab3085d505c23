"""Which sizes the pictures of a library are made in: what layouts ask of every picture, and more for some by name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from service.imagery.offered import normal_id
from service.model import PictureSize


@dataclass(frozen=True, slots=True)
class Demand:
    """What notes ask for.

    `every`: by shop, the sizes that each of its pictures is made in; under "", those of all shops together, for
    pictures that are common to them. `named`: by shop (or "": all of them) and id as spelled, further sizes.
    """

    every: Mapping[str, tuple[PictureSize, ...]]
    named: Mapping[tuple[str, str], tuple[PictureSize, ...]]


@dataclass(frozen=True, slots=True)
class SourceDemand:
    """What notes ask of the pictures of one source, by the names of sizes. `sizes` are all that anybody asks for."""

    every: tuple[str, ...]
    named: Mapping[str, tuple[str, ...]]
    sizes: Mapping[str, PictureSize]

    def of(self, picture: str, held: Iterable[str]) -> tuple[str, ...]:
        """The sizes of the picture with this normal id, of which the library holds some already.

        A size that it holds stays as long as anybody asks for it, of whatever picture: what a note wanted once is
        wanted again.
        """
        still_asked = (size for size in held if size in self.sizes)
        return tuple(dict.fromkeys((*self.every, *self.named.get(picture, ()), *still_asked)))


def demand_of_source(demand: Demand, shop: str) -> SourceDemand:
    """What notes ask of a source of this shop's pictures, or with "" of one that all shops share."""
    sizes = {size.name: size for sizes in (*demand.every.values(), *demand.named.values()) for size in sizes}
    named: dict[str, tuple[str, ...]] = {}
    for (asking, spelled), asked in demand.named.items():
        if not shop or asking in ("", shop):
            picture = normal_id(spelled)
            named[picture] = (*named.get(picture, ()), *(size.name for size in asked))
    return SourceDemand(tuple(size.name for size in demand.every.get(shop, ())), named, sizes)
