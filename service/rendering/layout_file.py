"""layout.toml as the designer writes it: geometry and looks, no meaning. Lengths in millimetres, type in points.

A frame is bound to one slot of the plan; the table it stands in says what kind of block it takes. A frame with
box_mm is anchored: it has a place of its own. One with column_mm flows: it follows the one before it in the order of
`[flow]`, and on to more pages. Positions are from the upper left corner of the sheet; a text's box begins at the
height of its first capitals.
"""

import difflib
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from service.config import Part
from service.model import SLOTS

Flag = Annotated[bool, Field(strict=True)]
Mm = Annotated[float, Field(ge=0, le=500, strict=True)]
Positive = Annotated[float, Field(gt=0, le=500, strict=True)]
Point = tuple[Mm, Mm]
Box = tuple[Mm, Mm, Positive, Positive]
Span = tuple[Mm, Positive]
Colour = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$", description="#RRGGBB; a grey is printed in black alone.")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


def _known_slot(name: str) -> str:
    if name in SLOTS:
        return name
    near = difflib.get_close_matches(name, SLOTS, n=1)
    raise ValueError(f"there is no slot {name}" + (f"; did you mean {near[0]}?" if near else ""))


@dataclass(frozen=True, slots=True)
class RefersTo:
    """Says that a value names an entry of another table."""

    table: str


StyleName = Annotated[str, RefersTo("styles"), Field(description="Name of a style.")]
ColourName = Annotated[str, RefersTo("colours"), Field(description="Name of a colour.")]
FontName = Annotated[str, RefersTo("fonts"), Field(description="Name of a font.")]
Slot = Annotated[
    str,
    AfterValidator(_known_slot),
    Field(description="The slot of the plan it shows.", json_schema_extra={"enum": list(SLOTS)}),
]
Pages = Annotated[
    Literal["first", "following", "every", "last", "back"],
    Field(description="first, following, last: of the parcel's pages; every: all of them; back: the back of sheet 1."),
]
Align = Annotated[Literal["left", "right"], Field(description="The edge of its room that it stands at.")]
Weight = Annotated[float, Field(gt=0, le=20, strict=True, description="Of the line, in points.")]
ModuleWidths = Annotated[
    tuple[Positive, ...],
    Field(
        min_length=1,
        description="Widths of one module in mm; the first that fits is taken. 1/75 inch is 0.33867.",
    ),
]
ArtFile = Annotated[
    str, Field(pattern=r"^[\w.-]+\.(svg|pdf|png|jpg)$", description="A file of art/: SVG, PDF, PNG or JPEG.")
]
MissingPicture = Annotated[
    str,
    Field(
        pattern=r"^([\w.-]+\.(svg|pdf|png|jpg))?$",
        description="Stands in for a picture that the library lacks; without it, what misses its picture goes.",
    ),
]
HeadingGap = Annotated[Mm, Field(description="From the heading's last baseline to the text.")]
ParagraphGap = Annotated[Mm, Field(description="More than the leading between two paragraphs.")]
FixedBoxMm = Annotated[Box, Field(description="Left, top, width, height.")]
Fill = Annotated[ColourName | Literal[""], Field(description="Colour of the field; without it, there is none.")]
Line = Annotated[ColourName | Literal[""], Field(description="Colour of the outline; without it, there is none.")]

_CLOSED: JsonDict = {"additionalProperties": False}

SIZES_MM = {"A4": (210.0, 297.0), "A5": (148.0, 210.0), "Letter": (215.9, 279.4)}
STANDARD_COLOURS = {"black": "#000000", "white": "#ffffff"}


class Sheet(Part):
    """The paper."""

    size: Literal["A4", "A5", "Letter"] = Field(description="Upright; the routes' media is the same.")
    two_sided: Flag = Field(
        default=False, description="The back of the first sheet is a page of its own, for frames with pages = back."
    )
    margin_mm: Mm = Field(default=14, description="Nothing stands nearer to an edge; printers can't print there.")
    folds_mm: tuple[Positive, ...] = Field(default=(), description="Where the sheet is folded; codes keep 5 mm away.")


class Flow(Part):
    """What follows one another and flows on to more pages."""

    order: tuple[Slot, ...] = Field(min_length=1, description="Slots of the frames with column_mm, top to bottom.")
    top_mm: Positive = Field(description="Where it begins on the first page.")
    top_following_mm: Positive = Field(description="Where it begins on the pages after it.")
    bottom_mm: Positive = Field(description="Where it ends on pages that others follow.")
    bottom_last_mm: Positive = Field(description="Where it ends on the last page, above that page's frames.")


class Font(Part):
    """A TrueType file, in fonts/ beside layout.toml or in an installed Python package of fonts."""

    file: str = Field(pattern=r"^[\w.-]+\.ttf$", description="The file's name, without a path or spaces.")
    package: str = Field(default="", pattern=r"^(font_[a-z0-9_]+)?$", description="As in font_source_sans_pro.")


class TypeStyle(Part):
    """How a piece of text looks."""

    font: FontName
    size_pt: float = Field(ge=6, le=96, strict=True, description="Size of the type.")
    leading_pt: float = Field(ge=6, le=144, strict=True, description="From one baseline to the next.")
    colour: ColourName = "black"
    tracking: float = Field(
        default=0, ge=-100, le=500, strict=True, description="Letterspacing in thousandths of the type size."
    )
    capitals: Flag = Field(default=False, description="Set in capitals, whatever the text has.")
    balanced: Flag = Field(default=False, description="Lines of widths as even as can be; for large type.")
    hyphenated: Flag = Field(default=False, description="Long words may break, by the rules of the note's language.")


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
    missing_picture: MissingPicture = ""


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


class TilesFrame(Frame):
    """Recommended articles side by side, each with its picture, name and price."""

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
    missing_picture: MissingPicture = ""


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


class PageNumber(Part):
    """Page x of y, on every page of the parcel."""

    box_mm: FixedBoxMm
    style: StyleName
    align: Align = "left"


class Rule(Part):
    """A line, level or upright."""

    pages: Pages = "every"
    from_mm: Point = Field(description="Left, top, of its left or upper end.")
    to_mm: Point = Field(description="Left, top, of its right or lower end.")
    weight_pt: Weight = 0.25
    colour: ColourName


class FixedBox(Part):
    """A field of colour, an outline, or both."""

    pages: Pages = "every"
    box_mm: FixedBoxMm
    fill: Fill = ""
    line: Line = ""
    weight_pt: Weight = 0.25


class Art(Part):
    """Art of the brand, made ready once: vector art (SVG, PDF) as forms, pictures (PNG, JPEG) as they are."""

    pages: Pages = "every"
    file: ArtFile
    box_mm: FixedBoxMm
    fit: Literal["contain", "cover"] = Field(
        default="contain", description="contain: whole, in the box's upper left; cover: fills the box and is cropped."
    )
    colour: ColourName | Literal[""] = Field(default="", description="What currentColor means in an SVG file.")


class LayoutFile(Part):
    """layout.toml, whole."""

    model_config = ConfigDict(json_schema_extra={"$schema": "https://json-schema.org/draft/2020-12/schema"})

    sheet: Sheet
    flow: Flow
    colours: dict[Name, Colour] = Field(
        description="Beside black and white, which are always there.", json_schema_extra=_CLOSED
    )
    fonts: dict[Name, Font] = Field(min_length=1, description="By the names styles give.", json_schema_extra=_CLOSED)
    styles: dict[Name, TypeStyle] = Field(
        min_length=1, description="By the names that frames give.", json_schema_extra=_CLOSED
    )
    words: tuple[WordsFrame, ...] = Field(default=(), description="Headings with paragraphs.")
    postal: tuple[PostalFrame, ...] = Field(default=(), description="The address.")
    facts: tuple[FactsFrame, ...] = Field(default=(), description="Labels with values.")
    code: tuple[CodeFrame, ...] = Field(default=(), description="QR codes and Code128.")
    goods: tuple[GoodsFrame, ...] = Field(default=(), description="The table of goods.")
    totals: tuple[TotalsFrame, ...] = Field(default=(), description="What it comes to.")
    hero: tuple[HeroFrame, ...] = Field(default=(), description="The brand's story.")
    tiles: tuple[TilesFrame, ...] = Field(default=(), description="Recommended articles.")
    voucher: tuple[VoucherFrame, ...] = Field(default=(), description="The offer.")
    page_number: PageNumber
    rule: tuple[Rule, ...] = Field(default=(), description="Lines, on boxes.")
    box: tuple[FixedBox, ...] = Field(default=(), description="Fields and outlines, lowest of all.")
    art: tuple[Art, ...] = Field(default=(), description="Art of the brand, on boxes and rules.")
    leaves_out: tuple[Slot, ...] = Field(
        default=(), description="Marketing that this layout has no room for, on purpose."
    )

    @property
    def frames(self) -> tuple[Frame, ...]:
        """All frames that are bound to a slot."""
        return (
            *(*self.words, *self.postal, *self.facts, *self.code),
            *(*self.goods, *self.totals, *self.hero, *self.tiles, *self.voucher),
        )
