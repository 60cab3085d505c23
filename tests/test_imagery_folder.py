"""A folder of original pictures: what is offered, what is refused, what is looked past."""

import os
import socket
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.config import Images
from service.errors import PictureSourceUnusable
from service.imagery.offered import fault_of_id, normal_id, printable
from service.imagery.originals.source import Brought, Offered, Refusal, open_source


def put(folder: Path, *places: str) -> None:
    """Files with a byte in them, and the folders that they need."""
    for place in places:
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes(b"x")


def offers(folder: Path) -> list[Offered | Refusal]:
    return list(open_source(str(folder), None, Images()).offers())


def offered(folder: Path) -> list[tuple[str, str]]:
    return [(one.picture, one.place) for one in offers(folder) if isinstance(one, Offered)]


def refused(folder: Path) -> list[Refusal]:
    return [one for one in offers(folder) if isinstance(one, Refusal)]


def test_pictures_are_offered_from_any_depth_sorted_by_place(tmp_path: Path) -> None:
    put(tmp_path, "b/22140.png", "a/b/c/d/22139.JPG", "84347.webp", "85123A.jpeg", "22141.jpe", "b-1/1.2.PNG")
    expected = [
        ("22141", "22141.jpe"),
        ("84347", "84347.webp"),
        ("85123A", "85123A.jpeg"),
        ("22139", "a/b/c/d/22139.JPG"),
        ("1.2", "b-1/1.2.PNG"),
        ("22140", "b/22140.png"),
    ]
    assert expected == offered(tmp_path)
    assert [] == refused(tmp_path)


def test_foreign_formats_are_offered_so_that_they_are_refused_by_name(tmp_path: Path) -> None:
    names = [
        f"{extension}.{extension}" for extension in ("avif", "bmp", "eps", "gif", "heic", "psd", "svg", "tif", "tiff")
    ]
    put(tmp_path, *names)
    assert names == [place for _, place in offered(tmp_path)]


def test_what_lies_about_is_looked_past(tmp_path: Path) -> None:
    put(tmp_path, "Thumbs.db", ".DS_Store", ".hidden.jpg", "._22139.jpg", "list.csv", "README", "jpg", "22139.jpg.part")
    put(tmp_path, "__MACOSX/22139.jpg", "@eaDir/22139.jpg", ".git/22139.jpg", "#recycle/22139.jpg")
    assert [] == offers(tmp_path)


def test_links_are_not_followed(tmp_path: Path) -> None:
    put(tmp_path, "elsewhere/1.jpg", "originals/2.jpg")
    originals = tmp_path / "originals"
    (originals / "3.jpg").symlink_to(tmp_path / "elsewhere" / "1.jpg")
    (originals / "4.jpg").symlink_to("nowhere")
    (originals / "more").symlink_to(tmp_path / "elsewhere")
    (originals / "round").symlink_to(originals)
    (originals / "notes.txt").symlink_to(tmp_path)
    (originals / "words.txt").symlink_to("nowhere")
    assert [("2", "2.jpg")] == offered(originals)
    what = "a link, which is not followed"
    places = ["3.jpg", "4.jpg", "more", "notes.txt", "round"]
    assert [Refusal("", place, "no-regular-file", what) for place in places] == refused(originals)


def test_pipes_and_sockets_are_refused_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "1.jpg")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "2.jpg"))
    what = "a pipe, a socket or a device"
    expected = [Refusal("1", "1.jpg", "no-regular-file", what), Refusal("2", "2.jpg", "no-regular-file", what)]
    assert expected == offers(tmp_path)


def test_names_that_can_be_no_id_are_refused_at_a_place_that_can_be_read(tmp_path: Path) -> None:
    put(tmp_path, "line\nend.jpg", "x" * 65 + ".jpg", " .jpg", "x" * 64 + ".png")
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/gr\xf6\xdfe.jpg"))).write_bytes(b"x")
    expected = [
        Refusal("", " .jpg", "invalid-name", "the name is blank"),
        Refusal("", "gr\\xf6\\xdfe.jpg", "invalid-name", "the name is not UTF-8, or holds control characters"),
        Refusal("", "line\\nend.jpg", "invalid-name", "the name is not UTF-8, or holds control characters"),
        Refusal("", "x" * 65 + ".jpg", "invalid-name", "the name has 65 characters, an id has at most 64"),
    ]
    assert expected == refused(tmp_path)
    assert [("x" * 64, "x" * 64 + ".png")] == offered(tmp_path)


def test_a_folder_with_an_unreadable_name_is_refused_as_one(tmp_path: Path) -> None:
    put(tmp_path, "a\tb/1.jpg", "c/2.jpg")
    what = "the folder's name is not UTF-8, or holds control characters"
    assert [Refusal("", "a\\tb", "invalid-name", what), *offers(tmp_path)[1:]] == offers(tmp_path)
    assert [("2", "c/2.jpg")] == offered(tmp_path)


def test_of_two_files_with_one_id_the_first_by_place_is_offered(tmp_path: Path) -> None:
    composed, decomposed = "caf\u00e9", "CAFE\u0301"
    put(tmp_path, f"a/{composed}.jpg", f"b/{decomposed}.jpg", "c/tea .jpg", "d/TEA.png")
    assert [(composed, f"a/{composed}.jpg"), ("tea", "c/tea .jpg")] == offered(tmp_path)
    expected = [
        Refusal(decomposed, f"b/{decomposed}.jpg", "same-id", f"a/{composed}.jpg has the same id and is taken"),
        Refusal("TEA", "d/TEA.png", "same-id", "c/tea .jpg has the same id and is taken"),
    ]
    assert expected == refused(tmp_path)


def test_a_format_that_we_take_goes_before_one_that_we_do_not(tmp_path: Path) -> None:
    """Else a telephone's HEIC would hide the JPEG beside it."""
    put(tmp_path, "22139.heic", "22139.jpg", "a/22139.png")
    assert [("22139", "22139.jpg")] == offered(tmp_path)
    assert ["22139.heic", "a/22139.png"] == [refusal.place for refusal in refused(tmp_path)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_a_folder_below_that_can_not_be_read_is_a_refusal(tmp_path: Path) -> None:
    put(tmp_path, "a/1.jpg", "b/2.jpg")
    (tmp_path / "a").chmod(0)
    try:
        found = offers(tmp_path)
    finally:
        (tmp_path / "a").chmod(0o755)
    assert Refusal("", "a", "unreadable", "the folder can't be read: Permission denied") == found[0]
    assert 2 == len(found)


def test_a_path_that_is_too_long_is_a_refusal_of_its_folder(tmp_path: Path) -> None:
    put(tmp_path, "1.jpg")
    here = os.open(tmp_path, os.O_RDONLY)
    opened = [here]
    for _ in range(20):
        os.mkdir("n" * 250, dir_fd=opened[-1])
        opened.append(os.open("n" * 250, os.O_RDONLY, dir_fd=opened[-1]))
    try:
        found = offers(tmp_path)
        assert ["1.jpg"] == [one.place for one in found if isinstance(one, Offered)]
        assert ["unreadable"] == [one.code for one in found if isinstance(one, Refusal)]
    finally:
        for _ in range(20):
            os.close(opened.pop())
            os.rmdir("n" * 250, dir_fd=opened[-1])
        os.close(here)


def test_a_source_that_is_no_folder_is_unusable(tmp_path: Path) -> None:
    put(tmp_path, "1.jpg")
    (tmp_path / "round").symlink_to("round")
    for name, reason in (("gone", "No such file"), ("1.jpg", "Not a directory"), ("round", "Too many levels")):
        with pytest.raises(PictureSourceUnusable, match=f"the folder can't be read: {reason}") as unusable:
            open_source(str(tmp_path / name), None, Images())
        assert str(tmp_path / name) == unusable.value.where
        assert "mounted" in unusable.value.hint


def test_a_source_that_vanishes_before_it_is_listed_is_unusable(tmp_path: Path) -> None:
    folder = tmp_path / "originals"
    folder.mkdir()
    source = open_source(str(folder), None, Images())
    folder.rmdir()
    with pytest.raises(PictureSourceUnusable):
        list(source.offers())


def test_a_source_is_known_by_its_resolved_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "originals/1.jpg")
    (tmp_path / "link").symlink_to("originals")
    monkeypatch.chdir(tmp_path)
    places = {open_source(name, None, Images()).place for name in ("originals", "./originals/", "link", "link/../link")}
    assert {str(tmp_path / "originals")} == places


def test_a_stamp_changes_when_the_file_does(tmp_path: Path) -> None:
    put(tmp_path, "1.jpg", "2.jpg")
    first = {one.picture: one.stamp for one in offers(tmp_path) if isinstance(one, Offered)}
    assert first == {one.picture: one.stamp for one in offers(tmp_path) if isinstance(one, Offered)}
    before = (tmp_path / "1.jpg").stat()
    (tmp_path / "new").write_bytes(b"y")
    os.utime(tmp_path / "new", ns=(before.st_atime_ns, before.st_mtime_ns))
    (tmp_path / "new").replace(tmp_path / "1.jpg")
    second = {one.picture: one.stamp for one in offers(tmp_path) if isinstance(one, Offered)}
    assert first["1"] != second["1"]
    assert first["2"] == second["2"]


def test_what_is_brought_is_the_file_itself(tmp_path: Path) -> None:
    put(tmp_path, "a/1.jpg")
    source = open_source(str(tmp_path), None, Images())
    (one,) = source.offers()
    assert isinstance(one, Offered)
    assert Brought(tmp_path / "a" / "1.jpg", one.stamp) == source.bring(one, "", tmp_path)
    assert not source.is_fetched(one)


@settings(deadline=None)
@given(st.text())
def test_a_normal_id_is_its_own_normal_id(spelled: str) -> None:
    normal = normal_id(spelled)
    assert normal == normal_id(normal) == normal_id(f" {spelled} ") == normal_id(unicodedata.normalize("NFD", spelled))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_every_name_can_be_shown(name: bytes) -> None:
    text = os.fsdecode(name)
    assert printable(text).isprintable()
    assert not fault_of_id(text) or isinstance(fault_of_id(text), str)
