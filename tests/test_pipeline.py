"""What becomes of a note when something goes wrong at each step on its way to the printer."""

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from service.clock import utc_now
from service.errors import (
    LedgerUnusable,
    OutcomeUnknown,
    PrinterRefused,
    PrinterUnreachable,
    QueueMissing,
    RenderInterrupted,
    SpoolFull,
)
from service.ledger.accounts import NoteKey
from service.log import configure_log
from service.model import Plan, RenderedNote
from tests.builders import a_shipment
from tests.floor import Died, Floor, account_of
from tests.shop import Shop

STEPS = ("intend", "create_held", "note_job", "release", "accept")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    Shop(tmp_path).drop_shipment(a_shipment())
    return tmp_path


@pytest.mark.parametrize("moment", [f"{when} {step}" for step in STEPS for when in ("before", "after")])
def test_a_death_at_any_step_costs_no_sheet_and_makes_none_twice(root: Path, moment: str) -> None:
    Floor(root, {moment: Died()}).live()
    Floor(root).live()
    assert ["509217-1-r1.pdf"] == Floor(root).sheets
    assert "accepted" == account_of(root).state


@pytest.mark.parametrize("second", [f"{when} {step}" for step in STEPS for when in ("before", "after")])
@pytest.mark.parametrize("first", ["after create_held", "before note_job", "after note_job", "after release"])
def test_two_deaths_in_a_row_cost_no_sheet_either(root: Path, first: str, second: str) -> None:
    Floor(root, {first: Died()}).live()
    Floor(root, {second: Died()}).live()
    Floor(root).live()
    assert ["509217-1-r1.pdf"] == Floor(root).sheets
    assert "accepted" == account_of(root).state


def test_a_death_in_mid_submission_leaves_a_held_orphan_that_is_swept_up(root: Path) -> None:
    Floor(root, {"after create_held": Died()}).live()
    second = Floor(root)
    second.live()
    assert ["discard_held", "create_held", "release"] == second.printer.calls


def test_a_death_after_the_job_was_noted_only_releases_it(root: Path) -> None:
    Floor(root, {"after note_job": Died()}).live()
    second = Floor(root)
    second.live()
    assert ["look_up", "release"] == second.printer.calls


def test_a_job_that_is_gone_after_a_death_is_held_for_a_person(root: Path) -> None:
    Floor(root, {"after note_job": Died()}).live()
    for held in (root / "printers").rglob("*.json"):
        held.unlink()
    for held in (root / "printers").rglob("*.pdf"):
        held.unlink()
    Floor(root).live()
    account = account_of(root)
    assert ("held", "job-unknown") == (account.state, account.code)


@pytest.mark.parametrize("error", [PrinterUnreachable("down"), QueueMissing("gone"), OutcomeUnknown("broke")])
def test_what_passes_is_tried_again_later_and_prints_once(root: Path, error: Exception) -> None:
    floor = Floor(root, {"before create_held": error})
    for claim in floor.rooms.hot_folder.claims():
        floor.pipeline.receive(claim)
    floor.line.work_off()
    account = account_of(root)
    assert ("deferred", 1) == (account.state, account.attempts)
    floor.line.let_time_pass()
    floor.line.work_off()
    floor.ledger.close()
    assert ["509217-1-r1.pdf"] == floor.sheets
    assert "accepted" == account_of(root).state


def test_a_connection_that_broke_after_the_document_was_there_makes_no_second_job(root: Path) -> None:
    floor = Floor(root, {"after create_held": OutcomeUnknown("broke")})
    for claim in floor.rooms.hot_folder.claims():
        floor.pipeline.receive(claim)
    floor.line.work_off()
    floor.line.let_time_pass()
    floor.line.work_off()
    floor.ledger.close()
    assert ["create_held", "discard_held", "create_held", "release"] == floor.printer.calls
    assert ["509217-1-r1.pdf"] == floor.sheets


def test_what_does_not_pass_in_time_is_held_with_its_reason(root: Path) -> None:
    floor = Floor(root, {"before create_held": QueueMissing("gone")}, {"SLIPWAY_PRINTING_GIVE_UP_AFTER_S": "1e-9"})
    for claim in floor.rooms.hot_folder.claims():
        floor.pipeline.receive(claim)
    floor.line.work_off()
    floor.script["before create_held"] = QueueMissing("still gone")
    floor.line.let_time_pass()
    floor.line.work_off()
    floor.ledger.close()
    account = account_of(root)
    assert ("held", "queue-missing") == (account.state, account.code)


def test_a_night_in_front_of_a_queue_that_is_down_does_not_count_as_tried_in_vain(root: Path) -> None:
    floor = Floor(root, overrides={"SLIPWAY_PRINTING_RETRY_S": "5", "SLIPWAY_PRINTING_GIVE_UP_AFTER_S": "6"})
    for claim in floor.rooms.hot_folder.claims():
        floor.pipeline.receive(claim)
    floor.ledger.defer(NoteKey("509217-1-r1", 1), utc_now() - timedelta(days=1), QueueMissing("gone"))
    states = []
    for _ in range(2):
        floor.script["before create_held"] = QueueMissing("gone again")
        floor.line.work_off()
        floor.line.let_time_pass()
        states.append(account_of(root).state)
    floor.ledger.close()
    assert ["deferred", "held"] == states, "put off for 5 s after the first try in vain, then for 10 s"


def test_what_a_person_must_decide_is_held_at_once(root: Path) -> None:
    Floor(root, {"before create_held": PrinterRefused("no PDF here")}).live()
    account = account_of(root)
    assert ("held", "printer-refused", "no PDF here") == (account.state, account.code, account.reason)


def test_a_fault_of_ours_holds_the_note_and_quotes_nothing(root: Path) -> None:
    Floor(root, {"before create_held": ValueError("Ada Whitfield, Flat 27")}).live()
    account = account_of(root)
    assert ("held", "internal-error") == (account.state, account.code)
    assert "ValueError at service.pipeline:" in account.reason
    assert "Ada" not in account.reason


def test_a_note_that_kills_its_worker_each_time_is_held_and_its_neighbour_prints(root: Path) -> None:
    Shop(root).drop_shipment(a_shipment(order_id="509218"))
    floor = Floor(root)
    floor.renderer = PoisonedBy("509217-1-r1", floor.renderer)
    floor.live()
    account = account_of(root)
    assert ("held", "render-failed") == (account.state, account.code)
    assert 3 == floor.renderer.deaths
    assert ["509218-1-r1.pdf"] == floor.sheets


def test_a_note_prints_without_the_marketing_that_can_not_be_drawn_and_says_so(root: Path) -> None:
    stream = io.StringIO()
    configure_log(stream)
    floor = Floor(root)
    floor.renderer = WithoutVoucher(floor.renderer)
    floor.live()
    structlog.reset_defaults()
    said = {line["event"]: line for line in map(json.loads, stream.getvalue().splitlines())}
    assert ["509217-1-r1.pdf"] == floor.sheets
    assert "it is torn (voucher)" == said["marketing.left-out"]["reason"]
    assert "warning" == said["marketing.left-out"]["level"]
    assert "recommendations" == said["note.accepted"]["left_out"]


class WithoutVoucher:
    """Draws all but the voucher, and finds no room for recommendations."""

    def __init__(self, renderer: Any) -> None:
        self._renderer = renderer

    def render(self, plan: Plan, pictures: Mapping[str, Path]) -> RenderedNote:
        note: RenderedNote = self._renderer.render(plan, pictures)
        return replace(note, left_out=("recommendations",), faults=("it is torn (voucher)",))


def test_a_ledger_that_can_not_be_written_stops_the_service(root: Path) -> None:
    floor = Floor(root, {"before intend": LedgerUnusable("the disk is gone")})
    floor.live()
    assert ["ledger-unusable"] == [error.code for error in floor.stopped_by]
    assert [] == floor.sheets


@pytest.mark.parametrize(
    ("step", "remedy"), [("intend", "defer"), ("note_job", "defer"), ("accept", "defer"), ("create_held", "hold")]
)
def test_a_full_disk_puts_a_step_off_until_there_is_room_and_the_note_prints_once(
    root: Path, step: str, remedy: str
) -> None:
    error = SpoolFull("no space left") if remedy == "defer" else PrinterRefused("too large")
    floor = Floor(root, {f"before {step}": error, f"before {remedy}": SpoolFull("no space left for the ledger")})
    with capture_logs() as lines:
        floor.take_up()
        for claim in floor.rooms.hot_folder.claims():
            floor.pipeline.receive(claim)
        floor.line.work_off()
        assert "deferred" != account_of(root).state
        floor.line.let_time_pass()
        floor.line.work_off()
    assert [] == floor.stopped_by
    assert "accepted" == account_of(root).state
    assert ["509217-1-r1.pdf"] == floor.sheets
    told = [line["event"] for line in lines if line["event"].startswith("spool.")]
    assert ["spool.full", "spool.room"] == told


def test_express_notes_overtake_those_that_wait(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    for number in range(5):
        shop.drop_shipment(a_shipment(order_id=f"{number}"))
    shop.drop_shipment(a_shipment(order_id="express", priority="express"))
    floor = Floor(tmp_path)
    order: list[str] = []
    floor.line.stages = {
        "prepare": lambda key: order.append(key.note_id),
    }
    floor.live()
    assert ["express-1-r1", *(f"{number}-1-r1" for number in range(5))] == order


def test_a_job_that_the_ledger_does_not_know_is_never_released(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    floor = Floor(root)
    monkeypatch.setattr(floor.ledger, "note_job", lambda *_: False)
    floor.live()
    assert ["create_held", "cancel"] == floor.printer.calls
    assert [] == floor.sheets


def test_a_note_that_is_put_off_waits_longer_each_time_and_is_drawn_once(root: Path) -> None:
    floor = Floor(root)
    for claim in floor.rooms.hot_folder.claims():
        floor.pipeline.receive(claim)
    pauses = []
    for _ in range(5):
        floor.script["before create_held"] = QueueMissing("gone")
        floor.line.work_off()
        pauses.append(floor.line.waiting[0][0])
        floor.line.let_time_pass()
    assert [5, 10, 20, 30, 30] == pauses
    assert 1 == floor.drawn


def test_a_step_that_hangs_is_seen_and_a_lane_without_work_is_at_none(root: Path) -> None:
    floor = Floor(root)
    seen: list[float | None] = []
    create_held = floor.printer.create_held

    def create(*arguments: Any) -> Any:
        seen.append(floor.pipeline.busy_since)
        return create_held(*arguments)

    floor.printer.create_held = create  # type: ignore[method-assign]
    floor.live()
    assert [True] == [since is not None for since in seen]
    assert floor.pipeline.busy_since is None


class PoisonedBy:
    """A renderer whose worker dies of one note."""

    def __init__(self, note_id: str, renderer) -> None:  # type: ignore[no-untyped-def]
        self._note_id, self._renderer, self.deaths = note_id, renderer, 0

    def render(self, plan, pictures):  # type: ignore[no-untyped-def]
        if plan.note_id == self._note_id:
            self.deaths += 1
            raise RenderInterrupted("the worker died")
        return self._renderer.render(plan, pictures)
