"""A source's part of the draft, revised: what is new in it, what is refused, what goes; and the count of all that."""

import time
from collections.abc import Iterable, Iterator, Sequence

from service.clock import Now
from service.imagery.offered import Brought, Offered, Refusal, normal_id
from service.imagery.store.draft import Draft, Judgement, Origin, Picture
from service.imagery.store.files import Store
from service.imagery.syncing.bringing import Find
from service.imagery.syncing.demand import SourceDemand
from service.imagery.syncing.stock import Makers, Stocked, Task, take_stock, task_of
from service.imagery.syncing.workers import Made, NotMade, Outcome

KEEP_EVERY_S = 5.0


class Revision:
    """The part of one source in a draft that is open. `refused` and the counts grow as it goes on."""

    def __init__(self, draft: Draft, store: Store, origin: Origin, makers: Makers, now: Now) -> None:
        self._draft = draft
        self._store = store
        self._origin = origin
        self._makers = makers
        self._now = now
        self._stock = take_stock(draft, store, origin)
        self._next_keep_s = time.monotonic() + KEEP_EVERY_S
        self._remade: set[str] = set()
        self.refused: list[Refusal] = []
        self.made = self.changed = self.unchanged = self.vanished = self.prepared = 0

    def sorted_out(self, offers: Iterable[Offered | Refusal], demand: SourceDemand) -> Iterator[Task]:
        """What is to be looked into; what is refused or unchanged at first sight is noted."""
        for offered in offers:
            found = offered if isinstance(offered, Refusal) else task_of(offered, self._stock, demand, self._makers)
            if isinstance(found, Task):
                yield found
            elif found:
                known = self._stock.judgements.get((found.place, found.picture))
                self._refuse(known if known and known.refusal == found else Judgement(found, "", ""))
            else:
                self.unchanged += 1

    def record(self, find: Find, outcome: Outcome | None) -> None:
        """Note what came of an original, for all its tasks; from time to time all that was noted is made to last."""
        stamp = find.found.stamp if isinstance(find.found, Brought) else ""
        for task in find.original.tasks:
            match outcome:
                case Made():
                    self._put(task, stamp, outcome)
                case NotMade():
                    refusal = Refusal(task.offered.picture, task.offered.place, outcome.code, outcome.what)
                    self._refuse(Judgement(refusal, stamp, self._makers.judge))
                case None if task.judgement:
                    self._refuse(task.judgement)
                case None:
                    self.unchanged += 1
        self.prepared += outcome.new if isinstance(outcome, Made) else 0
        if time.monotonic() >= self._next_keep_s:
            self.keep()

    def let_go(self, offers: Sequence[Offered | Refusal], demand: SourceDemand) -> None:
        """Take out what the source offers no more, sizes that nobody asks for, files that are gone, old refusals."""
        vanished = tuple(self._vanished(offers))
        self._draft.drop_pictures(self._origin, vanished)
        self.vanished = len(vanished)
        for picture, held in self._stock.pictures.items():
            gone = [size for size in held.sizes if size not in demand.sizes]
            gone += held.damaged if picture not in self._remade else ()
            if gone:
                self._draft.drop_sizes(self._origin, picture, gone)
        refused = {(one.place, one.picture) for one in self.refused}
        taken_back = (one.refusal for key, one in self._stock.judgements.items() if key not in refused)
        self._draft.drop_judgements(self._origin, taken_back)

    def _vanished(self, offers: Sequence[Offered | Refusal]) -> Iterator[str]:
        """The pictures that the source has no more.

        What it has and was refused is not gone: neither a picture under the same id, nor one that came from the same
        place, or from below it where that is a folder.
        """
        offered = {normal_id(one.picture) for one in offers if one.picture}
        refused_places = {one.place for one in offers if isinstance(one, Refusal)}
        for picture, held in self._stock.pictures.items():
            if picture not in offered and refused_places.isdisjoint(_places_above(held.picture.place)):
                yield picture

    def keep(self) -> None:
        """Make all that was noted last: first the prepared pictures, then what the draft says of them."""
        if self.prepared:
            self._store.make_durable()
        if self._draft.is_changed:
            self._draft.put_source(self._origin, self._now())
            self._draft.keep()
        self._next_keep_s = time.monotonic() + KEEP_EVERY_S

    def _put(self, task: Task, stamp: str, made: Made) -> None:
        picture = Picture(task.picture, task.offered.place, stamp, self._makers.maker, made.sha256)
        prepared = [one for one in made.prepared if one.size in task.sizes]
        self._draft.put_picture(self._origin, picture, prepared)
        self._remade.add(task.picture)
        if not task.held:
            self.made += 1
        elif _is_other(picture, task.sizes, task.held):
            self.changed += 1
        else:
            self.unchanged += 1

    def _refuse(self, judgement: Judgement) -> None:
        self._draft.put_judgement(self._origin, judgement)
        self.refused.append(judgement.refusal)


def _is_other(picture: Picture, sizes: Sequence[str], held: Stocked) -> bool:
    """True if a picture differs, in content or sizes, from what was held of it and whole."""
    before = held.picture
    return (picture.sha256, picture.maker) != (before.sha256, before.maker) or set(sizes) != set(held.sizes)


def _places_above(place: str) -> Iterator[str]:
    """The place itself, and the folders that it is in."""
    while place:
        yield place
        place = place.rpartition("/")[0]
