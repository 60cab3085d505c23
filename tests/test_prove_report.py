"""What the fault rig tells: its table and its JSON, how a failure is done again, and whether something grows."""

import io
import json
import sqlite3
from argparse import Namespace
from contextlib import closing, redirect_stdout
from pathlib import Path

import pytest

from tests.prove import __main__
from tests.prove.__main__ import WITH_ALL_MUTANTS_S, told
from tests.prove.accounts import disagreements
from tests.prove.campaigns import CAMPAIGNS
from tests.prove.journal_double import fields_of
from tests.prove.mutants import AIMED
from tests.prove.mutation import FOUND, SURVIVED, Outcome
from tests.prove.oracle import Tally
from tests.prove.orders import Dropped
from tests.prove.report import WIDTH, Line, Proof, as_json, show
from tests.prove.sampling import Sample, slope

PRINTERS = next(campaign for campaign in CAMPAIGNS if campaign.name == "printers")


def a_red_proof() -> Proof:
    tally, single = Tally(), Tally(runs=1, notes=2, lost=1)
    single.find("700001-1-r1: completed, and no sheet")
    tally.add(Tally(runs=1, notes=3, beside_s=[0.1, 0.2, 2.5]), "printer off")
    tally.add(single, "cupsd killed")
    return Proof([Line(PRINTERS, tally, 12.0), Line(CAMPAIGNS[0], Tally(), 0.0, "no strace (strace)")], 4711, 600.0)


def test_a_red_fault_is_done_again_by_itself_with_the_command_that_is_told() -> None:
    proof = a_red_proof()
    assert ["cupsd killed"] == proof.red_faults(proof.lines[0])
    told = "python -m tests.prove --seed 4711 --only printers --budget 60s --fault 'cupsd killed'"
    assert told == proof.replay(proof.lines[0], "cupsd killed")
    assert (True, True) == (proof.is_red, proof.has_gaps)


def test_the_table_is_no_wider_than_a_terminal_and_names_what_did_not_run() -> None:
    with redirect_stdout(io.StringIO()) as said:
        show(a_red_proof())
    table = [line for line in said.getvalue().splitlines() if "again with" not in line]
    assert WIDTH >= max(map(len, table))
    assert "no strace (strace)" in said.getvalue()
    assert "RED: 1 of 2 campaigns, 2 runs, 5 notes: lost 1, duplicates 0 without a word, 0 flagged" in table


def test_the_json_has_single_faults_neighbours_versions_and_the_command() -> None:
    said = json.loads(json.dumps(as_json(a_red_proof())))
    row = said["campaigns"][0]
    assert [("printer off", 0), ("cupsd killed", 1)] == [(each["fault"], each["lost"]) for each in row["faults"]]
    assert (3, 0.2, 2.5) == (row["neighbours"], row["neighbours_p50_s"], row["neighbours_worst_s"])
    assert {"slipway", "python", "kernel", "cups", "sqlite"} == said["versions"].keys()
    assert row["replay"].startswith("python -m tests.prove --seed 4711 --only printers")


@pytest.mark.parametrize(("word", "exit_code"), [(FOUND, 0), (SURVIVED, 1)])
def test_the_json_stays_the_last_line_when_mutants_run_after_the_campaigns_and_has_them(
    word: str, exit_code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    green = Proof([Line(PRINTERS, Tally(runs=1), 12.0)], 4711, WITH_ALL_MUTANTS_S)
    monkeypatch.setattr(__main__, "prove_mutants", lambda *_: [Outcome("no-drain", "a drain", word, "term", "ended")])
    arguments = Namespace(budget=WITH_ALL_MUTANTS_S, seed=4711, only="", soak=0.0, full=False, json=None)
    with redirect_stdout(io.StringIO()) as said:
        assert exit_code == told(green, arguments)
    last = json.loads(said.getvalue().splitlines()[-1])
    assert [("no-drain", word, "term")] == [(each["name"], each["word"], each["by"]) for each in last["mutants"]]
    assert ("printers", bool(exit_code)) == (last["campaigns"][0]["campaign"], last["is_red"])


@pytest.mark.parametrize(("budget_s", "only"), [(600.0, AIMED), (WITH_ALL_MUTANTS_S, ())])
def test_an_ordinary_run_ends_with_the_mutants_that_are_aimed_and_a_long_one_with_all(
    budget_s: float, only: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = list[tuple[str, ...]]()
    monkeypatch.setattr(__main__, "prove_mutants", lambda _seed, _budget_s, names: tried.append(names) or [])
    arguments = Namespace(budget=budget_s, seed=4711, only="", soak=0.0, full=False, json=None)
    with redirect_stdout(io.StringIO()):
        told(Proof([Line(PRINTERS, Tally(runs=1), 12.0)], 4711, budget_s), arguments)
    assert [only] == tried


def samples(pid: int, level_mb: float, mb_an_hour: float) -> list[Sample]:
    """Every ten seconds of half an hour; the first two minutes take 50 MB less, and there is a step of 10 MB."""
    return [
        Sample(at_s, pid, level_mb + mb_an_hour * at_s / 3600 - 50 * (at_s < 120) + 10 * (at_s > 900), 0, 20, 8, 0)
        for at_s in range(0, 1800, 10)
    ]


@pytest.mark.parametrize("mb_an_hour", [0.0, 12.0])
def test_the_slope_is_that_of_all_lives_without_their_warm_up_and_their_steps(mb_an_hour: float) -> None:
    found = slope([*samples(1, 100, mb_an_hour), *samples(2, 140, mb_an_hour)], "rss_mb", 120)
    assert found is not None
    assert mb_an_hour == pytest.approx(found.per_hour)
    assert bool(mb_an_hour) == (found.per_hour - found.margin > 0.1)
    assert 10 + mb_an_hour * 1200 / 3600 == pytest.approx(found.grown)
    assert slope(samples(1, 100, 0)[:18], "rss_mb", 120) is None


@pytest.mark.parametrize(
    ("in_ledger", "in_receipt", "folder", "found"),
    [
        ("completed", "completed", "done/2026-11-22", []),
        ("completed", "completed", "away-3", []),
        ("accepted", "accepted", "done/2026-11-22", ["1-1-r1 #1: accepted in the ledger, at the end"]),
        ("held", "completed", "done/2026-11-22", ["1-1-r1 #1: held in the ledger, ['completed'] in receipts"]),
        ("completed", "completed", "working", ["a.json: in done/: False, in problem/: False"]),
        ("completed", "completed", "problem", ["a.json: in done/: False, in problem/: True"]),
    ],
)
def test_accounts_that_tell_a_note_differently_are_found(
    tmp_path: Path, in_ledger: str, in_receipt: str, folder: str, found: list[str]
) -> None:
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as ledger:
        ledger.execute("create table notes (note_id, generation, state)")
        ledger.execute("insert into notes values ('1-1-r1', 1, ?)", (in_ledger,))
        ledger.commit()
    for name in ("receipts", folder):
        (tmp_path / name).mkdir(parents=True)
    note = {"note_id": "1-1-r1", "generation": 1, "state": in_receipt}
    (tmp_path / "receipts/a.json.receipt.json").write_text(json.dumps({"notes": [note]}))
    (tmp_path / folder / "a.json").write_bytes(b"{}")
    assert found == disagreements(tmp_path, [Dropped("a.json", b"{}", ())])


def test_an_event_of_the_journal_is_read_also_with_a_text_of_two_lines() -> None:
    event = b"EVENT=note.held\nREASON\n\x07\x00\x00\x00\x00\x00\x00\x00one\ntwo\nCODE=x\n"
    assert [("EVENT", "note.held"), ("REASON", "one\ntwo"), ("CODE", "x")] == list(fields_of(event))
