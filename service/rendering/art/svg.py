"""SVG as a form: shapes and groups with their fills, strokes and opacity. The rest is refused, never left out.

Nothing is fetched: what could refer to other files (images, links, style sheets, entities) isn't drawn at all.
`currentColor` is the frame's colour. A grey is printed in black alone.
"""

import hashlib
import math
import re
import zlib
from collections.abc import Sequence
from xml.etree import ElementTree

from fontTools.misc.transform import Identity, Transform
from fontTools.pens.basePen import PenError
from fontTools.svgLib.path import parse_path

from service.rendering.art.artwork import Art, ArtUnusable
from service.rendering.art.svg_shapes import path_of
from service.rendering.art.svg_style import INITIAL, Ink, Look, Rules, amount, class_rules, ink, look_of, share
from service.rendering.pdf.document import Body, Picture, stream_end
from service.rendering.pdf.outlines import OutlinePen, number

_SVG = "{http://www.w3.org/2000/svg}"
_UNSEEN = frozenset(("title", "desc", "metadata", "style", "defs"))
_CAPS = {"butt": 0, "round": 1, "square": 2}
_JOINS = {"miter": 0, "round": 1, "bevel": 2}
_TRANSFORM = re.compile(r"\s*,?\s*(matrix|translate|scale|rotate|skewX|skewY)\s*\(([^()]*)\)")
_PATH = re.compile(r"[\s,.\deE+MmZzLlHhVvCcSsQqTtAa-]*")
_WITHOUT_AREA = re.compile(r"(?:\S+ \S+ m \S+ \S+ l(?: h)? ?)+")
_BETWEEN = re.compile(r"[\s,]+")


def svg_form(content: bytes, colour: str) -> Art:
    """What the SVG shows; `colour` (#RRGGBB, or empty for black) is its currentColor; raises ArtUnusable."""
    root = _root(content)
    left, top, width, height = _view_box(root)
    drawing = _Drawing(
        f"P{hashlib.sha256(colour.encode() + b' ' + content).hexdigest()[:16]}",
        class_rules("".join(style.text or "" for style in root.iter(f"{_SVG}style"))),
        b"/BBox [0 0 %s %s]" % (number(width).encode(), number(height).encode()),
    )
    layer = _Layer()
    try:
        look = dict(INITIAL) | {"color": colour or "black"}
        drawing.group(layer, root, look, Transform(1, 0, 0, -1, -left, top + height))
    except (RecursionError, ArithmeticError) as error:
        raise ArtUnusable("nests its groups too deeply, or has a number beyond all measure") from error
    if not layer.operators:
        raise ArtUnusable("shows nothing")
    return Art(Picture(drawing.name, drawing.form(layer), tuple(drawing.parts)), width, height)


def _root(content: bytes) -> ElementTree.Element:
    try:
        text = content.decode("utf-8-sig")
        if "<!ENTITY" in text:
            raise ArtUnusable("defines entities; save it as plain SVG")
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise ArtUnusable("can't be read as SVG; save it anew, in UTF-8") from error
    if root.tag != f"{_SVG}svg":
        raise ArtUnusable("is no SVG")
    return root


def _view_box(root: ElementTree.Element) -> tuple[float, float, float, float]:
    box = root.get("viewBox", f"0 0 {root.get('width', '')} {root.get('height', '')}")
    numbers = [amount(one) for one in _BETWEEN.split(box.strip()) if one]
    if len(numbers) != 4 or min(numbers[2:]) <= 0:
        raise ArtUnusable("has no viewBox that says its width and height")
    return numbers[0], numbers[1], numbers[2], numbers[3]


class _Layer:
    """What a form shows: its operators, and what they draw with."""

    def __init__(self) -> None:
        self.operators: list[str] = []
        self.opacities: dict[tuple[str, str], str] = {}
        self.forms: list[str] = []

    def opacity(self, fill: float, stroke: float) -> str:
        """The operator that sets both, if there is anything to set."""
        if fill == stroke == 1:
            return ""
        pair = (number(fill), number(stroke))
        return f"/A{self.opacities.setdefault(pair, str(len(self.opacities)))} gs"


class _Drawing:
    """One SVG in the making; all its forms lie on the same ground, which the art's own box bounds."""

    def __init__(self, name: str, rules: Rules, box: bytes) -> None:
        self.name = name
        self.parts: list[tuple[str, Body]] = []
        self._rules = rules
        self._box = box

    def group(self, layer: _Layer, parent: ElementTree.Element, inherited: Look, place: Transform) -> None:
        """Draw `parent` and what it holds."""
        look = look_of(parent, self._rules, inherited)
        place = place.transform(_transform(parent.get("transform", "")))
        if look["display"] == "none":
            return
        opacity = share(look["opacity"])
        inner = layer if opacity == 1 else _Layer()
        for element in parent:
            self._element(inner, element, look, place)
        if inner is not layer and inner.operators:
            self._lay(layer, inner, opacity)

    def _element(self, layer: _Layer, element: ElementTree.Element, inherited: Look, place: Transform) -> None:
        kind = _kind(element)
        if kind == "g":
            self.group(layer, element, inherited, place)
        elif kind:
            self._shape(layer, element, inherited, place)

    def _shape(self, layer: _Layer, element: ElementTree.Element, inherited: Look, place: Transform) -> None:
        if any(map(_kind, element)):
            raise ArtUnusable("holds elements in a shape; save it as PDF")
        look = look_of(element, self._rules, inherited)
        place = place.transform(_transform(element.get("transform", "")))
        path = _operators(path_of(_kind(element), element))
        fill, stroke = _paints(look, path)
        if look["display"] == "none" or look["visibility"] != "visible" or not (fill or stroke):
            return
        opacity = share(look["opacity"])
        if fill and stroke and opacity < 1:
            inner = _Layer()
            inner.operators += [*_opening(inner, look, place, 1), *_painted(look, path, fill, stroke)]
            self._lay(layer, inner, opacity)
        else:
            layer.operators += [*_opening(layer, look, place, opacity), *_painted(look, path, fill, stroke)]

    def _lay(self, layer: _Layer, inner: _Layer, opacity: float) -> None:
        """Draw `inner` as a whole that is seen through."""
        name = f"{self.name}.{len(self.parts)}"
        self.parts.append((name, self.form(inner, b"/Group << /S /Transparency >>")))
        layer.operators.append(f"q {layer.opacity(opacity, opacity)} /L{len(layer.forms)} Do Q")
        layer.forms.append(name)

    def form(self, layer: _Layer, more: bytes = b"") -> Body:
        """The form that shows `layer`."""
        states = "".join(f"/A{name} << /ca {fill} /CA {stroke} >> " for (fill, stroke), name in layer.opacities.items())
        forms = [piece for place, name in enumerate(layer.forms) for piece in (b"/L%d " % place, name, b" ")]
        content = zlib.compress("\n".join(filter(None, layer.operators)).encode("ascii"), 9)
        begin = b"<< /Type /XObject /Subtype /Form %s %s /Resources << /ExtGState << %s>> /XObject << "
        return (
            begin % (self._box, more, states.encode("ascii")),
            *(*forms, b">> >> /Filter /FlateDecode", stream_end(content)),
        )


def _kind(element: ElementTree.Element) -> str:
    """What an element is; empty if it shows nothing."""
    tag = element.tag
    if not tag.startswith(_SVG):
        return ""
    kind = tag.removeprefix(_SVG)
    if kind in _UNSEEN:
        return ""
    if kind in ("g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon"):
        return kind
    if kind in ("text", "tspan", "textPath"):
        raise ArtUnusable("holds text; convert it to outlines")
    raise ArtUnusable(f"holds <{kind[:40]}>, which is not drawn; save it as PDF")


def _transform(text: str) -> Transform:
    """What a transform attribute says."""
    if _TRANSFORM.sub("", text).strip():
        raise ArtUnusable(f"has the transform {text[:40]}, which can't be read; save it as PDF")
    whole: Transform = Identity
    for name, arguments in _TRANSFORM.findall(text):
        numbers = [amount(one) for one in _BETWEEN.split(arguments.strip()) if one]
        try:
            whole = whole.transform(_step(name, numbers))
        except (TypeError, ValueError) as error:
            raise ArtUnusable(f"has the transform {text[:40]}, which can't be read; save it as PDF") from error
    return whole


def _step(name: str, numbers: Sequence[float]) -> Transform:
    match name:
        case "matrix":
            a, b, c, d, e, f = numbers
            return Transform(a, b, c, d, e, f)
        case "translate":
            return Identity.translate(*numbers)
        case "scale":
            return Identity.scale(*numbers)
        case "rotate":
            angle, x, y = (*numbers, 0, 0) if len(numbers) == 1 else numbers
            return Identity.translate(x, y).rotate(math.radians(angle)).translate(-x, -y)
        case "skewX":
            return Identity.skew(math.radians(*numbers), 0)
    return Identity.skew(0, math.radians(*numbers))


def _operators(path: str) -> str:
    pen = OutlinePen(digits=6)
    try:
        if not _PATH.fullmatch(path):  # the library leaves out what it doesn't know
            raise ValueError(path)
        parse_path(path, pen)
    except (ValueError, IndexError, PenError, ArithmeticError) as error:
        raise ArtUnusable("has a path that can't be read; save it anew") from error
    return pen.outline.path


def _paints(look: Look, path: str) -> tuple[Ink, Ink]:
    """The inks that fill and stroke a path."""
    is_filled = path and not _WITHOUT_AREA.fullmatch(path)  # a line would be filled as a hairline
    is_stroked = path and amount(look["stroke-width"]) > 0
    fill, stroke = ink(look, "fill"), ink(look, "stroke")
    return fill if is_filled else (), stroke if is_stroked else ()


def _opening(layer: _Layer, look: Look, place: Transform, opacity: float) -> list[str]:
    opacities = (share(look[name]) * opacity for name in ("fill-opacity", "stroke-opacity"))
    return [f"q {' '.join(map(number, place))} cm", layer.opacity(*opacities)]


def _painted(look: Look, path: str, fill: Ink, stroke: Ink) -> list[str]:
    rule = "*" if look["fill-rule"] == "evenodd" else ""
    paint = f"{'B' if stroke else 'f'}{rule}" if fill else "S"
    return [
        _colour(fill, "g", "rg"),
        _colour(stroke, "G", "RG"),
        *(_stroked(look) if stroke else ()),
        path,
        f"{paint} Q",
    ]


def _colour(colour: Ink, grey: str, rgb: str) -> str:
    return " ".join([*(f"{one:.3g}" for one in colour), grey if len(colour) == 1 else rgb]) if colour else ""


def _stroked(look: Look) -> list[str]:
    """The operators that say how strokes run."""
    cap, join = _CAPS.get(look["stroke-linecap"]), _JOINS.get(look["stroke-linejoin"])
    if cap is None or join is None:
        raise ArtUnusable("has a stroke-linecap or stroke-linejoin that is not drawn; save it as PDF")
    dashes = look["stroke-dasharray"]
    lengths = [] if dashes == "none" else [max(0, amount(one)) for one in _BETWEEN.split(dashes) if one]
    width, limit = number(amount(look["stroke-width"])), number(max(1, amount(look["stroke-miterlimit"])))
    steps = [f"{width} w {cap} J {join} j {limit} M"]
    if any(lengths):
        offset = amount(look["stroke-dashoffset"]) % (2 * sum(lengths))
        steps.append(f"[{' '.join(map(number, lengths))}] {number(offset)} d")
    return steps
