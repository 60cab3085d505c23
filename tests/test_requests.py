"""Vouchers, campaigns, forget and prune from the command line: with a service that runs, and without one."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from service.cli.asking import new_decision_id
from service.cli.main import main
from service.clock import utc_now
from service.customers import open_customer_key
from service.errors import SlipwayError, SpoolFull
from service.intake.spool import Spool, lock_spool, open_spool
from service.ledger.campaigns import paused_campaigns
from service.ledger.ledger import Ledger
from service.ledger.schema import notes, tombstones
from service.ledger.vouchers import pool_counts
from service.marketing import CodeLine, Redemption
from service.model import Offer
from service.requests import Answer, Decide, Forget, Import, Prune, Redeem, Requests, hand_in, take_outcome
from tests.builders import a_customer, an_order
from tests.ledger_builders import ADA, record_order
from tests.programs import until

CODES = "code,percent,expires\nW1,15,2027-01-31\nW2,15,\n"
TODAY = utc_now().date()
REQUESTS = [
    Import("welcome", (CodeLine(2, Offer("W1", percent=15)),)),
    Redeem((Redemption(2, "W1", "77"),)),
    Decide("d1", "pause", "welcome", "mara", "too many"),
    Forget((ADA,), "mara"),
    Prune(30, 90, 365),
]


@pytest.fixture(autouse=True)
def _log_of_its_own() -> Iterator[None]:
    """A command's log goes where that test's output went."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spool:
    monkeypatch.setenv("SLIPWAY_SPOOL", str(tmp_path / "spool"))
    return open_spool(tmp_path / "spool")


@contextmanager
def a_service(spool: Spool) -> Iterator[Ledger]:
    """What a service has for requests, alone on its spool."""
    stopped_by: list[SlipwayError] = []
    with ExitStack() as kept:
        kept.enter_context(lock_spool(spool))
        ledger = Ledger(spool.ledger)
        kept.callback(ledger.close)
        requests = Requests(spool, ledger, utc_now)
        requests.start(stopped_by.append)
        kept.callback(requests.stop)
        yield ledger
    assert [] == stopped_by


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    """What a command prints with --json; it succeeds."""
    assert 0 == main([*arguments, "--json"])
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def a_file(folder: Path, content: str) -> str:
    path = folder / "codes.csv"
    path.write_text(content)
    return str(path)


# Both ways ------------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["with a service", "without one"])
def shop(request: pytest.FixtureRequest, spool: Spool) -> Iterator[Spool]:
    if request.param == "without one":
        Ledger(spool.ledger).close()
        yield spool
        return
    with a_service(spool):
        yield spool


def test_codes_are_imported_and_counted(shop: Spool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = a_file(tmp_path, CODES)
    assert [{"pool": "welcome", "new": 2, "known": 0, "expired": 0}] == said(
        capsys, "vouchers", "import", "welcome", name
    )
    assert [{"pool": "welcome", "new": 0, "known": 2, "expired": 0}] == said(
        capsys, "vouchers", "import", "welcome", name
    )
    counts = {row["pool"]: row for row in said(capsys, "vouchers", "stats")}
    expected = {
        "codes": 2,
        "free": 2,
        "given": 0,
        "redeemed": 0,
        "ending": 0,
        "expired": 0,
        "next_expiry": "2027-01-31",
    }
    assert {"pool": "welcome"} | expected == counts["welcome"]
    assert 0 == counts["birthday"]["codes"], "a pool that campaigns name and nobody filled is told too"


def test_an_import_that_is_refused_says_where(shop: Spool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "vouchers", "import", "welcome", a_file(tmp_path, CODES))
    assert 1 == main(["vouchers", "import", "thanks", a_file(tmp_path, "code,percent\nNEW,5\nW2,15\n")])
    complaint = capsys.readouterr().err
    assert "pool welcome has this code" in complaint
    assert "row 3, column code" in complaint
    assert 2 == sum(row["codes"] for row in said(capsys, "vouchers", "stats"))


def test_codes_that_have_expired_are_taken_with_a_warning(
    shop: Spool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = a_file(tmp_path, "code,percent,expires\nE1,5,2020-01-01\nE2,5,\nE3,5,2020-01-02\n")
    assert 0 == main(["vouchers", "import", "welcome", name])
    assert "warning: 2 of them have expired, the first in row 2" in capsys.readouterr().out
    assert [{"pool": "welcome", "new": 0, "known": 3, "expired": 2}] == said(
        capsys, "vouchers", "import", "welcome", name
    )


def test_redemptions_are_taken_from_a_file(shop: Spool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "vouchers", "import", "welcome", a_file(tmp_path, CODES))
    name = a_file(tmp_path, "code,order_id\nW1,77\nOTHER,\n")
    assert [{"redeemed": 1, "passed_over": 1}] == said(capsys, "vouchers", "redeemed", name)


def test_a_campaign_is_paused_and_goes_on(shop: Spool, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "campaigns", "pause", "welcome", "--reason", "too many complaints")
    listed = {row["campaign"]: row for row in said(capsys, "campaigns", "list")}
    assert ("paused", "too many complaints") == (listed["welcome"]["state"], listed["welcome"]["reason"])
    said(capsys, "campaigns", "resume", "welcome")
    assert "paused" not in {row["state"] for row in said(capsys, "campaigns", "list")}


def test_a_customer_is_forgotten_by_the_number_that_the_shop_gave(
    shop: Spool, capsys: pytest.CaptureFixture[str]
) -> None:
    customer = open_customer_key(shop.customer_key, is_in_use=False).customer(an_order())
    writer = Ledger(shop.ledger)
    record_order(writer, "1", customer)
    writer.change(lambda connection: connection.execute(notes.update().values(state="completed")))
    writer.close()
    assert [{"notes": 1, "files": 0, "shared": 0}] == said(capsys, "forget", a_customer().id)
    reader = Ledger(shop.ledger, read_only=True)
    stones = reader.ask(sa.select(tombstones.c.customer))
    reader.close()
    assert customer in {row["customer"] for row in stones}


def test_a_number_that_nobody_has_is_said_and_leaves_no_tombstone(
    shop: Spool, capsys: pytest.CaptureFixture[str]
) -> None:
    open_customer_key(shop.customer_key, is_in_use=False)
    assert 1 == main(["forget", "NOBODY-AT-ALL"])
    assert "nobody of this number is known" in capsys.readouterr().err
    reader = Ledger(shop.ledger, read_only=True)
    assert [] == reader.ask(sa.select(tombstones.c.customer))
    reader.close()


def test_old_files_are_pruned(shop: Spool, capsys: pytest.CaptureFixture[str]) -> None:
    old = shop.done / "2020-01-01"
    old.mkdir()
    (old / "order.json").write_text("{}")
    assert [{"notes": 0, "files": 1}] == said(capsys, "prune")
    assert not old.exists()


def test_what_can_not_be_erased_is_said_and_stops_no_service(shop: Spool, capsys: pytest.CaptureFixture[str]) -> None:
    (shop.done / "2020-01-01" / "somebody's folder").mkdir(parents=True)
    assert 1 == main(["prune"])
    complaint = capsys.readouterr().err
    assert "a file can't be erased" in complaint
    assert "somebody's folder" in complaint


# The command line -----------------------------------------------------------------------------------------------------


def test_a_campaign_that_is_not_there_is_refused_with_the_nearest(
    spool: Spool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 1 == main(["campaigns", "pause", "welcom"])
    assert "Did you mean welcome?" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("vouchers", "import", "Two Words", "x.csv"), ("vouchers", "redeemed", "x.csv")])
def test_what_can_not_be_is_refused(
    spool: Spool, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert 1 == main(list(arguments))
    assert "Traceback" not in capsys.readouterr().err


def test_a_guest_or_an_unknown_shop_is_nobody_to_forget(spool: Spool) -> None:
    open_customer_key(spool.customer_key, is_in_use=False)
    assert 1 == main(["forget", " "])
    assert 1 == main(["forget", "1", "--shop", "nobodys"])


def test_before_the_first_order_there_is_nothing_to_tell(spool: Spool, capsys: pytest.CaptureFixture[str]) -> None:
    assert [] == said(capsys, "campaigns", "stats")
    assert {0} == {row["codes"] for row in said(capsys, "vouchers", "stats")}
    assert {0} == {row["notes"] for row in said(capsys, "campaigns", "list")}


# The service's side ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.kind)
def test_a_request_that_was_carried_out_and_not_taken_away_does_its_work_once(spool: Spool, request_: Any) -> None:
    """A crash between work and answer: the request is found again."""
    counted = []
    for _ in range(2):
        hand_in(spool, "r1", request_)
        with a_service(spool) as ledger:
            until(lambda: not list(spool.decisions.glob("*.requested.json")), "an answer")
            counted.append((pool_counts(ledger, TODAY, {}), paused_campaigns(ledger).keys()))
    assert counted[0] == counted[1]


def test_what_was_asked_while_no_service_ran_is_carried_out_in_order(spool: Spool) -> None:
    decided = Decide("d0", "pause", "welcome", "mara", "")
    for number, what in enumerate(("pause", "resume", "pause")):
        hand_in(spool, new_decision_id(), replace(decided, decision_id=f"d{number}", what=what))
    with a_service(spool) as ledger:
        until(lambda: not list(spool.decisions.glob("*.requested.json")), "an answer")
        assert ["welcome"] == list(paused_campaigns(ledger))


def test_a_file_that_is_no_request_is_set_aside_and_holds_up_nothing(spool: Spool) -> None:
    (spool.decisions / "a.requested.json").write_text('{"kind": "import"}')
    (spool.decisions / "b.requested.json").write_text("\0")
    hand_in(spool, "c", REQUESTS[0])
    with a_service(spool):
        until(lambda: take_outcome(spool, "c") is not None, "an answer")
    assert 2 == len(list(spool.decisions.glob("*.broken")))


def test_a_refusal_is_the_answer(spool: Spool) -> None:
    with a_service(spool) as ledger:
        record_order(ledger, "1")
        hand_in(spool, "r1", Forget((ADA,), "mara"))
        answers: list[Answer] = []
        until(lambda: bool((answer := take_outcome(spool, "r1")) and not answers.append(answer)), "an answer")
        assert {} == answers[0].counts
        assert "1-1-r1" in answers[0].refused


class FullLedger(Ledger):
    """A ledger without room, for its first changes."""

    def __init__(self, path: Path, times: int) -> None:
        super().__init__(path)
        self.times = times

    def change(self, change: Any) -> Any:
        self.times -= 1
        if self.times >= 0:
            raise SpoolFull("no space left for the ledger")
        return super().change(change)


def test_a_full_disk_puts_a_request_off(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.rounds.FULL_PAUSE_S", 0.02)
    ledger, stopped_by = FullLedger(spool.ledger, 2), list[SlipwayError]()
    requests = Requests(spool, ledger, utc_now)
    hand_in(spool, "r1", REQUESTS[0])
    requests.start(stopped_by.append)
    until(lambda: take_outcome(spool, "r1") == Answer({"new": 1, "known": 0}), "an answer")
    requests.stop()
    ledger.close()
    assert ([], -1) == (stopped_by, ledger.times)
