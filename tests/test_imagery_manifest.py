"""Manifests: CSV files as shops write them, beside a folder or at an https address."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.config import Images
from service.errors import PictureSourceUnusable
from service.imagery.originals import manifest as manifest_module
from service.imagery.originals.manifest import Row, read_manifest
from service.imagery.originals.source import Brought, Offered, Refusal, Source, open_source
from service.imagery.refused import PictureRefused
from tests.tls_server import JPEG, Answer, TlsServer

FAST = Images(requests_per_s=1000, timeout_s=5)


def rows(content: str | bytes) -> list[Row | Refusal]:
    return list(read_manifest(content if isinstance(content, bytes) else content.encode(), "list.csv"))


def unusable(content: str | bytes) -> tuple[str, str]:
    with pytest.raises(PictureSourceUnusable) as refused:
        rows(content)
    assert "whose first line names the columns `sku`" in refused.value.hint
    return refused.value.what, refused.value.where


def row(line: int = 2, picture: str = "22139", target: str = "1.jpg", version: str = "") -> Row:
    return Row(f"list.csv, line {line}", picture, target, version)


# How a manifest is written -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "sku,path\n22139,1.jpg\n",
        "sku,path\r\n22139,1.jpg",
        "\ufeffSKU;Image;Colour\n22139; 1.jpg ;red\n",
        'Name\tPicture\t"Sku"\nTea set\t"1.jpg"\t22139\t\n',
        "\n\nsku,url\n22139,1.jpg\n\n,,\n",
        '"sku";"path"\n"22139";"1.jpg"\n',
        '"sku","path"\n"22139","1.jpg"\n',
        '"sku"\t"path"\n"22139"\t"1.jpg"\n',
        "sku,path,image\n22139,,1.jpg\n",
        "sku,path,image\n22139,1.jpg\n",
    ],
)
def test_a_manifest_is_read_as_shops_write_it(content: str) -> None:
    (read,) = rows(content)
    assert isinstance(read, Row)
    assert ("22139", "1.jpg", "") == (read.picture, read.target, read.version)


def test_a_manifest_in_windows_letters_is_read() -> None:
    assert [row(picture="größe", target="€.jpg")] == rows("sku;path\ngröße;€.jpg\n".encode("cp1252"))


def test_lines_are_counted_as_an_editor_does() -> None:
    content = 'sku,path,note,version\n1,1.jpg,"two\nlines",7\n\n2,2.jpg,,\n'
    assert [row(2, "1", "1.jpg", "7"), row(5, "2", "2.jpg")] == rows(content)


@pytest.mark.parametrize(
    ("line", "picture", "what"),
    [
        (",1.jpg,", "", "the sku is blank"),
        ("x" * 65 + ",1.jpg,", "", "the sku has 65 characters, an id has at most 64"),
        ("22\x0039,1.jpg,", "", "the sku is not UTF-8, or holds control characters"),
        ("22139,,", "22139", "the row names no picture"),
        ("22139", "22139", "the row names no picture"),
        ("22139,1\x00.jpg,", "22139", "the row holds control characters"),
        ('22139,1.jpg,"1\n2"', "22139", "the row holds control characters"),
        (",1.jpg,1,and more", "", "the row has more values than the head has columns"),
        ("22139,1.jpg,1,and more", "22139", "the row has more values than the head has columns"),
    ],
)
def test_a_row_that_is_wrong_is_refused_with_its_line(line: str, picture: str, what: str) -> None:
    good = "1,1.jpg,1"
    expected = [row(2, "1", "1.jpg", "1"), Refusal(picture, "list.csv, line 3", "invalid-row", what)]
    assert expected == rows(f"sku,path,version\n{good}\n{line}\n{good}\n")[:2]


def test_a_row_that_names_two_pictures_is_refused() -> None:
    expected = [Refusal("1", "list.csv, line 2", "invalid-row", "the row names more than one picture")]
    assert expected == rows("sku,path,url\n1,1.jpg,https://pictures.test/1.jpg\n")


# What is no manifest -------------------------------------------------------------------------------------------------

NO_HEAD = "the manifest's first line does not name a column `sku` and one for the picture"


@pytest.mark.parametrize(
    ("content", "what", "line"),
    [
        (b"", NO_HEAD, 1),
        (b"\n\n", NO_HEAD, 1),
        (b"22139,1.jpg\n", NO_HEAD, 1),
        (b"sku,name\n22139,Tea\n", NO_HEAD, 1),
        (b'"sku","name"\n"22139","Tea"\n', NO_HEAD, 1),
        (b"<!DOCTYPE html><html><title>Sign in</title>", NO_HEAD, 1),
        (bytes(10_000), NO_HEAD, 1),
        ("sku,path\n1,1.jpg\n".encode("utf-16"), "the manifest is UTF-16", 0),
        (b"sku,path\n\x81,1.jpg\n", "the manifest is neither UTF-8 nor Windows-1252", 2),
        (b"sku,path,SKU\n1,1.jpg,2\n", "two columns are called `sku`", 1),
        (b"sku,Image,image\n1,1.jpg,2\n", "two columns are called `image`", 1),
        (b'sku,path\n1,1.jpg\n2,"2.jpg\n3,3.jpg\n', "a quote is opened in this row and never closed", 3),
        (b'sku,path\n1,"1.jpg"x\n', "text follows a closing quote", 2),
        (b"sku,path\n1," + b"x" * 1_000_000, "a value has more than 131072 characters: is a quote not closed?", 2),
        (b"x" * 1_000_000, "a value has more than 131072 characters: is a quote not closed?", 1),
    ],
)
def test_a_manifest_that_can_not_be_read_to_its_end_is_unusable(content: bytes, what: str, line: int) -> None:
    assert (what, f"list.csv, line {line}" if line else "list.csv") == unusable(content)


def test_a_manifest_without_end_is_unusable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest_module, "MAX_ROWS", 3)
    assert 3 == len(rows("sku,path\n" + "1,1.jpg\n" * 3))
    assert ("the manifest has more than 3 rows", "list.csv, line 5") == unusable("sku,path\n" + "1,1.jpg\n" * 4)
    monkeypatch.setattr(manifest_module, "MAX_BYTES", 1_000_000)
    assert ("the manifest is larger than 1 MB", "list.csv") == unusable(b"sku,path\n" + b"1,1.jpg\n" * 200_000)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_refusals_or_no_manifest(content: bytes) -> None:
    for head in (b"", b"sku,path\n"):
        try:
            assert all(isinstance(one, Row | Refusal) for one in rows(head + content))
        except PictureSourceUnusable as error:
            assert error.where.startswith("list.csv")


# Beside a folder -----------------------------------------------------------------------------------------------------


def beside(folder: Path, content: str, *files: str) -> Source:
    """A source of `folder`, with a manifest of these rows and these files."""
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(JPEG)
    path = folder / "list.csv"
    path.write_text(f"sku,path,version\n{content}", encoding="utf-8")
    return open_source(str(folder), path, FAST)


def short(source: Source) -> list[tuple[str, str, str]]:
    """(sku, place, code) of all offers and refusals."""
    return [(one.picture, one.place, getattr(one, "code", "")) for one in source.offers()]


def test_a_manifest_says_which_file_belongs_to_which_sku(tmp_path: Path) -> None:
    source = beside(
        tmp_path, "22139,b/tea.jpg\n22140,./b//tea.jpg\n22141,a\\milk.x\n", "b/tea.jpg", "a/milk.x", "c.jpg"
    )
    assert [("22141", "a/milk.x", ""), ("22139", "b/tea.jpg", ""), ("22140", "b/tea.jpg", "")] == short(source)
    assert str(tmp_path) == source.place
    one = next(source.offers())
    assert isinstance(one, Offered)
    assert Brought(tmp_path / "a" / "milk.x", one.stamp) == source.bring(one, "", tmp_path)
    assert one.stamp
    assert not source.is_fetched(one)


@pytest.mark.parametrize(
    "target",
    [
        *("/etc/passwd", "../1.jpg", "a/../../1.jpg", "..\\1.jpg", "\\\\server\\share\\1.jpg", "C:\\1.jpg", "C:1.jpg"),
        *(".", "a/" * 600 + "1.jpg"),
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(tmp_path: Path, target: str) -> None:
    ((sku, place, code),) = short(beside(tmp_path, f"22139,{target}\n"))
    assert ("22139", f"{tmp_path}/list.csv, line 2", "invalid-row") == (sku, place, code)


def test_a_path_through_a_link_is_refused(tmp_path: Path) -> None:
    originals = tmp_path / "originals"
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "1.jpg").write_bytes(JPEG)
    originals.mkdir()
    (originals / "way").symlink_to(tmp_path / "elsewhere")
    (originals / "1.jpg").symlink_to(tmp_path / "elsewhere" / "1.jpg")
    source = beside(originals, "1,way/1.jpg\n2,1.jpg\n3,way\n4,plain\n5,plain/1.jpg\n", "plain/1.jpg")
    codes = {sku: code for sku, _, code in short(source)}
    kind = "no-regular-file"
    assert {"1": kind, "2": kind, "3": kind, "4": kind, "5": ""} == codes


def test_a_file_that_is_not_there_is_refused_with_its_line(tmp_path: Path) -> None:
    name = "n" * 300
    source = beside(tmp_path, f"1,gone/1.jpg\n2,2.jpg/1.jpg\n3,{name}\n", "2.jpg")
    place = f"{tmp_path}/list.csv, line"
    expected = [
        Refusal("1", f"{place} 2", "unreadable", "there is no such file: gone/1.jpg"),
        Refusal("2", f"{place} 3", "unreadable", "the file can't be looked at: Not a directory"),
        Refusal("3", f"{place} 4", "unreadable", "the file can't be looked at: File name too long"),
    ]
    assert expected == list(source.offers())


def test_of_two_rows_with_one_sku_the_first_that_has_a_picture_is_offered(tmp_path: Path) -> None:
    source = beside(tmp_path, "a1,gone.jpg\nA1,2.jpg\n a1 ,1.jpg\n", "1.jpg", "2.jpg")
    place = f"{tmp_path}/list.csv, line"
    found = list(source.offers())
    assert [("A1", "2.jpg")] == [(one.picture, one.place) for one in found if isinstance(one, Offered)]
    assert Refusal("a1", f"{place} 4", "same-id", f"{place} 3 has the same sku and is taken") in found


def test_a_manifest_that_is_not_there_is_unusable(tmp_path: Path) -> None:
    with pytest.raises(PictureSourceUnusable, match="the manifest can't be read: No such file") as unusable:
        open_source(str(tmp_path), tmp_path / "gone.csv", FAST)
    assert str(tmp_path / "gone.csv") == unusable.value.where


def test_a_manifest_is_not_for_an_address(tmp_path: Path) -> None:
    with pytest.raises(PictureSourceUnusable, match="--manifest goes with a folder"):
        open_source("https://pictures.test/list.csv", tmp_path / "list.csv", FAST)


def test_a_folders_manifest_may_name_addresses(tls_server: TlsServer, tmp_path: Path) -> None:
    tls_server.answers["/1.jpg?key=hunter2"] = [Answer()]
    path = tmp_path / "list.csv"
    url = tls_server.url("/1.jpg?key=hunter2")
    path.write_text(
        f"sku,image\n1,{url}\n2,http://pictures.test/2.jpg\n3,https://a:hunter2@b.test/\n", encoding="utf-8"
    )
    settings = FAST.model_copy(update={"private_hosts": ("pictures.test",)})
    source = open_source(str(tmp_path), path, settings, tls_server.outside())
    *refused, one = source.offers()
    assert isinstance(one, Offered)
    brought = source.bring(one, "", tmp_path)
    assert brought is not None
    assert JPEG == brought.path.read_bytes()
    assert source.is_fetched(one)
    assert ["only https:// addresses are fetched", "an address with a user name or a password is not fetched"] == [
        refusal.what for refusal in refused if isinstance(refusal, Refusal)
    ]
    assert "hunter2" not in str([*refused, one])


def test_the_house_is_not_asked_for_a_folders_manifest(tls_server: TlsServer, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"sku,url\n1,{tls_server.url('/1.jpg')}\n", encoding="utf-8")
    source = open_source(str(tmp_path), path, FAST, tls_server.outside())
    (one,) = source.offers()
    assert isinstance(one, Offered)
    with pytest.raises(PictureRefused, match=r"pictures\.test has a private address"):
        source.bring(one, "", tmp_path)
    assert [] == tls_server.requests


# At an address -------------------------------------------------------------------------------------------------------


def at_address(server: TlsServer, content: str, path: str = "/shop/list.csv") -> Source:
    server.answers[path] = [Answer(body=content.encode())]
    return open_source(server.url(path), None, FAST, server.outside())


def test_a_fetched_manifests_rows_are_relative_to_its_address(tls_server: TlsServer, tmp_path: Path) -> None:
    source = at_address(
        tls_server, "sku,path\n1,a/größe 1.jpg\n2,/2.jpg\n3,../3.jpg?w=1\n", "/shop/list.csv?token=hunter2"
    )
    for path in ("/shop/a/gr%C3%B6%C3%9Fe%201.jpg", "/2.jpg", "/3.jpg?w=1"):
        tls_server.answers[path] = [Answer()]
    found = list(source.offers())
    assert ["2", "3", "1"] == [one.picture for one in found]
    for one in found:
        assert isinstance(one, Offered)
        assert source.bring(one, "", tmp_path) is not None
    assert source.place.startswith(tls_server.url("/shop/list.csv?..."))
    assert "hunter2" not in source.place


def test_a_picture_without_version_is_asked_for_each_time(tls_server: TlsServer, tmp_path: Path) -> None:
    source = at_address(tls_server, "sku,path\n1,1.jpg\n")
    tls_server.answers["/shop/1.jpg"] = [Answer(fields={"ETag": '"1"'}), Answer(304)]
    (one,) = source.offers()
    assert isinstance(one, Offered)
    assert "" == one.stamp
    brought = source.bring(one, "", tmp_path)
    assert brought is not None
    assert source.bring(one, brought.stamp, tmp_path) is None
    assert '"1"' == tls_server.requests[-1].fields["if-none-match"]


def test_a_picture_whose_version_is_known_is_not_asked_for(tls_server: TlsServer, tmp_path: Path) -> None:
    tls_server.answers["/shop/1.jpg"] = [Answer(fields={"ETag": '"1"'})]
    stamps = []
    for content in ("sku,path,version\n1,1.jpg,7\n", "sku,path,version\n1,1.jpg,8\n", "sku,path,version\n1,2.jpg,7\n"):
        (one,) = at_address(tls_server, content).offers()
        stamps.append(one)
    first, newer, elsewhere = stamps
    assert isinstance(first, Offered) and isinstance(newer, Offered) and isinstance(elsewhere, Offered)
    assert 3 == len({first.stamp, newer.stamp, elsewhere.stamp})
    source = at_address(tls_server, "sku,path,version\n1,1.jpg,7\n")
    tls_server.requests.clear()
    brought = source.bring(first, "", tmp_path)
    assert brought is not None
    assert first.stamp == brought.stamp
    assert source.bring(first, brought.stamp, tmp_path) is None
    assert ["/shop/1.jpg"] == tls_server.paths()


def test_a_company_serves_its_manifest_with_its_own_authority(
    tls_server: TlsServer, trusted: Path, tmp_path: Path
) -> None:
    """Nothing is stood in for: the system's names, clock and trust."""
    tls_server.answers["/list.csv"] = [Answer(body=b"sku,url\n1,1.jpg\n")]
    tls_server.answers["/1.jpg"] = [Answer()]
    source = open_source(tls_server.url("/list.csv", "127.0.0.1"), None, FAST)
    (one,) = source.offers()
    assert isinstance(one, Offered)
    assert source.bring(one, "", tmp_path) is not None


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (Answer(404, body=b""), "the manifest can't be fetched: the server answered 404"),
        (Answer(302, {"Location": "http://pictures.test/"}, b""), "only https:// addresses are fetched"),
        (Answer(body=b"<html>Sign in</html>"), NO_HEAD),
        (Answer(length=10_000), "the manifest can't be fetched: the connection broke"),
    ],
)
def test_a_manifest_that_can_not_be_fetched_is_unusable(tls_server: TlsServer, answer: Answer, what: str) -> None:
    tls_server.answers["/list.csv?token=hunter2"] = [answer]
    with pytest.raises(PictureSourceUnusable) as unusable:
        open_source(tls_server.url("/list.csv?token=hunter2"), None, FAST, tls_server.outside())
    assert what in unusable.value.what
    assert unusable.value.where.startswith(tls_server.url("/list.csv"))
    assert "hunter2" not in f"{unusable.value} {unusable.value.hint}"


@pytest.mark.parametrize(
    "source",
    ["http://pictures.test/list.csv", "ftp://pictures.test/", "file:///srv/list.csv", "https://ada:hunter2@b.test/"],
)
def test_a_source_that_is_no_https_address_is_unusable(source: str) -> None:
    with pytest.raises(PictureSourceUnusable, match="the source can't be fetched") as unusable:
        open_source(source, None, FAST)
    assert "hunter2" not in f"{unusable.value} {unusable.value.hint} {unusable.value.__cause__}"
