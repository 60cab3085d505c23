"""SVG's basic shapes as the data of paths."""

from xml.etree.ElementTree import Element

from service.rendering.art.svg_style import amount


def path_of(kind: str, shape: Element) -> str:
    """The path along a shape, as SVG writes it; empty if the shape has no extent."""
    match kind:
        case "path":
            return shape.get("d", "")
        case "rect":
            return _rectangle(shape)
        case "circle":
            radius = _length(shape, "r")
            return _ellipse(shape, radius, radius)
        case "ellipse":
            return _ellipse(shape, _length(shape, "rx"), _length(shape, "ry"))
        case "line":
            start, end = (f"{_length(shape, f'x{n}')} {_length(shape, f'y{n}')}" for n in (1, 2))
            return f"M{start} L{end}"
    points = shape.get("points", "").strip()
    return f"M{points}{'Z' if kind == 'polygon' else ''}" if points else ""


def _rectangle(shape: Element) -> str:
    left, top, width, height = (_length(shape, name) for name in ("x", "y", "width", "height"))
    if width <= 0 or height <= 0:
        return ""
    across, up = _corner(shape, width, height)
    if not across:
        return f"M{left} {top}h{width}v{height}h{-width}Z"
    level, upright = width - 2 * across, height - 2 * up
    turn = f"a{across} {up} 0 0 1 "
    return (
        f"M{left + across} {top}h{level}{turn}{across} {up}v{upright}{turn}{-across} {up}"
        f"h{-level}{turn}{-across} {-up}v{-upright}{turn}{across} {-up}Z"
    )


def _corner(shape: Element, width: float, height: float) -> tuple[float, float]:
    """The radii of the corners: one that isn't given is the other; neither is more than half the side."""
    given = [None if shape.get(name, "auto") == "auto" else _length(shape, name) for name in ("rx", "ry")]
    across = given[0] if given[0] is not None else given[1] or 0.0
    up = given[1] if given[1] is not None else across
    if across <= 0 or up <= 0:
        return 0.0, 0.0
    return min(across, width / 2), min(up, height / 2)


def _ellipse(shape: Element, across: float, up: float) -> str:
    if across <= 0 or up <= 0:
        return ""
    left, middle = _length(shape, "cx") - across, _length(shape, "cy")
    half = f"a{across} {up} 0 1 1 "
    return f"M{left} {middle}{half}{2 * across} 0{half}{-2 * across} 0Z"


def _length(shape: Element, name: str) -> float:
    return amount(shape.get(name, "0"))
