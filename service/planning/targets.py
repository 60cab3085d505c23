"""Where the codes on a note lead: a shop's own links, filled in for one note."""

from urllib.parse import quote

from service.model import Code


def target(template: str, **values: str) -> str:
    """The link that `template` makes of the values; escaped whole, so that none of them can lead elsewhere."""
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", quote(value, safe=""))
    return template


def typed(url: str) -> str:
    """The link as people type it."""
    return url.removeprefix("https://")


def scanned(url: str, heading: str, caption: str) -> Code:
    """The QR code of a link, with its words."""
    return Code("qr", url, heading, caption, typed(url))
