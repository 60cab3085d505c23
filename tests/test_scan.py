"""The packing bench: which sheet is packed, what a packer is warned of, and what the ledger keeps of each scan."""

import json
import subprocess
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from service.cli import scan as command
from service.clock import utc_now
from service.config import Config, read_config
from service.errors import SpoolFull
from service.intake.spool import Spool, lock_spool, open_spool
from service.ledger.accounts import Found, NoteKey, Scan, key_of
from service.ledger.packing import Sheet, found_among
from service.packing import PackingBench, hand_in, take_found
from tests.builders import NOON, a_line, a_shipment
from tests.conftest import ROOT
from tests.floor import Floor, account_of
from tests.programs import until
from tests.shop import SLIPWAY, Shop, order_file

KEY = NoteKey("509217-1-r1", 1)
NOTE, FURTHER = "509217-1-r1", "509217-1-r1.g2"


def a_scan(scan_id: str = "s1", key: NoteKey = KEY) -> Scan:
    return Scan(scan_id, key, utc_now(), "bench-3")


@pytest.fixture
def printed(tmp_path: Path) -> Iterator[Floor]:
    """A spool where note 509217-1-r1 is completed and no service runs."""
    Shop(tmp_path).drop_shipment(a_shipment())
    floor = Floor(tmp_path)
    for claim in floor.rooms.hot_folder.claims():
        floor.pipeline.receive(claim)
    floor.line.work_off()
    floor.ledger.complete(KEY, NOON, "folder")
    yield floor
    floor.ledger.close()


# What the code says ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [
        NoteKey("509217-1-r1", 1),
        NoteKey("509217-1-r1", 2),
        NoteKey("A.g2-2026_11-12-r999", 14),
        NoteKey("A-LONG-ORDER-ID-OF-32-CHARACTERS-999-r1", 3),
    ],
)
def test_the_code_on_a_sheet_names_its_note_and_generation(key: NoteKey) -> None:
    assert key == key_of(key.job_name)


@pytest.mark.parametrize(
    "code",
    ["", "509217", "5901234123457", "509217-1-R1", "509217ß1ßr1", "509217-1-r1.g", "509217-1-r1.g0", "509217-0-r1",
     "https://amber-home.example/f/509217-1-r1?l=de", "509217-1-r1\n", "../../etc/passwd-1-r1", "x" * 1000],
)  # fmt: skip
def test_what_is_no_code_of_a_note_is_not_taken_for_one(code: str) -> None:
    assert key_of(code) is None


# What a scan finds ----------------------------------------------------------------------------------------------------


def sheets(*states: str) -> list[Sheet]:
    """The sheets of a note, newest first as the ledger gives them; `packed` is a completed one that was packed."""
    made = [
        Sheet(NOTE, generation, "completed", NOON, "bench-3")
        if state == "packed"
        else Sheet(NOTE, generation, state, None, "")
        for generation, state in enumerate(states, 1)
    ]
    return made[::-1]


@pytest.mark.parametrize(
    ("expected", "states", "generation"),
    [
        (Found("packed", NOTE, "completed"), ("completed",), 1),
        (Found("scanned-again", NOTE, "completed", NOON, "bench-3"), ("packed",), 1),
        (Found("packed", FURTHER, "completed"), ("completed", "completed"), 2),
        (Found("packed-anew", NOTE, "completed", NOON, "bench-3"), ("packed", "completed"), 2),
        (Found("scanned-again", FURTHER, "completed", NOON, "bench-3"), ("packed", "packed"), 2),
        (Found("outdated", FURTHER, "completed"), ("completed", "completed"), 1),
        (Found("outdated", FURTHER, "received"), ("packed", "received"), 1),
        (Found("outdated", FURTHER, "held"), ("completed", "held"), 1),
        (Found("outdated", FURTHER, "completed"), ("cancelled", "completed"), 1),
        (Found("packed", NOTE, "completed"), ("completed", "cancelled"), 1),
        (Found("outdated", FURTHER, "completed"), ("completed", "completed", "cancelled"), 1),
        (Found("cancelled", NOTE, "cancelled"), ("cancelled",), 1),
        (Found("cancelled", FURTHER, "cancelled"), ("packed", "cancelled"), 2),
        (Found("held", NOTE, "held"), ("held",), 1),
        *(
            (Found("not-completed", NOTE, state), (state,), 1)
            for state in ("received", "submitting", "deferred", "accepted")
        ),
        (Found("unknown"), ("completed",), 2),
        (Found("unknown"), (), 1),
    ],
)
def test_what_a_scan_finds(expected: Found, states: tuple[str, ...], generation: int) -> None:
    assert expected == found_among(sheets(*states), NoteKey(NOTE, generation))


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ("", Found("packed", NOTE, "completed")),
        ("packed already, {when} by bench-3", Found("scanned-again", NOTE, "", NOON, "bench-3")),
        (
            "this parcel was packed with 509217-1-r1 {when} by bench-3: put this sheet in its place",
            Found("packed-anew", NOTE, "completed", NOON, "bench-3"),
        ),
        ("throw this sheet away, take the newer one: 509217-1-r1.g2", Found("outdated", FURTHER, "completed")),
        ("throw this sheet away: a newer one is on its way, 509217-1-r1.g2", Found("outdated", FURTHER, "accepted")),
        ("don't pack yet: a newer sheet, 509217-1-r1.g2, is held; ask first", Found("outdated", FURTHER, "held")),
        ("don't pack: this note was cancelled", Found("cancelled", NOTE, "cancelled")),
        ("don't pack yet: this note is held; ask first", Found("held", NOTE, "held")),
        (
            "the printer has not finished this note: wait a moment, then scan again",
            Found("not-completed", NOTE, "accepted"),
        ),
        ("there is no such note", Found("unknown")),
        ("this is not the code of a delivery note", Found("no-note")),
    ],
)
def test_a_packer_is_told_what_to_do(expected: str, found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "utc_now", lambda: NOON + timedelta(days=3))
    when = f"{NOON.astimezone():on %Y-%m-%d at %H:%M}"
    assert expected.format(when=when) == command._Answer(found).words


# With a service -------------------------------------------------------------------------------------------------------


@contextmanager
def bench(shop: Shop, *options: str) -> Iterator["subprocess.Popen[str]"]:
    """`slipway scan -`, waiting for codes."""
    with subprocess.Popen(
        [*SLIPWAY, "scan", "-", *options],
        cwd=ROOT,
        env=shop.environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def scanned(process: "subprocess.Popen[str]", code: str) -> str:
    """What is answered to a code that the hand scanner types; the next is typed when the answer is there."""
    assert process.stdin and process.stdout
    process.stdin.write(f"{code}\n")
    process.stdin.flush()
    return process.stdout.readline().rstrip("\n")


def test_a_running_service_answers_each_code_that_is_typed(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "spool")
    shop.spool.mkdir()
    (shop.spool / "first.json").write_bytes(order_file(a_shipment()))
    (shop.spool / "changed.json").write_bytes(order_file(a_shipment(lines=(a_line(quantity=1, quantity_ordered=1),))))
    with shop.service() as service, bench(shop, "--who", "bench-3") as packer:
        assert 0 == shop.slipway("submit", "--wait", str(shop.spool / "first.json")).returncode
        until(lambda: ["completed"] == [note["state"] for note in shop.status()], "the note", service)
        assert f"OK       {NOTE}" == scanned(packer, NOTE)
        again = scanned(packer, f"  {NOTE} ")
        assert again.startswith(f"WARNING  {NOTE}: packed already, at ") and again.endswith(" by bench-3")
        assert f"WARNING  {FURTHER}: there is no such note" == scanned(packer, FURTHER)
        assert "WARNING  4006381333931: this is not the code of a delivery note" == scanned(packer, "4006381333931")

        shop.slipway("submit", str(shop.spool / "changed.json"))
        until(lambda: 2 == len(shop.status()), "the change", service)
        assert "is held; ask first" in scanned(packer, NOTE)
        assert f"WARNING  {FURTHER}: don't pack yet: this note is held; ask first" == scanned(packer, FURTHER)
        shop.slipway("cancel", FURTHER, "--reason", "sent by mistake")
        assert f"WARNING  {FURTHER}: don't pack: this note was cancelled" == scanned(packer, FURTHER)

        shop.slipway("reprint", NOTE + ".g2", "--reason", "wanted after all")
        until(lambda: "completed" == shop.status()[-1]["state"], "the further sheet", service)
        assert f"WARNING  {NOTE}: throw this sheet away, take the newer one: {NOTE}.g3" == scanned(packer, NOTE)
        assert f"this parcel was packed with {NOTE} at " in scanned(packer, f"{NOTE}.g3")
        assert packer.stdin
        packer.stdin.close()
        assert 1 == packer.wait(30), "there were warnings"
    assert Counter({("uk-notes", NOTE): 1, ("uk-notes", f"{NOTE}.g3"): 1}) == shop.sheets(), "no scan prints"
    said = [line for line in shop.events() if line["event"] in ("note.packed", "note.scanned-again")]
    events = [(line["event"], line["generation"]) for line in said]
    assert [("note.packed", 1), ("note.scanned-again", 1), ("note.packed", 3), ("note.scanned-again", 3)] == events


def test_a_scan_waits_for_the_service_and_its_story_ends_with_packed(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "spool")
    shop.drop_shipment(a_shipment())
    shop.slipway("run", "--once")
    unpacked = shop.slipway("status", "--open").stdout
    assert "completed and never packed: 1" in unpacked and NOTE in unpacked and "uk-notes" in unpacked
    (row,) = map(json.loads, shop.slipway("status", "--open", "--json").stdout.splitlines())
    assert (NOTE, "uk-notes", True) == (row["note_id"], row["queue"], row["completed_s_ago"] >= 0)

    answer = shop.slipway("scan", NOTE, "--who", "bench-3")
    assert (0, f"OK       {NOTE}: kept until the service runs again\n") == (answer.returncode, answer.stdout)
    assert 1 == len(list((shop.spool / "decisions").glob("*.scanned.json")))
    assert "packed" not in shop.status()[0]["times"]

    shop.slipway("run", "--once")
    assert [] == list((shop.spool / "decisions").glob("*.scanned.json"))
    assert "packed" in shop.status()[0]["times"]
    last = shop.slipway("status", NOTE).stdout.splitlines()[-1].split()
    assert ("packed", "bench-3") == (last[0], last[-1])
    assert "completed and never packed: 0\n" == shop.slipway("status", "--open").stdout
    again = shop.slipway("scan", NOTE, "--json")
    said = json.loads(again.stdout)
    assert (1, False, "scanned-again", "bench-3") == (again.returncode, said["ok"], said["outcome"], said["packed_by"])
    assert 1 == sum(shop.sheets().values())


def test_status_takes_a_name_or_open(tmp_path: Path) -> None:
    assert 64 == Shop(tmp_path).slipway("status", NOTE, "--open").returncode


# The command, where it meets with trouble -----------------------------------------------------------------------------


def config_of(spool: Spool) -> Config:
    return read_config(ROOT / "config", {"SLIPWAY_SPOOL": str(spool.root)})


def scan(spool: Spool, code: str, *, who: str = "bench-3") -> int:
    return command.scan(Namespace(note=code, who=who, json=False), config_of(spool))


def test_a_service_that_does_not_answer_is_said_and_the_scan_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "ANSWER_WITHIN_S", 0.0)
    spool = open_spool(tmp_path)
    with lock_spool(spool):
        assert 75 == scan(spool, NOTE)
    said = capsys.readouterr().out
    assert f"WARNING  {NOTE}: the service has not answered yet; the scan is kept\n" == said
    assert 1 == len(list(spool.decisions.glob("*.scanned.json")))


def test_a_full_disk_is_said_at_the_bench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_spool: Spool, _scan: Scan) -> None:
        raise SpoolFull("no space left in decisions")

    monkeypatch.setattr(command, "hand_in", full)
    assert 75 == scan(open_spool(tmp_path), NOTE)
    assert f"WARNING  {NOTE}: no space left in decisions; scan it again later\n" == capsys.readouterr().out


def test_a_code_that_would_write_on_the_terminal_is_shown_harmless(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 1 == scan(open_spool(tmp_path), "\x1b[31m[bold]ß")
    assert "WARNING  ?[31m[bold]?: this is not the code of a delivery note\n" == capsys.readouterr().out


# The service's side ---------------------------------------------------------------------------------------------------


def book(floor: Floor) -> None:
    """What a start books of the scans that wait."""
    at_work = PackingBench(floor.spool, floor.ledger.scan, utc_now)
    at_work.start(floor.stopped_by.append)
    at_work.stop()
    assert [] == floor.stopped_by


def test_a_scan_that_waited_is_booked_with_its_own_time_and_person(printed: Floor) -> None:
    handed_in = a_scan()
    hand_in(printed.spool, handed_in)
    book(printed)
    assert handed_in.at == account_of(printed.root).packed_at
    assert Found("packed", NOTE, "completed") == take_found(printed.spool, "s1")
    (step,) = printed.ledger.scans_of(KEY)
    assert (handed_in.at, "packed", "bench-3") == (step.at, step.state, step.who)


def test_of_two_benches_that_scan_one_note_only_the_first_packs(printed: Floor) -> None:
    for scan_id in ("s1", "s2"):
        hand_in(printed.spool, a_scan(scan_id))
    book(printed)
    first, second = take_found(printed.spool, "s1"), take_found(printed.spool, "s2")
    assert first and second
    assert ("packed", "scanned-again") == (first.outcome, second.outcome)
    assert ("bench-3", account_of(printed.root).packed_at) == (second.who, second.at)


def test_a_scan_is_booked_once_though_its_file_stays(printed: Floor) -> None:
    for _ in range(2):
        hand_in(printed.spool, a_scan())
        book(printed)
    assert ["packed"] == [step.state for step in printed.ledger.scans_of(KEY)]
    assert [] == list(printed.spool.decisions.glob("*.scanned.json"))


def test_a_scan_that_is_long_past_gets_no_answer_for_nobody_waits(printed: Floor) -> None:
    hand_in(printed.spool, Scan("s1", KEY, NOON, "bench-3"))
    book(printed)
    assert NOON == account_of(printed.root).packed_at
    assert [] == list(printed.spool.decisions.iterdir())


def test_a_file_that_is_no_scan_is_set_aside_and_the_next_is_booked(printed: Floor) -> None:
    (printed.spool.decisions / "a.scanned.json").write_bytes(b"")
    (printed.spool.decisions / "b.scanned.json").write_text('["509217-1-r1"]')
    (printed.spool.decisions / "c.scanned.json").write_text('{"scan_id": "c", "key": {"note_id": "1"}}')
    hand_in(printed.spool, a_scan())
    book(printed)
    names = sorted(path.name for path in printed.spool.decisions.iterdir())
    assert [*(f"{name}.scanned.json.broken" for name in "abc"), "s1.answered.json"] == names


def test_a_scan_waits_while_the_ledger_has_no_room(printed: Floor) -> None:
    def full(_scan: Scan) -> Found:
        raise SpoolFull("no space left for the ledger")

    hand_in(printed.spool, a_scan())
    at_work = PackingBench(printed.spool, full, utc_now)
    at_work.start(printed.stopped_by.append)
    at_work.stop()
    assert ([], ["s1.scanned.json"]) == (printed.stopped_by, [path.name for path in printed.spool.decisions.iterdir()])
    book(printed)
    assert account_of(printed.root).packed_at


def test_a_fault_that_nobody_foresaw_ends_the_service_and_its_next_start_books_the_scan(printed: Floor) -> None:

    def broken(_scan: Scan) -> Found:
        raise RuntimeError

    at_work = PackingBench(printed.spool, broken, utc_now)
    at_work.start(printed.stopped_by.append)
    hand_in(printed.spool, a_scan())
    until(lambda: bool(printed.stopped_by), "the end of the service")
    at_work.stop()
    assert ["own-fault"] == [error.code for error in printed.stopped_by]
    printed.stopped_by.clear()
    book(printed)
    assert account_of(printed.root).packed_at
