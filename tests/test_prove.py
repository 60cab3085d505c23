"""The fault rig itself: it knows every effect, its oracle sees what is wrong, and a slice of it is green."""

import ast
import base64
import json
import os
import unicodedata
import urllib.parse
from pathlib import Path

import pytest

from tests.cups_lab import require_packages
from tests.prove.__main__ import prove
from tests.prove.campaigns import CAMPAIGNS
from tests.prove.campaigns.order import STORY, first_missing
from tests.prove.effects import ROOMS, SERVICE, effects, effects_of, instrumented, room_tree, unnamed
from tests.prove.failpoints import Strike
from tests.prove.mutants import MUTANTS
from tests.prove.oracle import Sheet, _judge_note
from tests.prove.orders import MARKER, STREET
from tests.prove.privacy import leaks

OTHER_PROGRAMS = ("cli/", "imagery/", "rendering/", "planning/", "results/", "printing/queues")
NO_EFFECTS_OF_AN_ORDER = (
    *("journal", "systemd", "worker_process", "printing/punctual"),  # datagrams, limits, the bytes of an IPP request
    *("erasing", "content/shelf", "content/unpacking", "recommending/model_file"),  # what people ask for
)
NOTE = "700001-1-r1"


def test_every_effect_of_the_service_has_a_name_of_its_own() -> None:
    names = [effect.name for effect in effects()]
    assert len(names) == len(set(names))
    assert len(names) >= 30
    assert {"disk", "ledger", "cups"} == {effect.kind for effect in effects()}


def test_no_effect_goes_out_in_a_way_that_the_rig_does_not_know() -> None:
    assert [] == [found for room in ROOMS for found in unnamed(room_tree(room), room)]


def test_no_module_of_the_service_with_effects_is_left_out() -> None:
    rooms = [str(path.relative_to(SERVICE))[:-3] for path in SERVICE.rglob("*.py") if path.name != "__init__.py"]
    others = [room for room in rooms if not room.startswith(OTHER_PROGRAMS) and room not in ROOMS]
    with_effects = [room for room in others if effects_of(room_tree(room), room) or [*unnamed(room_tree(room), room)]]
    assert [] == [room for room in with_effects if room not in NO_EFFECTS_OF_AN_ORDER]


@pytest.mark.parametrize(
    "source", ["os.link('a', 'b')", "import shutil", "path.write_text('x')", "os.sendfile(1, 2, 0, 3)"]
)
def test_an_effect_of_an_unknown_kind_is_found(source: str) -> None:
    assert 1 == len(list(unnamed(ast.parse(source), "room")))


def test_an_effect_is_carried_out_between_its_two_moments() -> None:
    tree = instrumented(ast.parse("import os\ndef keep(fd):\n    return os.fsync(fd)"), "room")
    assert "return _at('room.keep.fsync', 'disk', lambda: os.fsync(fd))" in ast.unparse(tree)


def test_the_service_as_it_is_installed_has_no_trace_of_the_rig() -> None:
    assert [] == [
        path for path in SERVICE.rglob("*.py") if "failpoint" in path.read_text() or "tests.prove" in path.read_text()
    ]


@pytest.mark.parametrize("name", MUTANTS)
def test_each_mutant_still_finds_what_it_takes_away(name: str) -> None:
    mutant = MUTANTS[name]
    tree = room_tree(mutant.room)
    before = ast.unparse(tree)
    assert before != ast.unparse(mutant.carried_out(tree))
    assert mutant.campaign in [campaign.name for campaign in CAMPAIGNS]


def told(state: str, generation: int = 1) -> dict[str, object]:
    return {"note_id": NOTE, "generation": generation, "state": state, "code": ""}


def a_sheet(job_name: str = NOTE, text: str = f"{MARKER} 700001") -> Sheet:
    return Sheet("uk-notes", job_name, NOTE, text, 0.0)


@pytest.mark.parametrize(
    ("receipts", "sheets", "lost", "doubled", "flagged"),
    [
        ([told("completed")], [a_sheet()], 0, 0, 0),
        ([told("completed")], [], 1, 0, 0),
        ([told("accepted")], [], 1, 0, 0),
        ([], [], 1, 0, 0),
        ([told("completed")], [a_sheet(), a_sheet()], 0, 1, 0),
        ([told("held")], [a_sheet(), a_sheet()], 0, 0, 1),
        ([told("held")], [], 0, 0, 1),
        ([told("cancelled"), told("completed", 2)], [a_sheet(f"{NOTE}.g2")], 0, 0, 0),
        ([told("completed"), told("completed", 2)], [a_sheet(), a_sheet(f"{NOTE}.g2")], 0, 1, 0),
    ],
)
def test_the_oracle_counts_what_is_lost_doubled_and_flagged(
    receipts: list[dict[str, object]], sheets: list[Sheet], lost: int, doubled: int, flagged: int
) -> None:
    tally = _judge_note(NOTE, receipts, sheets, is_reprinted=False)
    assert (lost, doubled, flagged) == (tally.lost, tally.doubled, tally.flagged)
    assert bool(lost or doubled) == tally.is_red


def test_the_oracle_sees_a_sheet_with_another_customers_order() -> None:
    tally = _judge_note(NOTE, [told("completed")], [a_sheet(text=f"{MARKER} 700002")], is_reprinted=False)
    assert [f"{NOTE}: the sheet is not this customer's"] == tally.findings


def test_a_name_outside_orders_and_notes_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("note.accepted")
    (tmp_path / "b.log").write_text(f"order of {MARKER} 700001")
    (tmp_path / f"{MARKER}.txt").write_text("")
    assert sorted([f"{tmp_path / 'b.log'}: {MARKER}", f"the name of {MARKER}.txt"]) == sorted(leaks([tmp_path]))


@pytest.mark.parametrize(
    "spelt",
    [
        json.dumps(STREET).encode(),
        STREET.encode("utf-16"),
        unicodedata.normalize("NFD", STREET).encode(),
        STREET.upper().encode(),
        repr(STREET.encode()).encode(),
        urllib.parse.quote(STREET).encode(),
        *(base64.b64encode(b"x" * before + STREET.encode() + b" 12") for before in range(3)),
    ],
)
def test_a_street_is_found_however_it_is_spelt(tmp_path: Path, spelt: bytes) -> None:
    (tmp_path / "a.log").write_bytes(b"note.held " + spelt + b"\n")
    assert [f"{tmp_path / 'a.log'}: {STREET}"] == leaks([tmp_path])


def test_an_effect_that_comes_before_what_it_relies_on_is_found() -> None:
    passed = [Strike(*moment.split(" ")[::-1], "passed") for moment in STORY]
    assert "" == first_missing(STORY, passed)
    fsync = STORY.index("after files.write_aside.fsync")
    del passed[fsync]
    assert "" != first_missing(STORY, passed)


@pytest.mark.cups
def test_a_slice_of_the_campaigns_is_green() -> None:
    require_packages(os.environ)
    chosen = [campaign for campaign in CAMPAIGNS if campaign.name in ("order", "submission")]
    lines = prove(chosen, budget_s=25, seed=1, most_runs=4)
    assert {"order": [], "submission": []} == {line.campaign.name: line.tally.findings for line in lines}
    assert [2, 4] == [line.tally.runs for line in lines]
    assert [0, 0] == [line.tally.lost + line.tally.doubled for line in lines]
