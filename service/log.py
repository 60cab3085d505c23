"""What the service says: a closed list of events with allow-listed facts.

Readable lines on a terminal, JSON lines otherwise. The event is a constant, facts are fields; a fact whose key is not
on the list below is dropped, so that no name or address can leak. Info: nobody acts; warning: soon; error: now.
"""

import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, Literal, TextIO

import structlog

Event = Literal[
    "service.started",
    "service.ready",
    "service.stopping",
    "service.stopped",
    "service.failed",
    "config.read",
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
    "note.completed",
    "note.deferred",
    "note.held",
    "note.resumed",
    "note.decided",
    "decision.unreadable",
    "orphan.discarded",
    "queue.down",
    "queue.back",
    "worker.died",
    "spool.full",
    "spool.room",
    "picture.missing",
    "library.broken",
    "marketing.left-out",
]

FACTS = frozenset(
    (
        *("drop", "note_id", "order_id", "shipment", "kind", "site", "shop", "language", "priority", "generation"),
        *("queue", "job_id", "job_name", "backend", "confirmed_by", "pages", "left_out", "picture", "pictures"),
        *("state", "code", "what", "where", "remedy", "reason", "error", "attempt", "attempts", "retry_s", "stage"),
        *("settle_ms", "plan_ms", "render_ms", "submit_ms", "print_ms", "total_ms", "elapsed_ms"),
        *("files", "notes", "shipments", "size_bytes", "sha256", "free_mb", "version", "pid", "spool", "config"),
    )
)


def configure_log(stream: TextIO = sys.stderr) -> None:
    """Send the log to `stream`: lines for people if it is a terminal, else one JSON object a line."""
    readable = stream.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S" if readable else "iso", utc=not readable),
            keep_listed_facts,
            structlog.dev.ConsoleRenderer(pad_event_to=18)
            if readable
            else structlog.processors.JSONRenderer(sort_keys=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )


def keep_listed_facts(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop every fact whose key is not listed: personal data can't leak through a careless call."""
    listed = {key: value for key, value in event.items() if key in FACTS}
    return {"timestamp": event["timestamp"], "level": event["level"], "event": event["event"]} | listed


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
