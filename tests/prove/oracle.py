"""What must be so, counted at the printers and read in the receipts; the ledger is not asked.

A note is lost if no sheet of it lies at a printer and no receipt says that it waits for a person or was cancelled: also
if its receipt calls it completed. It is double if two sheets of one generation lie there and its receipt does not say
so; it is flagged if a person is told that something may be wrong with it. Which note a sheet is of, and whose, is read
on the sheet itself.
"""

import io
import json
import re
import time
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from tests.cups_lab import job_name_of
from tests.prove.orders import MARKER, Dropped

ENDS = frozenset({"completed", "held", "rejected", "cancelled"})
ANYWHERE = "*/"  # no file has such a name
CODE = re.compile(r"\bRIG-\d{6}\b")
NOTE = re.compile(r"(?<![\w.-])([\w.-]+-\d+-r\d+)\b")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document at a printer, and what stands on it."""

    queue: str
    job_name: str
    note_id: str
    text: str
    at_s: float


@dataclass
class Tally:
    """What came of a campaign, or of a part of it."""

    runs: int = 0
    notes: int = 0
    lost: int = 0
    doubled: int = 0
    flagged: int = 0
    worst_s: float = 0.0
    beside_s: list[float] = field(default_factory=list)  # the delays of notes that the fault does not concern
    findings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    faults: "dict[str, Tally]" = field(default_factory=dict)  # the same for each single fault, where it can be told
    figures: dict[str, Any] = field(default_factory=dict)  # of a soak
    reached: int = 0  # of `reachable` moments or faults
    reachable: int = 0

    def add(self, other: "Tally", fault: str = "") -> None:
        """Count `other` too, and with a name as a single fault."""
        for name in ("runs", "notes", "lost", "doubled", "flagged"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.worst_s = max(self.worst_s, other.worst_s)
        self.beside_s += other.beside_s
        self.findings += other.findings
        self.remarks += other.remarks
        if fault:
            self.faults.setdefault(fault, Tally()).add(other)
        for name, single in other.faults.items():
            self.faults.setdefault(name, Tally()).add(single)

    def find(self, what: str) -> None:
        """Something is not as it must be."""
        self.findings.append(what)

    @property
    def is_red(self) -> bool:
        return bool(self.lost or self.doubled or self.findings)


@dataclass
class Oracle:
    """What was dropped into one spool, and what lies at its printers."""

    spool: Path
    paper: Path
    dropped: dict[str, Dropped] = field(default_factory=dict)
    dropped_at: dict[str, float] = field(default_factory=dict)
    reprinted: set[str] = field(default_factory=set)  # notes of which a person asked for a further sheet
    known: set[str] = field(default_factory=set)  # notes of an earlier page of which a sheet may still come
    may_be_held: set[str] = field(default_factory=set)  # notes that may wait for a person, for somebody wanted it so
    erased: set[str] = field(default_factory=set)  # files of a customer who was forgotten: only the paper is left
    _awaited: dict[str, int] = field(default_factory=dict)  # by note: the generation that must come
    _settled: set[str] = field(default_factory=set)  # names that were seen to be
    _read: dict[Path, Sheet] = field(default_factory=dict)

    def expect(self, drop: Dropped) -> None:
        self.dropped[drop.name] = drop
        self._settled.discard(drop.name)
        for note_id in drop.note_ids:
            self.dropped_at.setdefault(note_id, time.time())

    def expect_note(self, drop: Dropped) -> None:
        """The same, for a file whose receipt may stand under another name: only its notes are looked for."""
        self.expect(replace(drop, name=f"{ANYWHERE}{drop.note_ids[0]}"))

    def await_generation(self, note_id: str, generation: int) -> None:
        """A person asked for this further sheet of a note."""
        self.reprinted.add(note_id)
        self._awaited[note_id] = generation
        self._settled.clear()

    def receipt(self, name: str) -> dict[str, Any] | None:
        """The receipt of a file, if there is one."""
        if name.startswith(ANYWHERE):
            return self._receipt_with(self.dropped[name].note_ids)
        try:
            content: dict[str, Any] = json.loads((self.spool / "receipts" / f"{name}.receipt.json").read_bytes())
        except (OSError, ValueError):  # not there; or empty after a power cut, until it is written again
            return None
        return content

    def _receipt_with(self, note_ids: tuple[str, ...]) -> dict[str, Any] | None:
        for path in (self.spool / "receipts").glob("*.json"):
            with suppress(OSError, ValueError):
                content: dict[str, Any] = json.loads(path.read_bytes())
                if {note["note_id"].partition(".g")[0] for note in content["notes"]} & set(note_ids):
                    return content
        return None

    def is_settled(self, drop: Dropped) -> bool:
        """True when the receipt of this file, and each note in it, is at an end."""
        receipt = self.receipt(drop.name)
        if receipt is None or receipt["state"] not in ENDS or any(n["state"] not in ENDS for n in receipt["notes"]):
            return drop.name in self.erased
        newest = {note["note_id"]: note["generation"] for note in receipt["notes"]}
        return all(newest.get(note_id, 0) >= self._awaited.get(note_id, 0) for note_id in drop.note_ids)

    def unsettled(self) -> list[str]:
        """The files that are not; what was settled once is looked at again only by `judge`."""
        for name in self.dropped.keys() - self._settled:
            if self.is_settled(self.dropped[name]):
                self._settled.add(name)
        return [name for name in self.dropped if name not in self._settled]

    def sheets(self) -> list[Sheet]:
        """Every document at the printers."""
        for path in (path for queue in sorted(self.paper.iterdir()) for path in _sheets_in(queue)):
            if path not in self._read:
                self._read[path] = _sheet(path)
        return list(self._read.values())

    def delays(self) -> list[tuple[str, float]]:
        """(note id, seconds from its drop to its first sheet)."""
        first: dict[str, float] = {}
        for sheet in sorted(self.sheets(), key=lambda sheet: sheet.at_s):
            first.setdefault(sheet.note_id, sheet.at_s)
        return [
            (note_id, at_s - self.dropped_at[note_id]) for note_id, at_s in first.items() if note_id in self.dropped_at
        ]

    def codes(self) -> list[str]:
        """Why notes wait for a person; a note that does not has an empty one."""
        return list(self.waiting().values())

    def waiting(self) -> dict[str, str]:
        """The same, by the notes' names."""
        receipts = [self.receipt(name) or {"notes": []} for name in self.dropped]
        return {
            note["note_id"]: note["code"] if note["state"] == "held" else ""
            for told in receipts
            for note in told["notes"]
        }

    def judge(self, *, may_flag: bool = False) -> Tally:
        """The verdict on everything that was dropped; notes may wait for a person only if `may_flag`."""
        tally = Tally()
        at_printers: dict[str, list[Sheet]] = defaultdict(list)
        for sheet in self.sheets():
            at_printers[sheet.note_id].append(sheet)
        reports = self._reports()
        for drop in self.dropped.values():
            if drop.name not in self.erased:
                self._judge_receipt(drop, reports, tally)
                self._judge_notes(drop, at_printers, tally, may_flag=may_flag)
        self._judge_strangers(at_printers, tally)
        return tally

    def _judge_receipt(self, drop: Dropped, reports: dict[str, list[str]], tally: Tally) -> None:
        receipt = self.receipt(drop.name)
        if receipt is None:
            tally.lost += max(1, len(drop.note_ids))
            tally.find(f"{drop.name}: no receipt")
            return
        if drop.is_refused and not receipt["problems"]:
            tally.find(f"{drop.name}: was to be refused, is {receipt['state']}")
        stem = drop.name.removeprefix(ANYWHERE).rpartition(".")[0]
        if receipt["problems"] and not any(name.startswith(stem) for name in reports.get(receipt["drop"], ())):
            tally.find(f"{drop.name}: no report in problem/ says why it was refused")
        if not drop.is_refused and receipt["problems"]:
            tally.find(f"{drop.name}: refused: {receipt['problems'][0]['code']}")

    def _judge_notes(self, drop: Dropped, at_printers: dict[str, list[Sheet]], tally: Tally, *, may_flag: bool) -> None:
        receipt = self.receipt(drop.name)
        if receipt is None:
            return
        for note_id in drop.note_ids:
            told = [note for note in receipt["notes"] if note["note_id"].partition(".g")[0] == note_id]
            one = _judge_note(note_id, told, at_printers.get(note_id, []), is_reprinted=note_id in self.reprinted)
            if one.flagged and not may_flag and note_id not in self.may_be_held:
                one.find(f"{note_id}: waits for a person: {[note['code'] for note in told]}")
            for sheet in at_printers.get(note_id, []):
                one.worst_s = max(one.worst_s, sheet.at_s - self.dropped_at[note_id])
            tally.add(one)

    def _reports(self) -> dict[str, list[str]]:
        """By drop: the names of the whole reports of it that lie in problem/; read at once, there may be thousands."""
        found = defaultdict(list)
        for path in (self.spool / "problem").glob("*.problem.json"):
            with suppress(OSError, ValueError):
                report: dict[str, Any] = json.loads(path.read_bytes())
                if report["problems"]:
                    found[report["drop"]].append(path.name)
        return found

    def _judge_strangers(self, at_printers: dict[str, list[Sheet]], tally: Tally) -> None:
        ours = {note_id for drop in self.dropped.values() for note_id in drop.note_ids}
        for note_id in at_printers.keys() - ours - self.known:
            tally.find(f"{note_id}: a sheet of what was never dropped")


def _judge_note(note_id: str, told: list[dict[str, Any]], sheets: list[Sheet], *, is_reprinted: bool) -> Tally:
    """One note: what its receipt tells of each generation, and its sheets."""
    tally = Tally(notes=1)
    states = {note["generation"]: note["state"] for note in told}
    by_generation: dict[int, int] = defaultdict(int)
    for sheet in sheets:
        by_generation[_generation(sheet.job_name)] += 1
        if f"{MARKER} {note_id.partition('-')[0]}" not in sheet.text:
            tally.find(f"{note_id}: the sheet is not this customer's")
        if sheet.job_name.partition(".g")[0] != note_id:
            tally.find(f"{note_id}: printed under the name {sheet.job_name}")
    if set(states.values()) - ENDS or not states:
        tally.lost += not sheets
        tally.find(f"{note_id}: not at an end: {states}, sheets {dict(by_generation)}")
        return tally
    is_flagged = "held" in states.values()
    for generation, count in by_generation.items():
        if count > 1 and states.get(generation) != "held":
            tally.doubled += 1
            tally.find(f"{note_id}: {count} sheets of generation {generation}, {states}")
    if len(by_generation) > 1 and not is_reprinted and not is_flagged:
        tally.doubled += 1
        tally.find(f"{note_id}: sheets of generations {sorted(by_generation)} without a person's word")
    for generation, state in states.items():
        if state == "completed" and not by_generation[generation]:
            tally.lost += 1
            tally.find(f"{note_id}: completed, and no sheet of generation {generation}")
    tally.flagged += is_flagged
    return tally


def _sheets_in(queue: Path) -> list[Path]:
    """The documents of a printer: TIME-JOB_NAME.pdf of a double, JOB_NAME.pdf of a folder that stands for one."""
    return [path for path in queue.glob("*.pdf") if not path.name.startswith(".")]


def _sheet(path: Path) -> Sheet:
    try:
        reader = PdfReader(io.BytesIO(path.read_bytes()))
        title = NOTE.search(str(reader.metadata.title if reader.metadata else ""))
        text = "\n".join(page.extract_text() for page in reader.pages)
    except PyPdfError:  # cut short, or no document of ours
        title, text = None, ""
    is_doubles = re.match(r"\d{19}-", path.name)
    at_s = int(path.name.partition("-")[0]) / 1e9 if is_doubles else path.stat().st_mtime
    job_name = job_name_of(path) if is_doubles else path.stem.partition("~")[0]  # NAME~2.pdf is a second sheet
    return Sheet(path.parent.name, job_name, title[1] if title else "unreadable", text, at_s)


# Codes ---------------------------------------------------------------------------------------------------------------


def judge_codes(sheets: Iterable[Sheet], given: Container[str], uncoded: Container[str] = ()) -> Iterator[str]:
    """What is wrong with the voucher codes on paper; `given` are those that the ledger gave.

    Each is of one order, each sheet of a note has the same, no order has two, each was given; and none is on the note
    of an `uncoded` order.
    """
    orders: dict[str, set[str]] = defaultdict(set)
    of_note: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for sheet in sheets:
        codes = tuple(sorted(set(CODE.findall(sheet.text))))
        of_note[sheet.note_id].add(codes)
        for code in codes:
            orders[code].add(sheet.note_id.partition("-")[0])
    for code, named in orders.items():
        if len(named) > 1:
            yield f"code {code} is on the notes of orders {sorted(named)}"
        if code not in given:
            yield f"code {code} is on paper, of order {min(named)}, and the ledger has not given it"
        if found := [order for order in named if order in uncoded]:
            yield f"code {code} is on the note of {found[0]}, who objects to marketing or has a gift"
    for note_id, found_codes in of_note.items():
        if len(found_codes) > 1 or any(len(codes) > 1 for codes in found_codes):
            yield f"{note_id}: its sheets have the codes {sorted(found_codes)}"


def _generation(job_name: str) -> int:
    return int(job_name.partition(".g")[2] or 1)
