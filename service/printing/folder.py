"""The embedded printer: each queue is a folder, and a released document is a file in it.

QUEUE/JOB_NAME.pdf                  what was released: the paper; whoever collects it may move or delete it
QUEUE/.jobs/held/ID-JOB_NAME.pdf    a document that is held
QUEUE/.jobs/ID.json                 the record of a job

record      held document   a crash here leaves the job                 look_up
none        there           being created: an orphan, never prints      unknown
held        there           created                                     pending-held
released    there           about to print                              pending-held: release it again
released    gone            printed                                     completed
canceled    either          cancelled; create() sweeps the document up  canceled
held        gone            taken away by somebody else                 unknown
"""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from service.errors import JobUnknown, PrinterUnreachable, SpoolFull
from service.files import FULL, fsync_folder, write_whole
from service.model import Job, JobReport, JobState, QueueReport, Route
from service.printing.protocol import is_safe_name

HELD, RELEASED, CANCELED = "held", "released", "canceled"


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of a job in QUEUE/.jobs/ID.json; `state` is held, released or canceled."""

    job_id: int
    job_name: str
    state: str
    created_at: str
    sha256: str
    options: tuple[tuple[str, str], ...]


class FolderPrinter:
    """Prints into folders under `folder`; a queue's folder comes into being with its first job."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._now = now
        self._queues: dict[str, _Queue] = {}
        self._lock = threading.Lock()

    def create_held(self, document: bytes, job_name: str, route: Route) -> Job:
        """Put the document among the held ones, then its record beside them: both durable."""
        if not is_safe_name(job_name):
            raise ValueError("a job name has letters, digits, dots, dashes and underscores, and no dot first")
        queue = self._queue(route.queue)
        created_at = self._now()
        with _named(route.queue):
            queue.create()
            record = Record(
                job_id=queue.next_id(),
                job_name=job_name,
                state=HELD,
                created_at=created_at.isoformat(),
                sha256=sha256(document).hexdigest(),
                options=route.options,
            )
            queue.hold(record, document)
        return Job(route.queue, record.job_id, job_name, created_at)

    def release(self, job: Job) -> None:
        """Let the document appear in the queue's folder, once."""
        queue = self._queue(job.queue)
        with _named(job.queue), queue.lock:
            match queue.state(job.job_id, job.job_name):
                case JobState.UNKNOWN:
                    raise JobUnknown(f"queue {job.queue} has no job {job.job_id} of this name")
                case JobState.HELD:
                    queue.print_held(job.job_id, job.job_name)

    def look_up(self, job: Job) -> JobReport:
        """The state that the files tell."""
        with _named(job.queue):
            state = self._queue(job.queue).state(job.job_id, job.job_name)
        return JobReport(state, (), confirmed_by="folder")

    def look_at(self, queue: str, jobs: Sequence[Job]) -> tuple[JobReport, ...]:
        """The state of each, one by one: all of them are in `queue`."""
        return tuple(self.look_up(job) for job in jobs)

    def discard_held(self, queue: str, job_name: str) -> int:
        """Cancel the held documents of this name, with or without a record. Here no job is ever half on its way."""
        found = self._queue(queue)
        with _named(queue), found.lock:
            orphans = [job_id for job_id, name in found.held() if name == job_name]
            for job_id in orphans:
                found.discard(job_id, job_name)
        return len(orphans)

    def cancel(self, job: Job) -> None:
        """Throw the document away if it is still held."""
        queue = self._queue(job.queue)
        with _named(job.queue), queue.lock:
            if queue.state(job.job_id, job.job_name) is JobState.HELD:
                queue.discard(job.job_id, job.job_name)

    def withdraw(self, job: Job) -> bool:
        """What is released lies in the folder already."""
        return False

    def queue_report(self, queue: str) -> QueueReport:
        """Idle, and accepting: a folder always is, unless the disk refuses."""
        try:
            depth = len(self._queue(queue).held())
        except OSError:
            return QueueReport(queue, "unreachable", accepting=False, reasons=("folder-unusable",), depth=0)
        return QueueReport(queue, "idle", accepting=True, reasons=(), depth=depth)

    def _queue(self, name: str) -> "_Queue":
        if not is_safe_name(name):
            raise ValueError("a queue name has letters, digits, dots, dashes and underscores, and no dot first")
        with self._lock:
            return self._queues.setdefault(name, _Queue(self._folder / name))


class _Queue:
    """The folder of one queue. `lock` keeps two threads from printing or discarding the same job."""

    def __init__(self, folder: Path) -> None:
        self.lock = threading.Lock()
        self._paper = folder
        self._records = folder / ".jobs"
        self._held = self._records / "held"
        self._last_id = 0
        self._created = False

    def create(self) -> None:
        """Once: make the folders durable, find the last id that was given out, end what a crash left half cancelled."""
        with self.lock:
            if self._created:
                return
            self._held.mkdir(parents=True, exist_ok=True)
            for folder in (self._records, self._paper, self._paper.parent):
                fsync_folder(folder)
            held = self.held()
            on_record = [int(path.stem) for path in self._records.glob("[0-9]*.json")]
            self._last_id = max([*on_record, *(job_id for job_id, _ in held)], default=0)
            for job_id, job_name in held:
                if self.state(job_id, job_name) is JobState.CANCELED:
                    self._document(job_id, job_name).unlink()
            self._created = True

    def next_id(self) -> int:
        """A job id that this queue never gave out before."""
        with self.lock:
            self._last_id += 1
            return self._last_id

    def held(self) -> list[tuple[int, str]]:
        """Id and name of each document that is held."""
        try:
            documents = list(self._held.iterdir())  # glob would keep silent about a folder that can't be read
        except FileNotFoundError:
            return []  # no job ever
        parts = [document.stem.partition("-") for document in documents]
        return [(int(job_id), job_name) for job_id, _, job_name in parts if job_id.isdigit()]  # else: half written

    def state(self, job_id: int, job_name: str) -> JobState:
        """The table on top of this page. The document is looked at first: it goes after its record has changed."""
        is_there = self._document(job_id, job_name).exists()
        record = self._record(job_id, job_name)
        if record is None:
            return JobState.UNKNOWN
        if record.state == CANCELED:
            return JobState.CANCELED
        if is_there:
            return JobState.HELD
        return JobState.COMPLETED if record.state == RELEASED else JobState.UNKNOWN

    def hold(self, record: Record, document: bytes) -> None:
        """The document first: a record is only ever of a job that is whole."""
        write_whole(self._document(record.job_id, record.job_name), document)
        self._write(record)

    def print_held(self, job_id: int, job_name: str) -> None:
        """Note that the job is released, durably; then let its document appear among the paper."""
        record = self._record(job_id, job_name)
        if record and record.state != RELEASED:
            self._write(replace(record, state=RELEASED))
        self._document(job_id, job_name).rename(self._free_place(job_name))
        fsync_folder(self._paper)
        fsync_folder(self._held)

    def discard(self, job_id: int, job_name: str) -> None:
        """Note that the job is cancelled, durably; then throw its document away."""
        if record := self._record(job_id, job_name):
            self._write(replace(record, state=CANCELED))
        self._document(job_id, job_name).unlink()
        fsync_folder(self._held)

    def _document(self, job_id: int, job_name: str) -> Path:
        return self._held / f"{job_id}-{job_name}.pdf"

    def _record(self, job_id: int, job_name: str) -> Record | None:
        try:
            fields = json.loads((self._records / f"{job_id}.json").read_bytes())
        except FileNotFoundError:
            return None
        record = Record(**{**fields, "options": tuple(fields["options"].items())})
        return record if record.job_name == job_name else None

    def _write(self, record: Record) -> None:
        text = json.dumps({**asdict(record), "options": dict(record.options)}, indent=1)
        write_whole(self._records / f"{record.job_id}.json", text.encode())

    def _free_place(self, job_name: str) -> Path:
        """JOB_NAME.pdf; or JOB_NAME~2.pdf when another job's paper lies there: a double is seen, nothing is lost."""
        place = self._paper / f"{job_name}.pdf"
        copy = 1
        while place.exists():
            copy += 1
            place = self._paper / f"{job_name}~{copy}.pdf"
        return place


@contextmanager
def _named(queue: str) -> Iterator[None]:
    """A fault of the disk inside the block is a printer that can't be reached, a full disk SpoolFull."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise SpoolFull(f"no space left for queue {queue}") from error
        raise PrinterUnreachable(
            f"the folder of queue {queue} can't be used: {error.strerror}",
            hint="Give the folder to the service's user. Notes go on by themselves when it can be used again.",
        ) from error
