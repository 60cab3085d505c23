"""`printers apply`: make the queues of CUPS what config/printers.toml says, and tell what was different."""

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

from service.cli.terminal import say, say_json, show_table
from service.config import Config
from service.printing.queues import Difference
from service.printing.queues_cups import CupsQueues
from service.printing.queues_repair import Repair, plan_repair, repair

FAILED, TRY_AGAIN = 1, 75


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
