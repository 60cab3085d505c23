"""Type styles, ready to set."""

from dataclasses import dataclass

from service.rendering.type.faces import Face


@dataclass(frozen=True, slots=True, eq=False)  # told apart as they are, which is what makes them quick to look up
class Style:
    """A type style of a layout, ready to set; lengths in points, `ink` the operator of its colour.

    `cap_height` is from the baseline to the top of the capitals.
    """

    face: Face
    size: float
    leading: float
    tracking: float
    capitals: bool
    balanced: bool
    hyphenated: bool
    ink: str
    cap_height: float
    opening: str  # the operators before each line's place


def style_of(
    face: Face,
    size: float,
    leading: float,
    *,
    ink: str = "0 g",
    tracking: float = 0.0,
    capitals: bool = False,
    balanced: bool = False,
    hyphenated: bool = False,
) -> Style:
    """A face in one size; `ink` is the operator of its colour, `tracking` the space between letters in points."""
    return Style(
        face=face,
        size=size,
        leading=leading,
        tracking=tracking,
        capitals=capitals,
        balanced=balanced,
        hyphenated=hyphenated,
        ink=ink,
        cap_height=face.cap_height * size,
        opening=f"BT {ink} /{face.name} {size:g} Tf {tracking:g} Tc ",
    )
