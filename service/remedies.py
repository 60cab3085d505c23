"""What becomes of a note whose step failed: the error's remedy decides, and nothing else does.

    HOLD    held, a person decides
    DEFER   deferred, the same step again later; held when its tries in vain took longer than give_up_after_s
    STOP    the service ends

While the disk is full and the ledger takes neither, the step waits for room.
"""

from collections.abc import Callable

from service.errors import Deferred, OwnFault, Remedy, SlipwayError
from service.faults import contained
from service.ledger.accounts import Account, NoteKey
from service.log import log
from service.rooms import Rooms

LONGEST_BACKOFF = 6  # times retry_s


class Remedies:
    """For the notes of one pipeline, which forgets a note, delivers one again after so many seconds, and stops."""

    def __init__(
        self,
        rooms: Rooms,
        forget: Callable[[NoteKey], None],
        deliver_again: Callable[[Account, float], None],
        stop: Callable[[SlipwayError], None],
    ) -> None:
        self._rooms = rooms
        self._forget = forget
        self._deliver_again = deliver_again
        self._stop = stop
        self._unbooked: set[NoteKey] = set()  # the ledger did not take what became of their step

    def move_into(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def apply(self, key: NoteKey, error: SlipwayError, queue: str = "") -> None:
        """See to a note whose step failed, at `queue` if it got that far."""
        try:
            with contained(OwnFault):
                if error.remedy is Remedy.STOP:
                    self._stop(error)
                else:
                    self._put_right(key, error, queue)
        except SlipwayError as worse:  # the remedy itself failed: without the ledger nothing can be promised
            self._stop(worse)

    def note_room(self, key: NoteKey) -> None:
        """The ledger has what became of this note's step, or none is due any more."""
        if key in self._unbooked:
            self._unbooked.discard(key)
            if not self._unbooked:
                log.info("spool.room")

    def _put_right(self, key: NoteKey, error: SlipwayError, queue: str) -> None:
        """Defer the note or hold it; without room in the ledger for either, wait for room."""
        try:
            if error.remedy is Remedy.DEFER and not self._is_given_up(key):
                if queue:
                    self._rooms.tracking.suspect(queue)
                self._defer(key, error)
            else:
                self._hold(key, error)
            self.note_room(key)
        except Deferred as full:
            self._wait_for_room(key, full)

    def _defer(self, key: NoteKey, error: SlipwayError) -> None:
        rooms = self._rooms
        rooms.ledger.defer(key, rooms.now(), error)
        rooms.drops.advanced(key)
        account = rooms.ledger.account(key)
        assert account is not None
        retry_s = self._retry_s(account.attempts)
        facts = {"queue": account.queue, "code": error.code, "reason": str(error)}
        log.warning("note.deferred", **facts, attempts=account.attempts, retry_s=retry_s)
        self._deliver_again(account, retry_s)

    def _hold(self, key: NoteKey, error: SlipwayError) -> None:
        self._forget(key)
        if self._rooms.ledger.hold(key, self._rooms.now(), error):
            log.error("note.held", generation=key.generation, code=error.code, reason=str(error))
        self._rooms.drops.advanced(key)

    def _wait_for_room(self, key: NoteKey, full: Deferred) -> None:
        """The same step again later, from where the ledger has the note."""
        if not self._unbooked:
            log.error("spool.full", what=full.what, code=full.code)
        self._unbooked.add(key)
        account = self._rooms.ledger.account(key)
        assert account is not None
        self._deliver_again(account, self._rooms.settings.printing.retry_s)

    def _is_given_up(self, key: NoteKey) -> bool:
        """True when a note was put off for so long, one try after the other, that a person should look.

        What it waited in a closed lane meanwhile does not count: nothing was tried there.
        """
        account = self._rooms.ledger.account(key)
        attempts = account.attempts if account else 0
        put_off_s = sum(self._retry_s(attempt) for attempt in range(1, attempts + 1))
        return put_off_s > self._rooms.settings.printing.give_up_after_s

    def _retry_s(self, attempt: int) -> float:
        """How long a note is put off after so many tries in vain."""
        retries: int = 2 ** (attempt - 1)
        return self._rooms.settings.printing.retry_s * min(retries, LONGEST_BACKOFF)
