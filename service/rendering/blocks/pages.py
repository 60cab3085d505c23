"""Kinds of pages, and filling pages: pieces follow one another from the first page on until each stands on one.

The last page ends higher than the others, because the frames of the last page stand below it; what doesn't fit above
them moves to a page more, and takes with it what it must not be parted from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from service.rendering.blocks.pieces import Piece
from service.rendering.layout_values import Pages


@dataclass(frozen=True, slots=True)
class Room:
    """Where pieces may stand, in points from the sheet's top."""

    top: float
    top_following: float
    bottom: float
    bottom_last: float


@dataclass(frozen=True, slots=True)
class PlacedPiece:
    """A piece and where its top is on its page."""

    piece: Piece
    top: float


Page = list[PlacedPiece]
PageKind = frozenset[Pages]  # what stands on it: frames and fixed parts of these `pages`

BACK: PageKind = frozenset(("back",))
_ONLY: PageKind = frozenset(("first", "last", "every"))
_FIRST: PageKind = frozenset(("first", "every"))
_FOLLOWING: PageKind = frozenset(("following", "every"))
_LAST: PageKind = frozenset(("following", "last", "every"))
PAGE_KINDS = (_ONLY, _FIRST, _FOLLOWING, _LAST, BACK)


def kind_of_page(number: int, count: int) -> PageKind:
    """The kind of the parcel's page `number` of `count`; the back is none of them."""
    if number == 1:
        return _ONLY if count == 1 else _FIRST
    return _LAST if number == count else _FOLLOWING


class TooTall(Exception):
    """A piece for which no page has room; the text says of which page."""

    def __init__(self, what: str, piece: Piece) -> None:
        super().__init__(what)
        self.piece = piece


def fill_pages(pieces: Sequence[Piece], room: Room) -> list[Page]:
    """`pieces` in order on as few pages as they take; raises TooTall for one that is taller than a page."""
    pages = [_NewPage(room.top, is_first=True)]
    for chain in _chains(pieces):
        _place(pages, chain, room)
    if pages[-1].end > room.bottom_last:
        _leave_room_below(pages, room)
    return [page.placed for page in pages]


class _NewPage:
    """A page that is being filled from its top."""

    def __init__(self, top: float, *, is_first: bool) -> None:
        self.placed: Page = []
        self.end = top
        self._is_first = is_first

    def end_with(self, chain: Sequence[Piece]) -> float:
        """Where the page would end with `chain` on it."""
        end = self.end
        for place, piece in enumerate(chain):
            if self.placed or place:
                end += piece.above
            elif piece.head and not self._is_first:
                end += piece.head.height
            if self._is_first:
                end = max(end, piece.not_above)
            end += piece.height
        return end

    def add(self, piece: Piece) -> None:
        """Put `piece` below what is there, under its head if it is the first on a following page."""
        end = self.end_with([piece])
        if not self.placed and piece.head and not self._is_first:
            self.placed.append(PlacedPiece(piece.head, self.end))
        self.placed.append(PlacedPiece(piece, end - piece.height))
        self.end = end


def _chains(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces that stay together."""
    chains: list[list[Piece]] = [[]]
    for piece in pieces:
        chains[-1].append(piece)
        if not piece.keeps_next:
            chains.append([])
    return [chain for chain in chains if chain]


def _place(pages: list[_NewPage], chain: Sequence[Piece], room: Room) -> None:
    """`chain` on the last page or on a new one; a chain taller than a page is parted after all."""
    if pages[-1].end_with(chain) > room.bottom:
        fresh = _NewPage(room.top_following, is_first=False)
        if fresh.end_with(chain) > room.bottom:
            if len(chain) == 1:
                raise TooTall("it is taller than a page", chain[0])
            _place(pages, chain[:1], room)
            _place(pages, chain[1:], room)
            return
        pages.append(fresh)
    for piece in chain:
        pages[-1].add(piece)


def _leave_room_below(pages: list[_NewPage], room: Room) -> None:
    """Move the end of the last page to a new one: the last piece and what stays with it, as far as there is room."""
    placed = pages[-1].placed
    start = len(placed) - 1
    while start > 0 and placed[start - 1].piece.keeps_next:
        start -= 1
    for first in range(start, len(placed)):
        fresh = _NewPage(room.top_following, is_first=False)
        tail = [one.piece for one in placed[first:]]
        if fresh.end_with(tail) <= room.bottom_last:
            del placed[first:]
            for piece in tail:
                fresh.add(piece)
            pages.append(fresh)
            return
    raise TooTall("it is taller than the room on the last page", placed[-1].piece)
