"""PDF documents from ready-made parts: reportlab keeps the books, we bring objects and pages as bytes.

Fonts and pictures are formatted once and go into each note as they are; a page is a stream of operators of our own.
What many notes have in common stands first in them, so that it is joined and hashed once for all of them.
The same parts in the same order make the same bytes.
"""

import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from reportlab.pdfbase.pdfdoc import BasicFonts, PDFDocument, PDFObject

from service.rendering.pdf.outlines import Outline, number
from service.rendering.pdf.standing import OUTPUT_INTENT, about, srgb_profile, xmp

if TYPE_CHECKING:
    from hashlib import _Hash

Body = tuple[bytes | str, ...]  # of an object: bytes as they are, names of the objects to which it refers

_HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"  # art may hold whatever PDF 1.7 knows
_FREE = b"0000000000 65535 f \n"


def stream(entries: bytes, content: bytes) -> bytes:
    """A stream object."""
    return b"<< %s%s" % (entries, stream_end(content))


def stream_end(content: bytes) -> bytes:
    """What follows the entries of a stream object's dictionary."""
    return b" /Length %d >>\nstream\n%s\nendstream" % (len(content), content)


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
class DrawnGlyph:
    """One code of a font that is drawn, glyph by glyph; width in thousandths of an em."""

    outline: Outline
    width: int
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """An image or form, formatted; `name` is its resource name in every document. `parts` are what it refers to.

    The same name stands for the same content, so that what several pictures share is embedded once.
    """

    name: str
    body: Body
    parts: tuple[tuple[str, Body], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class SharedParts:
    """How all documents with the same fonts and standing pictures begin.

    `numbers` has the objects by their names, `rows` are theirs in the cross-reference table, in order, and `digest` is
    the SHA-256 of `content`, to go on from.
    """

    content: bytes
    fonts: tuple[str, ...]
    numbers: Mapping[str, tuple[int, int]]
    rows: tuple[bytes, ...]
    digest: "_Hash"


@lru_cache(maxsize=16)
def shared_parts(fonts: tuple[tuple[str, EmbeddedFont], ...] = (), pictures: tuple[Picture, ...] = ()) -> SharedParts:
    """`fonts` by their resource names, and `pictures`, ready to begin any number of documents."""
    document = _Document()
    document.Reference(_Part(stream(b"/N 3 /Filter /FlateDecode", srgb_profile())), "sRGB")
    for name, font in fonts:
        document.embed_font(name, font)
    for picture in pictures:
        document.embed_picture(picture)
    return document.as_shared_parts()


class NoteDocument:
    """One PDF in the making; begins with `shared`."""

    def __init__(self, title: str, language: str, size: tuple[float, float], shared: SharedParts | None = None) -> None:
        self._document = _Document(shared or shared_parts())
        self._box = _media_box(size)
        self._pages: list[str] = []
        self._identity = hashlib.sha256(title.encode("utf-8"))
        refer = self._document.Reference
        refer(_Part(stream(b"/Type /Metadata /Subtype /XML", xmp(title, language))), "XMP")
        refer(_Part(about(title)), "Info")
        catalog = b"<< /Type /Catalog /Lang (%s) /ViewerPreferences << /DisplayDocTitle true >> /Pages "
        intent = (b" /OutputIntents [", OUTPUT_INTENT, "sRGB", b" >>] >>")
        refer(_Part(catalog % language.encode("ascii"), "Pages", b" /Metadata ", "XMP", *intent), "Catalog")

    def embed_font(self, name: str, font: EmbeddedFont) -> None:
        """Make `font` known to all pages under the resource `name`."""
        self._document.embed_font(name, font)

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
        refer(whole, name)
        self._document.fonts.append(name)

    def embed_picture(self, picture: Picture) -> None:
        """Make `picture` known to the pages that name it."""
        self._document.embed_picture(picture)

    def add_page(self, operators: str, pictures: Iterable[str]) -> None:
        """A page of `operators`; `pictures` are the names of those it shows."""
        number = len(self._pages) + 1
        content = operators.encode("latin-1")  # not deflated: that takes longer than all the rest of a page
        self._identity.update(content)
        refer = self._document.Reference
        refer(_Part(stream(b"", content)), f"Content{number}")
        whole = _Part(
            *(b"<< /Type /Page /Parent ", "Pages", self._box),
            *(b"/Contents ", f"Content{number}", b" /Resources << /Font ", BasicFonts),
            *(b" /XObject << ", *_named(pictures), b">> >> >>"),
        )
        refer(whole, f"Page{number}")
        self._pages.append(f"Page{number}")

    def finish(self) -> bytes:
        """The document, whole; nothing can be added afterwards."""
        return self.finish_with_sha256()[0]

    def finish_with_sha256(self) -> tuple[bytes, str]:
        """The document, whole, and the SHA-256 of it in hexadecimal; nothing can be added afterwards."""
        kids = [part for page in self._pages for part in (page, b" ")]
        self._document.Reference(
            _Part(b"<< /Type /Pages /Count %d /Kids [" % len(self._pages), *kids, b"] >>"), "Pages"
        )
        return self._document.written(self._identity.hexdigest()[:32])


class _Part(PDFObject):  # type: ignore[misc]  # reportlab has no types
    """An object whose bytes are ready but for references, given by the names of their targets."""

    __RefOnly__ = 1

    def __init__(self, *body: bytes | str) -> None:
        self._body = body

    def format(self, document: PDFDocument) -> list[bytes]:
        """The object in pieces: pictures are large, and copied only when the whole document is joined."""
        numbers = document.idToObjectNumberAndVersion
        return [one if isinstance(one, bytes) else b"%d %d R" % numbers[one] for one in self._body]


class _Document(PDFDocument):  # type: ignore[misc]
    """reportlab's document, whose objects are written as they are: nothing is encoded or hashed once more.

    Its first object is the dictionary of `fonts`, then come the shared ones.
    """

    def __init__(self, shared: SharedParts | None = None) -> None:
        super().__init__(invariant=1)
        self._shared = shared or SharedParts(_HEADER, (), {}, (), hashlib.sha256(_HEADER))
        self.fonts = list(self._shared.fonts)
        self.idToObjectNumberAndVersion |= self._shared.numbers
        self.objectcounter += len(self._shared.numbers)

    def embed_font(self, name: str, font: EmbeddedFont) -> None:
        refer = self.Reference
        refer(_Part(font.file), f"{name}.file")
        refer(_Part(font.unicode), f"{name}.unicode")
        refer(_Part(font.descriptor, f"{name}.file", b" >>\n"), f"{name}.descriptor")
        described = (b"/FontDescriptor ", f"{name}.descriptor", b" /ToUnicode ", f"{name}.unicode", b" >>\n")
        refer(_Part(font.font, *described), name)
        self.fonts.append(name)

    def embed_picture(self, picture: Picture) -> None:
        for name, body in (*picture.parts, (picture.name, picture.body)):
            if name not in self.idToObjectNumberAndVersion:
                self.Reference(_Part(*body), name)

    def as_shared_parts(self) -> SharedParts:
        """What was added so far, to begin other documents with."""
        own = [name for name in self.numberToId.values() if name != BasicFonts]
        pieces, rows = self._written(own)
        content = b"".join([_HEADER, *pieces])
        numbers = {name: self.idToObjectNumberAndVersion[name] for name in own}
        return SharedParts(content, tuple(self.fonts), numbers, tuple(rows), hashlib.sha256(content))

    def written(self, identity: str) -> tuple[bytes, str]:
        """The document, whole, and its SHA-256."""
        shared = self._shared
        self.idToObject[BasicFonts] = _Part(b"<< ", *_named(self.fonts), b">>")
        pieces, (fonts_row, *rows) = self._written(self.numberToId.values())
        mark = identity.encode("ascii")
        start = len(shared.content) + sum(map(len, pieces))
        rows = [_FREE, fonts_row, *shared.rows, *rows]
        numbers = self.idToObjectNumberAndVersion
        end = (
            b"xref\n0 %d\n%s" % (len(rows), b"".join(rows))
            + b"trailer\n<< /Size %d /Root %d %d R " % (len(rows), *numbers["Catalog"])
            + b"/Info %d %d R /ID [<%s> <%s>] >>\nstartxref\n%d\n%%%%EOF\n" % (*numbers["Info"], mark, mark, start)
        )
        content = b"".join([shared.content, *pieces, end])
        digest = shared.digest.copy()
        digest.update(memoryview(content)[len(shared.content) :])
        return content, digest.hexdigest()

    def _written(self, names: Iterable[str]) -> tuple[list[bytes], list[bytes]]:
        """The objects of `names` in pieces, and their rows of the cross-reference table."""
        pieces: list[bytes] = []
        rows: list[bytes] = []
        end = len(self._shared.content)
        for name in names:
            rows.append(b"%010d 00000 n \n" % end)
            number, _ = self.idToObjectNumberAndVersion[name]
            written = [b"%d 0 obj\n" % number, *self.idToObject[name].format(self), b"\nendobj\n"]
            pieces += written
            end += sum(map(len, written))
        return pieces, rows


def _named(names: Iterable[str]) -> list[bytes | str]:
    """Entries of a dictionary that refer to objects by the names that they have as resources."""
    return [piece for name in names for piece in (b"/%s " % name.encode("ascii"), name, b" ")]


@lru_cache(maxsize=16)
def _media_box(size: tuple[float, float]) -> bytes:
    return f" /MediaBox [0 0 {number(size[0])} {number(size[1])}] ".encode("ascii")
