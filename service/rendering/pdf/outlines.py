"""Curves as PDF path operators: what glyphs and artwork come down to."""

import math
from dataclasses import dataclass

from fontTools.pens.basePen import BasePen

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Outline:
    """A path without the operator that paints it, and the box around its points: left, bottom, right, top."""

    path: str
    box: tuple[int, int, int, int]


def number(value: float) -> str:
    """A number as PDF writes it: of six figures at most, and never with an exponent."""
    if not math.isfinite(value):
        raise OverflowError("no finite number")
    text = f"{float(f'{value:.6g}'):.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


class OutlinePen(BasePen):  # type: ignore[misc]  # fontTools has no types
    """Writes what is drawn with it as PDF operators; quadratic curves become cubic ones on the way."""

    def __init__(self, scale: float = 1.0, digits: int = 2) -> None:
        super().__init__(None)
        self._scale = scale
        self._digits = digits
        self._operators: list[str] = []
        self._points: list[Point] = []

    @property
    def outline(self) -> Outline:
        """What was drawn so far."""
        across, up = zip(*self._points, strict=True) if self._points else ((0,), (0,))
        box = (int(min(across)) - 1, int(min(up)) - 1, int(max(across)) + 1, int(max(up)) + 1)
        return Outline(" ".join(self._operators), box)

    def _moveTo(self, pt: Point) -> None:  # noqa: N802  # fontTools' name
        self._write("m", pt)

    def _lineTo(self, pt: Point) -> None:  # noqa: N802
        self._write("l", pt)

    def _curveToOne(self, *three: Point) -> None:  # noqa: N802
        self._write("c", *three)

    def _closePath(self) -> None:  # noqa: N802
        self._write("h")

    def _endPath(self) -> None:  # noqa: N802
        """An open path is filled as if it were closed."""

    def _write(self, operator: str, *points: Point) -> None:
        scaled = [(round(x * self._scale, self._digits), round(y * self._scale, self._digits)) for x, y in points]
        self._points.extend(scaled)
        self._operators.append(" ".join([*(f"{number(x)} {number(y)}" for x, y in scaled), operator]))
