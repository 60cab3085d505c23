"""From a plan to a PDF, in this process.

Nothing is cut off and nothing shrinks: what can't be shown raises GlyphMissing or DoesNotFit naming its slot, and a
plan that its layout can't take raises LayoutBroken. The same plan and pictures make the same bytes.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from service.errors import DoesNotFit, GlyphMissing, LayoutBroken
from service.model import Block, Code, Facts, Goods, Plan, Postal, RenderedNote, Totals, Words
from service.rendering.blocks import set_code, set_facts, set_postal, set_symbol, set_totals, set_words
from service.rendering.characters import readable
from service.rendering.document import NoteDocument
from service.rendering.layout_file import (
    Anchored,
    Box,
    CodeFrame,
    FactsFrame,
    Flowing,
    FlowingWordsFrame,
    Frame,
    GoodsFrame,
    Pages,
    PostalFrame,
    Span,
    TotalsFrame,
    WordsFrame,
)
from service.rendering.layouts import Layout, stands_on
from service.rendering.pages import Page, TooTall, fill_pages
from service.rendering.pictures import Photograph, read_photograph
from service.rendering.pieces import MM, Cell, Piece, Setting, joined, set_lines
from service.rendering.table import set_goods
from service.rendering.typesetting import Mark, Typesetter

_PICTURE = re.compile(r"/(P[0-9a-f]{16}) Do")


class Renderer:
    """Draws notes; holds the layouts, by their names."""

    def __init__(self, layouts: Mapping[str, Layout]) -> None:
        self._layouts = layouts

    def render(self, plan: Plan, pictures: Mapping[str, Path]) -> RenderedNote:
        """The note of `plan`; `pictures` says where the library keeps those it names."""
        if plan.layout not in self._layouts:
            raise LayoutBroken(f"there is no layout {plan.layout}", where="layout")
        pdf, pages = _NoteInTheMaking(self._layouts[plan.layout], plan, pictures).finished()
        return RenderedNote(pdf, hashlib.sha256(pdf).hexdigest(), pages)


@dataclass(frozen=True, slots=True)
class _Anchored:
    """A frame with its content: marks with their place from the sheet's top, and where it ends."""

    pages: Pages
    marks: tuple[Mark, ...]
    end: float


class _NoteInTheMaking:
    """One note: its blocks set in type, then put on pages."""

    def __init__(self, layout: Layout, plan: Plan, pictures: Mapping[str, Path]) -> None:
        self._layout = layout
        self._plan = plan
        self._typesetter = Typesetter(layout.scripts)
        self._photographs = _photographs(plan, pictures)
        self._anchored: dict[str, _Anchored] = {}

    def finished(self) -> tuple[bytes, int]:
        """The PDF and its number of pages."""
        flowing: dict[str, list[Piece]] = {}
        for slot, block in self._plan.blocks:
            frame = self._layout.frames.get(slot)
            with _named(slot):
                if isinstance(frame, Flowing):
                    flowing[slot] = self._set_flowing(frame, block)
                elif isinstance(frame, Anchored):
                    self._anchored[slot] = self._set_anchored(frame, block)
                elif slot not in self._layout.file.leaves_out:
                    raise LayoutBroken("the plan fills a slot for which the layout has no frame")
        pages = self._filled(flowing)
        streams = [self._drawn(page, number, len(pages)) for number, page in enumerate(pages, 1)]
        return self._document(streams), len(pages)

    def _set_flowing(self, frame: Flowing, block: Block) -> list[Piece]:
        setting = self._setting(frame.column_mm)
        match frame, block:
            case FlowingWordsFrame(), Words():
                return set_words(setting, frame, block)
            case GoodsFrame(), Goods():
                return set_goods(setting, frame, block, self._photographs)
            case TotalsFrame(), Totals():
                return set_totals(setting, frame, block)
        raise _unfit(frame, block)

    def _set_anchored(self, frame: Anchored, block: Block) -> _Anchored:
        setting = self._setting((frame.box_mm[0], frame.box_mm[2]))
        match frame, block:
            case WordsFrame(), Words():
                pieces = set_words(setting, frame, block)
            case PostalFrame(), Postal():
                pieces = set_postal(setting, frame, block)
            case FactsFrame(), Facts():
                pieces = set_facts(setting, frame, block)
            case CodeFrame(), Code():
                words = _in_box(
                    set_code(self._setting((frame.words_mm[0], frame.words_mm[2])), frame, block), frame.words_mm
                )
                symbol = set_symbol(frame, block)
                return _Anchored(frame.pages, (symbol, *words.marks), max(symbol.down, words.end))
            case _:
                raise _unfit(frame, block)
        above = self._anchored.get(frame.below)
        return _in_box(pieces, frame.box_mm, frame.pages, above.end + frame.gap_mm * MM if above else 0.0)

    def _filled(self, flowing: Mapping[str, list[Piece]]) -> list[Page]:
        """The pages, with the flowing blocks in the layout's order; totals keep the last two rows with them."""
        pieces: list[Piece] = []
        slots: dict[int, str] = {}
        for slot in self._layout.file.flow.order:
            frame = self._layout.frames[slot]
            if not flowing.get(slot) or not isinstance(frame, Flowing):
                continue
            if isinstance(frame, TotalsFrame):
                pieces[-2:] = [replace(piece, keeps_next=True) for piece in pieces[-2:]]
            first, *others = flowing[slot]
            above = frame.above_mm * MM
            beside = [self._anchored[name].end + above for name in frame.clear_of if name in self._anchored]
            first = replace(first, above=above, not_above=max([frame.not_above_mm * MM, *beside]))
            pieces += [first, *others]
            slots |= dict.fromkeys(range(len(slots), len(pieces)), slot)
        try:
            return fill_pages(pieces, self._layout.room)
        except TooTall as error:
            place = next(place for place, piece in enumerate(pieces) if piece is error.piece)
            raise DoesNotFit(str(error), where=slots[place]) from error

    def _drawn(self, page: Page, number: int, count: int) -> str:
        """The operators of one page: fixed parts, anchored frames, what flows, its number."""
        first, last = number == 1, number == count
        height = self._layout.size[1]
        operators = [self._layout.fixed[first, last]]
        for anchored in self._anchored.values():
            if stands_on(anchored.pages, first=first, last=last):
                operators.extend(mark.operators(height) for mark in anchored.marks)
        for placed in page:
            bottom = height - placed.top
            operators.extend(mark.operators(bottom) for mark in placed.piece.marks)
        operators.extend(mark.operators(height) for mark in self._page_number(number, count))
        return "\n".join(operators)

    def _page_number(self, number: int, count: int) -> tuple[Mark, ...]:
        frame = self._layout.file.page_number
        left, _, width, _ = (edge * MM for edge in frame.box_mm)
        text = self._plan.page_label.format(page=number, pages=count)
        with _named("page-label"):
            cell = Cell(self._layout.styles[frame.style], text, left, width, frame.align)
            return _in_box(set_lines(self._typesetter, cell), frame.box_mm).marks

    def _document(self, streams: Sequence[str]) -> bytes:
        with _named("title"):
            title = readable(self._plan.title)
        document = NoteDocument(title, self._plan.language, self._layout.size)
        for name in sorted(self._typesetter.faces):
            document.embed_font(name, self._typesetter.faces[name].embedded)
        for name, glyphs in self._typesetter.drawn:
            document.embed_drawn_font(name, glyphs)
        embedded = {one.picture.name: one.picture for one in self._photographs.values()}
        for name in sorted(embedded):
            document.embed_picture(embedded[name])
        for stream in streams:
            document.add_page(stream, sorted(set(_PICTURE.findall(stream))))
        return document.finish()

    def _setting(self, column_mm: Span) -> Setting:
        left, width = column_mm[0] * MM, column_mm[1] * MM
        return Setting(self._typesetter, self._layout.styles, self._layout.inks, left, width)


def _photographs(plan: Plan, pictures: Mapping[str, Path]) -> dict[str, Photograph]:
    """The pictures of the plan that the library has, by their ids."""
    ids = {row.picture for _, block in plan.blocks if isinstance(block, Goods) for row in block.rows}
    found = {one: read_photograph(pictures[one]) for one in ids if one in pictures}
    return {one: photograph for one, photograph in found.items() if photograph}


def _in_box(pieces: Sequence[Piece], box_mm: Box, pages: Pages = "every", top: float = 0.0) -> _Anchored:
    """What stands in a box, at its top or further down at `top`."""
    whole = joined(pieces)
    top = max(top, box_mm[1] * MM)
    if top + whole.height > (box_mm[1] + box_mm[3]) * MM:
        raise DoesNotFit("its text is taller than its frame")
    return _Anchored(pages, tuple(whole.lowered(top)), top + whole.height)


def _unfit(frame: Frame, block: Block) -> LayoutBroken:
    return LayoutBroken(f"the layout has a {type(frame).__name__} where the plan has {type(block).__name__}")


@contextmanager
def _named(slot: str) -> Iterator[None]:
    """What fails inside the block says in which slot."""
    try:
        yield
    except (GlyphMissing, DoesNotFit, LayoutBroken) as error:
        raise type(error)(error.what, where=slot, hint=error.hint) from error
