"""The frames of layout.toml: each is bound to one slot of the plan, its table says what kind of block it takes.

A frame with box_mm is anchored: it has a place of its own. One with column_mm flows: it follows the one before it in
the order of `[flow]`, and on to more pages.
"""

from typing import Literal

from pydantic import Field, model_validator

from service.config import Part
from service.rendering.layout_values import (
    Align,
    Box,
    ColourName,
    Fill,
    Flag,
    HeadingGap,
    Line,
    MissingPicture,
    Mm,
    ModuleWidths,
    Pages,
    ParagraphGap,
    Positive,
    Slot,
    Span,
    StyleName,
    Trimmed,
    Weight,
)


class Frame(Part):
    """Where one slot stands: anchored in a box, or flowing in a column."""

    slot: Slot
    box_mm: Box | None = Field(default=None, description="Left, top, width, height: the frame is anchored.")
    column_mm: Span | None = Field(default=None, description="Left, width: the frame flows.")
    pages: Pages = Field(default="first", description="Anchored: the pages on which it stands.")
    below: Slot = Field(default="", description="Anchored: moves down, in its box, to stay below this one.")
    gap_mm: Mm = Field(default=5, description="Anchored: space to the frame that it stays below.")
    above_mm: Mm = Field(default=0, description="Flowing: space from the last baseline above.")
    not_above_mm: Mm = Field(default=0, description="Flowing: never higher than this on the first page.")
    clear_of: tuple[Slot, ...] = Field(default=(), description="Flowing: below these frames, on the first page.")
    where_room: Flag = Field(
        default=False, description="Flowing: left out where it would cost one page more; for marketing's slots alone."
    )

    @model_validator(mode="after")
    def _one_place(self) -> "Frame":
        if (self.box_mm is None) == (self.column_mm is None):
            raise ValueError("a frame needs box_mm or column_mm, and not both")
        strange = _ONLY_FLOWING if self.box_mm else _ONLY_ANCHORED
        for key in sorted(strange & self.model_fields_set):
            raise ValueError(f"{key} does not go with {'box_mm' if self.box_mm else 'column_mm'}")
        return self

    @property
    def span_mm(self) -> Span:
        """Left and width, of its column or of its box."""
        return (self.box_mm[0], self.box_mm[2]) if self.box_mm else self.column_mm or (0, 0)


_ONLY_ANCHORED = frozenset(("pages", "below", "gap_mm"))
_ONLY_FLOWING = frozenset(("above_mm", "not_above_mm", "clear_of", "where_room"))


class WordsFrame(Frame):
    """A heading and paragraphs."""

    heading: StyleName
    text: StyleName
    heading_gap_mm: HeadingGap = 3
    paragraph_gap_mm: ParagraphGap = 1.5
    align: Align = "left"


class PostalFrame(Frame):
    """An address with its label."""

    label: StyleName
    lines: StyleName
    label_gap_mm: Mm = Field(default=3, description="From the label's last baseline to the address.")


class FactsFrame(Frame):
    """Labels and values."""

    label: StyleName
    value: StyleName
    value_mm: Positive = Field(description="From the frame's left edge to the values.")


class CodeFrame(Frame):
    """A QR code or Code128 with its words; always anchored. Its box is that of the dark modules."""

    heading: StyleName
    caption: StyleName
    address: StyleName
    words_mm: Box = Field(description="Box of the words.")
    words_align: Align = "left"
    heading_gap_mm: Mm = Field(default=3, description="From the heading's last baseline to the caption.")
    address_gap_mm: Mm = Field(default=1.5, description="More than the leading between the caption and the address.")
    modules_mm: ModuleWidths
    align: Align = "left"


class GoodsFrame(Frame):
    """The table of goods; always flows. Columns are (left, width); one without content leaves its room to the name."""

    quantity_mm: Span = Field(description="Left, width, of the column of quantities; the others stand right of it.")
    picture_mm: Span = Field(description="Pictures are square, as wide as this.")
    name_mm: Span = Field(description="Left, width, of the articles' names; wider where a column goes.")
    unit_price_mm: Span = Field(description="Left, width; prices end at its right edge. Not on gifts.")
    amount_mm: Span = Field(description="Left, width; amounts end at its right edge. Not on gifts.")
    head: StyleName
    quantity: StyleName
    name: StyleName
    small: StyleName
    price: StyleName
    padding_mm: Mm = Field(description="Above and below each row's content.")
    rule: ColourName
    trimmed: Trimmed = False
    missing_picture: MissingPicture = ""

    @property
    def picture_room_mm(self) -> tuple[float, float]:
        """Width and height of its pictures."""
        return self.picture_mm[1], self.picture_mm[1]


class TotalsFrame(Frame):
    """Labels and amounts under the table; always flows. The last row is the sum, under a hairline."""

    label: StyleName
    amount: StyleName
    sum_label: StyleName
    sum_amount: StyleName
    rule: ColourName


class HeroFrame(Frame):
    """A large picture, which fills its room and is cropped to it, and words below it, beside it or in their own box."""

    picture_mm: Positive = Field(description="The picture's height; it is as wide as the frame.")
    heading: StyleName
    text: StyleName
    words_gap_mm: Mm = Field(default=5, description="From the picture to the words below it.")
    words_mm: Box | None = Field(
        default=None, description="Box of the words, if they don't stand below; anchored only."
    )
    words_column_mm: Span | None = Field(
        default=None, description="Left and width of the words, if they stand beside the picture, at its top."
    )
    heading_gap_mm: HeadingGap = 3
    paragraph_gap_mm: ParagraphGap = 1.5
    missing_picture: MissingPicture = ""

    @property
    def picture_room_mm(self) -> tuple[float, float]:
        """Width and height of its picture."""
        return self.span_mm[1], self.picture_mm


class TilesFrame(Frame):
    """Recommended articles side by side, each with its picture, name and price, and with a QR code if there is room."""

    columns: int = Field(ge=1, le=6, strict=True, description="As many tiles are shown, at most.")
    between_mm: Mm = Field(description="From one tile to the next.")
    picture_mm: Positive = Field(description="Height of the pictures, which are shown whole.")
    align: Literal["left", "middle"] = Field(default="middle", description="Where in its tile a picture stands.")
    heading: StyleName
    name: StyleName
    small: StyleName
    price: StyleName
    heading_gap_mm: Mm = Field(default=4, description="From the heading's last baseline to the pictures.")
    name_gap_mm: Mm = Field(default=3, description="From the picture to the name.")
    trimmed: Trimmed = False
    missing_picture: MissingPicture = ""
    symbol_mm: Mm = Field(
        default=0, description="Room for a QR code at the right of each picture, square, with its white; 0: none."
    )
    modules_mm: ModuleWidths = (0.42333, 0.33867)

    @property
    def tile_mm(self) -> float:
        """Width of a tile."""
        return (self.span_mm[1] - self.between_mm * (self.columns - 1)) / self.columns

    @property
    def picture_room_mm(self) -> tuple[float, float]:
        """Width and height of a picture, beside the room for a code."""
        return self.tile_mm - self.symbol_mm, self.picture_mm


class VoucherFrame(Frame):
    """A voucher in a box of its own: what it gives, its code below or beside that, and a QR code at the right."""

    heading: StyleName
    text: StyleName
    label: StyleName
    code: StyleName
    terms: StyleName
    padding_mm: Mm = Field(default=6, description="From the box's edges to what stands in it.")
    inner_gap_mm: Mm = Field(default=4, description="Between heading and text, code, terms.")
    fill: Fill = ""
    line: Line = ""
    weight_pt: Weight = 0.5
    dash_mm: Mm = Field(default=0, description="Length of the dashes of the line; 0 draws it through.")
    code_mm: Span | None = Field(
        default=None, description="Left and width of the code, if it stands beside what the voucher gives."
    )
    as_its_content: Flag = Field(default=False, description="Anchored: as tall as its content, its box at most.")
    symbol_mm: Positive = Field(default=24, description="Room for the QR code, square.")
    modules_mm: ModuleWidths
