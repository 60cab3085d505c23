"""Every way an order can fail, named by what happens next.

    REJECT  the file is wrong and goes back to its sender
    HOLD    the note is parked until a person decides
    DEFER   the same again later, by itself; becomes a HOLD after its limit
    STOP    the service can't be trusted to go on; it exits

Callers branch on the remedy and on nothing else. Each class has a stable `code`, which is what receipts, the ledger
and the log say, and a heading of that name in docs/operations.md. `what` is a fact and holds no personal data;
`where` is a place in the file (line and column, JSON pointer, CSV row) or a key of the configuration; `hint` is the
next action of the person who reads it.
"""

from enum import Enum
from typing import ClassVar


class Remedy(Enum):
    """What happens next."""

    REJECT = "reject"
    HOLD = "hold"
    DEFER = "defer"
    STOP = "stop"


class SlipwayError(Exception):
    """A failure with its remedy, code, place and advice; never raised itself."""

    remedy: ClassVar[Remedy]
    code: ClassVar[str]
    advice: ClassVar[str]

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint or self.advice

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        return f"{self.what}{place}"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (type(self), self.what, self.where, self.hint)


def _rebuilt(kind: "type[SlipwayError]", what: str, where: str, hint: str) -> "SlipwayError":
    """The same error on the other side of a process border."""
    return kind(what, where=where, hint=hint)


class Rejected(SlipwayError):
    """The file is wrong; its sender mends it and drops it again."""

    remedy = Remedy.REJECT


class Held(SlipwayError):
    """A person decides."""

    remedy = Remedy.HOLD


class Deferred(SlipwayError):
    """Tried again later by itself."""

    remedy = Remedy.DEFER


class Stopped(SlipwayError):
    """The service exits with `exit_code`."""

    remedy = Remedy.STOP
    exit_code: ClassVar[int] = 70


# The file is wrong ---------------------------------------------------------------------------------------------------


class NotARegularFile(Rejected):
    code = "not-a-regular-file"
    advice = "Drop a plain file: no link, folder, pipe, socket or device, and no second hard link to it."


class FileUnreadable(Rejected):
    code = "file-unreadable"
    advice = "Let the service's user read the file, then drop it again."


class FileTooLarge(Rejected):
    code = "file-too-large"
    advice = "Split the batch into smaller files, or raise intake.max_file_mb in config/slipway.toml."


class FileIncomplete(Rejected):
    code = "incomplete"
    advice = "The upload broke off: send the whole file again. A drop by rename can't be seen half-written."


class Deadly(Rejected):
    code = "deadly"
    advice = (
        "The service dies of this file, which is a fault of ours: send it to us, and ask its sender for another form."
    )


class UnknownFormat(Rejected):
    code = "unknown-format"
    advice = "Send order file version 1 (`slipway schema order`), or describe this export in config/feeds/."


class WrongEncoding(Rejected):
    code = "wrong-encoding"
    advice = "Save the file as UTF-8, or name its encoding in the feed."


class InvalidJson(Rejected):
    code = "invalid-json"
    advice = "Mend the JSON at the place named and drop the file again."


class InvalidCsv(Rejected):
    code = "invalid-csv"
    advice = "Mend the row named and drop the file again."


class InvalidOrder(Rejected):
    code = "invalid-order"
    advice = "Mend the fields named (`slipway schema order` says what each may hold) and drop the file again."


class ShipmentIncomplete(Rejected):
    code = "incomplete-shipment"
    advice = "The file has fewer rows of this shipment than its lines_total says: send the shipment again, whole."


class ReadingFailed(Rejected):
    code = "reading-failed"
    advice = "This is a fault of ours: send us the file from problem/ and the version (`slipway version`)."


class DecisionRefused(Rejected):
    code = "decision-refused"
    advice = "Look where the note stands (`slipway status NOTE`), then decide again."


class VouchersRefused(Rejected):
    code = "vouchers-refused"
    advice = "Mend the row named and import the file again; nothing of it was taken."


class ContentRefused(Rejected):
    code = "content-refused"
    advice = "Mend the content pack as it says and hand it in again; what was active still is."


class PictureSourceUnusable(Rejected):
    code = "picture-source-unusable"
    advice = "Mend the folder, the manifest or the address that is named, then sync again; the library is as it was."


class AdminRefused(Rejected):
    code = "admin-refused"
    advice = (
        "Run this as root (`sudo slipway ...`), or join the administrators of CUPS: "
        "`sudo usermod -aG lpadmin $USER`, then log in again."
    )


# A person decides ----------------------------------------------------------------------------------------------------


class OrderChanged(Held):
    code = "order-changed"
    advice = (
        "This note was dropped before with other content. Release it to print the new content as a new generation, "
        "cancel it to keep the first; a shop that means to change an order raises its `revision`."
    )


class UnknownShop(Held):
    code = "unknown-shop"
    advice = "Add the shop to config/slipway.toml, then release the note."


class UnknownSite(Held):
    code = "unknown-site"
    advice = "Add the site to config/slipway.toml, then release the note."


class LanguageUnsupported(Held):
    code = "language-unsupported"
    advice = "Declare a fallback under [languages] in config/slipway.toml, then release the note."


class NoRoute(Held):
    code = "no-route"
    advice = "Add a route for this site, language and kind to config/routing.toml, then release the note."


class MessageFailed(Held):
    code = "message-failed"
    advice = "Mend the message in config/messages/ (`slipway check` shows it), then release the note."


class GlyphMissing(Held):
    code = "glyph-missing"
    advice = "No font of the layout has this character: add one that has, or cancel the note."


class DoesNotFit(Held):
    code = "does-not-fit"
    advice = "A text is too long for its frame in the layout: give the frame more room, then release the note."


class LayoutBroken(Held):
    code = "layout-broken"
    advice = "Mend the layout at the place named (`slipway check` shows it), then release the note."


class RenderFailed(Held):
    code = "render-failed"
    advice = "Drawing the note killed its worker or took too long, each time: `slipway preview` on its file shows why."


class SourceChanged(Held):
    code = "source-changed"
    advice = "Our own copy of the order file is gone or altered: restore it from a backup, or drop the order again."


class PrinterRefused(Held):
    code = "printer-refused"
    advice = "The printer does not take this document or these options: compare its route in config/routing.toml."


class JobAborted(Held):
    code = "job-aborted"
    advice = "The printer gave up on this note, twice, or CUPS did. Look what came out; release prints it again."


class JobCancelled(Held):
    code = "job-cancelled"
    advice = (
        "Somebody cancelled this job at the printer or in CUPS. Look in its tray and ask who; then "
        "`slipway release NOTE` prints it again as a marked sheet, `slipway cancel NOTE` ends it."
    )


class JobUnknown(Held):
    code = "job-unknown"
    advice = "Nobody knows what became of this job: a sheet may have come out, or not. Look; then release or cancel."


class PrintedTwice(Held):
    code = "printed-twice"
    advice = "This note may lie at the printer more than once: look, keep one sheet, then cancel the note here."


class JobStands(Held):
    code = "job-stands"
    advice = (
        "CUPS had stopped this job, or held it, and went on with it no more; it is cancelled there. If the reason says "
        "that it never began, `slipway release NOTE` prints it as it is. Else look in the tray first: release prints "
        "a marked sheet, `slipway cancel NOTE` ends it."
    )


class PrinterSilent(Held):
    code = "printer-silent"
    advice = "The printer did not finish this job in time. Look at the printer; then release or cancel."


class InternalError(Held):
    code = "internal-error"
    advice = "This is a fault of ours. The log has its place under the same note; send it with the version."


# Again later, by itself ----------------------------------------------------------------------------------------------


class PrinterUnreachable(Deferred):
    code = "printer-unreachable"
    advice = "CUPS does not answer: `systemctl status cups`. Notes go on by themselves when it is back."


class QueueMissing(Deferred):
    code = "queue-missing"
    advice = "The queue of this route is not in CUPS: create it, or mend config/routing.toml."


class QueueRefusing(Deferred):
    code = "queue-not-accepting"
    advice = "The queue takes no jobs: `cupsaccept QUEUE`. Notes go on by themselves afterwards."


class QueueForbidden(Deferred):
    code = "queue-forbidden"
    advice = (
        "CUPS does not let the service's user print there: `lpadmin -p QUEUE -u allow:all`, or mend the policy of the "
        "queue in cupsd.conf. Notes go to its backup, and come back by themselves."
    )


class QueueStopped(Deferred):
    code = "queue-stopped"
    advice = "The queue is stopped in CUPS: `cupsenable QUEUE`. Notes go to its backup, and come back by themselves."


class QueueWaits(Deferred):
    code = "queue-waits"
    advice = "The printer waits for paper, toner or hands: go to it. Notes go to its backup until it prints again."


class QueueStuck(Deferred):
    code = "queue-stuck"
    advice = (
        "CUPS is lost at a job of this queue, and starts no other: `systemctl restart cups` when its other queues are "
        "done with theirs. Notes go to its backup, and come back by themselves."
    )


class OutcomeUnknown(Deferred):
    code = "outcome-unknown"
    advice = "The connection to CUPS broke in the middle of a step; the next try finds out what became of the job."


class RenderInterrupted(Deferred):
    code = "render-interrupted"
    advice = "A render worker died or ran out of time; the note is drawn again in another."


class PlanOutdated(Deferred):
    code = "plan-outdated"
    advice = "A campaign was paused, or a code was taken, after this note was planned; it is planned again."


class LibraryInUse(Deferred):
    code = "library-in-use"
    advice = "Another `slipway images sync` is at work in this library: wait for its end, then sync again."


class LibraryFull(Deferred):
    code = "library-full"
    advice = "The disk of the picture library is full: make room, then sync again; it goes on where it stopped."


class SpoolFull(Deferred):
    code = "spool-full"
    advice = "The disk of the spool is full: make room. Files wait in the hot folder until then."


# The service exits ---------------------------------------------------------------------------------------------------


class ConfigInvalid(Stopped):
    code = "config-invalid"
    advice = "Mend the key named; `slipway check` looks at everything at once."
    exit_code = 78


class CampaignsInvalid(Stopped):
    code = "campaigns-invalid"
    advice = "Mend what is named in config/campaigns/; `slipway check` looks at everything at once."
    exit_code = 78


class SpoolUnusable(Stopped):
    code = "spool-unusable"
    advice = "Create the folder and give it to the service's user, or name another with SLIPWAY_SPOOL."
    exit_code = 78


class SpoolInUse(Stopped):
    code = "spool-in-use"
    advice = "One service per spool: stop the other first (`systemctl stop slipway`)."
    exit_code = 75


class SpoolBroken(Stopped):
    code = "spool-broken"
    advice = "The disk of the spool fails, or is gone: look at it (`dmesg`, `df`), then start the service again."
    exit_code = 75


class LibraryUnusable(Stopped):
    code = "library-unusable"
    advice = "Give the library's folder to the user who syncs, look at its disk, or name another: SLIPWAY_IMAGE_CACHE."
    exit_code = 78


class OwnFault(Stopped):
    code = "own-fault"
    advice = "This is a fault of ours: send us this line and the version (`slipway version`)."
    exit_code = 70


class LedgerUnusable(Stopped):
    code = "ledger-unusable"
    advice = "The ledger can't be read or written: look at the disk; docs/operations.md says how to restore it."
    exit_code = 70


class LedgerGone(Stopped):
    code = "ledger-gone"
    advice = "Restore ledger.db and customer.key from a backup; or, to begin anew, move receipts/ and working/ away."
    exit_code = 78  # a restart brings nothing back


def kinds() -> "tuple[type[SlipwayError], ...]":
    """Every error with a code, in the order in which this page names them."""
    remedies = (Rejected, Held, Deferred, Stopped)
    return tuple(kind for remedy in remedies for kind in remedy.__subclasses__())
