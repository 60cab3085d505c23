"""`printers`: the queues as they are now. `printers apply`: make the queues of CUPS what config/printers.toml says."""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from service.cli.printer_words import reasons_in_words, state_in_words
from service.cli.terminal import say, say_json, show_table
from service.clock import utc_now
from service.config import Config, Queue
from service.intake.spool import Spool
from service.ledger.ledger import Ledger
from service.printing import open_printer
from service.printing.queues import Difference
from service.printing.queues_cups import CupsQueues
from service.printing.queues_repair import Repair, plan_repair, repair
from service.printing.queues_report import QueueLook, look_at_queues

FAILED, TRY_AGAIN = 1, 75


# printers ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """A queue of printers.toml, how it is now, and what the ledger knows of it."""

    queue: Queue
    look: QueueLook
    waiting: int
    last_completed: datetime | None


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
    waiting: dict[str, int] = {}
    completed: dict[str, datetime] = {}
    if spool.ledger.exists():
        ledger = Ledger(spool.ledger, read_only=True)
        waiting, completed = ledger.waiting_by_queue(), ledger.last_completed()
    return [
        _Row(queue, look, waiting.get(queue.name, 0), completed.get(queue.name))
        for queue, look in zip(queues, _looks(config, spool), strict=True)
    ]


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
    return (
        *(row.queue.name, state_in_words(look.state), _ago(look.since, now), ", ".join(_says(look))),
        *(row.waiting or "", look.depth or "", _ago(row.last_completed, now), ", ".join(supplies)),
        row.queue.location or row.queue.description,
    )


def _says(look: QueueLook) -> Iterator[str]:
    """What is the matter, in words; nothing, if all is well."""
    if look.state not in ("missing", "unreachable") and not look.accepting:
        yield "takes no jobs"
    if look.answers is False:
        yield "printer does not answer"
    words = reasons_in_words(look.reasons)
    yield from words
    if look.message and not words:
        yield look.message


def _ago(at: datetime | None, now: datetime) -> str:
    """How long ago, in the two digits that matter: 40 s, 12 min, 5 h, 3 days."""
    if at is None:
        return ""
    passed = max(now - at, timedelta())
    for unit, seconds in (("days", 86400), ("h", 3600), ("min", 60)):
        if passed.total_seconds() >= 2 * seconds:
            return f"{passed.total_seconds() // seconds:.0f} {unit}"
    return f"{passed.total_seconds():.0f} s"


def _as_json(row: _Row) -> dict[str, Any]:
    look = row.look
    return {
        "queue": row.queue.name,
        "state": look.state,
        "accepting": look.accepting,
        "reasons": look.reasons,
        "words": list(_says(look)),
        "since": look.since.isoformat() if look.since else None,
        "waiting": row.waiting,
        "depth": look.depth,
        "last_completed": row.last_completed.isoformat() if row.last_completed else None,
        "printer_answers": look.answers,
        "supplies": {supply.name: supply.level for supply in look.supplies},
        "description": row.queue.description,
        "location": row.queue.location,
        "backup": row.queue.backup,
    }


# printers apply ------------------------------------------------------------------------------------------------------


def apply(arguments: argparse.Namespace, config: Config) -> int:
    """Make and repair the queues that name a device; exit 1 if one could not be, 75 if one must wait for its job."""
    settings = config.settings.printing
    if settings.backend != "cups":
        say('the printers are folders (printing.backend = "folder"): there is nothing to apply')
        return 0
    cups = CupsQueues(settings.cups_socket)
    found = cups.read()
    carry_out = plan_repair if arguments.dry_run else repair
    repairs = [
        carry_out(queue, found.get(queue.name), cups, restart_jobs=arguments.restart_jobs)
        for queue in config.printers.queue
        if queue.device
    ]
    by_hand = [queue.name for queue in config.printers.queue if not queue.device]
    _say_repairs(repairs, by_hand, arguments)
    if any(each.fault for each in repairs):
        return FAILED
    return TRY_AGAIN if any(each.later for each in repairs) else 0


def _say_repairs(repairs: Sequence[Repair], by_hand: Sequence[str], arguments: argparse.Namespace) -> None:
    if arguments.json:
        for each in repairs:
            say_json(_repair_as_json(each, dry_run=arguments.dry_run))
        return
    done = "would set" if arguments.dry_run else "set"
    rows = [row for each in repairs for row in _repair_rows(each, done)]
    if rows:
        show_table(("queue", "what", "in CUPS", "printers.toml", "done"), rows)
    for each in repairs:
        for line in _remarks(each):
            say(f"{each.queue}: {line}")
    in_order = sum(not each.differences for each in repairs)
    if in_order or not rows:
        say(f"nothing to do for {in_order} queues" if in_order != 1 else "nothing to do for 1 queue")
    if by_hand:
        say(f"made by hand, left alone (no device in printers.toml): {', '.join(by_hand)}")


def _repair_rows(each: Repair, done: str) -> Iterator[tuple[object, ...]]:
    done = "failed" if each.fault else "put off" if each.later else done
    for difference in each.differences:
        made = "made" if done == "set" and difference.what == "queue" else done
        made = "would make" if done == "would set" and difference.what == "queue" else made
        yield each.queue, difference.what, difference.found or "none", difference.wanted or "none", made


def _remarks(each: Repair) -> Iterator[str]:
    if each.fault or each.later:
        yield each.fault or each.later
    if each.waiting and each.differences:
        yield f"its {each.waiting} jobs are still there" if each.waiting > 1 else "its job is still there"
    for job_id in each.again:
        yield f"job {job_id} had begun and starts again: a sheet may come out twice, look at the printer"


def _repair_as_json(each: Repair, *, dry_run: bool) -> dict[str, Any]:
    done = "failed" if each.fault else "later" if each.later else "" if dry_run or not each.differences else "set"
    return {
        "queue": each.queue,
        "differences": [_difference_as_json(difference) for difference in each.differences],
        "done": done,
        "jobs": each.waiting,
        "jobs_again": each.again,
        "why": each.fault or each.later,
    }


def _difference_as_json(difference: Difference) -> dict[str, str]:
    return {"what": difference.what, "found": difference.found, "wanted": difference.wanted}
