"""Pages of PDF files as forms: what a page shows becomes an object that a note can draw like a picture.

Only the page's content and what it draws with (fonts, images, colour spaces, shadings, ...) are taken over, as they
are; scripts, actions, annotations and attachments stay behind. What would not be drawn truly elsewhere is refused.
"""

import hashlib
import io
import zlib
from typing import cast

from pypdf import PageObject, PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    IndirectObject,
    NullObject,
    PdfObject,
    RectangleObject,
    StreamObject,
    TextStringObject,
)

from service.rendering.art.artwork import Art, ArtUnusable
from service.rendering.pdf.document import Body, Picture, stream_end
from service.rendering.pdf.outlines import number

_LEFT_BEHIND = frozenset(
    ("/Parent", "/StructParent", "/StructParents", "/Metadata", "/PieceInfo", "/OC", "/OPI", "/Ref", "/AF", "/Length")
)
_RESOURCES = ("/ColorSpace", "/ExtGState", "/Font", "/Pattern", "/Properties", "/Shading", "/XObject")
_FONT_FILES = frozenset(("/FontFile", "/FontFile2", "/FontFile3"))
# What pypdf raises on files that are not as they should be
_BROKEN = (
    PyPdfError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    NotImplementedError,
)


def page_form(pdf: bytes, page: int = 0) -> Art:
    """What a page of `pdf` shows, upright; raises ArtUnusable."""
    name = f"P{hashlib.sha256(b'%d ' % page + pdf).hexdigest()[:16]}"
    try:
        return _form(name, _opened(pdf).pages[page])
    except RecursionError as error:
        raise ArtUnusable("nests its objects too deeply") from error
    except _BROKEN as error:
        raise ArtUnusable("is a broken PDF; save it anew") from error


def only_page_form(pdf: bytes) -> Art:
    """What the one page of `pdf` shows; raises ArtUnusable if there are more."""
    try:
        pages = len(_opened(pdf).pages)
    except (RecursionError, *_BROKEN) as error:
        raise ArtUnusable("is no PDF, or a broken one; save it anew") from error
    if pages != 1:
        raise ArtUnusable(f"has {pages} pages, and art has one; save the page alone")
    return page_form(pdf)


def _opened(pdf: bytes) -> PdfReader:
    """A reader of `pdf`, if it hides nothing."""
    reader = PdfReader(io.BytesIO(pdf), strict=True)
    if reader.is_encrypted:
        raise ArtUnusable("is encrypted; save it without a password")
    layers = reader.root_object.get("/OCProperties", DictionaryObject()).get_object()
    shown = cast(DictionaryObject, cast(DictionaryObject, layers).get("/D", DictionaryObject()).get_object())
    if shown.get("/OFF", ArrayObject()).get_object() or shown.get("/BaseState", "/ON") != "/ON":
        raise ArtUnusable("has hidden layers; delete them")
    return reader


def _form(name: str, page: PageObject) -> Art:
    copied = _Copied(name)
    resources = cast(DictionaryObject, page.get("/Resources", DictionaryObject()).get_object())
    pieces: list[bytes | str] = [b"/Type /XObject /Subtype /Form /Resources <<"]
    for key in _RESOURCES:
        if key in resources:
            pieces += [key.encode(), b" ", *copied.pieces(resources[key]), b" "]
    pieces += [b">> "]
    if "/Group" in page:
        pieces += [b"/Group ", *copied.pieces(page["/Group"]), b" "]
    matrix, width, height = _upright(page)
    box = b" ".join(number(edge).encode() for edge in _visible(page))
    pieces += [b"/BBox [%s] /Matrix [%s]" % (box, b" ".join(number(one).encode() for one in matrix))]
    contents = page.get_contents()
    content = zlib.compress(b"" if contents is None else contents.get_data(), 9)
    body = (b"<< ", *pieces, b" /Filter /FlateDecode", stream_end(content))
    return Art(Picture(name, body, tuple(copied.parts.items())), width, height)


def _visible(page: PageObject) -> tuple[float, float, float, float]:
    """The crop box, inside the media box: left, bottom, right, top."""
    media, crop = (_edges(box) for box in (page.mediabox, page.cropbox))
    left, bottom = max(media[0], crop[0]), max(media[1], crop[1])
    right, top = min(media[2], crop[2]), min(media[3], crop[3])
    if right <= left or top <= bottom:
        raise ArtUnusable("has an empty page")
    return left, bottom, right, top


def _edges(box: RectangleObject) -> tuple[float, float, float, float]:
    left, bottom, right, top = (float(edge) for edge in box)
    return min(left, right), min(bottom, top), max(left, right), max(bottom, top)


def _upright(page: PageObject) -> tuple[tuple[float, ...], float, float]:
    """The matrix that turns the page upright and puts its lower left corner to 0 0; then its width and height."""
    left, bottom, right, top = _visible(page)
    unit = float(page.user_unit)
    wide, tall = (right - left) * unit, (top - bottom) * unit
    match int(page.rotation) % 360:
        case 90:
            return (0, -unit, unit, 0, -bottom * unit, right * unit), tall, wide
        case 180:
            return (-unit, 0, 0, -unit, right * unit, top * unit), wide, tall
        case 270:
            return (0, unit, -unit, 0, top * unit, -left * unit), tall, wide
    return (unit, 0, 0, unit, -left * unit, -bottom * unit), wide, tall


class _Copied:
    """Objects of a file as pieces. Those that others refer to are parts, named by their content where it is whole."""

    def __init__(self, form: str) -> None:
        self.parts: dict[str, Body] = {}
        self._form = form
        self._names: dict[tuple[int, int], str] = {}
        self._open: set[tuple[int, int]] = set()

    def pieces(self, value: PdfObject | None) -> Body:
        """`value` as it is written in a PDF."""
        match value:
            case IndirectObject():
                return self._referred(value)
            case StreamObject():
                return self._stream(value)
            case DictionaryObject():
                _refuse_foreign_font(value)
                return (b"<<", *self._entries(value), b">>")
            case ArrayObject():
                return (b"[", *(piece for one in value for piece in (*self.pieces(one), b" ")), b"]")
            case TextStringObject() | ByteStringObject():
                return (b"<%s>" % value.original_bytes.hex().encode(),)
            case None:
                return (b"null",)
        written = io.BytesIO()
        value.write_to_stream(written)
        return (written.getvalue(),)

    def _referred(self, reference: IndirectObject) -> Body:
        key = (reference.idnum, reference.generation)
        if key in self._open:  # it refers to itself, and can't be named by a content that holds its name
            self._names[key] = f"{self._form}.{reference.idnum}"
        if key not in self._names:
            value = reference.get_object()
            if value is None or isinstance(value, NullObject):
                return (b"null",)
            self._open.add(key)
            pieces = self.pieces(value)
            self._open.discard(key)
            self.parts[self._names.setdefault(key, _content_name(pieces))] = pieces
        return (self._names[key],)

    def _stream(self, value: StreamObject) -> Body:
        if "/F" in value:
            raise ArtUnusable("refers to another file; embed it")
        if value.get("/Subtype") == "/PS":
            raise ArtUnusable("holds PostScript; save it anew")
        return (b"<<", *self._entries(value), stream_end(value._data))  # as it is: get_data() would decode it

    def _entries(self, value: DictionaryObject) -> list[bytes | str]:
        pieces: list[bytes | str] = []
        is_named = isinstance(value, StreamObject) or "/Type" in value  # else its keys may be names of anything
        for key, entry in value.items():
            if not (is_named and key in _LEFT_BEHIND):
                pieces += [*self.pieces(key), b" ", *self.pieces(entry), b" "]
        return pieces


def _content_name(pieces: Body) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece if isinstance(piece, bytes) else piece.encode())
    return f"O{digest.hexdigest()[:32]}"


def _refuse_foreign_font(value: DictionaryObject) -> None:
    """A font that isn't embedded would come out as another one."""
    if value.get("/Type") == "/Font" and value.get("/Subtype") not in ("/Type0", "/Type3"):
        descriptor = cast(DictionaryObject, value.get("/FontDescriptor", DictionaryObject()).get_object())
        if not _FONT_FILES & descriptor.keys():
            name = str(value.get("/BaseFont", "/a font"))[1:].rpartition("+")[2]
            raise ArtUnusable(f"uses {name} without embedding it; embed its fonts")
