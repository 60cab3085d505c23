"""The picture library: looked up by id, never by path; renewed by itself; what is missing is said once."""

import io
import json
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from service.config import read_config
from service.errors import LibraryUnusable
from service.imagery.library import Fault, Library, Pick
from service.imagery.offered import Offered, normal_id
from service.imagery.originals.source import open_source
from service.imagery.store.index import Index
from service.intake.feeds import compile_feeds
from service.intake.reading import read_drop
from service.log import configure_log
from service.model import Choice, Goods, GoodsRow, Hero, PictureSize, Plan, WantedPicture
from service.planning.house import compile_house
from service.planning.note import plan_note
from tests.imagery_doubles import HERO, LARGE, SMALL, fill, orphans

SIZES = {"goods": SMALL, "promo": HERO}


def a_plan(*choices: Choice, hero: Choice = (), shop: str = "amber-home") -> Plan:
    rows = tuple(GoodsRow("1", "Bowl", "AH-1", "", "", "", choice) for choice in choices)
    blocks = (("goods", Goods(("", "", "", ""), rows)), ("promo", Hero(hero)))
    return Plan("509217-1-r1", 1, "en", shop, "amber-home", "", "", blocks)


def content_of(path: Path | None) -> bytes:
    return path.read_bytes() if path else b""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(
        tmp_path,
        {
            ("", "AH-1"): {SMALL: b"small", LARGE: b"large"},
            ("", "tableware"): {SMALL: b"a plate"},
            ("halm", "AH-1"): {SMALL: b"halm's own"},
        },
    )
    return tmp_path


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    configure_log(stream)
    yield stream
    structlog.reset_defaults()


def events(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


# Look-up -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spelled", ["AH-1", "ah-1", " Ah-1 "])
def test_a_picture_is_found_however_its_id_is_spelled(folder: Path, spelled: str) -> None:
    assert b"small" == content_of(Library(folder).look_up("amber-home", spelled, SMALL))


def test_one_id_in_two_unicode_forms_is_one_picture(tmp_path: Path) -> None:
    fill(tmp_path, {("", "caf\u00e9"): {SMALL: b"a cup"}})
    assert b"a cup" == content_of(Library(tmp_path).look_up("", "cafe\u0301", SMALL))


@pytest.mark.parametrize(("one", "other"), [("Ma\u00dfe", "MASSE"), ("\ufb01sh", "FISH"), ("\u017fet", "SET")])
def test_letters_that_only_look_alike_in_capitals_are_two_ids(tmp_path: Path, one: str, other: str) -> None:
    fill(tmp_path, {("", other): {SMALL: b"other"}})
    library = Library(tmp_path)
    assert library.look_up("", one, SMALL) is None
    assert library.look_up("", other.lower(), SMALL)


def test_the_shops_own_picture_comes_before_the_common_one(folder: Path) -> None:
    assert b"halm's own" == content_of(Library(folder).look_up("halm", "AH-1", SMALL))


@pytest.mark.parametrize(
    "picture",
    ["../AH-1", "pictures/AH-1", "", "\0", "A" * 5000, "%2e%2e", "/etc/passwd", "AH-1\0.jpg", "\ud800", "' OR 1=1 --"],
)
def test_an_id_never_becomes_a_path(folder: Path, picture: str) -> None:
    library = Library(folder)
    assert library.look_up("amber-home", picture, SMALL) is None
    assert not library.has("amber-home", picture, SMALL.name)


@pytest.fixture(scope="module")
def one_picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    fill(folder, {("", "A"): {SMALL: b"a"}})
    return folder


@settings(max_examples=200, deadline=None)
@given(shop=st.text(max_size=20), picture=st.text(alphabet=st.characters(), max_size=80))
def test_whatever_an_order_names_gets_a_prepared_picture_or_none(one_picture: Path, shop: str, picture: str) -> None:
    found = Library(one_picture).look_up(shop, picture, SMALL)
    assert found is None or (b"a", "A") == (found.read_bytes(), picture.strip().upper())


@pytest.mark.parametrize(
    ("held", "size", "shown"),
    [
        ([SMALL, LARGE], PictureSize(8, 8), b"8x8"),
        ([SMALL, LARGE, PictureSize(40, 40)], PictureSize(10, 10), b"16x12"),
        ([SMALL, LARGE], PictureSize(90, 90), b"16x12"),
        ([SMALL, HERO], PictureSize(10, 10), b"8x8"),
        ([HERO], PictureSize(10, 10), b""),
        ([SMALL, LARGE, PictureSize(30, 11)], PictureSize(12, 12, is_cropped=True), b"16x12"),
    ],
)
def test_at_another_size_the_nearest_whole_picture_is_shown(
    tmp_path: Path, held: list[PictureSize], size: PictureSize, shown: bytes
) -> None:
    fill(tmp_path, {("", "AH-1"): {one: one.name.encode() for one in held}})
    assert shown == content_of(Library(tmp_path).look_up("", "AH-1", size))


def test_a_plan_gets_for_each_choice_the_first_that_is_there(folder: Path) -> None:
    plan = a_plan(("AH-1", "tableware"), ("AH-2", "Tableware"), ("AH-3",), hero=("AH-1",))
    shown = Library(folder).pick(plan, SIZES).pictures
    expected = {
        ("goods", ("AH-1", "tableware")): b"small",
        ("goods", ("AH-2", "Tableware")): b"a plate",
        ("promo", ("AH-1",)): b"large",
    }
    assert expected == {key: content_of(path) for key, path in shown.items()}


@pytest.mark.parametrize("content", [None, b"", b"sma"])
def test_what_stands_in_is_shown_where_a_file_is_gone_or_cut_and_the_picture_is_wanted(
    folder: Path, content: bytes | None
) -> None:
    library, plan = Library(folder), a_plan(("AH-1", "tableware"))
    gone = library.look_up("amber-home", "AH-1", SMALL), library.look_up("amber-home", "AH-1", LARGE)
    assert all(gone)
    for path in filter(None, gone):
        path.unlink() if content is None else path.write_bytes(content)
    pick = library.pick(plan, SIZES)
    assert [b"a plate"] == [content_of(path) for path in pick.pictures.values()]
    assert (WantedPicture("amber-home", "AH-1", "8x8"),) == pick.wanted


def test_a_slot_without_a_size_shows_nothing_and_wants_nothing(folder: Path) -> None:
    plan = a_plan(("AH-9",), hero=("AH-1",))
    assert {} == Library(folder).pick(plan, {}).pictures
    assert () == Library(folder).pick(plan, {}).wanted


def test_wanted_is_the_best_of_a_choice_and_what_is_shown_at_the_very_size(folder: Path) -> None:
    plan = a_plan(("AH-1",), ("ah-2", "tableware"), ("AH-3",), ("AH-3",), hero=("AH-1",))
    expected = (
        WantedPicture("amber-home", "AH-2", "8x8"),
        WantedPicture("amber-home", "AH-3", "8x8"),
        WantedPicture("amber-home", "AH-1", "20x10-cropped"),
    )
    assert expected == Library(folder).pick(plan, SIZES).wanted


def test_has_means_at_the_very_size_and_the_shops_own_hides_the_common(folder: Path) -> None:
    library = Library(folder)
    assert library.has("amber-home", "ah-1", "16x12")
    assert library.has("halm", "ah-1", "8x8")
    assert not library.has("halm", "ah-1", "16x12")
    assert not library.has("amber-home", "ah-2", "8x8")


# What is missing -----------------------------------------------------------------------------------------------------


def test_missing_pictures_are_one_line_for_a_note_and_each_is_said_once(folder: Path, said: io.StringIO) -> None:
    library = Library(folder)
    for choices in ((("AH-2",), ("AH-1",), ("AH-3",)), (("AH-3",), ("AH-4",)), (("AH-2",),)):
        library.log_missing("509217-1-r1", library.pick(a_plan(*choices), SIZES).wanted)
    lines = [(line["event"], line["picture"], line["pictures"]) for line in events(said)]
    assert [("picture.missing", "AH-2", 2), ("picture.missing", "AH-4", 1)] == lines


def test_a_library_that_is_not_there_is_empty_and_says_nothing(tmp_path: Path, said: io.StringIO) -> None:
    library, plan = Library(tmp_path / "nowhere"), a_plan(("AH-1",))
    library.log_missing(plan.note_id, library.pick(plan, SIZES).wanted)
    assert Pick() == library.pick(plan, SIZES)
    assert 0 == library.stats().pictures
    assert [f"there is no library in {tmp_path / 'nowhere'} yet"] == [fault.what for fault in library.faults()]
    assert () == library.refused()
    assert "" == said.getvalue()


# Renewal -------------------------------------------------------------------------------------------------------------


def test_a_new_generation_is_noticed_at_the_next_question(folder: Path) -> None:
    library = Library(folder)
    before = library.look_up("", "AH-1", SMALL)
    fill(folder, {("", "AH-1"): {SMALL: b"renewed"}})
    assert b"renewed" == content_of(library.look_up("", "AH-1", SMALL))
    assert b"small" == content_of(before), "who began a note by the old generation still finds its pictures"


def test_a_library_that_is_thrown_away_and_made_again_is_noticed_though_its_generations_start_anew(
    folder: Path,
) -> None:
    library = Library(folder)
    assert library.look_up("", "AH-1", SMALL)
    shutil.rmtree(folder)
    folder.mkdir()
    fill(folder, {("", "AH-1"): {SMALL: b"made again"}})
    assert b"made again" == content_of(library.look_up("", "AH-1", SMALL))


def test_a_library_may_come_after_the_service(tmp_path: Path) -> None:
    library = Library(tmp_path)
    assert library.look_up("", "AH-1", SMALL) is None
    fill(tmp_path, {("", "AH-1"): {SMALL: b"small"}})
    assert b"small" == content_of(library.look_up("", "AH-1", SMALL))


def test_the_pictures_of_one_plan_come_from_one_generation_in_every_thread(tmp_path: Path) -> None:
    """While generations change, several threads look up plans; each plan is of one colour and every file is there."""
    ids = [f"P{number}" for number in range(20)]
    fill(tmp_path, {("", one): {SMALL: f"{one} 0".encode()} for one in ids})
    library, plan, is_over = Library(tmp_path), a_plan(*((one,) for one in ids)), threading.Event()
    mixed: list[set[bytes]] = []
    looked = [0, 0, 0]

    def look(thread: int) -> None:
        while not is_over.is_set():
            shown = [content_of(path) for path in library.pick(plan, SIZES).pictures.values()]
            colours = {content.split()[1] for content in shown}
            looked[thread] += 1
            if len(shown) != len(ids) or len(colours) != 1:
                mixed.append(colours)

    threads = [threading.Thread(target=look, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for colour in range(1, 8):
        fill(tmp_path, {("", one): {SMALL: f"{one} {colour}".encode()} for one in ids})
    is_over.set()
    for thread in threads:
        thread.join()
    assert [] == mixed
    assert all(looked)


# What can be wrong with it -------------------------------------------------------------------------------------------


def test_an_index_that_cant_be_read_is_an_empty_library_and_is_said_once(folder: Path, said: io.StringIO) -> None:
    (folder / "current").resolve().write_bytes(b"no index" * 1000)
    library, plan = Library(folder), a_plan(("AH-1",))
    for _ in range(3):
        assert Pick() == library.pick(plan, SIZES)
    assert ["library.broken"] == [line["event"] for line in events(said)]
    assert [Fault("the index can't be read: file is not a database")] == list(library.faults())
    with pytest.raises(LibraryUnusable, match="file is not a database"):
        Library(folder, strict=True).stats()


def test_an_index_that_breaks_while_it_is_open_is_an_empty_library(tmp_path: Path, said: io.StringIO) -> None:
    fill(tmp_path, {("", f"P{number}"): {SMALL: b"small"} for number in range(2000)})
    library = Library(tmp_path)
    assert library.look_up("", "P1", SMALL)
    os.truncate(tmp_path / "current", 4096)
    assert [None] == [library.look_up("", f"P{number}", SMALL) for number in range(1999, 0, -400)][:1]
    assert {"library.broken"} == {line["event"] for line in events(said)}


@pytest.mark.parametrize("wrong", ["dangling", "folder", "foreign"])
def test_a_current_that_leads_nowhere_is_an_empty_library(folder: Path, wrong: str, said: io.StringIO) -> None:
    (folder / "current").unlink()
    match wrong:
        case "dangling":
            (folder / "current").symlink_to("generations/000099.sqlite")
        case "folder":
            (folder / "current").mkdir()
        case "foreign":
            sqlite3.connect(folder / "foreign.sqlite").close()
            (folder / "current").symlink_to("foreign.sqlite")
    library = Library(folder)
    assert library.look_up("", "AH-1", SMALL) is None
    assert 0 == library.stats().pictures
    assert ["library.broken"] == [line["event"] for line in events(said)]


def test_a_new_generation_mends_a_broken_library(folder: Path, said: io.StringIO) -> None:
    fill(folder, {("", "AH-2"): {SMALL: b"second"}})
    library = Library(folder)
    (folder / "current").resolve().write_bytes(b"no index")
    assert 0 == library.stats().pictures
    fill(folder, {("", "AH-2"): {SMALL: b"third"}})
    assert b"small" == content_of(library.look_up("", "AH-1", SMALL)), "from the generation before"
    assert b"third" == content_of(library.look_up("", "AH-2", SMALL))


def test_the_index_is_never_written_by_those_who_look_up(folder: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        Index(folder / "current")._connection.execute("DELETE FROM pictures")
    before = sorted(path.name for path in (folder / "generations").iterdir())
    Library(folder).look_up("", "AH-1", SMALL)
    assert before == sorted(path.name for path in (folder / "generations").iterdir())


# Check and stats -----------------------------------------------------------------------------------------------------


def test_every_picture_that_is_gone_cut_or_altered_is_a_fault(folder: Path) -> None:
    library, progress = Library(folder), []
    for picture, content in (("tableware", None), ("AH-1", b"sma")):
        path = library.look_up("", picture, SMALL)
        assert path
        path.unlink() if content is None else path.write_bytes(content)
    altered = library.look_up("halm", "AH-1", SMALL)
    assert altered
    altered.write_bytes(b"halm's OWN")
    found = library.faults(lambda done, total, label: progress.append((done, total, label)))
    faults = sorted(found, key=lambda fault: fault.what)
    expected = [
        "AH-1 at 8x8 has 3 bytes instead of 5",
        "AH-1 of halm at 8x8 is damaged",
        "TABLEWARE at 8x8 is not there",
    ]
    assert [Fault(what, "by hand") for what in expected] == faults
    assert (4, 4, "checking") == progress[-1]


def test_a_fault_names_a_picture_that_shows_the_file_and_how_many_more_do(tmp_path: Path) -> None:
    fill(tmp_path, {("", "B"): {SMALL: b"same"}, ("halm", "A"): {LARGE: b"same"}})
    path = Library(tmp_path).look_up("", "B", SMALL)
    assert path
    path.unlink()
    assert [Fault("A of halm at 16x12 (and 1 more) is not there", "by hand")] == list(Library(tmp_path).faults())


def test_files_that_nobody_names_are_counted_and_no_fault(folder: Path) -> None:
    (folder / "pictures" / "ab" / f"{'ab' * 32}.jpg").write_bytes(b"left")
    assert [] == list(Library(folder).faults())
    assert 1 == orphans(folder)


def test_stats_count_files_once_however_many_pictures_show_them(tmp_path: Path) -> None:
    fill(tmp_path, {("", "A"): {SMALL: b"same"}, ("", "B"): {SMALL: b"same", LARGE: b"other"}})
    stats = Library(tmp_path).stats()
    assert (1, 2, 2, 9) == (stats.generation, stats.pictures, stats.prepared, stats.size_bytes)
    assert [("by hand", "", 2)] == [(one.place, one.shop, one.pictures) for one in stats.sources]


# The samples ---------------------------------------------------------------------------------------------------------


def test_every_picture_of_the_sample_orders_is_among_the_samples(root: Path) -> None:
    """Of the goods that are sold, of those recommended, and of each shop's story."""
    config = read_config(root / "config", {})
    house, feeds = compile_house(config), compile_feeds(config)
    offers = open_source(str(root / "image_cache" / "samples"), None, config.settings.images).offers()
    samples = {normal_id(one.picture) for one in offers if isinstance(one, Offered)}
    plans = [
        plan_note(read.shipment, house)
        for path in sorted((root / "docs" / "samples").iterdir())
        for read in read_drop(path.name, path.read_bytes(), feeds).shipments
    ]
    best = {normal_id(choice[0]) for plan in plans for _, choice in plan.pictures}
    assert 30 < len(best)
    assert {"AH-1209", "AH-1909"} == best - samples, "new articles show what stands in for them"
