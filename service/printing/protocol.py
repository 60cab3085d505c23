"""What a printer promises, whoever prints.

A job is created held, noted by the caller, then released:

    create_held   the whole document is at the printer, nothing prints      -> pending-held
    release       it may print                                              -> pending, processing, completed
    cancel        it shall not print                                        -> canceled

A crash before the caller noted the job leaves a held orphan that never prints; discard_held sweeps it up. Every
method may be called from many threads; a failure is a SlipwayError with its remedy and names queue and job, no person.
"""

import re
from collections.abc import Sequence
from typing import Protocol

from service.model import Job, JobReport, QueueReport, Route

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")


class Printer(Protocol):
    """Takes documents, holds them, prints them when told so, and says what became of them."""

    def create_held(self, document: bytes, job_name: str, route: Route) -> Job:
        """Bring `document` to the route's queue as a held job; when this returns, the printer has all of it."""

    def release(self, job: Job) -> None:
        """Let a held job print; harmless for one that was released before. Raises JobUnknown if there is none."""

    def look_up(self, job: Job) -> JobReport:
        """The state of the job with this queue, id and name; JobState.UNKNOWN if there is none."""

    def look_at(self, queue: str, jobs: Sequence[Job]) -> tuple[JobReport, ...]:
        """What became of jobs of ours in one queue, in their order; each queue is looked at from one thread."""

    def discard_held(self, queue: str, job_name: str) -> int:
        """Cancel the held jobs of this name and return how many; JobUnknown if one of the name is on its way."""

    def cancel(self, job: Job) -> None:
        """Cancel a job that is not at its end; nothing for one that is, or that the printer doesn't know."""

    def withdraw(self, job: Job) -> bool:
        """Cancel a released job that has not begun; True only if it is cancelled, and surely nothing of it prints."""

    def queue_report(self, queue: str) -> QueueReport:
        """What the queue says of itself; one that is missing or can't be reached is reported, not raised."""


def is_safe_name(name: str) -> bool:
    """True for names of jobs and queues that are plain words everywhere: in files, in URIs and in IPP."""
    return _NAME.fullmatch(name) is not None
