"""What each crash of the intake leaves, and that the next start finds all of it: a row of the table, a test."""

import hashlib
import os
from pathlib import Path

import pytest

from service.intake.archive import ProblemReport, archive, refuse
from service.intake.hot_folder import Claim
from tests.builders import NOON
from tests.intake_doubles import Bench, WordsRead


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "spool")


def after_a_crash(bench: Bench) -> list[Claim[WordsRead]]:
    bench.clock.rest(60)
    bench.folder = bench.service()
    return list(bench.folder.reclaimed())


def test_crash_while_a_copy_is_written_leaves_the_drop_and_no_rubbish(bench: Bench) -> None:
    bench.drop("order.json", b"end")
    (bench.spool.working / ".0abc~order.json.4711.tmp").write_bytes(b"en")
    (bench.spool.receipts / ".order.json.receipt.json.4711.tmp").write_bytes(b"{")
    assert [] == after_a_crash(bench)
    assert [] == os.listdir(bench.spool.working) + os.listdir(bench.spool.receipts)
    assert [("order.json", "")] == bench.claimed()


def test_crash_between_copy_and_ledger_gives_copy_and_drop_with_one_content(bench: Bench) -> None:
    bench.drop("order.json", b"end")
    (claim,) = bench.folder.claims()
    (reclaimed,) = after_a_crash(bench)
    (again,) = bench.folder.claims()
    assert claim == reclaimed
    assert claim.sha256 == again.sha256
    assert claim.drop_id < again.drop_id
    assert 2 == len(os.listdir(bench.spool.working))


def test_crash_between_ledger_and_removal_can_be_removed_by_the_second_claim(bench: Bench) -> None:
    drop = bench.drop("order.json", b"end")
    list(bench.folder.claims())
    after_a_crash(bench)
    (again,) = bench.folder.claims()
    bench.folder.remove(again)
    assert not drop.exists()


def test_crash_after_removal_gives_the_copy_with_all_that_is_known_of_it(bench: Bench) -> None:
    bench.drop("order.json", b"end", age_s=100)
    (claim,) = bench.folder.claims()
    bench.folder.remove(claim)
    assert [claim] == after_a_crash(bench)
    assert [] == list(bench.folder.claims())


def test_copies_are_read_again_oldest_first(bench: Bench) -> None:
    for number in range(5):
        bench.drop(f"{number}.json", b"end", age_s=-1e9 - number)
    claims = list(bench.folder.claims())
    assert claims == after_a_crash(bench)


def test_copy_is_refused_again_for_the_same_reason(bench: Bench) -> None:
    bench.drop("a.json", b"bad", age_s=1e9)
    bench.drop("b.csv", b"half", age_s=1e9)
    bench.drop("c.xml", b"end", age_s=1e9)
    os.mkfifo(bench.spool.incoming / "d.json")
    bench.drop("e.json", b"")
    os.truncate(bench.spool.incoming / "e.json", 10**12)
    bench.claimed()
    bench.clock.rest(1e10)
    bench.claimed()
    expected = {
        "a.json": "invalid-json",
        "b.csv": "incomplete",
        "c.xml": "unknown-format",
        "d.json": "not-a-regular-file",
        "e.json": "file-too-large",
    }
    assert expected == {claim.name: claim.rejection.code for claim in after_a_crash(bench) if claim.rejection}


def test_crash_after_the_archive_leaves_nothing_to_do(bench: Bench) -> None:
    bench.drop("order.json", b"end")
    (claim,) = bench.folder.claims()
    bench.folder.remove(claim)
    archive(claim.path, bench.spool, NOON.date())
    assert [] == after_a_crash(bench)


def test_crash_between_report_and_move_is_refused_again_under_the_same_name(bench: Bench) -> None:
    bench.drop("order.json", b"bad", age_s=1e9)
    (claim,) = bench.folder.claims()
    report = ProblemReport("order.json", claim.sha256, NOON, ({"code": "invalid-json"},))
    refused = refuse(claim.path, bench.spool, report)
    refused.rename(claim.path)  # as if the report was written, and the file not yet moved
    (claim,) = after_a_crash(bench)
    assert refused == refuse(claim.path, bench.spool, report)
    assert ["order.json", "order.json.problem.json"] == sorted(os.listdir(bench.spool.problem))


def test_file_in_working_that_is_no_copy_of_ours_is_left_alone(bench: Bench) -> None:
    (bench.spool.working / "note to self.txt").write_bytes(b"end")
    assert [] == after_a_crash(bench)
    assert ["note to self.txt"] == os.listdir(bench.spool.working)


def test_content_claimed_is_content_reclaimed_whatever_the_name(bench: Bench) -> None:
    names = [b"two\nlines.json", b"caf\xe9.json", b"x" * 250 + b".json", b"a~b~c.json"]
    for name in names:
        with open(os.path.join(os.fsencode(bench.spool.incoming), name), "wb") as file:
            file.write(name + b"end")
    claims = list(bench.folder.claims())
    assert {hashlib.sha256(name + b"end").hexdigest() for name in names} == {claim.sha256 for claim in claims}
    assert claims == after_a_crash(bench)
