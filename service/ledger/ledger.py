"""The durable account of every drop and note: the only truth.

The state of a note, and what a crash leaves in it:

    received     recorded, nothing at a printer.                          Again from the start.
    submitting   intent on disk; no job id: a held orphan may exist.      Sweep it up, again from the start.
                 intent on disk, job id noted: the job exists, held       Look it up by name, release it, accepted;
                 or released.                                             gone or not ours: held, job-unknown.
    accepted     released; CUPS has it.                                   Follow the job to its end.
                 with taken_back_at: we may have cancelled the job.       The same; if it is found cancelled and never
                                                                          begun, again from the start.
    deferred     the same again later; intent and job id as above.        As submitting, when its time comes.
    completed    the printer, or CUPS where it can't be asked, says so.   An end.
    held         a person decides.                                        Waits.
    cancelled    a person decided, or the printer gave it up and a        An end.
                 further generation goes on in its place.

`planned` and `rendered` are moments, not states on disk: what they made is made again after a crash. A generation is
a further sheet of the same note: a reprint, or changed content that a person lets through. Every change compares the
state it expects and sets the next one in one statement; who comes second changes nothing and learns so.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from service.errors import DecisionRefused, LedgerUnusable, SlipwayError
from service.ledger import statements
from service.ledger.accounts import (
    AHEAD_OF_PAPER,
    PACKING,
    Account,
    Decision,
    Drop,
    Entry,
    Event,
    Found,
    NoteKey,
    Scan,
    Unfinished,
    WantedRow,
)
from service.ledger.exposures import NO_MARKETING, Marketing, book
from service.ledger.opening import open_to_read, open_to_write, unwritable
from service.ledger.packing import Sheet, booked, found_among
from service.ledger.prepared import Row, change, rows
from service.ledger.queues import Queues
from service.ledger.rows import (
    decided,
    drop_row,
    enter,
    event_row,
    keep_wanted,
    link_row,
    of,
    printed_again,
    reached,
    why,
)
from service.ledger.schema import VERSION, meta
from service.ledger.writer import Writer
from service.model import Job, RenderedNote

NO_JOB: dict[str, Any] = {"job_id": None, "job_created_at": None, "submitting_at": None, "accepted_at": None}
R = TypeVar("R")
Keeping = Callable[[sa.Connection], None]


class Ledger:
    """The account on SQLite; the statements are plain SQL of SQLAlchemy Core, so that PostgreSQL is the next step.

    What is about queues stands in `queues`.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._writer = None if read_only else Writer(open_to_write(path))
        self._reader = open_to_read(path)
        self._of_thread = threading.local()
        self._asking: list[sa.Connection] = []
        self.queues = Queues(self._write, self._rows)
        if read_only:
            self._refuse_another_version()

    def close(self) -> None:
        """Finish what is being written, then close."""
        if self._writer:
            self._writer.stop()
        for connection in self._asking:
            connection.close()

    @property
    def busy_since(self) -> float | None:
        """Since when the present change is being written (monotonic); None while there is none."""
        return self._writer.busy_since if self._writer else None

    # Drops ------------------------------------------------------------------------------------------------------------

    def record_drop(self, drop: Drop, entries: Sequence[Entry], at: datetime) -> tuple[Account, ...]:
        """A claimed file and its notes, in one transaction; recording it again changes nothing.

        A shipment that is known with the same content is linked to its note: same receipt, no paper. One that is known
        with other content becomes a further generation, held as order-changed.
        """

        def record(connection: sa.Connection) -> None:
            if rows(connection, statements.DROP, {"drop": drop.drop_id}):
                return
            change(connection, statements.NEW_DROP, drop_row(drop))
            for entry in entries:
                key = enter(connection, drop, entry, at)
                change(connection, statements.NEW_LINK, link_row(drop.drop_id, entry.position, key))

        self._write(record)
        return self.notes_of(drop.drop_id)

    def drop(self, drop_id: str) -> Drop | None:
        """What is known of a claimed file."""
        rows = self._rows(statements.DROP, {"drop": drop_id})
        return Drop(**rows[0]) if rows else None

    def notes_of(self, drop_id: str) -> tuple[Account, ...]:
        """The notes of a file, in its order; also those that an earlier file brought first."""
        return tuple(Account(**row) for row in self._rows(statements.NOTES_OF_DROP, {"drop": drop_id}))

    def drops_of(self, key: NoteKey) -> tuple[str, ...]:
        """The files that brought this note."""
        return tuple(row["drop_id"] for row in self._rows(statements.DROPS_OF_NOTE, of(key)))

    # Steps of a note --------------------------------------------------------------------------------------------------

    def intend(
        self,
        key: NoteKey,
        note: RenderedNote,
        queue: str,
        times: dict[str, datetime],
        marketing: Marketing = NO_MARKETING,
    ) -> bool:
        """On disk before any printer hears of it: this document goes to this queue. Forgets an earlier try.

        What campaigns decided for the note is kept with it; PlanOutdated, and nothing kept, if that holds no more.
        """
        facts = {"queue": queue, "pages": note.pages, "pdf_sha256": note.sha256, "job_id": None, "job_created_at": None}
        moments = {f"{moment}_at": at for moment, at in times.items()}
        at = times["submitting"]

        def keep(connection: sa.Connection) -> None:
            keep_wanted(connection, key, note.wanted, at)
            book(connection, key, marketing, at)

        return self._move(key, AHEAD_OF_PAPER, "submitting", at, facts | moments, keep)

    def note_job(self, key: NoteKey, job: Job) -> bool:
        """The job exists, held, and this is its id: from here a crash can only release it once more."""
        facts = {"to_job_id": job.job_id, "to_job_created_at": job.created_at, **of(key)}

        def note(connection: sa.Connection) -> bool:
            return change(connection, statements.NOTE_JOB, facts) == 1

        return self._write(note)

    def accept(self, key: NoteKey, at: datetime) -> bool:
        """The printer has it and may print; what was tried in vain before is forgotten."""
        facts = {"code": "", "reason": "", "attempts": 0, "taken_back_at": None}
        return self._move(key, ("submitting", "deferred"), "accepted", at, facts)

    def complete(self, key: NoteKey, at: datetime, confirmed_by: str) -> bool:
        """The printer is done with it; `confirmed_by` says whose word that is."""
        return self._move(key, ("accepted",), "completed", at, {"confirmed_by": confirmed_by})

    def defer(self, key: NoteKey, at: datetime, error: SlipwayError) -> bool:
        """The same again later."""
        facts = {"at": at, **{f"to_{name}": text for name, text in why(error).items()}, **of(key)}
        return self._step(statements.DEFER, facts, event_row(key, at, "deferred", why(error)))

    def hold(self, key: NoteKey, at: datetime, error: SlipwayError, expected: tuple[str, ...] = AHEAD_OF_PAPER) -> bool:
        """A person decides."""
        return self._move(key, expected, "held", at, why(error))

    def hold_unprinted(self, key: NoteKey, at: datetime, error: SlipwayError) -> bool:
        """The same, of an accepted note whose job is cancelled and never began: released, the same sheet is owed."""
        return self._move(key, ("accepted",), "held", at, NO_JOB | why(error) | {"taken_back_at": at})

    def intend_to_take_back(self, key: NoteKey, at: datetime) -> bool:
        """On disk before its job is cancelled: if that is found cancelled, it was us."""

        def intend(connection: sa.Connection) -> bool:
            return connection.execute(statements.TAKING_BACK, {"at": at, **of(key)}).rowcount == 1

        return self._write(intend)

    def take_back(self, key: NoteKey, at: datetime) -> bool:
        """The printer let go of an accepted note that it surely has not begun: it is owed again, the same sheet."""
        why = {"code": "", "reason": "taken back: its job had not begun"}
        return self._move(key, ("accepted",), "received", at, NO_JOB | why | {"queue": "", "attempts": 0})

    def print_again(self, key: NoteKey, at: datetime, error: SlipwayError) -> NoteKey | None:
        """The printer gave an accepted note up: it ends, and goes on as a further sheet with this key.

        None, and nothing changed, if it is such a further sheet itself, or not accepted any more.
        """

        def again(connection: sa.Connection) -> NoteKey | None:
            row = connection.execute(statements.NOTE, of(key)).mappings().first()
            return printed_again(connection, row, error, at) if row else None

        return self._write(again)

    # A person's decisions ---------------------------------------------------------------------------------------------

    def decide(self, key: NoteKey, decision: Decision, at: datetime) -> NoteKey:
        """Carry out a person's decision and keep it; the key of the note that goes on (a reprint's is a new one).

        A decision that was carried out before gives the same key again. Raises DecisionRefused when the note's state
        does not allow it.
        """

        def carry_out(connection: sa.Connection) -> NoteKey:
            row = connection.execute(statements.NOTE, of(key)).mappings().first()
            if row is None:
                raise DecisionRefused(f"there is no note {key.job_name}")
            return decided(connection, row, decision, at)

        return self._write(carry_out)

    # The packing bench ------------------------------------------------------------------------------------------------

    def scan(self, scan: Scan) -> Found | None:
        """Keep what a scan found, and pack its sheet if that is due; None for a scan that was kept before."""
        return self._write(lambda connection: booked(connection, scan))

    def look_at(self, key: NoteKey) -> Found:
        """What a scan of this sheet would find; keeps nothing."""
        return found_among([Sheet(**row) for row in self._rows(statements.SHEETS, {"of_note": key.note_id})], key)

    def scans_of(self, key: NoteKey) -> tuple[Event, ...]:
        """Every scan of one sheet as a step in its story, oldest first."""
        return tuple(_step_of(row) for row in self._rows(statements.SCANS_OF_NOTE, of(key)))

    def unpacked(self) -> Iterator[Account]:
        """The sheets that were completed and never packed, oldest first, but those that a newer one replaces."""
        return self._stream(statements.UNPACKED)

    def count_unpacked(self) -> int:
        """How many sheets those are."""
        return int(self._rows(statements.COUNT_UNPACKED)[0]["number"])

    # Questions --------------------------------------------------------------------------------------------------------

    def account(self, key: NoteKey) -> Account | None:
        """One note and generation."""
        rows = self._rows(statements.ACCOUNT, of(key))
        return Account(**rows[0]) if rows else None

    def open_notes(self) -> tuple[Account, ...]:
        """All that the service still owes, in the order of arrival."""
        return tuple(Account(**row) for row in self._rows(statements.OPEN_NOTES))

    def is_waiting_for_paper(self) -> bool:
        """True while a note is on its way by itself, other than put off."""
        return bool(self._rows(statements.ANY_UNDER_WAY))

    def find(self, name: str) -> tuple[Account, ...]:
        """The notes of an order id or a note id."""
        return tuple(Account(**row) for row in self._rows(statements.NAMED_NOTES, {"name": name}))

    def all_notes(self) -> Iterator[Account]:
        """Every note, in the order of arrival; read as it is asked for, however many there are."""
        return self._stream(statements.ALL_NOTES)

    def newest(self, count: int) -> tuple[Account, ...]:
        """The notes that arrived last, the newest first."""
        return tuple(Account(**row) for row in self._rows(statements.NEWEST_NOTES, {"count": count}))

    def count_by_state(self) -> dict[str, int]:
        """How many notes stand in each state."""
        return {row["state"]: row["number"] for row in self._rows(statements.COUNT_BY_STATE)}

    def count_unfinished(self) -> dict[str, int]:
        """How many notes stand in each state that is no end; quick, however many are at theirs."""
        return {row["state"]: row["number"] for row in self._rows(statements.COUNT_UNFINISHED)}

    def count_completed(self, after: int, upto: int) -> int:
        """How many notes were completed by the steps between these two."""
        return int(self._rows(statements.COUNT_COMPLETED, {"after": after, "upto": upto})[0]["number"])

    def unfinished(self) -> tuple[Unfinished, ...]:
        """The notes in states that are no end, counted; quick, however many are at theirs."""
        return tuple(Unfinished(**row) for row in self._rows(statements.UNFINISHED))

    def last_event(self) -> int:
        """The number of the newest step of any note; 0 in an empty ledger."""
        return int(self._rows(statements.LAST_EVENT)[0]["last"])

    def states_since(self, event_id: int) -> tuple[str, ...]:
        """Where every note stands that has moved after that step."""
        return tuple(row["state"] for row in self._rows(statements.STATES_SINCE, {"event": event_id}))

    def wanted_pictures(self, notes: int) -> tuple[WantedRow, ...]:
        """What the newest `notes` notes had to do without, the most wanted first."""
        return tuple(WantedRow(**row) for row in self._rows(statements.WANTED_PICTURES, {"count": notes}))

    def history(self, key: NoteKey) -> tuple[Event, ...]:
        """Every step of one note, oldest first."""
        return tuple(Event(**row) for row in self._rows(statements.HISTORY, of(key)))

    # What stands beside the notes: customers, vouchers, campaigns -----------------------------------------------------

    def change(self, change: Callable[[sa.Connection], R]) -> R:
        """Carry out a change in one transaction; durable when this returns."""
        return self._write(change)

    def ask(self, statement: sa.Select[*tuple[Any, ...]], facts: dict[str, Any] | None = None) -> Sequence[Row]:
        """What the ledger answers to a question."""
        return self._rows(statement, facts)

    # ------------------------------------------------------------------------------------------------------------------

    def _move(
        self,
        key: NoteKey,
        expected: tuple[str, ...],
        state: str,
        at: datetime,
        facts: dict[str, Any],
        keep_beside: Keeping | None = None,
    ) -> bool:
        """Compare and set: True if the note was in an expected state and is in `state` now."""
        values = reached(state, at) | facts
        bound = {f"to_{column}": value for column, value in values.items()} | of(key)
        event = event_row(key, at, state, facts)
        return self._step(statements.move(expected, tuple(values)), bound, event, keep_beside)

    def _step(
        self, statement: sa.Update, facts: dict[str, Any], event: dict[str, Any], keep_beside: Keeping | None = None
    ) -> bool:
        """Carry out a compare-and-set and keep event and what goes with it, if the note was where it was expected."""

        def step(connection: sa.Connection) -> bool:
            if change(connection, statement, facts) != 1:
                return False
            change(connection, statements.NEW_EVENT, event)
            if keep_beside:
                keep_beside(connection)
            return True

        return self._write(step)

    def _write(self, change: Callable[[sa.Connection], R]) -> R:
        assert self._writer is not None, "this ledger was opened to be read"
        try:
            return self._writer.write(change)
        except sa.exc.DatabaseError as error:
            raise unwritable(error) from error

    def _refuse_another_version(self) -> None:
        for row in self._rows(sa.select(meta.c.version)):
            if row["version"] != VERSION:
                raise LedgerUnusable(
                    f"the ledger is of version {row['version']}, this program knows {VERSION}",
                    hint="Restart the service: it brings the ledger up to date when it starts.",
                )

    def _stream(self, statement: sa.Select[Any]) -> Iterator[Account]:
        with self._reader.connect() as connection:
            for row in connection.execution_options(yield_per=500).execute(statement).mappings():
                yield Account(**row)

    def _connection_of_thread(self) -> sa.Connection:
        """Kept open: to fetch one from a pool costs as much as a question."""
        connection: sa.Connection | None = getattr(self._of_thread, "connection", None)
        if connection is None:
            connection = self._of_thread.connection = self._reader.connect()
            self._asking.append(connection)
        return connection

    def _rows(self, statement: sa.Select[*tuple[Any, ...]], facts: dict[str, Any] | None = None) -> Sequence[Row]:
        try:
            return rows(self._connection_of_thread(), statement, facts)
        except sa.exc.DatabaseError as error:
            raise LedgerUnusable(f"the ledger can't be read: {type(error.orig).__name__}") from error


def _step_of(scan: Row) -> Event:
    is_packing = scan["outcome"] in PACKING
    why = "" if scan["outcome"] == "packed" else scan["outcome"]
    return Event(scan["at"], "packed" if is_packing else "scanned", why, "", scan["who"])
