"""layout.toml as the designer writes it: geometry and looks, no meaning. Lengths in millimetres, type in points.

Positions are from the upper left corner of the sheet; a text's box begins at the height of its first capitals.
"""

from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from service.config import Part
from service.rendering.layout_frames import (
    CodeFrame,
    FactsFrame,
    Frame,
    GoodsFrame,
    HeroFrame,
    PostalFrame,
    TilesFrame,
    TotalsFrame,
    VoucherFrame,
    WordsFrame,
)
from service.rendering.layout_values import (
    Align,
    ArtFile,
    Colour,
    ColourName,
    Fill,
    FixedBoxMm,
    Flag,
    FontName,
    Line,
    Mm,
    Name,
    Pages,
    Point,
    Positive,
    Slot,
    StyleName,
    Weight,
)

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
