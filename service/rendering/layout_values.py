"""The kinds of values that layout.toml holds. Lengths in millimetres, type in points."""

import difflib
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

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
Trimmed = Annotated[
    Flag, Field(description="The white round an article goes first, so that the article fills its place.")
]
HeadingGap = Annotated[Mm, Field(description="From the heading's last baseline to the text.")]
ParagraphGap = Annotated[Mm, Field(description="More than the leading between two paragraphs.")]
FixedBoxMm = Annotated[Box, Field(description="Left, top, width, height.")]
Fill = Annotated[ColourName | Literal[""], Field(description="Colour of the field; without it, there is none.")]
Line = Annotated[ColourName | Literal[""], Field(description="Colour of the outline; without it, there is none.")]
