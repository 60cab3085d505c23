"""Art ready to draw, and how it is put into its place."""

from dataclasses import dataclass

from service.rendering.pdf.document import Picture
from service.rendering.pdf.outlines import number


class ArtUnusable(Exception):
    """Art that can't be drawn, or not truly: the text says why and how to mend it, and reads on from its name."""


@dataclass(frozen=True, slots=True)
class Art:
    """A picture ready to draw; its size is in pixels if it is of `pixels`, else in points."""

    picture: Picture
    width: float
    height: float
    pixels: bool = False

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.width / self.height

    def drawn(self, left: float, bottom: float, width: float, height: float, *, cover: bool) -> str:
        """The operators that draw it into a rectangle, in points: whole in its upper left, or filling it, cropped."""
        scales = width / self.width, height / self.height
        scale = max(scales) if cover else min(scales)
        wide, tall = self.width * scale, self.height * scale
        size = f"{wide:.2f} 0 0 {tall:.2f}" if self.pixels else f"{number(scale)} 0 0 {number(scale)}"
        if not cover:
            return f"q {size} {left:.2f} {bottom + height - tall:.2f} cm /{self.picture.name} Do Q"
        crop = f"{left:.2f} {bottom:.2f} {width:.2f} {height:.2f} re W n"
        across, up = left + (width - wide) / 2, bottom + (height - tall) / 2
        return f"q {crop} {size} {across:.2f} {up:.2f} cm /{self.picture.name} Do Q"
