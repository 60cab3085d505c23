"""Prepared pictures as files, and generations of the index: whole or not there, whatever strikes when."""

import errno
import hashlib
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from types import FrameType

import pytest

from service.errors import LibraryFull, LibraryInUse, LibraryUnusable, SpoolFull
from service.imagery.library import Library
from service.imagery.store import draft as draft_module
from service.imagery.store import files as store_module
from service.imagery.store.draft import Draft, Picture
from service.imagery.store.files import Store
from service.imagery.store.generations import Generations, locked
from service.imagery.store.index import Prepared
from service.imagery.store.reading import read_through
from tests.builders import NOON
from tests.imagery_doubles import LARGE, SMALL, fill, in_an_hour


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "pictures")
    store.make_folders()
    return store


def test_a_picture_is_named_by_its_content_and_lies_in_the_folder_of_its_first_byte(store: Store) -> None:
    digest = store.put(b"a picture")
    name = hashlib.sha256(b"a picture").hexdigest()
    assert (name, f"{name}.jpg", name[:2]) == (
        digest.hex(),
        store.path_of(digest).name,
        store.path_of(digest).parent.name,
    )
    assert {digest: 9} == store.sizes_bytes()
    assert "" == store.fault_of(digest, 9)


def test_what_lies_torn_under_a_pictures_name_is_replaced(store: Store) -> None:
    digest = store.put(b"a picture")
    store.path_of(digest).write_bytes(b"\0" * 9)
    assert store.has(digest, 9)
    assert "is damaged" == store.fault_of(digest, 9)
    store.put(b"a picture")
    assert "" == store.fault_of(digest, 9)


def test_what_nobody_names_goes_with_what_a_crash_left(store: Store) -> None:
    kept, gone = store.put(b"kept"), store.put(b"gone")
    (store.path_of(kept).parent / f".{kept.hex()}.jpg.12-34.tmp").write_bytes(b"half")
    (store.path_of(kept).parent / "zz.jpg").write_bytes(b"no name of ours")
    store.keep_only({kept})
    assert [kept] == list(store.digests())
    assert [store.path_of(kept).name] == os.listdir(store.path_of(kept).parent)
    assert not store.has(gone, 4)


def test_a_full_disk_says_what_to_do(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_given: object, **_named: object) -> None:
        raise SpoolFull("no space left in there") from OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(store_module, "write_aside", full)
    with pytest.raises(LibraryFull, match="no space left"):
        store.put(b"a picture")


def test_a_store_that_cant_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(LibraryUnusable, match="No such file"):
        Store(tmp_path / "nowhere").put(b"a picture")


def test_a_store_is_read_through_in_batches_and_tells_what_is_wrong_with_which(store: Store) -> None:
    digests = [store.put(b"%d" % number) for number in range(200)]
    store.remove(digests[7])
    found = list(read_through(store, enumerate(digests), key=lambda one: (one[1], len(b"%d" % one[0]))))
    assert [((7, digests[7]), "is not there")] == [fault for faults, _ in found for fault in faults]
    assert 200 == sum(count for _, count in found)


# The draft -----------------------------------------------------------------------------------------------------------


SOURCE = "a source"
UNFINISHED = "unfinished-5f8f61460a1d3a64.sqlite"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(tmp_path, {("", "A"): {SMALL: b"a", LARGE: b"A"}})
    return tmp_path


def a_picture(draft: Draft, picture: str) -> None:
    draft.put_source(draft.origin("by hand", ""), NOON)
    put_picture(draft, picture, "1", {"8x8": b"digest"})


def put_picture(draft: Draft, picture: str, stamp: str, digests: dict[str, bytes]) -> None:
    row = Picture(picture, f"{picture}.jpg", stamp, "maker", b"sha")
    prepared = [Prepared(size, digest, 1, 8, 8, 300) for size, digest in digests.items()]
    draft.put_picture(draft.origin("by hand", ""), row, prepared)


def test_a_draft_in_which_nothing_is_new_is_not_changed(folder: Path) -> None:
    generations = Generations(folder)
    draft = generations.open_draft(SOURCE)
    a_picture(draft, "B")
    generations.serve(draft, NOON)
    with closing(generations.open_draft(SOURCE)) as draft:
        origin = draft.origin("by hand", "")
        row = Picture("B", "B.jpg", "1", "maker", b"sha")
        draft.put_picture(origin, row, [Prepared("8x8", b"digest", 1, 8, 8, 300)])
        draft.drop_pictures(origin, ["C"])
        draft.drop_sizes(origin, "B", ["9x9"])
        draft.put_coarse(origin, 0)
        draft.keep()
        assert not draft.is_changed


def test_a_picture_is_written_whole_or_not_at_all_whenever_ctrl_c_is_pressed(folder: Path) -> None:
    """Before each of its lines in turn; then what was done is kept, as an interrupted sync does."""
    seen = []
    for line in range(40):
        with closing(Generations(folder).open_draft(SOURCE)) as draft:
            origin = draft.origin("by hand", "")
            put_picture(draft, "B", "1", {"8x8": b"old", "16x12": b"old too"})
            with suppress(KeyboardInterrupt), interrupted_before(line, draft_module.__file__):
                put_picture(draft, "B", "2", {"8x8": b"new"})
            draft.undo_half()
            draft.keep()
        with closing(Generations(folder).open_draft(SOURCE)) as draft:
            (stamp,) = (one.stamp for one in draft.pictures(origin) if one.picture == "B")
            seen.append((stamp, {digest for one, _, digest, _ in draft.prepared(origin) if one == "B"}))
            draft.drop_pictures(origin, ["B"])
            draft.keep()
    old, new = ("1", {b"old", b"old too"}), ("2", {b"new"})
    undone = seen.index(new)
    assert 0 < undone < 40
    assert [old] * undone + [new] * (40 - undone) == seen


@contextmanager
def interrupted_before(line: int, file: str) -> Iterator[None]:
    """A KeyboardInterrupt before this line of those that are carried out in a file."""
    lines = count()

    def trace(frame: FrameType, event: str, _given: object) -> object:
        if frame.f_code.co_filename != file:
            return None
        if event == "line" and next(lines) == line:
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def test_a_draft_that_was_kept_is_taken_up(folder: Path) -> None:
    with closing(Generations(folder).open_draft(SOURCE)) as draft:
        a_picture(draft, "B")
        draft.keep()
        a_picture(draft, "C")  # and not kept
    with closing(Generations(folder).open_draft(SOURCE)) as draft:
        assert ["A", "B"] == [picture.picture for picture in draft.pictures(draft.origin("by hand", ""))]
        assert draft.is_changed


def test_a_draft_that_nobody_kept_is_begun_anew(folder: Path) -> None:
    with closing(Generations(folder).open_draft(SOURCE)) as draft:
        a_picture(draft, "B")
    with closing(Generations(folder).open_draft(SOURCE)) as draft:
        assert ["A"] == [picture.picture for picture in draft.pictures(draft.origin("by hand", ""))]
        assert not draft.is_changed


@pytest.mark.parametrize("damage", ["cut", "overwritten", "empty", "foreign"])
def test_a_draft_that_is_not_whole_is_begun_anew(folder: Path, damage: str) -> None:
    unfinished = folder / "generations" / UNFINISHED
    with closing(Generations(folder).open_draft(SOURCE)) as draft:
        a_picture(draft, "B")
        draft.keep()
    match damage:
        case "cut":
            os.truncate(unfinished, unfinished.stat().st_size - 4096)
        case "overwritten":
            content = unfinished.read_bytes()
            unfinished.write_bytes(content[:8192] + os.urandom(4096) + content[12288:])
        case "empty":
            os.truncate(unfinished, 0)
        case "foreign":
            unfinished.unlink()
            with closing(sqlite3.connect(unfinished)) as other:
                other.execute("CREATE TABLE other (one)")
    with closing(Generations(folder).open_draft(SOURCE)) as draft:
        assert ["A"] == [picture.picture for picture in draft.pictures(draft.origin("by hand", ""))]


def test_a_journal_that_a_power_cut_brought_back_is_not_played_into_the_next_draft(folder: Path) -> None:
    journal = folder / "generations" / f"{UNFINISHED}-journal"
    with closing(Generations(folder).open_draft(SOURCE)) as draft:
        a_picture(draft, "B")
        left = journal.read_bytes()
    (folder / "generations" / UNFINISHED).unlink()
    journal.write_bytes(left)
    with closing(Generations(folder).open_draft(SOURCE)):
        assert not journal.exists()


# Generations ---------------------------------------------------------------------------------------------------------


def test_generations_that_follow_each_other_quickly_all_stay_for_a_while(tmp_path: Path) -> None:
    for content in (b"first", b"second", b"third"):
        fill(tmp_path, {("", "A"): {SMALL: content}})
    assert 3 == len(list((tmp_path / "generations").iterdir())) == len(set(Store(tmp_path / "pictures").digests()))


def test_the_previous_generation_and_its_pictures_stay_older_ones_go(tmp_path: Path) -> None:
    for content in (b"first", b"second", b"third"):
        fill(tmp_path, {("", "A"): {SMALL: content}}, in_an_hour)
    names = sorted(path.name for path in (tmp_path / "generations").iterdir())
    assert ["000002.sqlite", "000003.sqlite"] == names
    assert "generations/000003.sqlite" == os.readlink(tmp_path / "current")
    assert {hashlib.sha256(one).digest() for one in (b"second", b"third")} == set(
        Store(tmp_path / "pictures").digests()
    )


def test_a_generation_that_was_finished_and_not_served_is_served_first(folder: Path) -> None:
    generations = Generations(folder)
    draft = generations.open_draft(SOURCE)
    a_picture(draft, "B")
    generations.serve(draft, NOON)
    (folder / "current").unlink()
    (folder / "current").symlink_to("generations/000001.sqlite")  # as if the power went before it was served
    generations.drop(generations.open_draft("another source"))
    stats = Library(folder).stats()
    assert (2, 2) == (stats.generation, stats.pictures)


def test_where_the_link_is_lost_the_newest_generation_is_served(folder: Path) -> None:
    (folder / "current").unlink()
    generations = Generations(folder)
    generations.drop(generations.open_draft(SOURCE))
    assert 1 == Library(folder).stats().pictures


def test_a_draft_of_one_source_is_not_taken_up_for_another_and_is_void_once_something_new_is_served(
    folder: Path,
) -> None:
    generations = Generations(folder)
    with closing(generations.open_draft(SOURCE)) as draft:
        a_picture(draft, "B")
        draft.keep()
    draft = generations.open_draft("another source")
    assert 1 == draft.count_pictures()
    a_picture(draft, "C")
    generations.serve(draft, NOON)
    assert ["000001.sqlite", "000002.sqlite"] == sorted(path.name for path in (folder / "generations").iterdir())
    with closing(generations.open_draft(SOURCE)) as draft:
        assert ["A", "C"] == [picture.picture for picture in draft.pictures(draft.origin("by hand", ""))]


def test_one_sync_at_a_time_and_the_other_is_named(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(LibraryInUse, match=f"pid {os.getpid()}"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass
