"""A disk that fails while files are put away: a full one is waited for, any other fault ends the service, once."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from service import drops
from service.clock import utc_now
from service.files import fsync_folder
from tests.builders import a_shipment
from tests.floor import Floor
from tests.programs import until
from tests.shop import Shop
from tests.test_drops_reopened import KEY, NAME

FULL, BROKEN = errno.ENOSPC, errno.EIO


def failing(real: Callable[..., Any], number: int, times: int, at: str = "") -> Callable[..., Any]:
    """`real`, which fails so many times where the path that it is called with has `at` in it."""
    left = [number] * times

    def fail(path: Path, *arguments: Any) -> Any:
        if at in str(path) and left:
            raise OSError(left.pop(), os.strerror(number))
        return real(path, *arguments)

    return fail


def break_at(step: str, number: int, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a step of putting away fail: the fsync of a folder by its name, or the rename out of working/."""
    if step == "rename":
        monkeypatch.setattr(Path, "rename", failing(Path.rename, number, times, "/working/"))
    else:
        monkeypatch.setattr(drops, "fsync_folder", failing(fsync_folder, number, times, f"/{step}"))


def received(root: Path) -> Floor:
    """An order that printed, a file that is refused, and a folder: each is to be put away."""
    shop = Shop(root)
    shop.drop_shipment(a_shipment())
    shop.drop("broken.json", b"{]")
    (shop.spool / "incoming" / "folder.json").mkdir()
    floor = Floor(root, overrides={"SLIPWAY_INTAKE_SETTLE_S": "0", "SLIPWAY_INTAKE_INCOMPLETE_AFTER_S": "0"})

    def is_claimed() -> bool:
        for claim in floor.rooms.hot_folder.claims():
            floor.pipeline.receive(claim)
        return not os.listdir(floor.spool.incoming)

    until(is_claimed, "all claimed")
    floor.line.work_off()
    floor.ledger.complete(KEY, utc_now(), "folder")
    return floor


def put_away(floor: Floor) -> list[str]:
    files = (*floor.spool.done.glob("*/*"), *floor.spool.problem.iterdir())
    return sorted(path.name for path in files if not path.name.endswith(".problem.json"))


ALL = ["broken.json", "folder.json", NAME]


@pytest.mark.parametrize("step", ["receipts", "done", "problem", "rename"])
def test_a_full_disk_is_waited_for_and_said_once(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drops, "FULL_PAUSE_S", 0.01)
    floor = received(tmp_path / "spool")
    break_at(step, FULL, 3, monkeypatch)
    with capture_logs() as lines:
        floor.drops.start(floor.stopped_by.append)
        until(lambda: 3 == [line["event"] for line in lines].count("drop.archived"), "all let go")
        floor.drops.stop()
    floor.ledger.close()
    assert ALL == put_away(floor)
    assert [] == os.listdir(floor.spool.working) + floor.stopped_by
    told = [line["event"] for line in lines if line["event"].startswith("spool.")]
    assert ["spool.full", "spool.room"] == told


@pytest.mark.parametrize("step", ["receipts", "done", "problem", "rename"])
def test_another_fault_ends_the_service_and_the_next_one_puts_away_what_is_left(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = received(tmp_path / "spool")
    with monkeypatch.context() as broken:
        break_at(step, BROKEN, 1, broken)
        floor.drops.start(floor.stopped_by.append)
        until(lambda: bool(floor.stopped_by), "the end")
    floor.drops.stop()
    floor.ledger.close()
    assert ["spool-broken"] == [error.code for error in floor.stopped_by]
    second = Floor(tmp_path / "spool")
    second.take_up()
    second.drops.start(second.stopped_by.append)
    until(lambda: not os.listdir(second.spool.working) and second.drops.is_idle, "all put away")
    second.drops.stop()
    second.ledger.close()
    assert ALL == put_away(second)
    assert [] == second.stopped_by


def test_a_stop_does_not_wait_for_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    floor = received(tmp_path / "spool")
    monkeypatch.setattr(drops, "FULL_PAUSE_S", 0.01)
    with monkeypatch.context() as full, capture_logs() as lines:
        break_at("rename", FULL, 10**6, full)
        floor.drops.start(floor.stopped_by.append)
        until(lambda: "spool.full" in [line["event"] for line in lines], "spool.full")
        floor.drops.stop()
    floor.ledger.close()
    assert [] == floor.stopped_by
    assert 3 == len(os.listdir(floor.spool.working))
