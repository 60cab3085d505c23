"""What stands in every note beside its pages: the colour space that its colours mean, and what it says about itself."""

import functools
import zlib
from xml.sax.saxutils import escape

from PIL import ImageCms

CREATOR = "Slipway"
PRODUCER = "Slipway with ReportLab"
_MADE = "2000-01-01T00:00:00Z"  # always: the same note has the same bytes
_ICC_DATE = slice(24, 36)
_ICC_MADE = bytes.fromhex("07d000010001000000000000")

OUTPUT_INTENT = (
    b"<< /Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier (sRGB IEC61966-2.1) "
    b"/Info (sRGB IEC61966-2.1) /RegistryName (http://www.color.org) /DestOutputProfile "
)
_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
<xmp:CreatorTool>{creator}</xmp:CreatorTool>
<xmp:CreateDate>{made}</xmp:CreateDate>
<xmp:ModifyDate>{made}</xmp:ModifyDate>
<pdf:Producer>{producer}</pdf:Producer>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


def about(title: str) -> bytes:
    """What a document says about itself, as its information dictionary."""
    named = (title.encode("ascii") if title.isascii() else f"\ufeff{title}".encode("utf-16-be")).hex().upper()
    made = "/CreationDate (D:20000101000000Z) /ModDate (D:20000101000000Z)"
    return f"<< /Title <{named}> /Creator ({CREATOR}) /Producer ({PRODUCER}) {made} >>".encode("ascii")


def xmp(title: str, language: str) -> bytes:
    """The same as XMP."""
    words = {"title": escape(title), "language": escape(language), "creator": CREATOR, "producer": PRODUCER}
    return _XMP.format(made=_MADE, **words).encode("utf-8")


@functools.cache
def srgb_profile() -> bytes:
    """The ICC profile of sRGB, deflated; the same every day."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[_ICC_DATE] = _ICC_MADE
    return zlib.compress(bytes(profile), 9)
