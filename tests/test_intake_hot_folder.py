"""How drops arrive, and when they are taken: real files of every kind, clocks moved by hand."""

import errno
import hashlib
import os
import socket
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from service.errors import SpoolBroken, SpoolFull
from service.intake import hot_folder
from service.intake.hot_folder import HotFolder
from tests.builders import NOON
from tests.intake_doubles import Bench, grows_by_lines

SETTLE_S = 2.0
INCOMPLETE_AFTER_S = 600.0


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "spool")


# Settling ------------------------------------------------------------------------------------------------------------


def test_json_written_in_place_is_taken_as_soon_as_it_reads(bench: Bench) -> None:
    bench.drop("order.json", b"end")
    assert [("order.json", "")] == bench.claimed()
    assert [] == os.listdir(bench.spool.incoming)


@pytest.mark.parametrize("name", ["orders.jsonl", "orders.csv", "ORDERS.CSV"])
def test_file_of_lines_rests_before_it_is_taken(bench: Bench, name: str) -> None:
    bench.drop(name, b"end")
    assert [] == bench.claimed()
    assert 1 == bench.folder.waiting
    bench.clock.rest(SETTLE_S - 0.1)
    assert [] == bench.claimed()
    bench.clock.rest(0.1)
    assert [(name, "")] == bench.claimed()
    assert 0 == bench.folder.waiting


def test_file_of_lines_that_may_grow_rests_longer_and_is_then_taken_as_it_stands(bench: Bench) -> None:
    bench.drop("orders.csv", b"more")
    assert [] == bench.claimed()
    bench.clock.rest(SETTLE_S)
    assert [] == bench.claimed()
    bench.clock.rest(INCOMPLETE_AFTER_S - SETTLE_S - 0.1)
    assert [] == bench.claimed()
    bench.clock.rest(0.1)
    assert [("orders.csv", "")] == bench.claimed()


@pytest.mark.parametrize("name", ["order.json", "orders.csv"])
def test_file_that_is_not_whole_is_refused_as_incomplete_in_the_end(bench: Bench, name: str) -> None:
    bench.drop(name, b"half")
    assert [] == bench.claimed()
    bench.clock.rest(INCOMPLETE_AFTER_S)
    assert [(name, "incomplete")] == bench.claimed()


def test_slow_writer_is_waited_for(bench: Bench) -> None:
    path = bench.drop("order.json", b"half")
    for _ in range(30):
        assert [] == bench.claimed()
        bench.clock.rest(INCOMPLETE_AFTER_S - 1)
        bench.written(path).write_bytes(path.read_bytes() + b" half")
    bench.drop("order.json", b"half and end")
    assert [("order.json", "")] == bench.claimed()


def test_file_that_grows_slowly_is_said_once(bench: Bench) -> None:
    with capture_logs() as logs:
        for size in range(1, 5):
            bench.drop("order.json", b"half" * size)
            assert [] == bench.claimed()
    assert [
        {"event": "drop.waiting", "code": "incomplete", "size_bytes": 4, "log_level": "info"},
    ] == logs


def test_preallocated_file_is_taken_only_with_its_content(bench: Bench) -> None:
    path = bench.drop("order.json", b"\0" * 100)
    assert [] == bench.claimed()
    bench.clock.rest(1)
    path.write_bytes(b"end".ljust(100, b"\0"))
    bench.written(path)
    assert [("order.json", "")] == bench.claimed()


def test_wrong_file_is_refused_once_it_has_rested(bench: Bench) -> None:
    bench.drop("order.json", b"bad")
    assert [] == bench.claimed()
    bench.clock.rest(SETTLE_S)
    assert [("order.json", "invalid-json")] == bench.claimed()


def test_drop_by_rename_is_taken_at_once_whatever_it_holds(bench: Bench) -> None:
    bench.drop_by_rename("a.csv", b"end")
    bench.drop_by_rename("b.csv", b"more")
    bench.drop_by_rename("c.csv", b"half")
    bench.drop_by_rename("d.json", b"bad")
    expected = [("a.csv", ""), ("b.csv", ""), ("c.csv", "incomplete"), ("d.json", "invalid-json")]
    assert expected == sorted(bench.claimed())


def test_rename_says_nothing_of_what_is_written_afterwards(bench: Bench) -> None:
    path = bench.drop_by_rename("a.csv", b"end")
    path.write_bytes(b"end and end")
    bench.written(path)
    assert [] == bench.claimed()


def test_rename_says_nothing_of_the_next_drop_of_that_name(bench: Bench) -> None:
    bench.drop_by_rename("a.csv", b"end")
    assert [("a.csv", "")] == bench.claimed()
    bench.drop("a.csv", b"end")
    assert [] == bench.claimed()


def test_what_was_written_long_before_the_service_came_has_rested(bench: Bench) -> None:
    bench.drop("a.csv", b"end", age_s=SETTLE_S)
    bench.drop("b.json", b"half", age_s=INCOMPLETE_AFTER_S)
    assert [("a.csv", ""), ("b.json", "incomplete")] == sorted(bench.claimed())


def test_wall_clock_that_jumps_settles_nothing(bench: Bench) -> None:
    bench.drop("a.csv", b"end")
    assert [] == bench.claimed()
    bench.clock.wall += timedelta(hours=3)
    assert [] == bench.claimed()
    bench.clock.wall -= timedelta(hours=6)
    assert [] == bench.claimed()
    bench.clock.monotonic_s += SETTLE_S
    assert [("a.csv", "")] == bench.claimed()


def test_mtime_in_the_future_delays_nothing(bench: Bench) -> None:
    bench.drop("a.csv", b"end", age_s=-1e9)
    assert [] == bench.claimed()
    bench.clock.rest(SETTLE_S)
    (claim,) = bench.folder.claims()
    assert bench.clock.wall == claim.arrived_at == claim.claimed_at


def test_waiting_file_is_read_again_only_when_it_has_changed(bench: Bench) -> None:
    path = bench.drop("order.json", b"half")
    for _ in range(5):
        bench.claimed()
        bench.clock.rest(1)
    assert ["order.json"] == bench.read.names
    path.write_bytes(b"half half")
    bench.written(path)
    bench.claimed()
    assert ["order.json"] * 2 == bench.read.names


def test_run_once_waits_less_for_what_is_not_whole_but_never_less_than_settling(bench: Bench) -> None:
    bench.folder.shorten_patience(0.5)
    bench.drop("order.json", b"half")
    bench.claimed()
    bench.clock.rest(SETTLE_S - 0.1)
    assert [] == bench.claimed()
    bench.clock.rest(0.1)
    assert [("order.json", "incomplete")] == bench.claimed()


# Names ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [".order.json", "order.json.part", "order.json.tmp", "a.filepart", "a.json~", "A.TMP"])
def test_unfinished_name_is_ignored_until_it_is_renamed(bench: Bench, name: str) -> None:
    path = bench.drop(name, b"end", age_s=1e6)
    assert [] == bench.claimed()
    assert 0 == bench.folder.waiting
    path.rename(bench.spool.incoming / "order.json")
    assert [("order.json", "")] == bench.claimed()


def test_unfinished_folder_is_ignored_too(bench: Bench) -> None:
    (bench.spool.incoming / ".upload").mkdir()
    assert [] == bench.claimed()
    assert 0 == bench.folder.waiting


@pytest.mark.parametrize("name", ["order.xml", "order", "order.json.bak", "json"])
def test_name_that_is_no_order_is_refused_after_settling(bench: Bench, name: str) -> None:
    bench.drop(name, b"end")
    assert [] == bench.claimed()
    bench.clock.rest(SETTLE_S)
    assert [(name, "unknown-format")] == bench.claimed()


@pytest.mark.parametrize(
    "name",
    [
        b"x" * 250 + b".json",
        b"two\nlines.json",
        b"caf\xe9.json",
        "cafe\N{COMBINING ACUTE ACCENT}.json".encode(),
        b"-rf.json",
        "\N{RIGHT-TO-LEFT OVERRIDE}nosj.json".encode(),
        "\N{FACE WITH TEARS OF JOY}.json".encode(),
        "\N{CJK UNIFIED IDEOGRAPH-4E00}".encode() * 83 + b".json",
        b"back\\slash.json",
        b"sp ace.json",
    ],
)
def test_any_name_is_claimed_copied_and_removed(bench: Bench, name: bytes) -> None:
    path = os.path.join(os.fsencode(bench.spool.incoming), name)
    with open(path, "wb") as file:
        file.write(b"end")
    (claim,) = bench.folder.claims()
    assert b"end" == claim.path.read_bytes()
    assert claim.name.isprintable()
    assert claim.name.endswith(".json")
    bench.folder.remove(claim)
    assert not os.path.lexists(path)


# Claiming ------------------------------------------------------------------------------------------------------------


def test_claim_is_a_copy_of_its_own_and_the_drop_is_still_there(bench: Bench) -> None:
    drop = bench.drop("order.json", b"end")
    (claim,) = bench.folder.claims()
    assert bench.spool.working / f"{claim.drop_id}~order.json" == claim.path
    assert hashlib.sha256(b"end").hexdigest() == claim.sha256
    assert 3 == claim.size_bytes
    assert NOON == claim.claimed_at
    assert claim.arrived_at <= claim.claimed_at
    assert claim.reading is not None and b"end" == claim.reading.content
    assert b"end" == claim.path.read_bytes()
    assert drop.stat().st_ino != claim.path.stat().st_ino
    assert 0 == claim.path.stat().st_mode & 0o137


def test_drop_is_yielded_once_until_it_is_removed(bench: Bench) -> None:
    bench.drop("order.json", b"end")
    (claim,) = bench.folder.claims()
    assert [] == list(bench.folder.claims())
    bench.folder.remove(claim)
    assert [] == list(bench.folder.claims())
    bench.drop("order.json", b"end")
    assert 1 == len(list(bench.folder.claims()))


def test_writer_who_kept_the_file_open_changes_nothing_that_was_claimed(bench: Bench) -> None:
    with bench.drop("order.json", b"one end").open("r+b") as writer:
        (claim,) = bench.folder.claims()
        writer.write(b"two")
        writer.flush()
        assert b"one end" == claim.path.read_bytes()


def test_drop_replaced_between_claim_and_removal_stays_and_is_claimed_next(bench: Bench) -> None:
    bench.drop("order.json", b"first end")
    (first,) = bench.folder.claims()
    bench.drop(".new", b"second end").rename(bench.spool.incoming / "order.json")
    bench.folder.remove(first)
    (second,) = bench.folder.claims()
    assert b"second end" == second.path.read_bytes()
    assert first.drop_id < second.drop_id


def test_drop_appended_to_after_its_claim_stays(bench: Bench) -> None:
    path = bench.drop("orders.csv", b"end", age_s=10)
    (claim,) = bench.folder.claims()
    with path.open("ab") as file:
        file.write(b" and end")
    bench.folder.remove(claim)
    assert path.exists()


def test_drop_taken_away_by_its_sender_after_the_claim_is_no_fault(bench: Bench) -> None:
    path = bench.drop("order.json", b"end")
    (claim,) = bench.folder.claims()
    path.unlink()
    bench.folder.remove(claim)
    assert claim.path.exists()


def test_drop_that_cannot_be_removed_is_said_once_and_does_not_come_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlink(path: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    bench.drop("order.json", b"end")
    monkeypatch.setattr(Path, "unlink", unlink)
    with capture_logs() as logs:
        assert [("order.json", "")] == bench.claimed()
        assert [] == bench.claimed()
    assert [("drop.waiting", "Operation not permitted")] == [(entry["event"], entry["error"]) for entry in logs]


def test_a_removal_that_failed_is_tried_again_with_the_next_scan(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def unlink(path: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    drop = bench.drop("order.json", b"end")
    with monkeypatch.context() as failing:
        failing.setattr(Path, "unlink", unlink)
        assert [("order.json", "")] == bench.claimed()
    assert drop.exists()
    assert [] == bench.claimed()
    assert not drop.exists()


def test_a_new_drop_in_the_place_of_one_that_cannot_be_removed_comes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlink(path: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    bench.drop("order.json", b"end")
    monkeypatch.setattr(Path, "unlink", unlink)
    assert [("order.json", "")] == bench.claimed()
    bench.drop_by_rename("order.json", b"another end")
    assert [("order.json", "")] == bench.claimed()


def test_oldest_drop_comes_first(bench: Bench) -> None:
    for name, age_s in (("b.json", -1e9), ("a.json", -1.1e9), ("c.json", -0.9e9)):
        bench.drop(name, b"end", age_s=age_s)
    assert ["c.json", "b.json", "a.json"] == [name for name, _ in bench.claimed()]


def test_drop_ids_are_unique_and_in_order_even_when_the_clock_stands_still(bench: Bench) -> None:
    for number in range(100):
        bench.drop(f"{number:03}.json", b"end", age_s=-1e9 - number)
    claims = list(bench.folder.claims())
    ids = [claim.drop_id for claim in claims]
    assert sorted(set(ids)) == ids
    assert [f"{number:03}.json" for number in range(100)] == [claim.name for claim in claims]


def test_first_claim_of_a_burst_comes_before_the_others_are_copied(bench: Bench) -> None:
    for number in range(200):
        bench.drop(f"{number}.json", b"end")
    claims = bench.folder.claims()
    next(claims)
    assert 1 == len(os.listdir(bench.spool.working))
    for _ in range(10):
        next(claims)
    assert len(os.listdir(bench.spool.working)) < 30


def test_no_claim_is_handed_over_before_its_name_is_on_disk_and_a_burst_shares_that(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_disk: list[set[Path]] = []
    monkeypatch.setattr(hot_folder, "fsync_folder", lambda folder: on_disk.append(set(folder.iterdir())))
    for number in range(100):
        bench.drop(f"{number}.json", b"end")
    for claim in bench.folder.claims():
        assert claim.path in on_disk[-1]
    assert [1, 3, 7, 15, 31, 63, 100] == [len(names) for names in on_disk]


def test_scan_that_is_given_up_leaves_no_copies_and_its_drops_come_again(bench: Bench) -> None:
    for number in range(20):
        bench.drop(f"{number}.json", b"end")
    claims = bench.folder.claims()
    got = [next(claims) for _ in range(5)]
    claims.close()
    assert sorted(claim.path for claim in got) == sorted(bench.spool.working.iterdir())
    assert 15 == bench.folder.waiting
    assert 15 == len(list(bench.folder.claims()))


def test_reader_that_breaks_stops_one_scan_and_not_the_others_behind_it(bench: Bench) -> None:
    def read(name: str, content: bytes) -> object:
        if content == b"poison":
            raise RecursionError
        return bench.read(name, content)

    folder = HotFolder(bench.spool, bench.settings, read, grows_by_lines, lambda: NOON, lambda: 0.0)  # type: ignore[type-var]
    bench.drop("a.json", b"poison", age_s=1e9)
    bench.drop("b.json", b"end")
    with pytest.raises(RecursionError):
        list(folder.claims())
    assert ["b.json"] == [claim.name for claim in folder.claims()]
    assert 1 == folder.waiting


# What is no file -----------------------------------------------------------------------------------------------------


def test_symbolic_link_is_refused_and_not_followed(bench: Bench, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_bytes(b"end")
    (bench.spool.incoming / "order.json").symlink_to(secret)
    claims = _refused(bench)
    assert [("order.json", "not-a-regular-file")] == claims
    assert b"end" == secret.read_bytes()


def test_pipe_is_refused_and_blocks_nothing(bench: Bench) -> None:
    os.mkfifo(bench.spool.incoming / "order.json")
    assert [("order.json", "not-a-regular-file")] == _refused(bench)


def test_socket_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bench.spool.incoming)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("order.json")
        assert [("order.json", "not-a-regular-file")] == _refused(bench)


def test_folder_is_refused_with_what_is_in_it(bench: Bench) -> None:
    (bench.spool.incoming / "orders.json").mkdir()
    (bench.spool.incoming / "orders.json" / "order.json").write_bytes(b"end")
    assert [("orders.json", "not-a-regular-file")] == _refused(bench)
    (moved,) = bench.spool.working.iterdir()
    assert ["order.json"] == os.listdir(moved)


def test_hard_link_is_refused_and_the_other_name_stays(bench: Bench, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_bytes(b"end")
    os.link(bench.written(other), bench.spool.incoming / "order.json")
    assert [] == bench.claimed()
    assert [("order.json", "not-a-regular-file")] == _refused(bench)
    assert b"end" == other.read_bytes()


def test_drop_by_link_and_unlink_is_taken(bench: Bench, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_bytes(b"end")
    os.link(bench.written(other), bench.spool.incoming / "order.json")
    assert [] == bench.claimed()
    other.unlink()
    assert [("order.json", "")] == bench.claimed()


def test_sparse_terabyte_is_refused_unread(bench: Bench) -> None:
    path = bench.drop("order.json", b"")
    os.truncate(path, 10**12)
    bench.written(path)
    assert [] == bench.claimed()
    bench.clock.rest(SETTLE_S)
    (claim,) = bench.folder.claims()
    assert claim.rejection is not None and "file-too-large" == claim.rejection.code
    assert 10**12 == claim.size_bytes == claim.path.stat().st_size


def test_two_things_that_have_no_content_have_no_hash_in_common(bench: Bench) -> None:
    bench.clock.rest(10)
    for name in ("a.json", "b.json"):
        os.mkfifo(bench.spool.incoming / name)
    list(bench.folder.claims())
    bench.clock.rest(10)
    first, second = bench.folder.claims()
    assert first.sha256 != second.sha256


def rename_within(path: Path, target: Path) -> Path:
    """Path.rename as it is between two file systems."""
    if path.parent != target.parent:
        raise OSError(errno.EXDEV, "Invalid cross-device link")
    os.rename(path, target)
    return target


def test_across_file_systems_a_folder_gets_a_hidden_name_and_a_pipe_is_removed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "rename", rename_within)
    (bench.spool.incoming / "a.json").mkdir()
    os.mkfifo(bench.spool.incoming / "b.json")
    assert [("a.json", "not-a-regular-file"), ("b.json", "not-a-regular-file")] == _refused(bench)
    (hidden,) = bench.spool.incoming.iterdir()
    assert hidden.is_dir() and hidden.name.startswith(".refused-")
    assert [] == bench.claimed()
    assert ["not-a-regular-file"] * 2 == [
        claim.rejection.code for claim in bench.service().reclaimed() if claim.rejection
    ]


def test_what_cannot_be_moved_at_all_is_said_once_and_stops_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rename(path: Path, target: Path) -> Path:
        raise OSError(errno.EBUSY, "Device or resource busy")

    monkeypatch.setattr(Path, "rename", rename)
    (bench.spool.incoming / "a.json").mkdir()
    bench.claimed()
    bench.clock.rest(1e10)
    bench.drop("b.json", b"end")
    with capture_logs() as logs:
        assert [("b.json", "")] == bench.claimed()
        assert [] == bench.claimed()
    assert ["drop.waiting"] == [entry["event"] for entry in logs]
    assert 1 == bench.folder.waiting


def test_what_could_not_be_moved_is_tried_again_in_time_however_it_came(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails once must not leave it there until the next restart."""
    os.mkfifo(bench.spool.incoming / "pipe.json")
    bench.folder.expect_whole("pipe.json")
    with monkeypatch.context() as failing:
        failing.setattr(Path, "rename", refuse_to_rename)
        assert [] == bench.claimed()
    bench.clock.rest(INCOMPLETE_AFTER_S - 1)
    assert [] == bench.claimed()
    bench.clock.rest(1)
    assert [("pipe.json", "not-a-regular-file")] == bench.claimed()


def test_what_was_moved_though_the_answer_was_lost_is_claimed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    really = Path.rename

    def rename(path: Path, target: Path) -> Path:
        really(path, target)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    (bench.spool.incoming / "a.json").mkdir()
    bench.claimed()
    bench.clock.rest(1e10)
    monkeypatch.setattr(Path, "rename", rename)
    assert [("a.json", "not-a-regular-file")] == bench.claimed()


def test_what_was_hidden_though_the_answer_was_lost_is_claimed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def rename(path: Path, target: Path) -> Path:
        rename_within(path, target)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    (bench.spool.incoming / "a.json").mkdir()
    os.mkfifo(bench.spool.incoming / "b.json")
    monkeypatch.setattr(Path, "rename", rename)
    assert [("a.json", "not-a-regular-file"), ("b.json", "not-a-regular-file")] == _refused(bench)


def test_a_pipe_that_cannot_be_removed_after_it_was_hidden_is_claimed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(bench.spool.incoming / "pipe.json")
    monkeypatch.setattr(Path, "rename", rename_within)
    monkeypatch.setattr(Path, "unlink", refuse_to_unlink)
    assert [("pipe.json", "not-a-regular-file")] == _refused(bench)


def test_a_link_that_stays_in_working_ends_the_service_and_the_next_one_takes_it_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bench.spool.incoming / "a.json").mkdir()
    bench.claimed()
    bench.clock.rest(1e10)
    with monkeypatch.context() as failing, pytest.raises(SpoolBroken):
        failing.setattr(Path, "rename", refuse_to_rename)
        failing.setattr(Path, "unlink", refuse_to_unlink)
        bench.claimed()
    assert ["a.json"] == [claim.name for claim in bench.service().reclaimed()]


def refuse_to_unlink(path: Path, missing_ok: bool = False) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def refuse_to_rename(path: Path, target: Path) -> Path:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def _refused(bench: Bench) -> list[tuple[str, str]]:
    bench.claimed()
    bench.clock.rest(1e10)  # the times of these are real ones
    return bench.claimed()


# Disk and folder -----------------------------------------------------------------------------------------------------


def test_nothing_is_claimed_below_the_reserve_until_there_is_room(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "spool", min_free_mb=10**9)
    bench.drop("order.json", b"end")
    with capture_logs() as logs:
        assert [] == bench.claimed()
        assert [] == bench.claimed()
        assert 1 == bench.folder.waiting
        assert [] == os.listdir(bench.spool.working)
        bench.folder._settings = bench.settings.model_copy(update={"min_free_mb": 0})
        assert [("order.json", "")] == bench.claimed()
    assert ["spool.full", "spool.room"] == [entry["event"] for entry in logs]


def test_disk_that_fills_up_in_mid_copy_leaves_the_drop_where_it_is(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_copy(copy: object, content: bytes, arrived_at: object) -> None:
        (bench.spool.working / ".order.json.1.tmp").write_bytes(content[:1])
        raise SpoolFull("no space left")

    drop = bench.drop("order.json", b"end")
    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr(hot_folder, "write_copy", write_copy)
        assert [] == bench.claimed()
        assert [] == bench.claimed()
    assert ["spool.full"] == [entry["event"] for entry in logs]
    assert drop.exists()
    assert [] == os.listdir(bench.spool.working)
    assert [("order.json", "")] == bench.claimed()


def test_a_copy_that_failed_when_it_had_its_name_already_does_not_stay(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    bench.drop("order.json", b"end")
    with monkeypatch.context() as patched, pytest.raises(OSError, match=os.strerror(errno.EIO)):
        patched.setattr("service.intake.copies.os.utime", failing)
        bench.claimed()
    assert [] == os.listdir(bench.spool.working)
    assert [("order.json", "")] == bench.claimed()
    assert 1 == len(os.listdir(bench.spool.working))


def test_hot_folder_that_is_gone_is_not_an_empty_one(bench: Bench) -> None:
    bench.spool.incoming.rmdir()
    with capture_logs() as logs:
        assert [] == bench.claimed()
        assert [] == bench.claimed()
        assert 1 == bench.folder.waiting
        bench.spool.incoming.mkdir()
        bench.drop("order.json", b"end")
        assert [("order.json", "")] == bench.claimed()
    assert ["folder.lost", "folder.back"] == [entry["event"] for entry in logs]


def test_hot_folder_whose_mount_is_gone_is_not_an_empty_one(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = iter((True, False, False, True))
    monkeypatch.setattr("os.path.ismount", lambda _folder: next(mounts))
    with capture_logs() as logs:
        assert [] == bench.claimed()
        assert [] == bench.claimed()
        assert 1 == bench.folder.waiting
        bench.drop("order.json", b"end")  # by somebody of this machine, into what lies below
        assert [("order.json", "")] == bench.claimed()
        assert ["folder.lost"] == [entry["event"] for entry in logs]
        assert [] == bench.claimed()
    assert ["folder.lost", "folder.back"] == [entry["event"] for entry in logs]
