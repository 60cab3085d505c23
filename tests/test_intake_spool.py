"""The spool's folders, its lock, and the names in it."""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.cli.main import main
from service.errors import LedgerGone, SpoolInUse, SpoolUnusable
from service.intake.names import LONGEST_BYTES, marked, spool_name
from service.intake.spool import FOLDERS, is_locked, lock_spool, open_spool, require_ledger
from tests.shop import Shop

# Folders -------------------------------------------------------------------------------------------------------------


def test_folders_are_made_and_closed_to_others(tmp_path: Path) -> None:
    spool = open_spool(tmp_path / "new" / "spool")
    assert sorted(FOLDERS) == sorted(os.listdir(spool.root))
    assert {0} == {path.stat().st_mode & 0o027 for path in spool.root.iterdir()}


@pytest.mark.parametrize("lose", [Path.unlink, lambda ledger: ledger.write_bytes(b"")])
def test_ledger_that_is_gone_is_not_made_anew(tmp_path: Path, lose: Callable[[Path], None]) -> None:
    spool = open_spool(tmp_path)
    require_ledger(spool)  # the first start
    spool.ledger.write_bytes(b"of notes")
    (spool.receipts / "a.json.receipt.json").write_text("{}")
    require_ledger(spool)
    lose(spool.ledger)
    with pytest.raises(LedgerGone, match="is not there, and receipts/ tells of notes that it had"):
        require_ledger(spool)


def test_every_command_says_of_a_ledger_that_is_gone_how_to_get_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLIPWAY_SPOOL", str(tmp_path))
    for slow in ("_layout_findings", "campaign_findings", "queue_findings"):
        monkeypatch.setattr(f"service.cli.check.{slow}", lambda *_: ())
    (open_spool(tmp_path).receipts / "a.json.receipt.json").write_text("{}")
    once = Shop(tmp_path).slipway("run", "--once")
    assert (78, True) == (once.returncode, LedgerGone.advice in once.stderr)  # which systemd does not try again
    for command in ("check", "status", "results"):
        exit_code, told = main([command]), capsys.readouterr()
        assert (command, 78, True) == (command, exit_code, LedgerGone.advice in told.out + told.err)
    assert not (tmp_path / "ledger.db").exists()


def test_linked_hot_folder_and_spool_are_followed_once(tmp_path: Path) -> None:
    for name in ("disk", "share", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "spool").symlink_to(tmp_path / "disk")
    (tmp_path / "disk" / "incoming").symlink_to(tmp_path / "share")
    spool = open_spool(tmp_path / "spool")
    assert (tmp_path / "disk", tmp_path / "share") == (spool.root, spool.incoming)
    (tmp_path / "disk" / "incoming").unlink()
    (tmp_path / "disk" / "incoming").symlink_to(tmp_path / "other")
    assert tmp_path / "share" == spool.incoming


@pytest.mark.parametrize("in_the_way", ["spool", "spool/incoming"])
def test_file_where_a_folder_should_be_is_named(tmp_path: Path, in_the_way: str) -> None:
    path = tmp_path / in_the_way
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"")
    with pytest.raises(SpoolUnusable, match=f"{path} can't be created"):
        open_spool(tmp_path / "spool")


def test_link_to_nothing_is_not_a_hot_folder(tmp_path: Path) -> None:
    (tmp_path / "incoming").symlink_to(tmp_path / "gone")
    with pytest.raises(SpoolUnusable):
        open_spool(tmp_path)


# Lock ----------------------------------------------------------------------------------------------------------------


def test_second_service_is_told_who_has_the_spool(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    with lock_spool(spool):
        assert is_locked(spool)
        with pytest.raises(SpoolInUse, match=f"pid {os.getpid()}"), lock_spool(spool):
            pass
    assert not is_locked(spool)
    with lock_spool(spool):
        pass


def test_spool_that_no_service_ever_had_is_not_locked(tmp_path: Path) -> None:
    assert not is_locked(open_spool(tmp_path))


HOLDER = """
import sys, time
from pathlib import Path
from service.intake.spool import lock_spool, open_spool
with lock_spool(open_spool(Path(sys.argv[1]))):
    print("locked", flush=True)
    time.sleep(60)
"""


def test_lock_goes_with_a_killed_service(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and "locked\n" == holder.stdout.readline()
        with pytest.raises(SpoolInUse, match=f"pid {holder.pid}"), lock_spool(spool):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
    with lock_spool(spool):
        pass


def test_spawned_workers_do_not_keep_the_lock(tmp_path: Path) -> None:
    spool = open_spool(tmp_path)
    may_end = multiprocessing.get_context("spawn").Event()
    with lock_spool(spool):
        worker = multiprocessing.get_context("spawn").Process(target=may_end.wait, args=(30,))
        worker.start()
    try:
        assert worker.is_alive()
        assert not is_locked(spool)
    finally:
        may_end.set()
        worker.join(30)


# Names ---------------------------------------------------------------------------------------------------------------


def test_plain_name_stays_as_it_is() -> None:
    for name in ("order.json", "-rf.json", "Bestellung Nr. 7 (neu).csv", "\N{FACE WITH TEARS OF JOY}.json", "a~b.json"):
        assert name == spool_name(name)


def test_other_names_are_escaped_and_told_apart() -> None:
    assert "two%0Alines~8f15e216.json" == spool_name("two\nlines.json")
    assert "caf%E9~6d924c72.json" == spool_name(os.fsdecode(b"caf\xe9.json"))
    assert spool_name("a\nb.json") != spool_name("a%0Ab.json")


raw_names = st.binary(min_size=1, max_size=255).filter(lambda raw: b"/" not in raw and b"\0" not in raw)


@given(raw=raw_names, suffix=st.sampled_from([b".json", b".JSONL", b".csv"]))
def test_any_name_becomes_one_printable_line_of_bounded_length(raw: bytes, suffix: bytes) -> None:
    name = os.fsdecode(raw + suffix)
    spooled = spool_name(name)
    assert spooled.isprintable()
    assert 0 < len(spooled.encode()) <= LONGEST_BYTES
    assert "/" not in spooled
    assert spooled.endswith(suffix.decode())
    assert spooled == spool_name(spooled) or "\\" in spooled


@given(raw=raw_names, other=raw_names)
def test_two_names_never_become_one(raw: bytes, other: bytes) -> None:
    assert (raw == other) == (spool_name(os.fsdecode(raw)) == spool_name(os.fsdecode(other)))


def test_marks_stand_before_the_suffix() -> None:
    expected = ["order.json", "order~2.json", "order~3", "a.b~4.csv", "x.backup of tuesday~2"]
    names = [("order.json", ""), ("order.json", "2"), ("order", "3"), ("a.b.csv", "4"), ("x.backup of tuesday", "2")]
    assert expected == [marked(name, mark) for name, mark in names]
