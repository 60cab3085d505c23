"""The document around the pages: sound, the same for the same note, and true about itself."""

import hashlib
import io
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageCms
from pypdf import PdfReader

from service.rendering.pdf.document import NoteDocument, Picture, shared_parts, stream
from service.rendering.pdf.standing import srgb_profile
from tests.sheets import run

SHOWN = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co"))).filter(lambda text: text == text.strip())
A_PICTURE = Picture("P1", (b"<< /Subtype /Form ", stream(b"/Kind /Shown", b"shown")[3:]))


def a_document(title: str = "Delivery note 509217-1-r1", operators: str = "0 g 10 10 50 50 re f") -> bytes:
    document = NoteDocument(title, "de", (595.28, 841.89))
    document.add_page(operators, [])
    document.add_page("", [])
    return document.finish()


def test_the_document_is_sound(tmp_path: Path) -> None:
    path = tmp_path / "note.pdf"
    path.write_bytes(a_document())

    assert b"No syntax or stream encoding errors" in run("qpdf", "--check", path)
    assert b"A4" in run("pdfinfo", path)
    assert b"<dc:title>" in run("pdfinfo", "-meta", path)
    assert 2 == len(PdfReader(path, strict=True).pages)


@settings(max_examples=60, deadline=None)
@given(SHOWN)
def test_both_accounts_of_the_title_agree(title: str) -> None:
    reader = PdfReader(io.BytesIO(a_document(title)), strict=True)
    about, xmp = reader.metadata, reader.xmp_metadata

    assert about and xmp
    assert {"x-default": title} == xmp.dc_title
    assert title == (about.title or "")
    assert (xmp.xmp_creator_tool, xmp.pdf_producer) == (about.creator, about.producer)
    assert ["de"] == xmp.dc_language
    assert xmp.xmp_create_date == xmp.xmp_modify_date


def test_colours_mean_srgb() -> None:
    root = PdfReader(io.BytesIO(a_document())).root_object
    (intent,) = root["/OutputIntents"]
    profile = ImageCms.ImageCmsProfile(io.BytesIO(intent["/DestOutputProfile"].get_data()))

    assert ("sRGB", 3) == (ImageCms.getProfileDescription(profile).split()[0], intent["/DestOutputProfile"]["/N"])


def test_the_colour_profile_is_the_same_every_day() -> None:
    profile = PdfReader(io.BytesIO(a_document())).root_object["/OutputIntents"][0]["/DestOutputProfile"]

    assert bytes.fromhex("07d000010001000000000000") == profile.get_data()[24:36]
    assert srgb_profile() is srgb_profile()


def test_the_same_note_has_the_same_bytes_and_another_one_another_id() -> None:
    ids = {
        PdfReader(io.BytesIO(pdf)).trailer["/ID"][0].original_bytes
        for pdf in (a_document(), a_document("Delivery note 2"), a_document(operators="0 g"))
    }

    assert a_document() == a_document()
    assert 3 == len(ids)


def test_what_pictures_share_is_embedded_once() -> None:
    shared = ("O1", (stream(b"/Kind /Shared", b"shared"),))
    document = NoteDocument("", "en", (100, 100))
    for name in ("P1", "P2", "P1"):
        document.embed_picture(Picture(name, (b"<< /Subtype /Form /Uses ", "O1", b" >>"), (shared,)))
    document.add_page("/P1 Do /P2 Do", ["P1", "P2"])
    pdf = document.finish()
    drawn = PdfReader(io.BytesIO(pdf), strict=True).pages[0]["/Resources"]["/XObject"]

    assert 1 == pdf.count(b"/Kind /Shared")
    assert {"/P1": b"shared", "/P2": b"shared"} == {name: drawn[name]["/Uses"].get_data() for name in drawn}


def test_documents_that_share_parts_begin_with_them() -> None:
    shared = shared_parts((), (A_PICTURE,))
    found = []
    for title in ("Delivery note 1", "Delivery note 2"):
        document = NoteDocument(title, "de", (100, 100), shared)
        document.embed_picture(A_PICTURE)
        document.add_page("/P1 Do", ["P1"])
        found.append(document.finish_with_sha256())
    read = [PdfReader(io.BytesIO(pdf), strict=True) for pdf, _ in found]

    assert all(pdf.startswith(shared.content) and 1 == pdf.count(b"/Kind /Shown") for pdf, _ in found)
    assert [hashlib.sha256(pdf).hexdigest() for pdf, _ in found] == [sha256 for _, sha256 in found]
    assert [b"shown", b"shown"] == [one.pages[0]["/Resources"]["/XObject"]["/P1"].get_data() for one in read]
    assert ["Delivery note 1", "Delivery note 2"] == [one.metadata and one.metadata.title for one in read]


def test_a_documents_own_part_is_small() -> None:
    assert len(a_document()) < 3500
    assert hashlib.sha256(a_document()).digest()
