"""`printers`: every queue as it is now, in words."""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from textwrap import shorten
from typing import Any

from service.cli.printer_words import is_waiting_for_hands, reasons_in_words, state_in_words
from service.cli.terminal import ago, say_json, show_table
from service.clock import utc_now
from service.config import Config, Queue
from service.intake.spool import Spool, is_locked
from service.ledger.accounts import AHEAD_OF_PAPER, QueueDecision, QueueDown
from service.ledger.ledger import Ledger
from service.ledger.queues import QueueStates, paused_queues
from service.planning.house import compile_house
from service.printing import open_printer
from service.printing.queues_cups import CupsQueues
from service.printing.queues_report import QueueLook, look_at_queues
from service.whereabouts import queue_of

WHERE_LENGTH = 40
PRINTING = ("idle", "processing")


@dataclass(frozen=True, slots=True)
class _Known:
    """What the ledger knows of queues, each by its name."""

    waiting: Mapping[str, int]
    last_completed: Mapping[str, datetime]
    paused: Mapping[str, QueueDecision]
    down: Mapping[str, QueueDown]
    states: QueueStates


@dataclass(frozen=True, slots=True)
class _Row:
    """A queue of printers.toml, how it is now, and what the ledger knows of it.

    `goes_to` is the queue at which its notes wait meanwhile, empty if they do at this one.
    """

    queue: Queue
    look: QueueLook
    waiting: int
    last_completed: datetime | None
    paused: QueueDecision | None
    down: QueueDown | None
    goes_to: str


def show(arguments: argparse.Namespace, config: Config) -> int:
    """Every queue of printers.toml; exit 1 if one is missing or can't be reached."""
    rows = _rows(config)
    if arguments.json:
        for row in rows:
            say_json(_as_json(row))
    else:
        now = utc_now()
        heads = ("queue", "state", "since", "what it says", "waiting>", "in CUPS>", "last note", "toner", "where")
        show_table(heads, [_cells(row, now) for row in rows])
    return int(any(row.look.state in ("missing", "unreachable") for row in rows))


def _rows(config: Config) -> list[_Row]:
    spool, queues = Spool(config.settings.spool), config.printers.queue
    known = _known(spool, config)
    return [
        _Row(
            queue,
            look,
            waiting=known.waiting.get(queue.name, 0),
            last_completed=known.last_completed.get(queue.name),
            paused=known.paused.get(queue.name),
            down=known.down.get(queue.name),
            goes_to=_goes_to(queue, known.states),
        )
        for queue, look in zip(queues, _looks(config, spool), strict=True)
    ]


def _known(spool: Spool, config: Config) -> _Known:
    """What the ledger knows; which queues are down only a service that runs can say."""
    names = [queue.name for queue in config.printers.queue]
    if not spool.ledger.exists():
        return _Known({}, {}, {}, {}, QueueStates(frozenset(names)))
    ledger = Ledger(spool.ledger, read_only=True)
    down = {each.queue: each for each in ledger.queues.down()} if is_locked(spool) else {}
    decisions = ledger.queues.decisions()
    states = QueueStates(frozenset(names), frozenset(down)).decided(decisions)
    waiting = _waiting(ledger, config, states)
    return _Known(waiting, ledger.queues.last_completed(), paused_queues(decisions), down, states)


def _waiting(ledger: Ledger, config: Config, states: QueueStates) -> Counter[str]:
    """How many notes wait at each queue, those that were not routed yet too."""
    alike = [each for each in ledger.unfinished() if each.state in AHEAD_OF_PAPER]
    house = compile_house(config) if alike else None
    counts: Counter[str] = Counter()
    for each in alike:
        assert house is not None
        counts[queue_of(each, house, states)] += each.notes
    return counts


def _goes_to(queue: Queue, states: QueueStates) -> str:
    place = states.place(queue.name, queue.backup, moves=())
    return place if place != queue.name else ""


def _looks(config: Config, spool: Spool) -> Sequence[QueueLook]:
    settings, queues = config.settings.printing, config.printers.queue
    if settings.backend == "cups":
        return look_at_queues(queues, CupsQueues(settings.cups_socket))
    printer = open_printer(settings, spool.printers, utc_now)
    reports = [printer.queue_report(queue.name) for queue in queues]
    return [
        QueueLook(report.queue, report.state, report.accepting, report.reasons, depth=report.depth)
        for report in reports
    ]


def _cells(row: _Row, now: datetime) -> tuple[object, ...]:
    look = row.look
    supplies = [f"{supply.name} {supply.level} %" for supply in look.supplies if supply.level is not None]
    state, since = _state_since(row)
    return (
        *(row.queue.name, state, ago(since, now), ", ".join((*_paused(row), *_down(row), *_says(look)))),
        *(row.waiting or "", look.depth or "", ago(row.last_completed, now), ", ".join(supplies)),
        shorten(row.queue.location or row.queue.description, WHERE_LENGTH, placeholder=" ..."),
    )


def _state_since(row: _Row) -> tuple[str, datetime | None]:
    """One word, and since when; a queue that takes no notes is down, if CUPS has no better word."""
    word = _state(row.look)
    if row.paused:
        return "paused", row.paused.at
    if row.down:
        return word if row.look.state not in PRINTING else "down", row.down.since
    return word, row.look.since


def _paused(row: _Row) -> Iterator[str]:
    if row.paused:
        yield f"{row.paused.who}: {row.paused.reason}"


def _down(row: _Row) -> Iterator[str]:
    """Where the notes of a queue that is down go; and why it is, where neither CUPS nor the printer says so."""
    if row.down and not row.paused:
        yield f"goes to {row.goes_to}" if row.goes_to else "its notes wait"
    if row.down and not any(_says(row.look)):
        yield row.down.reason


def _state(look: QueueLook) -> str:
    """One word; CUPS calls a queue ready whose printer stands with its cover open."""
    if look.state in PRINTING and (look.answers is False or is_waiting_for_hands(look.reasons)):
        return "in trouble"
    return state_in_words(look.state)


def _says(look: QueueLook) -> Iterator[str]:
    """What is the matter, in words; nothing, if all is well."""
    if look.state not in ("missing", "unreachable") and not look.accepting:
        yield "takes no jobs"
    if look.answers is False:
        yield "printer does not answer"
    words = reasons_in_words(look.reasons)
    yield from words
    if look.message and not words and look.answers is not False:
        yield look.message


def _as_json(row: _Row) -> dict[str, Any]:
    look = row.look
    return {
        "queue": row.queue.name,
        "state": look.state,
        "accepting": look.accepting,
        "reasons": look.reasons,
        "words": list(_says(look)),
        "since": look.since.isoformat() if look.since else None,
        "paused": {"at": row.paused.at.isoformat(), "who": row.paused.who, "reason": row.paused.reason}
        if row.paused
        else None,
        "down": {"since": row.down.since.isoformat(), "code": row.down.code, "reason": row.down.reason}
        if row.down
        else None,
        "goes_to": row.goes_to,
        "waiting": row.waiting,
        "depth": look.depth,
        "last_completed": row.last_completed.isoformat() if row.last_completed else None,
        "printer_answers": look.answers,
        "supplies": {supply.name: supply.level for supply in look.supplies},
        "description": row.queue.description,
        "location": row.queue.location,
        "backup": row.queue.backup,
    }
