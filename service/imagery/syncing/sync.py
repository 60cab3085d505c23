"""One sync: makes the library hold exactly what a source offers, at the sizes that notes ask for.

A picture is looked into where its stamp is new, or a size is missing; it is made anew where its content is. What was
there before stays served until all is done; then the next generation takes its place at once. Whatever ends a sync in
between, the next one goes on from its last commit: every few seconds the prepared pictures are flushed to the disk,
and only then what the index says of them.
An original that is refused leaves the picture that was made of it before: a note with yesterday's picture beats one
with a hole. It is not tried again until it changes, or its cause may have passed.
"""

import shutil
import sqlite3
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from service.clock import Now, utc_now
from service.config import Images
from service.errors import PictureSourceUnusable
from service.imagery.abreast import abreast
from service.imagery.offered import Brought, Offered, Refusal
from service.imagery.originals.source import Source
from service.imagery.preparing.derivatives import derivatives
from service.imagery.refused import PictureRefused
from service.imagery.store.draft import Draft, Origin
from service.imagery.store.reading import Progress, silent
from service.imagery.syncing.bringing import Find, finds
from service.imagery.syncing.demand import Demand, SourceDemand, demand_of_source
from service.imagery.syncing.premises import Premises, entered, serve
from service.imagery.syncing.revision import Revision
from service.imagery.syncing.stock import Original, originals_of, remove_damaged
from service.imagery.syncing.workers import NotMade, Outcome, Prepare, Workers, makers_of
from service.model import PictureSize

FEW = 100  # a source that had fewer pictures may lose more than half of them
AHEAD = 8  # originals under way for each worker


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """How to sync: whose pictures the source has ("": all shops share them), and what to do beside.

    `allow_vanished`: the source may offer nothing, or far less than before. `verify`: read every prepared picture of
    this source, and make those anew that are damaged.
    """

    shop: str
    settings: Images
    allow_vanished: bool = False
    verify: bool = False
    progress: Progress = silent
    now: Now = utc_now
    prepare: Prepare = derivatives


@dataclass(frozen=True, slots=True)
class SyncSummary:
    """What a sync did to the pictures of its source, and what the library holds now.

    Of the `offered`, some are `refused`, the rest is `made` (new in the library), `changed` (in content or sizes) or
    `unchanged`. `prepared` counts pictures that were made, size by size; `coarse` those of the source with less than
    150 dpi at a size that every note asks for. `pictures` and `size_bytes` are of the whole library. `damaged` is the
    generation that was served and could not be read (0: none): what other sources brought with it is gone.
    """

    offered: int
    made: int
    changed: int
    unchanged: int
    vanished: int
    refused: tuple[Refusal, ...]
    coarse: int
    prepared: int
    pictures: int
    size_bytes: int
    generation: int
    damaged: int
    elapsed_s: float


def sync(folder: Path, source: Source, demand: Demand, plan: SyncPlan) -> SyncSummary:
    """Make the library in `folder` hold what the source offers.

    Raises PictureSourceUnusable, LibraryInUse, LibraryFull, LibraryUnusable; the library is as it was then.
    """
    begun_s = time.monotonic()
    with entered(folder) as premises:
        summary = _synced(premises, source, demand, plan)
    return replace(summary, elapsed_s=time.monotonic() - begun_s)


def _synced(premises: Premises, source: Source, demand: Demand, plan: SyncPlan) -> SyncSummary:
    asked = demand_of_source(demand, plan.shop)
    with closing(premises.generations.open_draft(f"{source.place} for {plan.shop}")) as draft:
        offers = tuple(source.offers())
        origin = draft.origin(source.place, plan.shop)
        _refuse_to_empty(offers, draft.count_held(origin), source, plan)
        if plan.verify:
            for done, total in remove_damaged(draft, premises.store, origin):
                plan.progress(done, total, "verifying")
        revision = Revision(draft, premises.store, origin, makers_of(plan.settings), plan.now)
        with _kept_if_interrupted(draft, revision):
            originals = originals_of(revision.sorted_out(offers, asked))
            with closing(_outcomes(originals, source, asked.sizes, premises, plan)) as outcomes:
                for done, (find, outcome) in enumerate(outcomes, 1):
                    revision.record(find, outcome)
                    plan.progress(done, len(originals), "preparing")
            revision.let_go(offers, asked)
            revision.keep()
            summary = _summary(draft, origin, asked, revision)
        return replace(summary, generation=serve(draft, premises, plan.now))


def _refuse_to_empty(offers: Sequence[Offered | Refusal], held: int, source: Source, plan: SyncPlan) -> None:
    """Raise PictureSourceUnusable where a source has lost so much that it is more likely not to be mounted."""
    offered = sum(isinstance(one, Offered) for one in offers)
    is_likely = offered > 0 and (held < FEW or 2 * offered >= held)
    if held and not is_likely and not plan.allow_vanished:
        what = f"the source offers {offered} pictures, and the library holds {held} of it"
        hint = "Is its disk mounted, its export complete? If those pictures are gone for good: --allow-vanished."
        raise PictureSourceUnusable(what, where=source.place, hint=hint)


@contextmanager
def _kept_if_interrupted(draft: Draft, revision: Revision) -> Iterator[None]:
    """Whatever ends the block: what was done until then is taken up by the next sync."""
    try:
        yield
    except BaseException:
        with suppress(OSError, sqlite3.Error):  # the disk may be what ended it
            draft.undo_half()
            revision.keep()
        raise


def _outcomes(
    originals: Sequence[Original], source: Source, sizes: Mapping[str, PictureSize], premises: Premises, plan: SyncPlan
) -> Generator[tuple[Find, Outcome | None], None, None]:
    """What came of each original, as soon as it is there; None where it is as it was."""
    settings = plan.settings.model_copy(update={"workers": max(1, min(plan.settings.workers, len(originals)))})
    workers = Workers(premises.store, premises.generations.whole_files(), settings, plan.prepare)
    found = finds(source, originals, premises.fetched, settings.connections, plan.now)

    def begin(find: Find) -> "Future[Outcome | None]":
        match find.found:
            case Brought(path):
                return workers.make(path, [sizes[size] for size in find.original.sizes])
            case PictureRefused() as refused:
                return _at_once(NotMade(refused.code, refused.what))
            case None:
                return _at_once(None)

    with _emptied(premises.fetched), workers, closing(found):
        for find, future in abreast(begin, found, AHEAD * settings.workers):
            yield find, workers.outcome(future)
            find.discard()


def _at_once(outcome: Outcome | None) -> "Future[Outcome | None]":
    future: Future[Outcome | None] = Future()
    future.set_result(outcome)
    return future


@contextmanager
def _emptied(folder: Path) -> Iterator[None]:
    """A folder for the length of the block, without what an earlier one left."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _summary(draft: Draft, origin: Origin, asked: SourceDemand, revision: Revision) -> SyncSummary:
    """What was done and what there is, as the draft says; notes in it how many pictures of the source are coarse."""
    coarse = draft.count_coarse(origin, asked.every)
    draft.put_coarse(origin, coarse)
    _, size_bytes = draft.count_prepared()
    return SyncSummary(
        offered=revision.made + revision.changed + revision.unchanged + len(revision.refused),
        made=revision.made,
        changed=revision.changed,
        unchanged=revision.unchanged,
        vanished=revision.vanished,
        refused=tuple(revision.refused),
        coarse=coarse,
        prepared=revision.prepared,
        pictures=draft.count_pictures(),
        size_bytes=size_bytes,
        generation=0,
        damaged=draft.damaged,
        elapsed_s=0.0,
    )
