"""Content packs: taken in whole or not at all, seen on notes before they count, switched at once, in their hours."""

import io
import json
import os
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from PIL import Image

from service.cli import content as content_module
from service.cli.main import main
from service.config import read_config
from service.content.shelf import Shelf, packs_of
from service.content.unpacking import MOST_FILES, unpack
from service.errors import ContentRefused
from service.imagery.library import Library
from service.marketing import Standing
from service.model import Hero
from service.planning.house import compile_house
from service.planning.note import plan_note
from service.planning.specimen_orders import plain_shipment
from tests.conftest import ROOT
from tests.programs import end, until
from tests.shop import Shop
from tests.test_systemd_signs import serving

SAMPLE = ROOT / "config" / "content" / "2026-W48"
Pack = Path


@dataclass(frozen=True, slots=True)
class Packs:
    """`slipway content`, in this process, on a configuration, a spool and a library of its own."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> tuple[int, str]:
        self.capture.readouterr()
        code = main(["--config", str(self.folder / "config"), "content", *arguments])
        said = self.capture.readouterr()
        return code, said.out + said.err

    def states(self) -> dict[str, str]:
        _, said = self("list", "--json")
        rows = [json.loads(line) for line in said.splitlines()]
        return {row["pack"]: row["state"] for row in rows}

    def story(self, at: datetime) -> Hero:
        """What stands in the promo of a small note at that moment."""
        config = read_config(self.folder / "config", {"SLIPWAY_SPOOL": str(self.folder / "spool")})
        house = compile_house(config, packs_of(config))
        plain = plain_shipment("amber-home", "en", house)
        shipment = replace(plain, lines=plain.lines[3:])  # too little for the gift of the month
        promo = dict(plan_note(shipment, house, Standing(now=at)).blocks)["promo"]
        assert isinstance(promo, Hero)
        return promo


@pytest.fixture
def packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Packs]:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("SLIPWAY_SPOOL", str(tmp_path / "spool"))
    monkeypatch.setenv("SLIPWAY_IMAGE_CACHE", str(tmp_path / "library"))
    yield Packs(tmp_path, capsys)
    structlog.reset_defaults()


@pytest.fixture
def pack(packs: Packs) -> Pack:
    """The pack that ships, handed in."""
    return packs.folder / "config" / "content" / "2026-W48"


SATURDAY = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


# From hand to note ---------------------------------------------------------------------------------------------------


def test_a_pack_is_activated_and_speaks_in_its_hours_with_its_own_art(packs: Packs) -> None:
    assert {"2026-W48": "not activated"} == packs.states()
    assert (0, "2026-W48: whole, in all languages, and drawn on every note\n") == packs("check")

    assert 0 == packs("activate", "2026-W48")[0]

    told = packs.story(SATURDAY)
    (picture,) = told.pictures
    assert "The hour between" == told.heading
    assert picture.startswith("2026-W48-") and picture.endswith("/week-story")
    assert Library(packs.folder / "library").has("amber-home", picture)
    assert "Made slowly, by people we know" == packs.story(datetime(2026, 11, 20, 23, 59, tzinfo=UTC)).heading
    assert "Made slowly, by people we know" == packs.story(datetime(2027, 1, 6, 0, 0, tzinfo=UTC)).heading


def test_a_pack_of_next_week_waits_for_its_hour_by_itself(
    packs: Packs, pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content_module, "utc_now", lambda: SATURDAY)
    following = _copied(pack, "2026-W49")
    _edit(following / "pack.toml", "2026-11-21", "2026-11-28")
    _edit(following / "en.ftl", "The hour between", "The week after")
    assert 0 == packs("activate", "2026-W48")[0]
    assert 0 == packs("activate", "2026-W49")[0]

    assert {"2026-W48": "speaks", "2026-W49": "waits for its hour"} == packs.states()
    assert "The hour between" == packs.story(datetime(2026, 11, 27, 23, 59, tzinfo=UTC)).heading
    assert "The week after" == packs.story(datetime(2026, 11, 28, 0, 0, tzinfo=UTC)).heading
    monkeypatch.setattr(content_module, "utc_now", lambda: datetime(2026, 12, 1, tzinfo=UTC))
    assert {"2026-W48": "followed by a later one", "2026-W49": "speaks"} == packs.states()
    monkeypatch.setattr(content_module, "utc_now", lambda: datetime(2027, 2, 1, tzinfo=UTC))
    assert {"2026-W48": "over", "2026-W49": "over"} == packs.states()


def test_a_mended_pack_takes_the_place_of_the_first_and_is_rolled_back(packs: Packs, pack: Pack) -> None:
    assert 0 == packs("activate", "2026-W48")[0]
    _edit(pack / "en.ftl", "The hour between", "The blue hour")
    assert 0 == packs("activate", "2026-W48")[0]
    assert "The blue hour" == packs.story(SATURDAY).heading

    assert (0, "active again: 2026-W48; a service that starts has it\n") == packs("rollback")
    told = packs.story(SATURDAY)
    assert "The hour between" == told.heading
    assert Library(packs.folder / "library").has("amber-home", told.pictures[0])

    assert (0, "no content pack is active; a service that starts has it\n") == packs("rollback")
    code, said = packs("rollback")
    assert (1, True) == (code, "nothing was active before" in said)


def test_what_can_not_be_rolled_back_to_any_more_is_gone(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    for number in range(8):
        (shelf.folder / f"2026-W48-{number}").mkdir(parents=True)
        shelf.switch((f"2026-W48-{number}",))

    assert {"2026-W48-0", "2026-W48-1"} == {path.name for path in shelf.forget_unused()}
    assert 7 == len(list(shelf.folder.iterdir()))  # active.json, what counts, and five before
    assert "2026-W48-6" == shelf.roll_back().packs[0]


@pytest.mark.parametrize("ending", [".zip", ".tar.gz"])
def test_a_pack_comes_as_an_archive_too_with_or_without_its_folder(packs: Packs, pack: Pack, ending: str) -> None:
    archive = packs.folder / f"2026-W50{ending}"
    _write(archive, [(f"2026-W50/{name}", content) for name, content in _files(pack)])

    assert 0 == packs("activate", str(archive))[0]
    assert "2026-W50" in packs.states()


# What is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "broken"),
    [
        ("lacks fr.ftl", lambda pack: (pack / "fr.ftl").unlink()),
        ("fr.ftl: message week-story-text is missing", lambda pack: _cut(pack / "fr.ftl", "week-story-text")),
        ("there is no $prise", lambda pack: _edit(pack / "en.ftl", "The hour", "{ $prise }")),
        ("message week-strory is said by no campaign", lambda pack: _in_all(pack, "week-story =", "week-strory =")),
        (
            "fr message week-story-text says $points_text, which is about the customer",
            lambda pack: _in_all(pack, "week-story-text = ", "week-story-text = { $points_text } "),
        ),
        ("message week-story-text is missing", lambda pack: _cut_in_all(pack, "week-story-text")),
        ("pack.toml:4: valid_form: there is no such key", lambda pack: _edit(pack / "pack.toml", "_from", "_form")),
        ("valid_until is not after valid_from", lambda pack: _edit(pack / "pack.toml", "2027-01-06", "2025-01-06")),
        ("has no offset", lambda pack: _edit(pack / "pack.toml", "21T00:00:00", "21T00:00:00Z")),
        ("slipway.toml has no shop amber", lambda pack: _edit(pack / "pack.toml", '"amber-home"', '"amber"')),
        ("art/week-story.jpg is 900 x 600 pixels", lambda pack: _picture(pack, (900, 600))),
        ("art/week-story.jpg is neither JPEG nor PNG", lambda pack: (pack / "art/week-story.jpg").write_bytes(b"GIF")),
        ("art/other is shown by no campaign", lambda pack: _copy(pack / "art", "week-story.jpg", "other.jpg")),
        ("art/week-story is missing", lambda pack: (pack / "art" / "week-story.jpg").unlink()),
        (
            "campaign week, rule 1, amber-home, de: finds no room in promo",
            lambda pack: _edit(pack / "de.ftl", "nach Sommer", "nach Sommer " * 200),
        ),
        ("or its words ask for too much", lambda pack: _in_all(pack, "week-story = ", "week-story = { $date } ")),
        ("'notes.docx' belongs into no pack", lambda pack: (pack / "notes.docx").write_bytes(b"x")),
        ("art/link.jpg is no plain file", lambda pack: (pack / "art" / "link.jpg").symlink_to("/etc/passwd")),
        ("art/pipe.jpg is no plain file", lambda pack: os.mkfifo(pack / "art" / "pipe.jpg")),
    ],
)
def test_what_is_wrong_with_a_pack_is_said(
    expected: str, broken: Callable[[Pack], object], packs: Packs, pack: Pack
) -> None:
    broken(pack)

    code, said = packs("check")
    assert (1, True) == (code, expected in said), said


def test_the_list_tells_what_a_pack_brings_that_was_only_handed_in(packs: Packs, pack: Pack) -> None:
    def row() -> dict[str, object]:
        _, said = packs("list", "--json")
        (found,) = (json.loads(line) for line in said.splitlines() if '"2026-W48"' in line)
        return {key: found[key] for key in ("state", "valid_from", "words", "art")}

    whole = {"state": "not activated", "valid_from": "2026-11-21 00:00", "words": 2, "art": 1}
    assert whole == row()
    (pack / "fr.ftl").unlink()
    assert {"state": "not activated, has faults", "valid_from": "", "words": 0, "art": 0} == row()


def test_words_that_are_the_same_in_two_languages_are_a_warning(packs: Packs, pack: Pack) -> None:
    shutil.copy(pack / "en.ftl", pack / "fr.ftl")

    code, said = packs("check")
    assert 0 == code, said
    assert "warning: message week-story-text says the same in en and fr" in said
    assert "en and de" not in said


def test_a_bad_pack_keeps_the_old_one(packs: Packs, pack: Pack) -> None:
    assert 0 == packs("activate", "2026-W48")[0]
    before = sorted((packs.folder / "spool" / "content").rglob("*"))
    (pack / "fr.ftl").unlink()

    code, said = packs("activate", "2026-W48")

    assert (1, True) == (code, "2026-W48 lacks fr.ftl" in said)
    assert "The hour between" == packs.story(SATURDAY).heading
    assert before == sorted((packs.folder / "spool" / "content").rglob("*"))


def test_a_pack_is_called_by_its_week(packs: Packs, pack: Pack) -> None:
    code, said = packs("activate", str(pack.rename(pack.with_name("christmas"))))

    assert (1, True) == (code, "christmas: a pack is called by its week" in said)
    assert (1, True) == ((told := packs("activate", "2026-W51"))[0], "there is no pack 2026-W51" in told[1])


EVIL_NAMES = (
    "../evil.ftl",
    "/etc/evil.ftl",
    "art/../../evil.jpg",
    "2026-W50/../evil",
    "art/..",
    "C:\\evil",
    "art/x.jpg\n",
)


@pytest.mark.parametrize("ending", [".zip", ".tar.gz"])
@pytest.mark.parametrize("name", EVIL_NAMES)
def test_no_name_in_an_archive_leads_out_of_the_pack(name: str, ending: str, tmp_path: Path) -> None:
    archive, into = tmp_path / f"2026-W50{ending}", tmp_path / "a" / "b" / "pack"
    into.mkdir(parents=True)
    _write(archive, [(name, b"evil"), *_files(SAMPLE)])

    with pytest.raises(ContentRefused):
        unpack(archive, into)
    assert [archive] == [path for path in tmp_path.rglob("*") if path.is_file() and into not in path.parents]


def test_links_and_devices_in_an_archive_are_refused(tmp_path: Path) -> None:
    for number, kind in enumerate((tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)):
        archive, into = tmp_path / "2026-W50.tar.gz", tmp_path / str(number)
        into.mkdir()
        with tarfile.open(archive, "w:gz") as opened:
            member = tarfile.TarInfo("art/x.jpg")
            member.type, member.linkname = kind, "/etc/passwd"
            opened.addfile(member)
        with pytest.raises(ContentRefused, match=r"art/x\.jpg is no plain file"):
            unpack(archive, into)


def test_an_archive_that_grows_beyond_measure_is_refused(tmp_path: Path) -> None:
    bomb, crowd = tmp_path / "2026-W50.zip", tmp_path / "2026-W51.zip"
    _write(bomb, [("art/x.jpg", bytes(65_000_000))])
    _write(crowd, [(f"art/x{number}.jpg", b"") for number in range(MOST_FILES + 1)])
    for number, (archive, expected) in enumerate(((bomb, "more than 64 MB"), (crowd, "more than 64 files"))):
        (into := tmp_path / str(number)).mkdir()
        with pytest.raises(ContentRefused, match=expected):
            unpack(archive, into)


@pytest.mark.parametrize("ending", [".zip", ".tar.gz"])
def test_an_archive_that_is_none_or_cut_short_is_refused(ending: str, tmp_path: Path) -> None:
    archive = tmp_path / f"2026-W50{ending}"
    _write(archive, _files(SAMPLE))
    whole = archive.read_bytes()
    for number, content in enumerate((b"", b"no archive", whole[: len(whole) // 2])):
        (into := tmp_path / str(number)).mkdir()
        archive.write_bytes(content)
        with pytest.raises(ContentRefused, match=r"can't be unpacked|lacks"):
            unpack(archive, into)


def test_a_damaged_archive_of_any_compression_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "2026-W51.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_LZMA) as opened:
        opened.writestr("pack.toml", b"hello" * 5000)
    content = bytearray(archive.read_bytes())
    content[60:75] = b"\xff" * 15
    archive.write_bytes(content)
    with pytest.raises(ContentRefused, match="can't be unpacked: LZMAError"):
        unpack(archive, tmp_path)


def test_folders_in_an_archive_count_too(tmp_path: Path) -> None:
    archive = tmp_path / "2026-W51.tar.gz"
    with tarfile.open(archive, "w:gz") as opened:
        for _ in range(MOST_FILES + 1):
            folder = tarfile.TarInfo("art/")
            folder.type = tarfile.DIRTYPE
            opened.addfile(folder)
    with pytest.raises(ContentRefused, match="more than 64 files and folders"):
        unpack(archive, tmp_path)


@pytest.mark.parametrize(
    "content",
    ['{"packs": [5], "before": []}', '{"packs": "abc", "before": []}', '{"packs": [], "before": [[1]]}', "[]", "5"],
)
def test_a_list_of_packs_that_is_none_costs_the_packs_and_no_start(content: str, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.folder.mkdir()
    (shelf.folder / "active.json").write_text(content)
    assert () == shelf.packs()


def test_a_pack_that_can_not_be_read_any_more_costs_its_words_and_no_note(packs: Packs) -> None:
    assert 0 == packs("activate", "2026-W48")[0]
    (active,) = Shelf(packs.folder / "spool").active().packs
    (packs.folder / "spool" / "content" / active / "fr.ftl").unlink()

    assert "Made slowly, by people we know" == packs.story(SATURDAY).heading
    (packs.folder / "spool" / "content" / "active.json").write_text("{")
    assert "Made slowly, by people we know" == packs.story(SATURDAY).heading


# A service that runs -------------------------------------------------------------------------------------------------


def test_a_running_service_has_a_pack_from_the_next_note_on(packs: Packs, pack: Pack) -> None:
    config = packs.folder / "config"
    shop = Shop(packs.folder / "spool", (("SLIPWAY_IMAGE_CACHE", str(packs.folder / "library")),))
    shop.spool.mkdir()
    with serving(shop, config) as service:
        until(lambda: "service.ready" in (shop.spool / "service.log").read_text(), "the start", service)
        code, said = packs("activate", "2026-W48")
        assert (0, True) == (code, "the service has it from the next note on" in said), said

        _edit(config / "campaigns" / "week.toml", "week-story", "weak-story")
        code, said = packs("rollback")
        assert (1, True) == (code, "the service goes on as it was" in said), said
        end(service)

    reloads = [line["event"] for line in shop.events() if line["event"] in ("config.reloaded", "config.refused")]
    assert ["config.reloaded", "config.refused"] == reloads
    assert [] == list((shop.spool / "decisions").iterdir())


# Packs, made and broken ----------------------------------------------------------------------------------------------


def _files(pack: Pack) -> list[tuple[str, bytes]]:
    return [
        (path.relative_to(pack).as_posix(), path.read_bytes()) for path in sorted(pack.rglob("*")) if path.is_file()
    ]


def _write(archive: Path, files: list[tuple[str, bytes]]) -> None:
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
            for name, content in files:
                opened.writestr(name, content)
        return
    with tarfile.open(archive, "w:gz") as packed:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))


def _copied(pack: Pack, name: str) -> Pack:
    return Path(shutil.copytree(pack, pack.with_name(name)))


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def _cut(path: Path, message: str) -> None:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(f"{message} =")), encoding="utf-8")


def _cut_in_all(pack: Pack, message: str) -> None:
    for path in pack.glob("*.ftl"):
        _cut(path, message)


def _in_all(pack: Pack, old: str, new: str) -> None:
    for path in pack.glob("*.ftl"):
        _edit(path, old, new)


def _picture(pack: Pack, size: tuple[int, int]) -> None:
    Image.new("RGB", size, "navy").save(pack / "art" / "week-story.jpg")


def _copy(folder: Path, name: str, new: str) -> None:
    shutil.copy(folder / name, folder / new)
