"""What a file is that is no JPEG, PNG or WebP, said in a way that its owner can act on."""

from service.imagery.refused import PictureRefused

SAVE_AS_PHOTO = "save it as JPEG, PNG or WebP"
SAVE_AS_PIXELS = "export it as PNG or JPEG, large enough for its place"
FETCH_AGAIN = "fetch the picture itself"

# (where its mark stands, its mark, what it is, what to do)
MARKS = (
    (0, b"GIF8", "a GIF", SAVE_AS_PHOTO),
    (0, b"II*\0", "a TIFF, or a camera's raw file", SAVE_AS_PHOTO),
    (0, b"MM\0*", "a TIFF, or a camera's raw file", SAVE_AS_PHOTO),
    (0, b"II+\0", "a BigTIFF", SAVE_AS_PHOTO),
    (0, b"MM\0+", "a BigTIFF", SAVE_AS_PHOTO),
    (0, b"BM", "a BMP", SAVE_AS_PHOTO),
    (0, b"8BPS", "a Photoshop document", SAVE_AS_PHOTO),
    (0, b"\0\0\x01\0", "an icon (ICO)", SAVE_AS_PHOTO),
    (0, b"\xff\x0a", "a JPEG XL", SAVE_AS_PHOTO),
    (4, b"JXL ", "a JPEG XL", SAVE_AS_PHOTO),
    (4, b"jP  ", "a JPEG 2000", SAVE_AS_PHOTO),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000", SAVE_AS_PHOTO),
    (0, b"II\xbc", "a JPEG XR", SAVE_AS_PHOTO),
    (4, b"ftypavi", "an AVIF", SAVE_AS_PHOTO),
    (4, b"ftyphei", "a HEIC, as iPhones take them", SAVE_AS_PHOTO),
    (4, b"ftyphev", "a HEIC, as iPhones take them", SAVE_AS_PHOTO),
    (4, b"ftypmif1", "a HEIF", SAVE_AS_PHOTO),
    (4, b"ftypmsf1", "a HEIF", SAVE_AS_PHOTO),
    (4, b"ftyp", "a film", SAVE_AS_PHOTO),
    (0, b"%PDF", "a PDF", SAVE_AS_PIXELS),
    (0, b"%!PS", "an EPS", SAVE_AS_PIXELS),
    (0, b"\xc5\xd0\xd3\xc6", "an EPS", SAVE_AS_PIXELS),
    (0, b"PK\x03\x04", "a ZIP archive", "unpack it"),
    (0, b"\x1f\x8b", "a gzip archive", "unpack it"),
    (0, b"\0\x05\x16\x07", "a companion file that macOS leaves beside pictures", "delete it"),
    (0, b"version https://git-lfs", "a Git LFS pointer", FETCH_AGAIN),
)
WORDS = (
    (b"<svg", "an SVG", SAVE_AS_PIXELS),
    (b"<!doctype html", "a web page", FETCH_AGAIN),
    (b"<html", "a web page", FETCH_AGAIN),
)
FIRST_WORDS_BYTES = 1024


def foreign(content: bytes) -> PictureRefused:
    """The refusal of content in none of our formats, naming what it is where that is easy to tell."""
    if not content.strip(b"\0"):
        return PictureRefused("not-a-picture", "the file is empty: copy or export it again")
    if content[12:16] == b"IHDR" or content.startswith(b"\x89PN"):
        return PictureRefused(
            "broken", "the first bytes of the PNG are damaged, as by a transfer as text: copy it again"
        )
    for offset, mark, name, remedy in MARKS:
        if content.startswith(mark, offset):
            return _unknown(name, remedy)
    opening = content[:FIRST_WORDS_BYTES].lower()
    for word, name, remedy in WORDS:
        if word in opening:
            return _unknown(name, remedy)
    return PictureRefused("unknown-format", f"it is neither JPEG, PNG nor WebP: {SAVE_AS_PHOTO}")


def _unknown(name: str, remedy: str) -> PictureRefused:
    return PictureRefused("unknown-format", f"it is {name}: {remedy}")
