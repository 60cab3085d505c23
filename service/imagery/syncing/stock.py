"""What the library holds of a source when its sync begins, and what is to be done about each picture that it offers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from service.imagery.offered import Offered, Refusal, normal_id
from service.imagery.store.draft import Draft, Judgement, Origin, Picture
from service.imagery.store.files import Store
from service.imagery.store.reading import read_through
from service.imagery.syncing.demand import SourceDemand

# What was refused for these may be taken next time, though the original is the same.
PASSING = frozenset(("too-slow", "too-much-memory", "not-prepared", "not-fetched", "unreadable"))


@dataclass(frozen=True, slots=True)
class Stocked:
    """A picture that the library holds: the sizes whose files are whole, and those whose files are not."""

    picture: Picture
    sizes: tuple[str, ...]
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stock:
    """What the library holds of a source, by normal id; `judgements` of its originals by place and id as spelled;
    `taken` are ids that belong to other sources of the same shop, and the places of those."""

    pictures: Mapping[str, Stocked]
    judgements: Mapping[tuple[str, str], Judgement]
    taken: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Task:
    """An original to look into: as offered, its normal id, the sizes to make of it by name, what the library held.

    If the original is as it was at `known_stamp`, nothing is to be done: either all that was asked for is there, or
    it was refused, by `judgement`.
    """

    offered: Offered
    picture: str
    sizes: tuple[str, ...]
    held: Stocked | None
    known_stamp: str
    judgement: Judgement | None


@dataclass(frozen=True, slots=True)
class Original:
    """An original to look into: once, for all the pictures that it is offered as."""

    tasks: tuple[Task, ...]

    @property
    def offered(self) -> Offered:
        """As which it is brought."""
        return self.tasks[0].offered

    @property
    def known_stamp(self) -> str:
        """If it is as it was at this stamp, nothing is to be done for any of the pictures; empty if that can't be."""
        stamps = {task.known_stamp for task in self.tasks}
        return stamps.pop() if len(stamps) == 1 else ""

    @property
    def sizes(self) -> tuple[str, ...]:
        """All sizes that are to be made of it, by name."""
        return tuple(dict.fromkeys(size for task in self.tasks for size in task.sizes))


@dataclass(frozen=True, slots=True)
class Makers:
    """Who makes pictures now, and who refuses originals: what others have made or refused counts no more."""

    maker: str
    judge: str


def take_stock(draft: Draft, store: Store, origin: Origin) -> Stock:
    """What the library holds of a source: a prepared picture counts where its file is there, at its full size."""
    there = store.sizes_bytes()
    whole: dict[str, list[str]] = {}
    damaged: dict[str, list[str]] = {}
    pictures = {picture.picture: picture for picture in draft.pictures(origin)}
    for picture, size, digest, size_bytes in draft.prepared(origin):
        if picture not in pictures:  # another source's
            continue
        found = whole if there.get(digest) == size_bytes else damaged
        found.setdefault(picture, []).append(size)
    tuples: dict[tuple[str, ...], tuple[str, ...]] = {}  # most pictures have the same sizes
    stocked = {}
    for picture, known in pictures.items():
        sizes = tuple(whole.pop(picture, ()))
        stocked[picture] = Stocked(known, tuples.setdefault(sizes, sizes), tuple(damaged.get(picture, ())))
    judgements = {(one.refusal.place, one.refusal.picture): one for one in draft.judgements(origin)}
    return Stock(stocked, judgements, draft.taken(origin))


def remove_damaged(draft: Draft, store: Store, origin: Origin) -> Iterator[tuple[int, int]]:
    """Read every prepared picture of a source, and take those away whose content is not what their name says.

    Yields how many are read, of how many.
    """
    mine = {picture.picture for picture in draft.pictures(origin)}
    wanted = {digest: size_bytes for picture, _, digest, size_bytes in draft.prepared(origin) if picture in mine}
    read = 0
    for damaged, count in read_through(store, wanted.items(), key=lambda file: file):
        for (digest, _), _ in damaged:
            store.remove(digest)
        read += count
        yield read, len(wanted)


def task_of(offered: Offered, stock: Stock, demand: SourceDemand, makers: Makers) -> Task | Refusal | None:
    """What is to be done about a picture: look into it, refuse it, or nothing where all is as it was."""
    picture = normal_id(offered.picture)
    if holder := stock.taken.get(picture):
        return Refusal(offered.picture, offered.place, "taken", f"{holder} has a picture with this id")
    judgement = stock.judgements.get((offered.place, offered.picture))
    if judgement and (judgement.judge != makers.judge or judgement.refusal.code in PASSING):
        judgement = None
    if judgement and offered.stamp and judgement.stamp == offered.stamp:
        return judgement.refusal
    held = stock.pictures.get(picture)
    sizes = demand.of(picture, (*held.sizes, *held.damaged) if held else ())
    complete = held if held and _is_complete(held, offered, sizes, makers) else None
    known_stamp = judgement.stamp if judgement else complete.picture.stamp if complete else ""
    if complete and known_stamp and known_stamp == offered.stamp:
        return None
    return Task(offered, picture, sizes, held, known_stamp, judgement)


def _is_complete(held: Stocked, offered: Offered, sizes: tuple[str, ...], makers: Makers) -> bool:
    """True if the library has all that is asked for of the picture, as it was when it was made.

    Where it lies may be called otherwise since, as addresses with a signature are, if its stamp says that it is as it
    was.
    """
    made = held.picture
    is_there = made.place == offered.place or (bool(offered.stamp) and made.stamp == offered.stamp)
    return is_there and made.maker == makers.maker and set(sizes) <= set(held.sizes)


def originals_of(tasks: Iterable[Task]) -> tuple[Original, ...]:
    """The tasks by their originals: what lies at one place with one stamp is one."""
    together: dict[tuple[str, str], list[Task]] = {}
    for task in tasks:
        together.setdefault((task.offered.place, task.offered.stamp), []).append(task)
    return tuple(Original(tuple(some)) for some in together.values())
