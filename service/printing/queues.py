"""Queues as CUPS has them, and what is different from config/printers.toml. Nothing is asked or changed here.

A queue with a device is ours: `apply` makes it what the file says. One without is made by hand: it is only looked at.
"""

from dataclasses import dataclass
from datetime import datetime

from service.config import Queue

ERROR_POLICY = "retry-current-job"  # the other ones lose the order of the notes, or the notes
BY_HAND = ("error policy", "state", "takes jobs")  # what counts also in a queue that is made by hand
STOPS_PAPER = ("queue", "device", "model", *BY_HAND)


@dataclass(frozen=True, slots=True)
class FoundQueue:
    """A queue as CUPS tells it. `model` is raw, everywhere, or the driver's own name."""

    name: str
    device: str
    model: str
    state: str
    message: str
    reasons: tuple[str, ...]
    since: datetime
    accepting: bool
    shared: bool
    error_policy: str
    description: str
    location: str
    media: str
    sides: str
    print_color_mode: str
    time_out_s: int  # MultipleOperationTimeout of the running cupsd
    supplies: tuple["Supply", ...] = ()


@dataclass(frozen=True, slots=True)
class Supply:
    """Toner, ink or a waste box; `level` in percent, None where the printer doesn't tell."""

    name: str
    level: int | None


@dataclass(frozen=True, slots=True)
class OpenJob:
    """A job in CUPS. `began`: CUPS sent it, or a part of it, to the printer before; `at_work`: it does so now."""

    job_id: int
    at_work: bool
    began: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing of a queue that is not as printers.toml says."""

    what: str
    found: str
    wanted: str

    @property
    def stops_paper(self) -> bool:
        """False for what only people see, or jobs that name no options."""
        return self.what in STOPS_PAPER


def differences(queue: Queue, found: FoundQueue | None) -> tuple[Difference, ...]:
    """What CUPS has otherwise than `queue` says; of a queue made by hand, only what keeps notes from printing well."""
    if found is None:
        return (Difference("queue", "missing", "there"),)
    wanted, is_so = wanted_settings(queue), _settings_of(found)
    looked_at = wanted if queue.device else BY_HAND
    return tuple(Difference(what, is_so[what], wanted[what]) for what in looked_at if is_so[what] != wanted[what])


def wanted_settings(queue: Queue) -> dict[str, str]:
    """What CUPS shall say of a queue."""
    return {
        "device": device_in_cups(queue),
        "model": queue.model,
        "error policy": ERROR_POLICY,
        "state": "enabled",
        "takes jobs": "yes",
        "shared": "no",
        "description": queue.description,
        "location": queue.location,
        "media": queue.media,
        "sides": "two-sided-long-edge" if queue.duplex else "one-sided",
        "print-color-mode": "color" if queue.colour else "monochrome",
    }


def device_in_cups(queue: Queue) -> str:
    """The device URI for CUPS. Where we ask the printer ourselves, CUPS need not wait until it is done."""
    if not queue.asked_at:
        return queue.device
    return f"{queue.device}{'&' if '?' in queue.device else '?'}waitjob=false"


def _settings_of(found: FoundQueue) -> dict[str, str]:
    stopped = f"stopped ({found.message})" if found.message else "stopped"
    return {
        "device": found.device,
        "model": found.model,
        "error policy": found.error_policy,
        "state": stopped if found.state == "stopped" else "enabled",
        "takes jobs": "yes" if found.accepting else "no",
        "shared": "yes" if found.shared else "no",
        "description": found.description,
        "location": found.location,
        "media": found.media,
        "sides": found.sides,
        "print-color-mode": found.print_color_mode,
    }
