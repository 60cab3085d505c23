"""From a plan to a PDF, in this process.

Nothing is cut off and nothing shrinks: what can't be shown raises GlyphMissing or DoesNotFit naming its slot, and a
plan that its layout can't take raises LayoutBroken. Marketing is left out instead: it never holds a note. The same
plan and pictures make the same bytes.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from service.errors import DoesNotFit, GlyphMissing, LayoutBroken
from service.model import MARKETING, Block, Hero, PictureSize, Plan, RenderedNote
from service.rendering.blocks.figures import Figures, Pictures
from service.rendering.blocks.frames import set_block, set_words_apart
from service.rendering.blocks.pages import BACK, Page, PageKind, TooTall, fill_pages, kind_of_page
from service.rendering.blocks.pieces import MM, Cell, Piece, Setting, set_lines
from service.rendering.layout_frames import CodeFrame, Frame, HeroFrame, TotalsFrame
from service.rendering.layout_values import Box, Span
from service.rendering.layouts.loading import Layout
from service.rendering.pdf.document import NoteDocument, shared_parts
from service.rendering.type.characters import readable
from service.rendering.type.typesetting import Drawn, Lowered, Typesetter, operators

_PICTURE = re.compile(r"/(P[0-9a-f]{16}) Do")
_ROUNDING = 1e-6
UNDRAWABLE = (GlyphMissing, DoesNotFit, LayoutBroken)


class Renderer:
    """Draws notes; holds the layouts, by their names."""

    def __init__(self, layouts: Mapping[str, Layout]) -> None:
        self._layouts = layouts

    def picture_sizes(self, layout: str) -> Mapping[str, PictureSize]:
        """At which sizes a layout shows pictures, by slot."""
        return self._layouts[layout].picture_sizes if layout in self._layouts else {}

    def render(self, plan: Plan, pictures: Pictures) -> RenderedNote:
        """The note of `plan`, with what the library has of the pictures that it asks for."""
        if plan.layout not in self._layouts:
            raise LayoutBroken(f"there is no layout {plan.layout}", where="layout")
        return _NoteInTheMaking(self._layouts[plan.layout], plan, pictures).finished()


@dataclass(frozen=True, slots=True)
class _Standing:
    """An anchored block in its place: marks with their place from the sheet's top, and where it ends."""

    marks: tuple[Drawn, ...]
    end: float


class _NoteInTheMaking:
    """One note: its blocks set in type, then put on pages."""

    def __init__(self, layout: Layout, plan: Plan, pictures: Pictures) -> None:
        self._layout = layout
        self._plan = plan
        self._typesetter = Typesetter(layout.scripts, plan.language)
        self._figures = Figures(pictures, layout.stand_ins)
        self._standing: dict[str, _Standing] = {}
        self._flowing: dict[str, list[Piece]] = {}
        self._left_out: set[str] = set()
        self._faults: list[str] = []

    def finished(self) -> RenderedNote:
        """The note as a PDF."""
        blocks = dict(self._plan.blocks)
        self._refuse_unknown(blocks)
        for slot, frame in self._layout.frames.items():
            if slot in blocks:
                try:
                    self._set_for_sure(frame, blocks[slot])
                except UNDRAWABLE as error:
                    self._contain(error, slot)
        streams = self._streams(self._pages())
        pdf, sha256 = self._document(streams)
        left_out = tuple(slot for slot in self._layout.frames if slot in self._left_out)
        drawn = (self._standing.keys() | self._flowing.keys()) - self._left_out
        unseen = tuple(slot for slot in blocks if slot in MARKETING and slot not in drawn)
        return RenderedNote(pdf, sha256, len(streams), left_out, tuple(self._faults), unseen=unseen)

    def _refuse_unknown(self, slots: Iterable[str]) -> None:
        for slot in slots:
            if slot not in self._layout.frames and slot not in self._layout.file.leaves_out:
                self._contain(LayoutBroken("the plan fills a slot for which the layout has no frame"), slot)

    def _contain(self, error: DoesNotFit | GlyphMissing | LayoutBroken, slot: str) -> None:
        """What can't be drawn costs the slot if it is marketing's, else the note; the error says which slot."""
        named = type(error)(error.what, where=slot, hint=error.hint)
        if slot not in MARKETING:
            raise named from error
        self._flowing.pop(slot, None)
        self._faults.append(str(named))

    def _set_for_sure(self, frame: Frame, block: Block) -> None:
        """Set a block; where what the customer needs lacks room below marketing, the marketing goes."""
        try:
            self._set(frame, block)
        except DoesNotFit as error:
            above = "" if frame.slot in MARKETING else self._marketing_above(frame)
            if not above:
                raise
            del self._standing[above]
            self._faults.append(f"it leaves no room for {frame.slot}: {error.what} ({above})")
            self._set_for_sure(frame, block)

    def _marketing_above(self, frame: Frame) -> str:
        """The nearest slot of marketing that stands above the frame and pushes it down; empty if there is none."""
        above = frame.below
        while above and not (above in MARKETING and above in self._standing):
            above = self._layout.frames[above].below
        return above

    def _set(self, frame: Frame, block: Block) -> None:
        """Set a block in type: one that is anchored stands in its place then, one that flows waits for its page."""
        pieces = set_block(self._setting(frame.span_mm), frame, block)
        if frame.box_mm:
            boxes = [(frame.box_mm, pieces)]
            if isinstance(frame, CodeFrame | HeroFrame) and frame.words_mm:
                column = frame.words_mm[0], frame.words_mm[2]
                boxes.append((frame.words_mm, set_words_apart(self._setting(column), frame, block)))
            self._stand(frame, boxes)
        elif pieces:
            self._flowing[frame.slot] = pieces
        if frame.slot not in self._standing and frame.slot not in self._flowing:
            self._left_out.add(frame.slot)

    def _stand(self, frame: Frame, boxes: Sequence[tuple[Box, list[Piece]]]) -> None:
        top = self._end_above(frame)
        parts = [_in_box(pieces, box, top) for box, pieces in boxes if pieces]
        if parts:
            marks = tuple([mark for part in parts for mark in part.marks])
            self._standing[frame.slot] = _Standing(marks, max([part.end for part in parts]))

    def _end_above(self, frame: Frame) -> float:
        """Where an anchored frame may begin, below the one that it stays below, or the next above that is there."""
        above = frame.below
        while above and above not in self._standing:
            above = self._layout.frames[above].below
        return self._standing[above].end + frame.gap_mm * MM if above else 0.0

    def _pages(self) -> list[Page]:
        """What flows, on pages; marketing that is too tall for a page is left out."""
        while True:
            try:
                return self._placed()
            except DoesNotFit as error:
                self._contain(error, error.where)

    def _placed(self) -> list[Page]:
        """What flows, on pages; what stands only where there is room comes in turn, unless it costs a page."""
        slots = list(self._flowing)
        optional = [slot for slot in slots if self._layout.frames[slot].where_room]
        self._left_out.difference_update(optional)  # whom an earlier try, with a block too tall for any page, named
        pages = self._tried(slots) if optional else self._filled(slots)
        if not optional or len(pages) == 1:
            return pages
        self._left_out.update(optional)
        pages = self._filled([slot for slot in slots if slot not in self._left_out])
        for slot in optional:
            more = self._tried([one for one in slots if one == slot or one not in self._left_out])
            if len(more) == len(pages):
                self._left_out.discard(slot)
                pages = more
        return pages

    def _tried(self, slots: Sequence[str]) -> list[Page]:
        """The pages, none if something is too tall for its page."""
        try:
            return self._filled(slots)
        except DoesNotFit:
            return []

    def _filled(self, slots: Sequence[str]) -> list[Page]:
        """The blocks of `slots` on pages; totals keep the last two rows with them."""
        pieces: list[Piece] = []
        owners: list[str] = []
        for slot in slots:
            frame = self._layout.frames[slot]
            if isinstance(frame, TotalsFrame):
                pieces[-2:] = [piece._replace(keeps_next=True) for piece in pieces[-2:]]
            first, *others = self._flowing[slot]
            above = frame.above_mm * MM
            beside = [self._standing[name].end + above for name in frame.clear_of if name in self._standing]
            first = first._replace(above=above, not_above=max([frame.not_above_mm * MM, *beside]))
            pieces += [first, *others]
            owners += [slot] * (1 + len(others))
        try:
            return fill_pages(pieces, self._layout.room)
        except TooTall as error:
            place = next(place for place, piece in enumerate(pieces) if piece is error.piece)
            raise DoesNotFit(str(error), where=owners[place]) from error

    def _streams(self, pages: Sequence[Page]) -> list[str]:
        """The operators of each page of the document; the back of the first sheet is there if it has content."""
        has_back = any(self._layout.frames[slot].pages == "back" for slot in self._standing)
        count = len(pages) + has_back
        streams = []
        for place, page in enumerate(pages, 1):
            number = place + 1 if has_back and place > 1 else place
            marks = self._page_number(number, count)
            streams.append(self._drawn(kind_of_page(place, len(pages)), page, marks))
        if has_back:
            streams.insert(1, self._drawn(BACK, [], ()))
        return streams

    def _page_number(self, number: int, count: int) -> tuple[Drawn, ...]:
        frame = self._layout.file.page_number
        setting = self._setting((frame.box_mm[0], frame.box_mm[2]))
        text = self._plan.page_label.format(page=number, pages=count)
        with _named("page-label"):
            cell = Cell(setting.styles[frame.style], text, setting.left, setting.width, frame.align)
            return _in_box(set_lines(self._typesetter, cell), frame.box_mm).marks

    def _drawn(self, kind: PageKind, page: Page, page_number: tuple[Drawn, ...]) -> str:
        """The operators of one page: fixed parts, anchored blocks, what flows, its number."""
        height = self._layout.size[1]
        drawn = [self._layout.fixed[kind]]
        for slot, _ in self._plan.blocks:
            if slot in self._standing and self._layout.frames[slot].pages in kind:
                drawn += operators(self._standing[slot].marks, height)
        for placed in page:
            drawn += operators(placed.piece.marks, height - placed.top)
        drawn += operators(page_number, height)
        return "\n".join(drawn)

    def _document(self, streams: Sequence[str]) -> tuple[bytes, str]:
        """The document and its SHA-256."""
        with _named("title"):
            title = readable(self._plan.title)
        pictures = {**self._layout.pictures, **self._figures.pictures}
        shown = [sorted(pictures.keys() & _PICTURE.findall(stream)) for stream in streams]
        names = sorted(set().union(*shown))
        common = self._common_pictures()
        fonts = tuple((name, face.embedded) for name, face in sorted(self._typesetter.faces.items()))
        shared = shared_parts(fonts, tuple(pictures[name] for name in names if name in common))
        document = NoteDocument(title, self._plan.language, self._layout.size, shared)
        for name, glyphs in self._typesetter.drawn:
            document.embed_drawn_font(name, glyphs)
        for name in names:
            document.embed_picture(pictures[name])
        for stream, on_page in zip(streams, shown, strict=True):
            document.add_page(stream, on_page)
        return document.finish_with_sha256()

    def _common_pictures(self) -> set[str]:
        """The names of the pictures that many notes show: the layout's art, and the heroes of the campaigns."""
        heroes = (
            self._figures.photograph(slot, block.pictures)
            for slot, block in self._plan.blocks
            if isinstance(block, Hero)
        )
        return {*self._layout.pictures, *(hero.picture.name for hero in heroes if hero)}

    def _setting(self, column_mm: Span) -> Setting:
        left, width = column_mm[0] * MM, column_mm[1] * MM
        return Setting(self._typesetter, self._layout.styles, self._layout.inks, self._figures, left, width)


def _in_box(pieces: Sequence[Piece], box_mm: Box, top: float = 0.0) -> _Standing:
    """What stands in a box, at its top or further down at `top`."""
    end = max(top, box_mm[1] * MM)
    marks: list[Drawn] = []
    for piece in pieces:
        end += piece.above
        marks.append(Lowered(end, piece.marks))
        end += piece.height
    below = end - (box_mm[1] + box_mm[3]) * MM
    if below > _ROUNDING:
        raise DoesNotFit(f"its content ends {max(below / MM, 0.1):.1f} mm below its frame")
    return _Standing(tuple(marks), end)


@contextmanager
def _named(slot: str) -> Iterator[None]:
    """What fails inside the block says in which slot."""
    try:
        yield
    except UNDRAWABLE as error:
        raise type(error)(error.what, where=slot, hint=error.hint) from error
