"""How the queues are right now: what CUPS says of each, and what the printer behind it says itself."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from service.clock import utc_now
from service.config import Queue
from service.errors import PrinterUnreachable
from service.printing.cupsd import reasons_of
from service.printing.device import Device
from service.printing.ipp import Operation, Request, Status, Tag, attribute
from service.printing.ipp_client import IppClient, NoAnswer, Withheld
from service.printing.queues import FoundQueue, Supply
from service.printing.queues_cups import CupsQueues, supplies_of

DEVICE_DEADLINE_S = 2.0
ASKED_AT_ONCE = 8
DEVICE_WANTED = attribute(Tag.KEYWORD, "requested-attributes", "printer-state-reasons", "marker-names", "marker-levels")


@dataclass(frozen=True, slots=True)
class QueueLook:
    """A queue as it is now. `state` is idle, processing, stopped, missing or unreachable; `since` when, if told.

    `reasons` are the printer's own if it was asked and answered, else those of CUPS; `answers` is None if it was not.
    """

    queue: str
    state: str
    accepting: bool = False
    reasons: tuple[str, ...] = ()
    message: str = ""
    since: datetime | None = None
    depth: int = 0
    answers: bool | None = None
    supplies: tuple[Supply, ...] = ()


def look_at_queues(queues: Sequence[Queue], cups: CupsQueues) -> tuple[QueueLook, ...]:
    """Every queue, in this order; one that can't be reached is reported, not raised."""
    try:
        found = cups.read()
        depths = {queue.name: len(cups.jobs(queue.name)) for queue in queues if queue.name in found}
    except PrinterUnreachable:
        return tuple(QueueLook(queue.name, "unreachable") for queue in queues)
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        told = list(pool.map(_ask_device, (_address(queue, found.get(queue.name)) for queue in queues)))
    return tuple(
        _look(queue, found.get(queue.name), depths.get(queue.name, 0), device)
        for queue, device in zip(queues, told, strict=True)
    )


def withheld_records(queues: Sequence[Queue], found: Mapping[str, FoundQueue]) -> dict[str, str]:
    """The queues whose printers answer, and refuse to tell their jobs; and what they say."""
    addresses = [_address(queue, found.get(queue.name)) for queue in queues]
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        said = list(pool.map(_refusal, addresses))
    return {queue.name: refusal for queue, refusal in zip(queues, said, strict=True) if refusal}


def _refusal(address: str) -> str:
    """Why the printer does not tell its jobs; empty if it does, is off, or can't be asked."""
    try:
        if address:
            Device(address, DEVICE_DEADLINE_S, utc_now).records(())
    except Withheld as error:
        return str(error)
    except NoAnswer:
        return ""
    return ""


def _address(queue: Queue, found: FoundQueue | None) -> str:
    """Where the printer behind a queue of CUPS can be asked; empty if it can't or shall not be."""
    speaks_ipp = found is not None and found.device.startswith(("ipp://", "ipps://"))
    return found.device.partition("?")[0] if found and speaks_ipp and queue.ask_printer else ""


@dataclass(frozen=True, slots=True)
class _Device:
    """What a printer said; nothing of it, if it does not answer."""

    answers: bool | None
    reasons: tuple[str, ...] = ()
    supplies: tuple[Supply, ...] = ()


def _ask_device(address: str) -> _Device:
    if not address:
        return _Device(answers=None)
    question = Request(Operation.GET_PRINTER_ATTRIBUTES, attribute(Tag.URI, "printer-uri", address), (DEVICE_WANTED,))
    try:
        answer = IppClient(address, DEVICE_DEADLINE_S).ask(question, urlsplit(address).path or "/")
    except NoAnswer:
        return _Device(answers=False)
    if answer.status >= Status.NOT_POSSIBLE or not answer.printers:
        return _Device(answers=None)  # it is there, but does not tell
    return _Device(
        answers=True,
        reasons=reasons_of(answer.printers[0], "printer-state-reasons"),
        supplies=supplies_of(answer.printers[0]),
    )


def _look(queue: Queue, found: FoundQueue | None, depth: int, device: _Device) -> QueueLook:
    if found is None:
        return QueueLook(queue.name, "missing")
    return QueueLook(
        queue.name,
        found.state,
        found.accepting,
        _live(found, device) if device.answers else found.reasons,
        found.message,
        found.since,
        depth,
        device.answers,
        device.supplies or found.supplies,
    )


def _live(found: FoundQueue, device: _Device) -> tuple[str, ...]:
    """The printer's own reasons; of CUPS's, only what the printer can't know: it keeps the others for too long."""
    of_cups = tuple(reason for reason in found.reasons if reason == "paused" or reason.startswith("cups-"))
    return tuple(dict.fromkeys((*of_cups, *device.reasons)))
