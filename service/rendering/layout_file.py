"""layout.toml as the designer writes it: geometry and looks, no meaning. Lengths in millimetres, type in points.

A frame is bound to one slot of the plan; the table it stands in says what kind of block it takes. Anchored frames
have a box; flowing ones have a column, follow one another in the order of `[flow]`, and flow on to more pages.
Positions are from the upper left corner of the sheet; a text's box begins at the height of its first capitals.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from service.config import Part

Mm = Annotated[float, Field(ge=0, le=500)]
Positive = Annotated[float, Field(gt=0, le=500)]
Point = tuple[Mm, Mm]
Box = tuple[Mm, Mm, Positive, Positive]
Span = tuple[Mm, Positive]
Colour = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$", description="#RRGGBB; a grey is printed in black alone.")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


@dataclass(frozen=True, slots=True)
class RefersTo:
    """Says that a value names an entry of another table."""

    table: str


StyleName = Annotated[str, RefersTo("styles"), Field(description="Name of a style.")]
ColourName = Annotated[str, RefersTo("colours"), Field(description="Name of a colour.")]
FontName = Annotated[str, RefersTo("fonts"), Field(description="Name of a font.")]
Slot = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$", description="The slot of the plan it shows.")]
Pages = Literal["first", "following", "every", "last"]
Align = Literal["left", "right"]

SIZES_MM = {"A4": (210.0, 297.0), "A5": (148.0, 210.0), "Letter": (215.9, 279.4)}
STANDARD_COLOURS = {"black": "#000000", "white": "#ffffff"}


class Sheet(Part):
    """The paper."""

    size: Literal["A4", "A5", "Letter"]
    margin_mm: Mm = Field(default=14, description="Nothing stands nearer to an edge; printers can't print there.")
    folds_mm: tuple[Positive, ...] = Field(default=(), description="Where the sheet is folded; codes keep 5 mm away.")


class Flow(Part):
    """What follows one another and flows on to more pages."""

    order: tuple[Slot, ...] = Field(min_length=1, description="Slots of the frames with column_mm, top to bottom.")
    top_mm: Positive = Field(description="Where it begins on the first page.")
    top_following_mm: Positive = Field(description="Where it begins on the pages after it.")
    bottom_mm: Positive = Field(description="Where it ends on pages that others follow.")
    bottom_last_mm: Positive = Field(description="Where it ends on the last page, above the frames of the last page.")


class Font(Part):
    """A TrueType file, in fonts/ beside layout.toml or in an installed Python package of fonts."""

    file: str = Field(pattern=r"^[\w.-]+\.ttf$")
    package: str = Field(default="", pattern=r"^(font_[a-z0-9_]+)?$", description="As in font_source_sans_pro.")


class TypeStyle(Part):
    """How a piece of text looks."""

    font: FontName
    size_pt: float = Field(ge=6, le=96)
    leading_pt: float = Field(ge=6, le=144, description="From one baseline to the next.")
    colour: ColourName = "black"
    tracking: float = Field(default=0, ge=-100, le=500, description="Letterspacing in thousandths of the type size.")
    capitals: bool = False
    balanced: bool = Field(default=False, description="Lines of widths as even as can be; for large type.")


class Frame(Part):
    """Where one slot stands."""

    slot: Slot


class Anchored(Frame):
    """A frame with a place of its own."""

    pages: Pages = "first"
    box_mm: Box = Field(description="Left, top, width, height.")
    below: Slot | Literal[""] = Field(default="", description="Moves down, inside its box, to stay below this frame.")
    gap_mm: Mm = Field(default=5, description="Space to the frame that it stays below.")


class Flowing(Frame):
    """A frame that follows the one above it."""

    column_mm: Span = Field(description="Left, width.")
    above_mm: Mm = Field(default=0, description="Space from the last baseline above.")
    not_above_mm: Mm = Field(default=0, description="Never higher than this on the first page.")
    clear_of: tuple[Slot, ...] = Field(default=(), description="On the first page it begins below these frames.")


class WordsStyles(Part):
    """How a heading and paragraphs look."""

    heading: StyleName
    text: StyleName
    heading_gap_mm: Mm = Field(default=3, description="From the heading's last baseline to the text.")
    paragraph_gap_mm: Mm = Field(default=1.5, description="More than the leading between two paragraphs.")
    align: Align = "left"


class WordsFrame(WordsStyles, Anchored):
    """A heading and paragraphs with a place of their own."""


class FlowingWordsFrame(WordsStyles, Flowing):
    """A heading and paragraphs that flow."""


class PostalFrame(Anchored):
    """An address with its label."""

    label: StyleName
    lines: StyleName
    label_gap_mm: Mm = 3


class FactsFrame(Anchored):
    """Labels and values."""

    label: StyleName
    value: StyleName
    value_mm: Positive = Field(description="From the frame's left edge to the values.")


class CodeFrame(Anchored):
    """A QR code or Code128 with its words. The box is that of the dark modules; white is kept clear around it."""

    heading: StyleName
    caption: StyleName
    address: StyleName
    words_mm: Box = Field(description="Box of the words.")
    words_align: Align = "left"
    heading_gap_mm: Mm = Field(default=3, description="From the heading's last baseline to the caption.")
    address_gap_mm: Mm = Field(default=1.5, description="More than the leading between the caption and the address.")
    modules_mm: tuple[Positive, ...] = Field(
        min_length=1, description="Widths of one module; the first that fits is taken. 1/75 inch is 0.33867."
    )
    align: Align = "left"


class GoodsFrame(Flowing):
    """The table of goods. Columns are (left, width); a column without content leaves its room to the name."""

    quantity_mm: Span
    picture_mm: Span = Field(description="Pictures are square, as wide as this.")
    name_mm: Span
    unit_price_mm: Span
    amount_mm: Span
    head: StyleName
    quantity: StyleName
    name: StyleName
    small: StyleName
    price: StyleName
    padding_mm: Mm = Field(description="Above and below each row's content.")
    rule: ColourName


class TotalsFrame(Flowing):
    """Labels and amounts under the table; the last row is the sum, under a hairline."""

    label: StyleName
    amount: StyleName
    sum_label: StyleName
    sum_amount: StyleName
    rule: ColourName


class PageNumber(Part):
    """Page x of y."""

    box_mm: Box
    style: StyleName
    align: Align = "left"


class Rule(Part):
    """A line, level or upright."""

    pages: Pages = "every"
    from_mm: Point
    to_mm: Point
    weight_pt: float = Field(default=0.25, gt=0, le=20)
    colour: ColourName


class ColourField(Part):
    """A field of colour."""

    pages: Pages = "every"
    box_mm: Box
    colour: ColourName


class Art(Part):
    """Vector art in one colour: an SVG file in art/ of which the paths are drawn, fitted into the box's upper left."""

    pages: Pages = "every"
    file: str = Field(pattern=r"^[\w.-]+\.svg$")
    box_mm: Box
    colour: ColourName


class LayoutFile(Part):
    """layout.toml, whole."""

    sheet: Sheet
    flow: Flow
    colours: dict[Name, Colour] = Field(description="Beside black and white, which are always there.")
    fonts: dict[Name, Font] = Field(min_length=1)
    styles: dict[Name, TypeStyle] = Field(min_length=1)
    words: tuple[WordsFrame, ...] = ()
    flowing_words: tuple[FlowingWordsFrame, ...] = ()
    postal: tuple[PostalFrame, ...] = ()
    facts: tuple[FactsFrame, ...] = ()
    code: tuple[CodeFrame, ...] = ()
    goods: tuple[GoodsFrame, ...] = ()
    totals: tuple[TotalsFrame, ...] = ()
    page_number: PageNumber
    rule: tuple[Rule, ...] = ()
    field: tuple[ColourField, ...] = ()
    art: tuple[Art, ...] = ()
    leaves_out: tuple[Slot, ...] = Field(default=(), description="Slots that this layout has no room for, on purpose.")

    @property
    def frames(self) -> tuple[Frame, ...]:
        """All frames that are bound to a slot."""
        return (*self.words, *self.flowing_words, *self.postal, *self.facts, *self.code, *self.goods, *self.totals)
