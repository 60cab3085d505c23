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
from service.errors import LibraryFull, LibraryUnusable, PictureSourceUnusable
from service.files import FULL
from service.imagery.abreast import abreast
from service.imagery.offered import Brought, Offered, Refusal
from service.imagery.originals.source import Source
from service.imagery.preparing.derivatives import derivatives
from service.imagery.refused import PictureRefused
from service.imagery.store.draft import Draft, Origin
from service.imagery.store.files import Store
from service.imagery.store.generations import Generations, locked
from service.imagery.store.reading import Progress, silent
from service.imagery.syncing.bringing import Find, finds
from service.imagery.syncing.demand import Demand, SourceDemand, demand_of_source
from service.imagery.syncing.revision import Revision
from service.imagery.syncing.stock import Task, remove_damaged
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
    150 dpi at a size that every note asks for. `pictures` and `size_bytes` are of the whole library.
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
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class Premises:
    """Where a sync writes: indexes, prepared pictures, downloads."""

    generations: Generations
    store: Store
    fetched: Path


def sync(folder: Path, source: Source, demand: Demand, plan: SyncPlan) -> SyncSummary:
    """Make the library in `folder` hold what the source offers.

    Raises PictureSourceUnusable, LibraryInUse, LibraryFull, LibraryUnusable; the library is as it was then.
    """
    folder = folder.absolute()
    with _faults_named(folder):
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        with locked(folder):
            return _synced(folder, source, demand, plan)


def _synced(folder: Path, source: Source, demand: Demand, plan: SyncPlan) -> SyncSummary:
    begun_s = time.monotonic()
    premises = Premises(Generations(folder), Store(folder / "pictures"), folder / "fetched")
    premises.store.make_folders()
    asked = demand_of_source(demand, plan.shop)
    with closing(premises.generations.open_draft()) as draft:
        offers = tuple(source.offers())
        origin = draft.origin(source.place, plan.shop)
        _refuse_to_empty(offers, draft.count_held(origin), source, plan)
        if plan.verify:
            for done, total in remove_damaged(draft, premises.store, origin):
                plan.progress(done, total, "verifying")
        revision = Revision(draft, premises.store, origin, makers_of(plan.settings), plan.now)
        with _kept_if_interrupted(revision):
            tasks = tuple(revision.sorted_out(offers, asked))
            with closing(_outcomes(tasks, source, asked.sizes, premises, plan)) as outcomes:
                for done, (find, outcome) in enumerate(outcomes, 1):
                    revision.record(find, outcome)
                    plan.progress(done, len(tasks), "preparing")
            revision.let_go(offers, asked)
            revision.keep()
            summary = _summary(draft, origin, asked, revision)
        generation = _serve(draft, premises, plan)
        return replace(summary, generation=generation, elapsed_s=time.monotonic() - begun_s)


@contextmanager
def _faults_named(folder: Path) -> Iterator[None]:
    """What the disk does to us inside the block, as errors with a remedy."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise LibraryFull(f"no space left in {folder}") from error
        raise LibraryUnusable(f"{folder} can't be written: {error}") from error
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise LibraryFull(f"no space left in {folder}") from error
        raise LibraryUnusable(f"the index in {folder} can't be written: {error}") from error


def _refuse_to_empty(offers: Sequence[Offered | Refusal], held: int, source: Source, plan: SyncPlan) -> None:
    """Raise PictureSourceUnusable where a source has lost so much that it is more likely not to be mounted."""
    offered = sum(isinstance(one, Offered) for one in offers)
    is_likely = offered > 0 and (held < FEW or 2 * offered >= held)
    if held and not is_likely and not plan.allow_vanished:
        what = f"the source offers {offered} pictures, and the library holds {held} of it"
        hint = "Is its disk mounted, its export complete? If those pictures are gone for good: --allow-vanished."
        raise PictureSourceUnusable(what, where=source.place, hint=hint)


@contextmanager
def _kept_if_interrupted(revision: Revision) -> Iterator[None]:
    """Whatever ends the block: what was done until then is taken up by the next sync."""
    try:
        yield
    except BaseException:
        with suppress(OSError, sqlite3.Error):  # the disk may be what ended it
            revision.keep()
        raise


def _outcomes(
    tasks: Sequence[Task], source: Source, sizes: Mapping[str, PictureSize], premises: Premises, plan: SyncPlan
) -> Generator[tuple[Find, Outcome | None], None, None]:
    """What came of each task, as soon as it is there; None where its original is as it was."""
    settings = plan.settings
    workers = Workers(premises.store, premises.generations.current_file, settings, plan.prepare)
    originals = finds(source, tasks, premises.fetched, settings.connections, plan.now)

    def begin(find: Find) -> "Future[Outcome | None]":
        match find.found:
            case Brought(path):
                return workers.make(path, [sizes[size] for size in find.task.sizes])
            case PictureRefused() as refused:
                return _at_once(NotMade(refused.code, refused.what))
            case None:
                return _at_once(None)

    with _emptied(premises.fetched), workers, closing(originals):
        for find, future in abreast(begin, originals, AHEAD * settings.workers):
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
        elapsed_s=0.0,
    )


def _serve(draft: Draft, premises: Premises, plan: SyncPlan) -> int:
    """Make the draft the current generation if it says anything new; returns the number of the current one."""
    generations, is_new = premises.generations, draft.is_changed
    if is_new:
        generations.serve(draft, plan.now())
    else:
        generations.drop(draft)
    outlived = generations.outlived(plan.now())
    if is_new or outlived:
        premises.store.keep_only(generations.named(but=outlived))
        generations.sweep(outlived)  # last: as long as there are outlived ones, the sweeping was not done
    return generations.current
