"""A source of the library that is no more, or that has moved: put right at once, without a sync."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from service.clock import Now, utc_now
from service.imagery.syncing.premises import entered, serve


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many pictures of a source are gone; `pictures` are left in the library, whose `generation` this is."""

    place: str
    vanished: int
    pictures: int
    generation: int


def forget(folder: Path, place: str, now: Now = utc_now) -> Forgotten:
    """Take out what was synced from `place`, for whichever shops; raises as a sync does."""
    with entered(folder) as premises, closing(premises.generations.open_draft(f"without {place}")) as draft:
        before = draft.count_pictures()
        for origin in draft.origins(place):
            draft.drop_source(origin)
        left = draft.count_pictures()
        return Forgotten(place, before - left, left, serve(draft, premises, now))


def move(folder: Path, place: str, new_place: str, now: Now = utc_now) -> int:
    """Let what was synced from `place` be of `new_place`; the new generation's number. Raises as a sync does."""
    with entered(folder) as premises, closing(premises.generations.open_draft(f"{place} moved")) as draft:
        draft.move_source(place, new_place)
        return serve(draft, premises, now)
