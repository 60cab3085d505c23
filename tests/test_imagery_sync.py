"""A sync makes the library hold what its source offers, and does no more than it must."""

import os
import random
import shutil
import signal
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from service.config import Images
from service.errors import LibraryFull, LibraryInUse, OwnFault, PictureSourceUnusable
from service.imagery.offered import Refusal
from service.imagery.originals.source import open_source
from service.imagery.syncing.demand import Demand, demand_of_source
from service.imagery.syncing.sync import SyncSummary
from service.model import PictureSize
from tests.imagery_doubles import HERO, LARGE, SETTINGS, SMALL, Bench, HandSource, draw, in_an_hour, prepare_badly
from tests.originals import quarters, saved
from tests.tls_server import Answer, TlsServer

NOTHING = SyncSummary(
    offered=0,
    made=0,
    changed=0,
    unchanged=0,
    vanished=0,
    refused=(),
    coarse=0,
    prepared=0,
    pictures=0,
    size_bytes=0,
    generation=0,
    damaged=0,
    elapsed_s=0.0,
)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def counts(summary: SyncSummary) -> dict[str, int]:
    """What is not zero of what a sync did."""
    names = ("made", "changed", "unchanged", "vanished", "prepared")
    done = {name: getattr(summary, name) for name in names} | {"refused": len(summary.refused)}
    return {name: count for name, count in done.items() if count}


def codes(summary: SyncSummary) -> dict[str, str]:
    return {refusal.place: refusal.code for refusal in summary.refused}


def a_png(tmp_path: Path, shade: int) -> bytes:
    return draw(tmp_path / f"{shade}.png", shade).read_bytes()


# What is new, and what is not ----------------------------------------------------------------------------------------


def test_the_first_sync_makes_every_picture_at_every_size(bench: Bench) -> None:
    bench.draw(a=10, b=90, c=170)
    summary = bench.sync()
    expected = replace(
        NOTHING, offered=3, made=3, prepared=6, pictures=3, generation=1, coarse=0, size_bytes=summary.size_bytes
    )
    assert expected == summary
    assert bench.files() == {*bench.shown("a", "b", "c"), *bench.shown("a", "b", "c", size=LARGE)}
    assert 6 == len(bench.files())
    assert [] == list(bench.library.faults())


def test_a_second_sync_with_nothing_new_leaves_everything_as_it_is(bench: Bench) -> None:
    bench.draw(a=10, b=90)
    bench.sync()
    before = {
        path: path.stat().st_mtime_ns for path in bench.folder.rglob("*") if path.is_file() and path.name != "lock"
    }
    calls: list[tuple[int, int, str]] = []
    summary = bench.sync(progress=lambda *call: calls.append(call))
    assert {"unchanged": 2} == counts(summary)
    assert 1 == summary.generation
    assert [] == calls
    after = {
        path: path.stat().st_mtime_ns for path in bench.folder.rglob("*") if path.is_file() and path.name != "lock"
    }
    assert before == after


def test_an_empty_source_makes_no_generation(bench: Bench) -> None:
    assert NOTHING == bench.sync()
    assert 0 == bench.library.stats().pictures


def test_the_same_content_under_another_name_is_not_prepared_again(bench: Bench) -> None:
    bench.draw(a=10)
    bench.sync()
    shown = bench.shown("a")
    (bench.originals / "a.png").rename(bench.originals / "renamed.png")
    assert {"made": 1, "vanished": 1} == counts(bench.sync())
    assert ["", *shown] == bench.shown("a", "renamed")


def test_a_touched_file_is_read_once_and_not_prepared_again(bench: Bench) -> None:
    bench.draw(a=10)
    bench.sync()
    os.utime(bench.originals / "a.png", (1, 1))
    assert {"unchanged": 1} == counts(bench.sync())
    calls: list[object] = []
    assert 2 == bench.sync(progress=lambda *call: calls.append(call)).generation
    assert [] == calls


def test_changed_content_is_prepared_anew_and_the_old_files_go_a_generation_later(bench: Bench) -> None:
    bench.draw(a=10, b=90)
    bench.sync()
    old = bench.shown("a")
    bench.draw(a=200)
    assert {"changed": 1, "unchanged": 1, "prepared": 2} == counts(bench.sync())
    assert old != bench.shown("a")
    assert old[0] in bench.files(), "who began a note before may still read it"
    bench.draw(b=30)
    bench.sync()
    assert old[0] not in bench.files()


def test_a_vanished_picture_leaves_the_library(bench: Bench) -> None:
    bench.draw(a=10, b=90)
    bench.sync()
    (bench.originals / "b.png").unlink()
    summary = bench.sync()
    assert {"unchanged": 1, "vanished": 1} == counts(summary)
    assert 1 == summary.pictures
    assert [""] == bench.shown("b")


@pytest.mark.parametrize(("changed_s_ago", "is_read_again"), [(1, True), (-600, True), (3, False), (-1e8, False)])
def test_a_file_that_changed_just_now_is_looked_into_again_next_time(
    tmp_path: Path, changed_s_ago: float, is_read_again: bool
) -> None:
    """Its stamp could stay the same: the clock of a file system may be as coarse as two seconds."""
    bench, now = Bench(tmp_path), in_an_hour()
    source = HandSource({"a.png": a_png(tmp_path, 10)}, {"a.png": "stamp"}, files=tmp_path)
    source.changed_at = now.timestamp() - changed_s_ago
    for _ in range(2):
        bench.sync(source, now=lambda: now)
    assert 1 + is_read_again == len(source.brought)


def test_another_quality_makes_everything_anew(bench: Bench) -> None:
    bench.draw(a=10)
    bench.sync()
    settings = Images(workers=1, quality=60)
    assert {"changed": 1, "prepared": 2} == counts(bench.sync(settings=settings))
    assert {"unchanged": 1} == counts(bench.sync(settings=settings))


# Sizes ---------------------------------------------------------------------------------------------------------------


def test_a_new_size_is_made_and_the_others_are_not_made_again(bench: Bench) -> None:
    bench.draw(a=10, b=90)
    bench.sync()
    new = PictureSize(12, 12, is_trimmed=True)
    bench.demand = Demand({"": (SMALL, LARGE, new)}, {})
    assert {"changed": 2, "prepared": 2} == counts(bench.sync())
    assert bench.library.has("", "a", new.name)


def test_a_size_that_nobody_asks_for_any_more_goes(bench: Bench) -> None:
    bench.draw(a=10)
    bench.sync()
    bench.demand = Demand({"": (SMALL,)}, {})
    assert {"unchanged": 1} == counts(bench.sync())
    assert not bench.library.has("", "a", LARGE.name)
    assert bench.library.has("", "a", SMALL.name)


def test_a_named_picture_gets_its_size_and_keeps_it_while_anybody_asks_for_such(bench: Bench) -> None:
    bench.draw(a=10, b=90)
    bench.demand = Demand({"": (SMALL,)}, {("amber-home", " A "): (HERO,)})
    assert 3 == bench.sync().prepared
    bench.demand = Demand({"": (SMALL,)}, {("", "b"): (HERO,)})
    assert 1 == bench.sync().prepared
    assert [True, True] == [bench.library.has("", one, HERO.name) for one in "ab"]
    bench.draw(a=200)
    assert 2 == bench.sync().prepared, "what it holds of a picture is made anew with it"
    bench.demand = Demand({"": (SMALL,)}, {})
    bench.sync()
    assert [False, False] == [bench.library.has("", one, HERO.name) for one in "ab"]


def test_what_a_shop_names_is_asked_of_its_own_sources_and_of_common_ones() -> None:
    demand = Demand(
        {"": (SMALL, LARGE), "halm": (SMALL,)}, {("halm", "a"): (HERO,), ("", "b"): (HERO,), ("amber", "c"): (HERO,)}
    )
    hero = HERO.name
    common, halm = demand_of_source(demand, ""), demand_of_source(demand, "halm")
    assert ["8x8", "16x12", hero] == list(common.of("A", ()))
    assert [[hero], [hero], []] == [list(halm.of(one, ()))[1:] for one in "ABC"]
    assert ["8x8", "16x12"] == list(halm.of("C", ("16x12", "99x99")))


def test_coarse_are_pictures_with_less_than_150_dpi_at_a_size_of_every_note(bench: Bench) -> None:
    bench.draw(a=10)
    bench.demand = Demand({"": (SMALL, PictureSize(400, 400))}, {})
    assert 1 == bench.sync().coarse
    assert 1 == bench.library.stats().coarse
    bench.demand = Demand({"": (SMALL,)}, {("", "a"): (PictureSize(400, 400),)})
    assert 0 == bench.sync().coarse


# Refused -------------------------------------------------------------------------------------------------------------


def test_what_is_no_picture_is_refused_with_its_reason_and_not_tried_again(bench: Bench, tmp_path: Path) -> None:
    source = HandSource({"a.png": a_png(tmp_path, 10), "b.png": b"no picture"}, {"b.png": "1"}, files=tmp_path)
    summary = bench.sync(source)
    assert {"made": 1, "prepared": 2, "refused": 1} == counts(summary)
    assert summary.refused == bench.library.refused()
    assert ("b", "b.png") == (summary.refused[0].picture, summary.refused[0].place)
    again = bench.sync(source)
    assert summary.refused == again.refused
    assert 1 == [place for place, _ in source.brought].count("b.png")
    assert 1 == again.generation


def test_it_is_tried_again_when_it_changes_or_the_limits_do(bench: Bench, tmp_path: Path) -> None:
    source = HandSource({"b.png": b"no picture"}, {"b.png": "1"}, files=tmp_path)
    bench.sync(source)
    bench.sync(source, settings=Images(workers=1, max_megapixels=200))
    assert 2 == len(source.brought)
    source.contents["b.png"], source.stamps["b.png"] = a_png(tmp_path, 10), "2"
    assert {"made": 1, "prepared": 2} == counts(bench.sync(source))
    assert () == bench.library.refused()


def test_a_picture_that_is_refused_now_stays_as_it_was(bench: Bench) -> None:
    bench.draw(a=10, b=90)
    bench.sync()
    shown = bench.shown("a", "b")
    (bench.originals / "a.png").write_bytes(b"broken by an upload")
    (bench.originals / "b.png").unlink()
    (bench.originals / "b.png").symlink_to("a.png")
    summary = bench.sync()
    assert {"refused": 2} == counts(summary)
    assert shown == bench.shown("a", "b")
    bench.draw(a=200)
    assert {"changed": 1, "prepared": 2, "refused": 1} == counts(bench.sync())


def test_what_lies_below_a_folder_that_cant_be_read_stays_as_it_was(bench: Bench, tmp_path: Path) -> None:
    source = HandSource({"sub/a.png": a_png(tmp_path, 10), "subs/b.png": a_png(tmp_path, 90)}, files=tmp_path)
    bench.sync(source)
    source.contents.clear()
    source.refusals = (Refusal("", "sub", "unreadable", "the folder can't be read"),)
    summary = bench.sync(source, allow_vanished=True)
    assert {"vanished": 1, "refused": 1} == counts(summary)
    assert ["a"] == [one for one in "ab" if bench.shown(one) != [""]]


def test_an_original_costs_its_worker_and_nothing_else(bench: Bench, tmp_path: Path) -> None:
    sick = {"hangs.png": b"hangs", "eats.png": b"eats memory", "kills.png": b"kills its worker", "trips.png": b"trips"}
    well = {f"well{number}.png": a_png(tmp_path, 40 * number) for number in range(4)}
    source = HandSource(sick | well, dict.fromkeys([*sick, *well], "1"), files=tmp_path)
    settings = Images(workers=1, deadline_s=1.0, memory_mb=512)
    summary = bench.sync(source, settings=settings, prepare=prepare_badly)
    expected = {
        "eats.png": "too-much-memory",
        "hangs.png": "too-slow",
        "kills.png": "broken",
        "trips.png": "not-prepared",
    }
    assert expected == codes(summary)
    assert 4 == summary.made
    assert "quotes" not in str(summary.refused)
    source.brought.clear()
    settings = settings.model_copy(update={"deadline_s": 10.0, "memory_mb": 1024})
    again = bench.sync(source, settings=settings)
    assert ["eats.png", "hangs.png", "trips.png"] == [place for place, _ in source.brought], (
        "their causes may have passed"
    )
    assert 4 == len(again.refused)


def test_a_row_that_is_spoilt_leaves_its_picture_as_it_was(bench: Bench) -> None:
    bench.draw(a=10, b=90)
    manifest = bench.root / "list.csv"
    manifest.write_text("sku,path\nA,a.png\nB,b.png\n")
    bench.sync(open_source(str(bench.originals), manifest, SETTINGS))
    shown = bench.shown("A", "B")
    manifest.write_text("sku,path\nA,a.png,oops\nB,b.png\n")
    summary = bench.sync(open_source(str(bench.originals), manifest, SETTINGS))
    assert {"unchanged": 1, "refused": 1} == counts(summary)
    assert shown == bench.shown("A", "B")


# Pictures that many articles share -----------------------------------------------------------------------------------


def test_a_picture_that_many_articles_share_is_brought_and_prepared_once(bench: Bench, tmp_path: Path) -> None:
    skus = tuple(f"p{number}" for number in range(20))
    contents = {"all.png": a_png(tmp_path, 10), "few.png": a_png(tmp_path, 90)}
    names = {"all.png": skus, "few.png": ("q1", "q2")}
    source = HandSource(contents, downloads=frozenset(["few.png"]), files=tmp_path, names=names)
    assert {"made": 22, "prepared": 4} == counts(bench.sync(source))
    assert ["all.png", "few.png"] == sorted(place for place, _ in source.brought)
    assert bench.shown("p0") * 20 == bench.shown(*skus)
    source.brought.clear()
    assert {"unchanged": 22} == counts(bench.sync(source))
    assert ("few.png", f"etag {len(contents['few.png'])}") in source.brought
    assert 2 == len(source.brought)


def test_an_article_that_joins_others_at_their_picture_changes_nothing_for_them(bench: Bench, tmp_path: Path) -> None:
    source = HandSource(
        {"a.png": a_png(tmp_path, 10)}, downloads=frozenset(["a.png"]), files=tmp_path, names={"a.png": ("p1", "p2")}
    )
    bench.sync(source)
    bench.demand = Demand({"": (SMALL, LARGE)}, {("", "p3"): (HERO,)})
    source.names["a.png"] = ("p1", "p2", "p3")
    source.brought.clear()
    assert {"made": 1, "unchanged": 2, "prepared": 1} == counts(bench.sync(source))
    assert [("a.png", "")] == source.brought
    assert [False, True] == [bench.library.has("", one, HERO.name) for one in ("p1", "p3")]


def test_a_shared_picture_that_is_refused_is_refused_for_each_article(bench: Bench, tmp_path: Path) -> None:
    source = HandSource({"a.png": b"no picture"}, {"a.png": "1"}, files=tmp_path, names={"a.png": ("p1", "p2")})
    for _ in range(2):
        assert ["p1", "p2"] == sorted(one.picture for one in bench.sync(source).refused)
    assert 1 == len(source.brought)


# Sources and shops ---------------------------------------------------------------------------------------------------


def test_an_id_that_another_source_holds_for_the_same_shop_is_refused(bench: Bench, tmp_path: Path) -> None:
    bench.draw(a=10)
    bench.sync()
    other = HandSource({"A.png": a_png(tmp_path, 200), "b.png": a_png(tmp_path, 90)}, files=tmp_path)
    summary = bench.sync(other)
    assert {"A.png": "taken"} == codes(summary)
    assert {"made": 1, "prepared": 2, "refused": 1} == counts(summary)
    assert {"unchanged": 1} == counts(bench.sync()), "and the other source's pictures are its own"
    assert 2 == bench.library.stats().pictures


def test_a_shops_own_picture_stands_beside_the_common_one(bench: Bench, tmp_path: Path) -> None:
    bench.draw(a=10)
    bench.sync()
    own = HandSource({"a.png": a_png(tmp_path, 200)}, files=tmp_path)
    assert {"made": 1, "prepared": 2} == counts(bench.sync(own, shop="halm"))
    assert bench.shown("a") == bench.shown("a", shop="amber-home") != bench.shown("a", shop="halm")
    stats = bench.library.stats()
    assert [(str(bench.originals), "", 1), ("by hand", "halm", 1)] == [
        (one.place, one.shop, one.pictures) for one in stats.sources
    ]


def test_the_librarys_own_pictures_are_never_taken_for_originals(tmp_path: Path) -> None:
    bench = Bench(tmp_path, folder=tmp_path / "originals" / "library")
    bench.draw(a=10)
    draw(bench.folder / "samples" / "b.png", 90)
    for _ in range(2):
        assert 2 == bench.sync().pictures
    assert {"taken"} == set(codes(bench.sync(open_source(str(bench.folder), None, SETTINGS))).values())
    shard = next(path for path in (bench.folder / "pictures").rglob("*.jpg")).parent
    for folder in (bench.folder / "pictures", shard):
        with pytest.raises(PictureSourceUnusable, match="prepared pictures"):
            open_source(str(folder), None, SETTINGS)


def test_a_source_that_suddenly_offers_nothing_is_not_believed(bench: Bench) -> None:
    bench.draw(a=10)
    bench.sync()
    shown = bench.shown("a")
    (bench.originals / "a.png").unlink()
    with pytest.raises(PictureSourceUnusable, match="offers 0 pictures, and the library holds 1") as caught:
        bench.sync()
    assert (str(bench.originals), True) == (caught.value.where, "--allow-vanished" in caught.value.hint)
    assert shown == bench.shown("a")
    assert {"vanished": 1} == counts(bench.sync(allow_vanished=True))
    assert 0 == bench.library.stats().pictures


@pytest.mark.parametrize(("had", "has", "is_believed"), [(100, 50, True), (100, 49, False), (99, 1, True)])
def test_a_large_source_that_loses_more_than_half_is_not_believed(
    bench: Bench, tmp_path: Path, had: int, has: int, is_believed: bool
) -> None:
    content = a_png(tmp_path, 10)
    source = HandSource({f"{number}.png": content for number in range(had)}, files=tmp_path)
    bench.demand = Demand({"": (SMALL,)}, {})
    bench.sync(source)
    source.contents = dict(list(source.contents.items())[:has])
    if is_believed:
        assert had - has == bench.sync(source).vanished
    else:
        with pytest.raises(PictureSourceUnusable):
            bench.sync(source)
        assert had == bench.library.stats().pictures


# Downloads -----------------------------------------------------------------------------------------------------------


def test_downloads_come_after_files_and_are_removed_after_use(bench: Bench, tmp_path: Path) -> None:
    contents = {f"{number}.png": a_png(tmp_path, 20 * number) for number in range(6)}
    source = HandSource(contents, downloads=frozenset(["0.png", "1.png", "2.png"]), files=tmp_path)
    assert {"made": 6, "prepared": 12} == counts(bench.sync(source))
    places = [place for place, _ in source.brought]
    assert (["3.png", "4.png", "5.png"], {"0.png", "1.png", "2.png"}) == (places[:3], set(places[3:]))
    assert not (bench.folder / "fetched").exists()


def test_what_the_server_says_is_as_it_was_is_unchanged(bench: Bench, tmp_path: Path) -> None:
    contents = {"a.png": a_png(tmp_path, 10), "b.png": b"no picture"}
    source = HandSource(contents, downloads=frozenset(contents), files=tmp_path)
    first = bench.sync(source)
    source.brought.clear()
    again = bench.sync(source)
    assert {"a.png": f"etag {len(contents['a.png'])}", "b.png": "etag 10"} == dict(source.brought)
    assert {"unchanged": 1, "refused": 1} == counts(again)
    assert (first.refused, 1) == (again.refused, again.generation)


def test_what_a_version_says_is_as_it_was_is_not_fetched_though_its_address_is_signed_anew(
    bench: Bench, tls_server: TlsServer
) -> None:
    settings = SETTINGS.model_copy(update={"requests_per_s": 1000})
    tls_server.answers["/1.jpg?sig=1"] = [Answer(body=saved(quarters(), "JPEG"))]
    done = []
    for signature in (1, 2):
        tls_server.answers["/list.csv"] = [Answer(body=b"sku,url,version\n1,1.jpg?sig=%d,7\n" % signature)]
        source = open_source(tls_server.url("/list.csv"), None, settings, tls_server.outside())
        done.append(counts(bench.sync(source, settings=settings)))
    assert [{"made": 1, "prepared": 2}, {"unchanged": 1}] == done


def test_a_slow_server_does_not_hold_up_the_end_of_the_program(bench: Bench, tmp_path: Path) -> None:
    source = HandSource({"a.png": a_png(tmp_path, 10), "b.png": b""}, files=tmp_path)
    source.downloads, source.hanging = frozenset(source.contents), frozenset(["b.png"])
    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)  # as it is where tests run in the background
    try:
        with pytest.raises(KeyboardInterrupt):
            bench.sync(source)
    finally:
        signal.signal(signal.SIGINT, ignored)
    assert {True} == {thread.daemon for thread in threading.enumerate() if thread.name == "download"}
    source.hung.set()


def test_a_new_size_asks_the_server_for_the_whole_picture(bench: Bench, tmp_path: Path) -> None:
    source = HandSource({"a.png": a_png(tmp_path, 10)}, downloads=frozenset(["a.png"]), files=tmp_path)
    bench.sync(source)
    bench.demand = Demand({"": (SMALL, LARGE, HERO)}, {})
    assert {"changed": 1, "prepared": 1} == counts(bench.sync(source))
    assert [("a.png", ""), ("a.png", "")] == source.brought


def test_what_could_not_be_fetched_stays_as_it_was_and_is_tried_again(bench: Bench, tmp_path: Path) -> None:
    source = HandSource({"a.png": a_png(tmp_path, 10)}, downloads=frozenset(["a.png"]), files=tmp_path)
    bench.sync(source)
    shown = bench.shown("a")
    source.missing = frozenset(["a.png"])
    assert {"a.png": "not-fetched"} == codes(bench.sync(source))
    assert shown == bench.shown("a")
    source.missing = frozenset()
    assert {"unchanged": 1} == counts(bench.sync(source))
    assert () == bench.library.refused()


# Damage --------------------------------------------------------------------------------------------------------------


def test_a_prepared_file_that_is_gone_or_cut_is_made_again(bench: Bench) -> None:
    bench.draw(a=10, b=90, c=170)
    bench.sync()
    gone, cut, _ = (next(bench.folder.rglob(name)) for name in bench.shown("a", "b", "c"))
    gone.unlink()
    os.truncate(cut, 10)
    assert {"changed": 2, "unchanged": 1, "prepared": 2} == counts(bench.sync())
    assert [] == list(bench.library.faults())


def test_a_named_size_that_is_gone_is_made_again_though_nobody_names_the_picture_any_more(bench: Bench) -> None:
    bench.draw(a=10, b=90)
    bench.demand = Demand({"": (SMALL,)}, {("", "a"): (HERO,), ("", "b"): (HERO,)})
    bench.sync()
    bench.demand = Demand({"": (SMALL,)}, {("", "b"): (HERO,)})
    next(bench.folder.rglob(bench.shown("a", size=HERO)[0])).unlink()
    assert {"changed": 1, "unchanged": 1, "prepared": 1} == counts(bench.sync())
    assert [] == list(bench.library.faults())
    assert bench.library.has("", "a", HERO.name)


def test_a_sync_that_verifies_makes_damaged_files_anew(bench: Bench) -> None:
    bench.draw(a=10, b=90)
    bench.sync()
    damaged = next(bench.folder.rglob(bench.shown("a")[0]))
    content = damaged.read_bytes()
    damaged.write_bytes(content[:-9] + b"scratched")
    assert {"unchanged": 2} == counts(bench.sync())
    progress: list[tuple[int, int, str]] = []
    summary = bench.sync(verify=True, progress=lambda *call: progress.append(call))
    assert {"changed": 1, "unchanged": 1, "prepared": 1} == counts(summary)
    assert [(4, 4, "verifying"), (1, 1, "preparing")] == progress
    assert (content, []) == (damaged.read_bytes(), list(bench.library.faults()))


def test_what_is_damaged_and_cant_be_made_again_is_not_shown(bench: Bench) -> None:
    bench.draw(a=10)
    bench.sync()
    next(bench.folder.rglob(bench.shown("a")[0])).unlink()
    (bench.originals / "a.png").write_bytes(b"broken by an upload")
    assert {"refused": 1} == counts(bench.sync())
    assert not bench.library.has("", "a", SMALL.name)
    assert [] == list(bench.library.faults())


def test_a_broken_index_is_replaced_by_one_from_the_generation_before_and_that_is_said(bench: Bench) -> None:
    bench.draw(a=10)
    bench.sync()
    bench.draw(b=90)
    bench.sync()
    (bench.folder / "current").resolve().write_bytes(b"no index")
    summary = bench.sync()
    assert ({"made": 1, "unchanged": 1, "prepared": 2}, 2) == (counts(summary), summary.damaged)
    assert [] == list(bench.library.faults())
    assert 2 == bench.library.stats().pictures
    assert 0 == bench.sync().damaged


@pytest.mark.parametrize("where", [0, 4096, 12288])
def test_a_broken_index_is_replaced_though_the_source_has_nothing_new(bench: Bench, tmp_path: Path, where: int) -> None:
    bench.draw(a=10)
    bench.sync()
    bench.sync(HandSource({"c.png": a_png(tmp_path, 170)}, files=tmp_path))
    index = (bench.folder / "current").resolve()
    content = index.read_bytes()
    index.write_bytes(content[:where] + os.urandom(4096) + content[where + 4096 :])
    summary = bench.sync()
    assert (2, 3, 1) == (summary.damaged, summary.generation, summary.pictures)
    assert [] == list(bench.library.faults())
    assert "" not in bench.shown("a")


def test_an_index_that_is_damaged_within_condemns_no_original(bench: Bench) -> None:
    bench.draw(**{f"p{number}": 5 * number for number in range(40)})
    bench.sync()
    index = (bench.folder / "current").resolve()
    content = index.read_bytes()
    pages = (content[at : at + 4096] for at in range(4096, len(content), 4096))
    index.write_bytes(content[:4096] + b"".join(b"overwrites" + page[10:] for page in pages))
    summary = bench.sync()
    assert (40, (), 1) == (summary.made, summary.refused, summary.damaged)
    assert "" not in bench.shown(*(f"p{number}" for number in range(40)))


def test_whoever_prints_may_read_what_a_sync_makes_whatever_the_umask(bench: Bench) -> None:
    bench.draw(a=10)
    before = os.umask(0o077)
    try:
        bench.sync()
    finally:
        os.umask(before)
    made = [path for path in (bench.folder, *bench.folder.rglob("*")) if path.name not in ("lock", "CACHEDIR.TAG")]
    assert [] == [path for path in made if path.stat().st_mode & 0o044 != 0o044]
    assert [] == [path for path in made if path.is_dir() and path.stat().st_mode & 0o011 != 0o011]


# Interrupted ---------------------------------------------------------------------------------------------------------


def interrupt_after(count: int) -> object:
    def progress(done: int, _total: int, _label: str) -> None:
        if done == count:
            raise KeyboardInterrupt

    return progress


def test_an_interrupted_sync_leaves_the_library_as_it_was_and_the_next_goes_on(bench: Bench) -> None:
    bench.draw(a=10)
    bench.sync()
    bench.draw(a=200, b=90, c=170, d=30)
    shown = bench.shown("a", "b", "c", "d")
    with pytest.raises(KeyboardInterrupt):
        bench.sync(progress=interrupt_after(3))
    assert shown == bench.shown("a", "b", "c", "d")
    summary = bench.sync()
    assert (3, 2) == (summary.unchanged, summary.prepared)
    assert "" not in bench.shown("a", "b", "c", "d")
    assert (2, []) == (summary.generation, list(bench.library.faults()))


def test_what_a_kill_left_unswept_is_swept_though_nothing_is_new(bench: Bench) -> None:
    for shade in (10, 90, 170):
        bench.draw(a=shade)
        bench.sync()
    files = bench.files()
    shutil.copy(bench.folder / "generations" / "000002.sqlite", bench.folder / "generations" / "000001.sqlite")
    (bench.folder / "pictures" / "ab" / f"{'ab' * 32}.jpg").write_bytes(b"of the first generation")
    assert {"unchanged": 1} == counts(bench.sync())
    assert ["000002.sqlite", "000003.sqlite"] == sorted(path.name for path in (bench.folder / "generations").iterdir())
    assert files == bench.files()


def test_half_of_a_source_is_never_served_by_the_sync_of_another(bench: Bench, tmp_path: Path) -> None:
    bench.draw(a=10, b=90)
    with pytest.raises(KeyboardInterrupt):
        bench.sync(progress=interrupt_after(1))
    bench.sync(HandSource({"c.png": a_png(tmp_path, 170)}, files=tmp_path))
    assert [("by hand", 1)] == [(one.place, one.pictures) for one in bench.library.stats().sources]
    assert {"made": 2, "prepared": 4} == counts(bench.sync())
    assert (3, []) == (bench.library.stats().pictures, list(bench.library.faults()))
    assert 2 == len(list((bench.folder / "generations").iterdir()))


def test_a_sync_goes_on_from_its_own_half_after_others_that_brought_nothing_new(bench: Bench, tmp_path: Path) -> None:
    other = HandSource({"c.png": a_png(tmp_path, 170)}, files=tmp_path)
    bench.sync(other)
    bench.draw(a=10, b=90)
    with pytest.raises(KeyboardInterrupt):
        bench.sync(progress=interrupt_after(1))
    bench.sync(other)
    assert {"made": 1, "unchanged": 1, "prepared": 2} == counts(bench.sync())


def test_a_full_disk_ends_the_sync_and_leaves_the_library_as_it_was(bench: Bench, tmp_path: Path) -> None:
    source = HandSource({"a.png": a_png(tmp_path, 10), "b.png": b"fills the disk"}, files=tmp_path)
    with pytest.raises(LibraryFull):
        bench.sync(source, prepare=prepare_badly)
    assert 0 == bench.library.stats().pictures
    source.contents["b.png"] = a_png(tmp_path, 90)
    assert 2 == bench.sync(source).pictures


def test_a_second_sync_at_the_same_time_is_refused(bench: Bench) -> None:
    bench.draw(a=10)
    tried: list[str] = []

    def progress(*_call: object) -> None:
        with pytest.raises(LibraryInUse, match=f"pid {os.getpid()}") as caught:
            bench.sync()
        tried.append(caught.value.code)

    assert {"made": 1, "prepared": 2} == counts(bench.sync(progress=progress))
    assert ["library-in-use"] == tried


def test_workers_that_cant_even_begin_are_said_to_be_broken(bench: Bench) -> None:
    bench.draw(a=10)
    with pytest.raises(OwnFault, match="broke down"):
        bench.sync(settings=SETTINGS.model_copy(update={"memory_mb": 1}))


# Whatever happens ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_any_changes_the_library_is_as_if_it_were_new(bench: Bench, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(4):
        for _ in range(chance.randrange(1, 6)):
            _change(bench.originals, chance)
        bench.demand = Demand({"": tuple(chance.sample([SMALL, LARGE, PictureSize(10, 10)], 2))}, {})
        bench.sync(allow_vanished=True)
        assert [] == list(bench.library.faults())
    fresh = Bench(tmp_path / "fresh", bench.demand)
    fresh.originals.parent.mkdir(exist_ok=True)
    bench.originals.rename(fresh.originals)
    fresh.sync()
    ids = [f"p{number}" for number in range(5)]
    sizes = bench.demand.every[""]
    assert [fresh.shown(*ids, size=size) for size in sizes] == [bench.shown(*ids, size=size) for size in sizes]


def _change(folder: Path, chance: random.Random) -> None:
    """Draw, remove, rename or touch one original."""
    path = folder / f"p{chance.randrange(5)}.png"
    match chance.randrange(4):
        case 1 if path.exists():
            path.unlink()
        case 2 if path.exists():
            path.rename(folder / f"p{chance.randrange(5)}.png")
        case 3 if path.exists():
            os.utime(path, (chance.randrange(10**9),) * 2)
        case _:
            draw(path, chance.randrange(256))
