"""The options of a route as CUPS and the printer understand them, found out at an ippeveprinter behind both queues.

    queue        media, sides, colour ...      media-source and media-type
    raw          handed on as they are         only a media-col written as text gets through
    everywhere   mapped by its PPD             only a real media-col is mapped; plain ones are dropped in silence

media stands beside media-col because a raw queue's printer may know no media-col. Only what the route sets is sent.
"""

import re

from service.model import FINISHINGS, Route
from service.printing.ipp import Attribute, Tag, attribute

KEYWORDS = ("media", "sides", "print-color-mode", "print-scaling", "output-bin")
NUMBERS = ("job-priority", "copies")
HUNDREDTHS_OF_MM = {"mm": 100, "in": 2540}


def job_options(route: Route, *, is_raw: bool) -> tuple[Attribute, ...]:
    """The job attributes of a route for a raw queue, or for one with a PPD."""
    options = dict(route.options)
    told = [attribute(Tag.KEYWORD, name, options[name]) for name in KEYWORDS if name in options]
    told += [attribute(Tag.INTEGER, name, int(options[name])) for name in NUMBERS if name in options]
    if route.finishings:
        told.append(attribute(Tag.ENUM, "finishings", *(FINISHINGS[keyword] for keyword in route.finishings)))
    if needs_media_col(route):
        members = _media_col(route)
        text = attribute(Tag.TEXT, "media-col", _as_text(members))
        told.append(text if is_raw else attribute(Tag.COLLECTION, "media-col", members))
    return tuple(told)


def needs_media_col(route: Route) -> bool:
    """True for a route that names a tray or a paper, which stand in no attribute of their own."""
    return bool(route.media_source or route.media_type)


def _media_col(route: Route) -> tuple[Attribute, ...]:
    named = (("media-source", route.media_source), ("media-type", route.media_type))
    return _size(route.media) + tuple(attribute(Tag.KEYWORD, name, value) for name, value in named if value)


def _size(media: str) -> tuple[Attribute, ...]:
    """The size that a PWG 5101.1 name ends in, if it ends in one."""
    found = re.search(r"_([\d.]+)x([\d.]+)(mm|in)$", media)
    if not found:
        return ()
    width, height = (round(float(found[side]) * HUNDREDTHS_OF_MM[found[3]]) for side in (1, 2))
    sides = attribute(Tag.INTEGER, "x-dimension", width), attribute(Tag.INTEGER, "y-dimension", height)
    return (attribute(Tag.COLLECTION, "media-size", sides),)


def _as_text(members: tuple[Attribute, ...]) -> str:
    """A collection as CUPS writes it: {media-size={x-dimension=21000 y-dimension=29700} media-source=tray-1}."""
    told = []
    for member in members:
        (value,) = member.values
        told.append(f"{member.name}={_as_text(value) if isinstance(value, tuple) else value}")
    return f"{{{' '.join(told)}}}"
