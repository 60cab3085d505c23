"""Makes a queue of CUPS what config/printers.toml says.

Jobs that wait in a queue stay in it, whatever is changed. But a new device or model sends the job that CUPS is just
sending to the printer back to the start, and a sheet may come out twice: so that waits until no job is at work, unless
somebody says otherwise. The queue is stopped meanwhile and enabled last; what waits prints with everything in place.
"""

import socket
import time
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from service.config import Queue
from service.errors import PrinterRefused
from service.printing.ipp import Attribute, Tag, attribute
from service.printing.queues import Difference, FoundQueue, device_in_cups, differences, wanted_settings
from service.printing.queues_cups import CupsQueues

MADE_WITHIN_S = 20.0
LOOK_EVERY_S = 0.05
PROBE_S = 3.0
IPP_PORT = 631
REMADE = ("queue", "device", "model")


@dataclass(frozen=True, slots=True)
class Repair:
    """What was different in a queue, and what came of it.

    waiting   jobs in it; all of them are still there
    again     ids of those that CUPS had begun to send: they start again, and a sheet may come out twice
    later     why it was put off; fault: why it failed; both empty if all is done, or nothing was to do
    """

    queue: str
    differences: tuple[Difference, ...]
    waiting: int = 0
    again: tuple[int, ...] = ()
    later: str = ""
    fault: str = ""


def repair(queue: Queue, found: FoundQueue | None, cups: CupsQueues, *, restart_jobs: bool = False) -> Repair:
    """Bring one queue in order; raises what concerns all queues: AdminRefused, PrinterUnreachable."""
    outcome = plan_repair(queue, found, cups, restart_jobs=restart_jobs)
    if not outcome.differences or outcome.later:
        return outcome
    try:
        if any(difference.what in REMADE for difference in outcome.differences):
            outcome = replace(outcome, again=_remake(queue, found, cups))
        cups.set(queue.name, *_settings(queue))
        cups.accept_jobs(queue.name)
        cups.enable(queue.name)
    except (PrinterRefused, _NotMade) as error:
        return replace(outcome, fault=str(error))
    return outcome


def plan_repair(queue: Queue, found: FoundQueue | None, cups: CupsQueues, *, restart_jobs: bool = False) -> Repair:
    """What `repair` would do; changes nothing."""
    different = differences(queue, found)
    if not different or found is None:
        return Repair(queue.name, different)
    jobs = cups.jobs(queue.name)
    outcome = Repair(queue.name, different, waiting=len(jobs))
    at_work = [job.job_id for job in jobs if job.at_work]
    if at_work and not restart_jobs and any(difference.what in REMADE for difference in different):
        later = f"job {at_work[0]} is at the printer: apply again when it is out, or with --restart-jobs"
        return replace(outcome, later=later)
    return outcome


class _NotMade(Exception):
    """The printer did not tell CUPS what it can."""


def _remake(queue: Queue, found: FoundQueue | None, cups: CupsQueues) -> tuple[int, ...]:
    """Give the queue its device and model; the ids of the jobs that start again for it."""
    if queue.model == "raw" or _stays_where_it_is(queue, found):
        again = _stopped(queue, found, cups)
        cups.set(queue.name, _device(device_in_cups(queue)), *_driver("raw" if queue.model == "raw" else ""))
        return again
    _probe(queue)
    again = _stopped(queue, found, cups)
    if found:  # without the old driver it can be seen when the new one is there
        cups.set(queue.name, _device(queue.device), *_driver("raw"))
    cups.set(queue.name, _device(queue.device), *_driver("everywhere"))  # cupsd asks at exactly this address
    _wait_until_made(queue, cups)
    cups.set(queue.name, _device(device_in_cups(queue)))
    return again


def _stays_where_it_is(queue: Queue, found: FoundQueue | None) -> bool:
    """True if it is the same printer, and only what CUPS does with it is different."""
    return (
        found is not None
        and found.model == queue.model
        and found.device.partition("?")[0] == queue.device.partition("?")[0]
    )


def _stopped(queue: Queue, found: FoundQueue | None, cups: CupsQueues) -> tuple[int, ...]:
    """Stop a queue that is there; the ids of the jobs that had begun: one may have done so a moment ago."""
    if found is None:
        return ()
    cups.stop(queue.name)
    return tuple(job.job_id for job in cups.jobs(queue.name) if job.began)


def _probe(queue: Queue) -> None:
    """A queue is made everywhere by asking the printer; one that is off would leave half a queue behind."""
    at = urlsplit(queue.device)
    try:
        socket.create_connection((at.hostname or "", at.port or IPP_PORT), PROBE_S).close()
    except OSError as error:
        raise _NotMade(
            f"the printer does not answer at {queue.device}: switch it on, or mend device, then apply again"
        ) from error


def _wait_until_made(queue: Queue, cups: CupsQueues) -> None:
    deadline = time.monotonic() + MADE_WITHIN_S
    while cups.read()[queue.name].model != "everywhere":
        if time.monotonic() > deadline:
            raise _NotMade(
                f"{queue.device} did not say in {MADE_WITHIN_S:.0f} s what it can, the queue is stopped: "
                'mend device, or set model = "raw", and apply again'
            )
        time.sleep(LOOK_EVERY_S)


def _device(uri: str) -> Attribute:
    return attribute(Tag.URI, "device-uri", uri)


def _driver(name: str) -> tuple[Attribute, ...]:
    return (attribute(Tag.NAME, "ppd-name", name),) if name else ()


def _settings(queue: Queue) -> tuple[Attribute, ...]:
    """All that is set without touching a job."""
    wanted = wanted_settings(queue)
    return (
        attribute(Tag.NAME, "printer-error-policy", wanted["error policy"]),
        attribute(Tag.BOOLEAN, "printer-is-shared", False),  # noqa: FBT003 - an IPP value
        attribute(Tag.TEXT, "printer-info", wanted["description"]),
        attribute(Tag.TEXT, "printer-location", wanted["location"]),
        attribute(Tag.KEYWORD, "media-default", wanted["media"]),
        attribute(Tag.KEYWORD, "sides-default", wanted["sides"]),
        attribute(Tag.KEYWORD, "print-color-mode-default", wanted["print-color-mode"]),
    )
