"""What the service says: a closed list of events with allow-listed facts.

Readable lines on a terminal, native fields in the journal, JSON lines otherwise. The event is a constant, facts are
fields; a fact whose key is not on the list below is dropped, so that no name or address can leak. What is said of a
note names its order too. Info: nobody acts; warning: soon; error: now.
"""

import contextvars
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any, Literal, TextIO

import structlog

from service.journal import Journal
from service.model import order_of

Event = Literal[
    "service.started",
    "service.ready",
    "service.stopping",
    "service.stopped",
    "service.failed",
    "service.hangs",
    "config.read",
    "config.reloaded",
    "config.refused",
    "campaigns.refused",
    "folder.replaced",
    "folder.watch-lost",
    "folder.lost",
    "folder.back",
    "drop.waiting",
    "drop.claimed",
    "drop.repeated",
    "drop.rejected",
    "drop.archived",
    "shipment.rejected",
    "note.accepted",
    "note.accepted-again",
    "note.taken-back",
    "note.completed",
    "note.failed",
    "note.deferred",
    "note.held",
    "note.resumed",
    "note.decided",
    "note.packed",
    "note.scanned-again",
    "decision.unreadable",
    "orphan.discarded",
    "queue.down",
    "queue.back",
    "queue.decided",
    "printer.withholds",
    "printer.misnames",
    "worker.died",
    "spool.full",
    "spool.room",
    "picture.missing",
    "library.broken",
    "recommendations.broken",
    "content.refused",
    "marketing.left-out",
    "note.planned-again",
    "vouchers.low",
    "vouchers.imported",
    "vouchers.redeemed",
    "campaign.decided",
    "customer.forgotten",
    "spool.pruned",
    "metrics.lost",
    "log.lost",
]

FACTS = frozenset(
    (
        *("drop", "note_id", "order_id", "shipment", "kind", "site", "shop", "language", "generation"),
        *("queue", "job_id", "job_name", "backend", "confirmed_by", "pages", "left_out", "picture", "pictures"),
        *("campaign", "pool", "codes"),
        *("state", "code", "what", "where", "remedy", "reason", "error", "attempt", "attempts", "retry_s", "stage"),
        *("settle_ms", "plan_ms", "render_ms", "submit_ms", "print_ms", "total_ms", "elapsed_ms"),
        *("files", "notes", "shipments", "events", "size_bytes", "sha256", "free_mb"),
        *("version", "pid", "spool", "config"),
    )
)
PRIORITIES = {"info": "6", "warning": "4", "error": "3"}  # as syslog(3) numbers them
Listener = Callable[[Mapping[str, Any]], None]
_listeners: list[Listener] = []
_logfmt = structlog.processors.LogfmtRenderer()


def configure_log(stream: TextIO = sys.stderr, journal: Journal | None = None) -> None:
    """Send the log to the journal, if there is one; else to `stream`, which is a terminal or gets JSON lines."""
    readable = stream.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S" if readable else "iso", utc=not readable),
            name_the_order,
            keep_listed_facts,
            tell_listeners,
            _last_step(stream, journal),
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        logger_factory=_JournalLogger(journal) if journal else structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )


def _last_step(stream: TextIO, journal: Journal | None) -> structlog.typing.Processor:
    if journal:
        return journal_fields
    return structlog.dev.ConsoleRenderer(pad_event_to=18) if stream.isatty() else structlog.processors.JSONRenderer()


def name_the_order(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Whoever asks for an order finds what was said of its notes."""
    note_id = event.get("note_id")
    return {"note_id": note_id, "order_id": order_of(note_id), **event} if note_id else event


def keep_listed_facts(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop every fact whose key is not listed: personal data can't leak through a careless call."""
    listed = {key: value for key, value in event.items() if key in FACTS}
    return {"timestamp": event["timestamp"], "level": event["level"], "event": event["event"]} | listed


def tell_listeners(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Whoever counts what is said gets each event with its listed facts."""
    for listener in _listeners:
        listener(event)
    return event


def journal_fields(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> dict[str, str]:
    """An event as the journal keeps it: a line for people, and each fact as a field."""
    facts = {key: value for key, value in event.items() if key in FACTS and value is not None}
    return {key.upper(): str(value) for key, value in facts.items()} | {
        "MESSAGE": f"{event['event']} {_logfmt(None, '', facts)}".rstrip(),
        "PRIORITY": PRIORITIES[event["level"]],
        "EVENT": event["event"],
        "SYSLOG_IDENTIFIER": "slipway",
    }


class _JournalLogger:
    """Hands events to the journal; counts those that it could not take, and says so as soon as it takes one again."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._counting = threading.Lock()
        self._lost = 0
        self._lost_and_said = 0

    def __call__(self, *_arguments: object) -> "_JournalLogger":
        return self

    def info(self, **fields: str) -> None:
        taken = self._journal.send(fields)
        with self._counting:
            self._lost += not taken
            must_be_said = taken and self._lost > self._lost_and_said
            if must_be_said:
                self._lost_and_said = self._lost
        if must_be_said:
            contextvars.Context().run(self._say_lost)  # it is no fact about the note at hand

    warning = error = info

    def _say_lost(self) -> None:
        log.warning("log.lost", events=self._lost)


class _Speaker:
    """The log of one module; `event` is one of the closed list, which the type checker holds."""

    def info(self, event: Event, **facts: object) -> None:
        structlog.get_logger().info(event, **facts)

    def warning(self, event: Event, **facts: object) -> None:
        structlog.get_logger().warning(event, **facts)

    def error(self, event: Event, **facts: object) -> None:
        structlog.get_logger().error(event, **facts)


log = _Speaker()


@contextmanager
def bound(**facts: object) -> Iterator[None]:
    """Facts that every event inside the block carries: the note's ids, bound once."""
    with structlog.contextvars.bound_contextvars(**facts):
        yield


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Every event said inside the block, in any thread, is told to `listener` too, before it is written."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
