"""The records of the ledger: what it is told and what it answers."""

import re
from dataclasses import dataclass
from datetime import datetime

from service.model import Job, Shipment, job_name

OPEN = ("received", "submitting", "deferred", "accepted")  # from the furthest from its end to the nearest
PUBLIC = (
    *("note_id", "order_id", "shipment", "of", "kind", "site", "language", "state", "code", "reason"),
    *("queue", "job_id", "generation", "pages", "confirmed_by"),
)
PACKING = ("packed", "packed-anew")  # what a scan finds, where it packs
AHEAD_OF_PAPER = ("received", "submitting", "deferred")
_SHEET = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,31}-[1-9][0-9]{0,2}-r[1-9][0-9]{0,2})(?:\.g([1-9][0-9]{0,3}))?")


@dataclass(frozen=True, slots=True)
class NoteKey:
    """One sheet's name in the ledger: the note and its generation."""

    note_id: str
    generation: int

    @property
    def job_name(self) -> str:
        """The CUPS job-name, the name of the note's PDF, and what the code on the sheet says."""
        return job_name(self.note_id, self.generation)


def key_of(sheet: str) -> NoteKey | None:
    """The note and generation that a job name or a sheet's code names; None if it is of another form."""
    match = _SHEET.fullmatch(sheet)
    return NoteKey(match[1], int(match[2] or 1)) if match else None


@dataclass(frozen=True, slots=True)
class Drop:
    """A claimed file as the ledger knows it: by hash and size, never by name."""

    drop_id: str
    sha256: str
    size_bytes: int
    arrived_at: datetime
    claimed_at: datetime
    refused: int = 0
    code: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """All that the ledger says of one note and generation. Empty strings and None: not yet.

    `taken_back_at` is when the service set out to take it back from CUPS; None again when it is accepted again.
    """

    note_id: str
    generation: int
    order_id: str
    shipment: int
    of: int
    kind: str
    site: str
    shop: str
    language: str
    priority: str
    drop_id: str
    position: int
    state: str
    code: str
    reason: str
    queue: str
    job_id: int | None
    job_created_at: datetime | None
    pages: int | None
    pdf_sha256: str | None
    attempts: int
    confirmed_by: str
    arrived_at: datetime
    received_at: datetime | None
    planned_at: datetime | None
    rendered_at: datetime | None
    submitting_at: datetime | None
    accepted_at: datetime | None
    taken_back_at: datetime | None
    completed_at: datetime | None
    packed_at: datetime | None
    deferred_at: datetime | None
    held_at: datetime | None
    cancelled_at: datetime | None

    @property
    def key(self) -> NoteKey:
        return NoteKey(self.note_id, self.generation)

    @property
    def job(self) -> Job | None:
        """The job at the printer, if its id was noted."""
        if self.job_id is None or self.job_created_at is None:
            return None
        return Job(self.queue, self.job_id, self.key.job_name, self.job_created_at)

    @property
    def times(self) -> dict[str, datetime]:
        """When each state was reached, in the order of the states' table."""
        states = (
            "received",
            "planned",
            "rendered",
            "submitting",
            "accepted",
            "completed",
            "packed",
            "deferred",
            "held",
            "cancelled",
        )
        return {state: at for state in states if (at := getattr(self, f"{state}_at"))}

    def as_json(self) -> dict[str, object]:
        """The account as `status --json` and receipts give it; times are UTC, one for each state reached."""
        return {name: getattr(self, name) for name in PUBLIC} | {
            "times": {state: at.isoformat(timespec="milliseconds") for state, at in self.times.items()}
        }


@dataclass(frozen=True, slots=True)
class Entry:
    """A shipment as it enters the ledger: where it stands in its file, what it is, the hash of its content.

    `customer` is a keyed hash (service/customers.py), empty where nobody is to be known; `objector` that of a customer
    who objects to marketing, kept apart: only who is to be forgotten is looked for among them.
    """

    position: int
    shipment: Shipment
    content_sha256: str
    customer: str = ""
    objector: str = ""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """How many notes that are alike stand in a state that is no end, and when the oldest of them arrived.

    `queue` is that of their last try, empty before the first; `language` is the order's; `moves` is how many moves of
    notes between queues people decided since they were received.
    """

    state: str
    queue: str
    has_job: bool
    site: str
    language: str
    kind: str
    moves: int
    notes: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """One step in a note's history."""

    at: datetime
    state: str
    code: str
    reason: str
    who: str


@dataclass(frozen=True, slots=True)
class WantedRow:
    """A picture that notes had to do without, at one size; how many notes, and when the last of them."""

    shop: str
    picture: str
    size: str
    notes: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Scan:
    """The code of a sheet, read at the packing bench."""

    scan_id: str
    key: NoteKey
    at: datetime
    who: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a scan found, in a word (service/ledger/packing.py); the rest is of the sheet that this word speaks of."""

    outcome: str
    sheet: str = ""
    state: str = ""
    at: datetime | None = None
    who: str = ""

    @property
    def packs(self) -> bool:
        """True if the sheet counts as packed from now on."""
        return self.outcome in PACKING

    @property
    def packed_before(self) -> bool:
        """True if this parcel was packed already, with this sheet or an older one."""
        return self.outcome in ("scanned-again", "packed-anew")


@dataclass(frozen=True, slots=True)
class QueueDecision:
    """What a person decided about a queue: pause, resume, or move what waits for it now `to` another; who, and why."""

    decision_id: str
    what: str
    queue: str
    to: str
    who: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class QueueDown:
    """A queue that takes no notes, since when, and why; `code` is an error's."""

    queue: str
    since: datetime
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about a note: hold, release, cancel or reprint; who, and why."""

    decision_id: str
    what: str
    who: str
    reason: str

    @property
    def code(self) -> str:
        """As `code` in the ledger: `hold-by-hand`."""
        return f"{self.what}-by-hand"

    @property
    def done(self) -> str:
        """The decision as a participle, for sentences."""
        return {"hold": "held", "release": "released", "cancel": "cancelled", "reprint": "reprinted"}[self.what]
