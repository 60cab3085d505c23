"""The service's own threads on a floor with real printers: stages, tracking, receipts; no process, no render worker."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from service.clock import utc_now
from service.decisions import Decisions, ask, take_answer
from service.delivery import LocalDelivery
from service.ledger.accounts import Account, Decision, NoteKey
from service.model import Shipment
from service.printing.cups_printer import CupsPrinter
from service.queue_decisions import QueueDecisions
from service.tracking import Listeners
from tests.cups_lab import CupsLab
from tests.floor import Floor
from tests.programs import until
from tests.shop import Shop

HASTY = {"SLIPWAY_PRINTING_POLL_S": "0.02", "SLIPWAY_PRINTING_RETRY_S": "0.1"}


class Works:
    """A floor at work; `deadline_s` is that of a call to CUPS or to a printer."""

    def __init__(
        self, root: Path, lab: CupsLab, deadline_s: float = 5, not_asked: Sequence[str] = (), **settings: object
    ) -> None:
        overrides = HASTY | {f"SLIPWAY_PRINTING_{name.upper()}": str(value) for name, value in settings.items()}
        printer = CupsPrinter(lab.socket, deadline_s, utc_now, not_asked)
        self._shop = Shop(root)
        self.floor = Floor(root, overrides=overrides, paper=printer, delivery=LocalDelivery())

        rooms, tracking = self.floor.rooms, self.floor.tracking
        self.decisions = QueueDecisions(rooms.spool, rooms.ledger, rooms.lanes, tracking.take_back_from, utc_now)
        self.note_decisions = Decisions(rooms.spool, rooms.ledger, rooms.printer, tracking.take_back, utc_now)

    def start(self) -> None:
        floor = self.floor
        floor.drops.start(floor.stopped_by.append)
        floor.tracking.start(Listeners(ended=floor.drops.advanced, owed=self.owe, stop_service=floor.stopped_by.append))
        self.decisions.take_up()
        floor.rooms.delivery.start()
        floor.take_up()

    def stop(self) -> None:
        self.floor.tracking.stop()
        self.floor.rooms.delivery.stop(30)
        self.floor.drops.stop()
        self.floor.ledger.close()
        assert [] == self.floor.stopped_by

    def print(self, *shipments: Shipment) -> None:
        """Drop the files of these shipments, and claim them."""
        for shipment in shipments:
            self._shop.drop_shipment(shipment)
        for claim in self.floor.rooms.hot_folder.claims():
            self.floor.pipeline.receive(claim)

    def states(self) -> dict[str, tuple[str, str]]:
        """(state, code) of every note, by its job name."""
        return {note.key.job_name: (note.state, note.code) for note in self.floor.ledger.all_notes()}

    def note(self, note_id: str, generation: int = 1) -> Account:
        found = self.floor.ledger.account(NoteKey(note_id, generation))
        assert found is not None
        return found

    def wait_until(self, *states: str) -> dict[str, tuple[str, str]]:
        """The notes, once these are the states of all, in the order of their names."""

        def is_so() -> bool:
            found = self.states()
            return list(states) == [found[name][0] for name in sorted(found)]

        try:
            until(is_so, f"{states}")
        except TimeoutError as error:
            raise AssertionError(self.states()) from error
        return self.states()

    def decide(self, what: str, note_id: str) -> str:
        """Carry out what a person decides; the note that goes on, or why it is refused."""
        ask(self.floor.spool, NoteKey(note_id, 1), Decision(f"{what}-{note_id}", what, "ops", "because"))
        self.note_decisions.carry_out(self.owe)
        answer = take_answer(self.floor.spool, f"{what}-{note_id}")
        assert answer is not None
        return answer.note or answer.refused

    def owe(self, key: NoteKey) -> None:
        """The note goes on."""
        for drop_id in self.floor.ledger.drops_of(key):
            self.floor.drops.reopen(drop_id)
        self.floor.pipeline.owe(self.note(key.note_id, key.generation))


@contextmanager
def at_work(root: Path, lab: CupsLab, **settings: Any) -> Iterator[Works]:
    """Works that are started, and stopped at the end of the block."""
    works = Works(root, lab, **settings)
    works.start()
    try:
        yield works
    finally:
        works.stop()
