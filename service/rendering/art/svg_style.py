"""How the elements of an SVG look: attributes, style rules for classes, style attributes, and what they inherit.

Only what is known is let in: a property that would change what is seen and isn't drawn is refused by its name.
"""

import re
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

from PIL import ImageColor

from service.rendering.art.artwork import ArtUnusable

Look = Mapping[str, str]
Ink = tuple[float, ...]

INITIAL: Look = {
    "fill": "black",
    "stroke": "none",
    "fill-rule": "nonzero",
    "fill-opacity": "1",
    "stroke-opacity": "1",
    "stroke-width": "1",
    "stroke-linecap": "butt",
    "stroke-linejoin": "miter",
    "stroke-miterlimit": "4",
    "stroke-dasharray": "none",
    "stroke-dashoffset": "0",
    "visibility": "visible",
}
_OWN = {"opacity": "1", "display": "inline"}  # what children don't inherit
_GEOMETRY = frozenset(
    (
        *("d", "points", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "width", "height"),
        *("viewBox", "preserveAspectRatio", "transform"),
    )
)
# What changes nothing for shapes, whatever it says
_HARMLESS = re.compile(
    r"(aria|color|data|flood|font|image|lighting|shape|solid|stop|text|-inkscape)-.+|id|class|style|role|version|lang"
    r"|baseProfile|block-progression|clip-rule|contentScriptType|contentStyleType|cursor|direction|enable-background"
    r"|isolation|letter-spacing|line-height|overflow|pointer-events|white-space|word-spacing|writing-mode|zoomAndPan"
)
_NEUTRAL = frozenset(("auto", "none", "normal", "0", ""))
_RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CLASS = re.compile(r"\.([\w-]+)")
_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(px)?")

Rules = tuple[tuple[str, Look], ...]


def class_rules(sheet: str) -> Rules:
    """The rules of a style sheet, as (class, what it says), in its order."""
    sheet = _COMMENT.sub("", sheet)
    if _RULE.sub("", sheet).strip():
        raise ArtUnusable("has a style sheet that can't be read; export it with attributes in place of styles")
    return tuple(_rules(sheet))


def _rules(sheet: str) -> Iterator[tuple[str, Look]]:
    for selectors, declarations in _RULE.findall(sheet):
        for selector in selectors.split(","):
            named = _CLASS.fullmatch(selector.strip())
            if named is None:
                raise ArtUnusable(
                    f"has a style rule for {selector.strip()[:40]}; export it with attributes in place of styles"
                )
            yield named[1], _declared(declarations)


def look_of(element: Element, rules: Rules, inherited: Look) -> Look:
    """How `element` looks."""
    attributes = {name: value.strip() for name, value in element.attrib.items() if not name.startswith("{")}
    classes = attributes.get("class", "").split()
    said = {name: value for name, value in attributes.items() if name not in _GEOMETRY}
    for name, declared in rules:
        if name in classes:
            said |= declared
    said |= _declared(attributes.get("style", ""))
    look = dict(inherited) | _OWN
    for name, value in said.items():
        if name in look:
            look[name] = look[name] if value == "inherit" else value
        elif value not in _NEUTRAL and not _HARMLESS.fullmatch(name):
            raise ArtUnusable(f"uses {name}, which is not drawn; save it as PDF")
    return look


def _declared(declarations: str) -> Look:
    parts = (part.partition(":") for part in declarations.split(";") if part.strip())
    return {name.strip(): value.strip() for name, _, value in parts}


def amount(text: str) -> float:
    """A number without a unit or in px."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        raise ArtUnusable(f"has {text[:40]!r} where a plain number belongs; export it in pixels")
    return float(found[1])


def share(text: str) -> float:
    """An opacity, from 0 to 1."""
    whole = amount(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    return min(max(whole, 0), 1)


def ink(look: Look, paint: str) -> Ink:
    """The red, green and blue of a fill or stroke, from 0 to 1, the one grey of a grey; empty for none."""
    text = look[paint]
    if text in ("currentColor", "currentcolor"):
        text = look["color"]
    if text in ("none", "transparent"):
        return ()
    if text.startswith("url("):
        raise ArtUnusable("holds gradients or patterns, which are not drawn; save it as PDF")
    try:
        red, green, blue = map(float, ImageColor.getrgb(text))
    except ValueError as error:
        raise ArtUnusable(f"has the colour {text[:40]!r}; write colours as #RRGGBB") from error
    return (red / 255,) if red == green == blue else (red / 255, green / 255, blue / 255)
