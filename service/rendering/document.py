"""PDF documents from ready-made parts: reportlab keeps the books, we bring objects and pages as bytes.

Fonts and pictures are formatted once and go into each note as they are; a page is a stream of operators of our own.
The same parts in the same order make the same bytes.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reportlab.pdfbase.pdfdoc import BasicFonts, PDFDocument, PDFObject, PDFPage

from service.rendering.drawn import DrawnGlyph

CREATOR = "Slipway"
PDF_VERSION = (1, 4)  # the first with ActualText, by which drawn scripts stay text


def stream(entries: bytes, content: bytes) -> bytes:
    """A stream object's body."""
    return b"<< %s /Length %d >>\nstream\n%s\nendstream\n" % (entries, len(content), content)


def to_unicode(texts: Mapping[int, str]) -> bytes:
    """The CMap from codes to `texts`, by which text is found and copied; at most 100 to a block, as the format says."""
    entries = [f"<{code:02X}> <{text.encode('utf-16-be').hex().upper()}>" for code, text in texts.items()]
    blocks = [entries[start : start + 100] for start in range(0, len(entries), 100)]
    lines = [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        "1 begincodespacerange <00> <FF> endcodespacerange",
        *(line for block in blocks for line in (f"{len(block)} beginbfchar", *block, "endbfchar")),
        "endcmap CMapName currentdict /CMap defineresource pop end end",
    ]
    return "\n".join(lines).encode("ascii")


@dataclass(frozen=True, slots=True)
class EmbeddedFont:
    """A simple TrueType font, its four objects formatted but for their references to each other."""

    file: bytes
    unicode: bytes
    descriptor: bytes
    font: bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """An image object, formatted; `name` is its resource name in every document."""

    name: str
    body: bytes


class _Part(PDFObject):  # type: ignore[misc]  # reportlab has no types
    """An object whose bytes are ready but for references, given by the names of their targets."""

    __RefOnly__ = 1

    def __init__(self, *pieces: bytes | str) -> None:
        self._pieces = pieces

    def format(self, document: PDFDocument) -> bytes:
        numbers = document.idToObjectNumberAndVersion
        return b"".join(p if isinstance(p, bytes) else b"%d %d R" % numbers[p] for p in self._pieces)


class NoteDocument:
    """One PDF in the making."""

    def __init__(self, title: str, language: str, size: tuple[float, float]) -> None:
        self._document = PDFDocument(invariant=1, pdfVersion=PDF_VERSION, lang=language)
        self._size = size
        about = self._document.info
        about.title, about.creator, about.author, about.subject = title, CREATOR, "", ""

    def embed_font(self, name: str, font: EmbeddedFont) -> None:
        """Make `font` known to all pages under the resource `name`."""
        refer = self._document.Reference
        refer(_Part(font.file), f"{name}.file")
        refer(_Part(font.unicode), f"{name}.unicode")
        refer(_Part(font.descriptor, f"{name}.file", b" >>\n"), f"{name}.descriptor")
        whole = _Part(
            *(font.font, b"/FontDescriptor ", f"{name}.descriptor"), *(b" /ToUnicode ", f"{name}.unicode", b" >>\n")
        )
        self._document.idToObject[BasicFonts].dict[name] = refer(whole, name)

    def embed_drawn_font(self, name: str, glyphs: Sequence[DrawnGlyph]) -> None:
        """Make a font of drawn glyphs known to all pages under the resource `name`; their codes count from 1."""
        refer = self._document.Reference
        procedures: list[bytes | str] = []
        for code, glyph in enumerate(glyphs, 1):
            left, bottom, right, top = glyph.outline.box
            drawn = f"{glyph.width} 0 {left} {bottom} {right} {top} d1 {glyph.outline.path} f"
            refer(_Part(stream(b"/Filter /FlateDecode", zlib.compress(drawn.encode("ascii"), 1))), f"{name}.{code}")
            procedures += [b"/g%d " % code, f"{name}.{code}", b" "]
        texts = {code: glyph.text for code, glyph in enumerate(glyphs, 1) if glyph.text}
        refer(_Part(stream(b"/Filter /FlateDecode", zlib.compress(to_unicode(texts), 1))), f"{name}.unicode")
        names = b" ".join(b"/g%d" % code for code in range(1, len(glyphs) + 1))
        whole = _Part(
            b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 0 0] /FontMatrix [0.001 0 0 0.001 0 0] /Resources << >> "
            b"/FirstChar 1 /LastChar %d /Widths [%s] /Encoding << /Type /Encoding /Differences [1 %s] >> /CharProcs << "
            % (len(glyphs), b" ".join(b"%d" % glyph.width for glyph in glyphs), names),
            *procedures,
            *(b">> /ToUnicode ", f"{name}.unicode", b" >>\n"),
        )
        self._document.idToObject[BasicFonts].dict[name] = refer(whole, name)

    def embed_picture(self, picture: Picture) -> None:
        """Make `picture` known to the pages that name it."""
        self._document.Reference(_Part(picture.body), picture.name)

    def add_page(self, operators: str, pictures: Iterable[str]) -> None:
        """A page of `operators`; `pictures` are the names of those it shows."""
        page = PDFPage()
        page.pagewidth, page.pageheight = self._size
        page.Contents = _Part(stream(b"/Filter /FlateDecode", zlib.compress(operators.encode("latin-1"), 1)))
        shown = [piece for name in pictures for piece in (b"/%s " % name.encode("ascii"), name, b" ")]
        page.Resources = _Part(b"<< /Font ", BasicFonts, b" /XObject << ", *shown, b">> >>\n")
        self._document.addPage(page)

    def finish(self) -> bytes:
        """The document, whole; nothing can be added afterwards."""
        content: bytes = self._document.GetPDFData(None)
        return content
