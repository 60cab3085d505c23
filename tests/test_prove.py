"""The fault rig itself: it knows every effect, its oracle sees what is wrong, and a slice of it is green."""

import ast
import base64
import json
import os
import random
import unicodedata
import urllib.parse
from functools import cache
from pathlib import Path

import pytest

from tests.cups_lab import require_packages
from tests.prove.__main__ import prove
from tests.prove.campaigns import CAMPAIGNS
from tests.prove.campaigns.commands import COMMANDS, MADE_BY
from tests.prove.campaigns.order import STORY, first_missing
from tests.prove.effects import (
    LEFT_OUT,
    ROOMS,
    SERVICE,
    Effect,
    effects,
    effects_of,
    instrumented,
    is_left_out,
    room_tree,
    unnamed,
)
from tests.prove.failpoints import Strike
from tests.prove.moments import GUARDED, OF_COMMANDS, half_written, stage, uncoded_orders, verdict
from tests.prove.mutants import AIMED, MUTANTS, UNNOTICED, Aim, Mutant, Unsynced, all_mutants
from tests.prove.mutation import COMMIT
from tests.prove.oracle import Oracle, Sheet, _judge_note, judge_codes
from tests.prove.orders import MARKER, STREET, Orders
from tests.prove.privacy import leaks
from tests.prove.rig import Rig
from tests.prove.situations import SITUATIONS, decide, in_paused_line, resume, situation

NOTE = "700001-1-r1"


def test_every_effect_of_the_service_has_a_name_of_its_own() -> None:
    names = [effect.name for effect in effects()]
    assert len(names) == len(set(names))
    assert len(names) >= 30
    assert {"disk", "ledger", "cups"} == {effect.kind for effect in effects()}


def test_no_effect_goes_out_in_a_way_that_the_rig_does_not_know() -> None:
    assert [] == [found for room in ROOMS for found in unnamed(room_tree(room), room)]


@cache
def rooms_with_effects() -> tuple[str, ...]:
    rooms = [str(path.relative_to(SERVICE))[:-3] for path in SERVICE.rglob("*.py") if path.name != "__init__.py"]
    return tuple(room for room in rooms if [*unnamed(tree := room_tree(room), room)] or effects_of(tree, room))


def test_no_module_of_the_service_with_effects_is_left_out_without_a_reason() -> None:
    assert [] == [room for room in rooms_with_effects() if room not in ROOMS and not is_left_out(room)]
    assert [] == [room for room in ROOMS if is_left_out(room)]


def test_whatever_is_left_out_has_effects() -> None:
    assert [] == [named for named in LEFT_OUT if not any(room.startswith(named) for room in rooms_with_effects())]


@pytest.mark.parametrize(
    "source",
    [
        *("os.link('a', 'b')", "shutil.move('a', 'b')", "path.write_text('x')", "os.sendfile(1, 2, 0, 3)"),
        *("open('a', 'w')", "from shutil import move", "subprocess.run(['true'])", "tempfile.mkdtemp()"),
    ],
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


@pytest.mark.parametrize("name", all_mutants())
def test_each_mutant_still_finds_what_it_takes_away(name: str) -> None:
    mutant = all_mutants()[name]
    tree = instrumented(room_tree(mutant.room), mutant.room)
    before = ast.unparse(tree)
    assert before != ast.unparse(mutant.carried_out(tree))
    if isinstance(mutant, Mutant) and isinstance(mutant.found_by, str):
        assert mutant.found_by in [campaign.name for campaign in CAMPAIGNS]


@pytest.mark.parametrize("name", AIMED)
def test_what_finds_a_mutant_out_is_a_situation_and_strikes_at_effects(name: str) -> None:
    mutant = MUTANTS[name]
    assert isinstance(mutant, Mutant) and isinstance(mutant.found_by, Aim)
    assert mutant.found_by.situation == situation(mutant.found_by.situation).name
    assert {each.name for each in mutant.found_by.strikes} <= {effect.name for effect in effects()}


def test_effects_that_the_rig_names_by_itself_are_there() -> None:
    names = [effect.name for effect in effects()]
    assert {COMMIT, GUARDED} <= set(names)
    assert all(any(name.startswith(begin) for name in names) for begin in (*OF_COMMANDS, *MADE_BY))
    assert set(MADE_BY.values()) <= {command.name for command in COMMANDS}


def test_a_file_for_readers_that_is_not_whole_is_named(tmp_path: Path) -> None:
    (tmp_path / "receipts").mkdir()
    for name, content in (("whole", b"{}"), ("cut", b'{"state"'), ("empty", b""), (".aside", b"{")):
        (tmp_path / "receipts" / f"{name}.json").write_bytes(content)
    assert {f"receipts/{name}.json is half written" for name in ("cut", "empty")} == set(half_written(tmp_path))


def test_every_sync_of_the_service_is_a_mutant_or_left_out_with_its_module() -> None:
    syncs = {effect.name for effect in effects() if effect.is_sync}
    assert {"files.write_aside.fsync", "intake.hot_folder.HotFolder._handed_over.fsync_folder"} <= syncs
    assert {f"unsynced {name}" for name in syncs} <= all_mutants().keys()
    assert UNNOTICED.keys() <= all_mutants().keys()


def test_a_file_that_was_to_be_durable_is_written_all_the_same_by_a_mutant() -> None:
    tree = instrumented(ast.parse("def keep(path):\n    write_whole(path, b'', mode=0o600)"), "files")
    unsynced = Unsynced(Effect("files.keep.write_whole", "disk", 2, is_sync=True)).carried_out(tree)
    written = "write_whole.__globals__['write_aside'](path, b'', mode=384, durable=False)"
    assert f"_at('files.keep.write_whole', 'disk', lambda: {written})" in ast.unparse(unsynced)


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


@pytest.mark.parametrize(
    ("sheets", "given", "uncoded", "wrong"),
    [
        ([(NOTE, "RIG-000001")], {"RIG-000001"}, {}, ""),
        ([(NOTE, "RIG-000001"), ("700002-1-r1", "RIG-000001")], {"RIG-000001"}, {}, "is on the notes of orders"),
        ([(NOTE, "RIG-000001")], {}, {}, "the ledger has not given it"),
        ([(NOTE, "RIG-000001")], {"RIG-000001"}, {"700001"}, "who objects to marketing"),
        ([(NOTE, "RIG-000001"), (NOTE, "RIG-000002")], {"RIG-000001", "RIG-000002"}, {}, "its sheets have the codes"),
        ([(NOTE, "RIG-000001 RIG-000002")], {"RIG-000001", "RIG-000002"}, {}, "its sheets have the codes"),
    ],
)
def test_the_oracle_sees_codes_where_they_should_not_be(
    sheets: list[tuple[str, str]], given: set[str], uncoded: set[str], wrong: str
) -> None:
    printed = [Sheet("uk-notes", note, note, f"your code {code}", 0.0) for note, code in sheets]
    found = list(judge_codes(printed, given, uncoded))
    assert ([wrong in each for each in found] == [True]) if wrong else [] == found


def test_orders_without_a_code_are_gifts_and_of_customers_who_object(tmp_path: Path) -> None:
    orders, oracle = Orders(random.Random(1)), Oracle(tmp_path, tmp_path)
    drops = [*orders.some(20), orders.objecting()]
    for drop in drops:
        oracle.expect(drop)
    gifts = {shipment.order.order_id for drop in drops for shipment in drop.shipments if shipment.order.gift}
    assert gifts
    assert gifts | {drops[-1].shipments[0].order.order_id} == uncoded_orders(oracle)


def test_each_situation_has_a_name_of_its_own() -> None:
    names = [situation.name for situation in SITUATIONS]
    assert len(names) == len(set(names))


def test_helpers_of_situations_strike_at_effects_that_there_are() -> None:
    names = {effect.name for effect in effects()}
    assert [] == [each for situation in SITUATIONS for each in situation.helpers if each.name not in names]


def test_an_effect_that_comes_before_what_it_relies_on_is_found() -> None:
    passed = [Strike(*moment.split(" ")[::-1], "passed") for moment in STORY]
    assert "" == first_missing(STORY, passed)
    fsync = STORY.index("after files.write_aside.fsync")
    del passed[fsync]
    assert "" != first_missing(STORY, passed)


@pytest.mark.cups
def test_a_note_that_was_just_released_is_judged_when_it_has_printed() -> None:
    require_packages(os.environ)
    with Rig(1) as rig, stage(rig, 0) as scene:
        scene.start()
        scene.wait_ready()
        drop = in_paused_line(scene)
        decide(scene, "hold", drop)
        scene.kill()
        resume(scene)
        scene.decide("release", drop.note_ids[0], "99999999")
        tally = verdict(scene)
    assert (1, 0, 0, []) == (tally.notes, tally.lost, tally.flagged, tally.findings)


@pytest.mark.cups
def test_a_slice_of_the_campaigns_is_green() -> None:
    require_packages(os.environ)
    chosen = [campaign for campaign in CAMPAIGNS if campaign.name in ("order", "submission")]
    lines = prove(chosen, budget_s=120, seed=1, most_runs=4)
    assert {"order": [], "submission": []} == {line.campaign.name: line.tally.findings for line in lines}
    assert [2, 4] == [line.tally.runs for line in lines]
    assert [0, 0] == [line.tally.lost + line.tally.doubled for line in lines]
