"""Where files end: names, reports and receipts on a real disk."""

import hashlib
import json
import os
import socket
from datetime import date, datetime
from pathlib import Path

import pytest

from service.intake.archive import ProblemReport, archive, find_archived, refuse
from service.intake.receipts import receipt_path, write_receipt
from service.intake.spool import Spool, open_spool
from tests.builders import NOON

DAY = date(2026, 11, 21)
FIRST, SECOND = "0a" * 7 + "0", "0b" * 7 + "0"
CONTENT_SHA256 = hashlib.sha256(b"content").hexdigest()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return open_spool(tmp_path / "spool")


def a_copy(spool: Spool, drop_id: str = FIRST, name: str = "order.json", content: bytes = b"content") -> Path:
    path = spool.working / f"{drop_id}~{name}"
    path.write_bytes(content)
    return path


def a_report(name: str = "order.json") -> ProblemReport:
    problem = {"code": "invalid-json", "what": "no value", "where": "line 1, column 2", "hint": "Mend it."}
    return ProblemReport(name, CONTENT_SHA256, NOON, ({**problem, "position": 0},))


# Archive -------------------------------------------------------------------------------------------------------------


def test_archived_file_lies_under_its_day_and_name(spool: Spool) -> None:
    path = archive(a_copy(spool), spool, DAY)
    assert spool.done / "2026-11-21" / "order.json" == path
    assert b"content" == path.read_bytes()
    assert [] == os.listdir(spool.working)


def test_names_are_numbered_and_nothing_is_overwritten(spool: Spool) -> None:
    paths = [archive(a_copy(spool, content=b"%d" % number), spool, DAY) for number in range(3)]
    assert ["order.json", "order~2.json", "order~3.json"] == [path.name for path in paths]
    assert [b"0", b"1", b"2"] == [path.read_bytes() for path in paths]


def test_tenth_file_of_a_name_is_told_apart_by_its_drop_id(spool: Spool) -> None:
    for _ in range(9):
        archive(a_copy(spool), spool, DAY)
    assert f"order~{SECOND}.json" == archive(a_copy(spool, SECOND), spool, DAY).name


def test_name_with_a_tilde_or_without_suffix_is_archived(spool: Spool) -> None:
    assert "a~b.json" == archive(a_copy(spool, name="a~b.json"), spool, DAY).name
    assert "order" == archive(a_copy(spool, name="order"), spool, DAY).name
    assert "order~2" == archive(a_copy(spool, name="order"), spool, DAY).name


def test_archived_file_is_found_by_day_and_content(spool: Spool) -> None:
    archive(a_copy(spool, content=b"another"), spool, DAY)
    path = archive(a_copy(spool), spool, DAY)
    assert path == find_archived(spool, DAY, CONTENT_SHA256, 7)
    assert path == find_archived(spool, datetime(2026, 11, 21, 9, 0), CONTENT_SHA256, 7)  # noqa: DTZ001
    assert None is find_archived(spool, date(2026, 11, 22), CONTENT_SHA256, 7)
    assert None is find_archived(spool, DAY, CONTENT_SHA256, 8)


def test_file_refused_in_part_is_found_too(spool: Spool) -> None:
    path = refuse(a_copy(spool), spool, a_report())
    os.mkfifo(spool.problem / "pipe.json")
    assert path == find_archived(spool, DAY, CONTENT_SHA256, 7)


# Problems ------------------------------------------------------------------------------------------------------------


def test_refused_file_lies_beside_its_report(spool: Spool) -> None:
    path = refuse(a_copy(spool), spool, a_report())
    assert spool.problem / "order.json" == path
    assert b"content" == path.read_bytes()
    assert {
        "drop": FIRST,
        "file": "order.json",
        "sha256": CONTENT_SHA256,
        "refused_at": "2026-11-21T12:00:00+00:00",
        "problems": [
            {
                "code": "invalid-json",
                "what": "no value",
                "where": "line 1, column 2",
                "hint": "Mend it.",
                "position": 0,
            }
        ],
    } == json.loads((spool.problem / "order.json.problem.json").read_bytes())
    assert [] == os.listdir(spool.working)


def test_second_refused_file_of_a_name_gets_a_number_and_its_own_report(spool: Spool) -> None:
    refuse(a_copy(spool, FIRST), spool, a_report())
    path = refuse(a_copy(spool, SECOND), spool, a_report())
    assert "order~2.json" == path.name
    assert SECOND == json.loads((spool.problem / "order~2.json.problem.json").read_bytes())["drop"]


def test_report_of_a_file_that_its_sender_took_back_is_kept(spool: Spool) -> None:
    refuse(a_copy(spool, FIRST), spool, a_report()).unlink()
    assert "order~2.json" == refuse(a_copy(spool, SECOND), spool, a_report()).name


def test_of_a_link_a_pipe_and_a_socket_only_the_report_stays(
    spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(spool.working)
    (tmp_path / "target").write_bytes(b"target")
    (spool.working / f"{FIRST}~link.json").symlink_to(tmp_path / "target")
    os.link(tmp_path / "target", spool.working / f"{FIRST}~hard.json")
    os.mkfifo(spool.working / f"{FIRST}~pipe.json")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{FIRST}~socket.json")
        for name in ("link", "hard", "pipe", "socket"):
            refuse(spool.working / f"{FIRST}~{name}.json", spool, a_report())
    expected = [f"{name}.json.problem.json" for name in ("hard", "link", "pipe", "socket")]
    assert expected == sorted(os.listdir(spool.problem))
    assert [] == os.listdir(spool.working)
    assert b"target" == (tmp_path / "target").read_bytes()


def test_refused_folder_is_moved_whole(spool: Spool) -> None:
    folder = spool.working / f"{FIRST}~orders"
    folder.mkdir()
    (folder / "order.json").write_bytes(b"content")
    path = refuse(folder, spool, a_report("orders"))
    assert ["order.json"] == os.listdir(path)


# Receipts ------------------------------------------------------------------------------------------------------------


def receipts_of(spool: Spool) -> dict[str, str]:
    return {path.name: json.loads(path.read_bytes())["state"] for path in spool.receipts.iterdir()}


def test_receipt_is_rewritten_whole(spool: Spool) -> None:
    write_receipt(spool, "order.json", {"file": "order.json", "drop": FIRST, "state": "received"})
    write_receipt(spool, "order.json", {"file": "order.json", "drop": FIRST, "state": "accepted"}, durable=True)
    assert {"order.json.receipt.json": "accepted"} == receipts_of(spool)
    assert {"drop": FIRST, "file": "order.json", "state": "accepted"} == json.loads(
        receipt_path(spool, "order.json").read_bytes()
    )


def test_newest_drop_owns_the_receipt_of_its_name_and_the_older_one_goes_on_beside_it(spool: Spool) -> None:
    write_receipt(spool, "order.json", {"drop": FIRST, "state": "received"})
    write_receipt(spool, "order.json", {"drop": SECOND, "state": "received"})
    write_receipt(spool, "order.json", {"drop": FIRST, "state": "accepted"})
    write_receipt(spool, "order.json", {"drop": SECOND, "state": "held"})
    write_receipt(spool, "order.json", {"drop": FIRST, "state": "completed"})
    expected = {"order.json.receipt.json": "held", f"order.json.{FIRST}.receipt.json": "completed"}
    assert expected == receipts_of(spool)


def test_receipt_that_is_not_ours_is_replaced(spool: Spool) -> None:
    receipt_path(spool, "order.json").write_bytes(b"")
    write_receipt(spool, "order.json", {"drop": FIRST, "state": "received"})
    assert {"order.json.receipt.json": "received"} == receipts_of(spool)
