"""A network printer in pure Python, for volume: takes any number of jobs at once and keeps every document on disk.

It speaks as much IPP/HTTP as the `ipp` backend of CUPS asks for. ippeveprinter is the truth, one job at a time; this
is the crowd. Received documents lie in `folder` as TIME-JOB_NAME.pdf and are whole when their name appears.
"""

import itertools
import os
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from enum import IntEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

OK, NOT_POSSIBLE, NOT_FOUND, NO_SUCH_OPERATION, NOT_ACCEPTING = 0x0000, 0x0404, 0x0406, 0x0501, 0x0506
FORMAT_NOT_SUPPORTED = 0x040A
PROCESSING, CANCELED, ABORTED, COMPLETED = 5, 7, 8, 9
REASONS = {CANCELED: "job-canceled-by-user", ABORTED: "aborted-by-system", COMPLETED: "job-completed-successfully"}

OPERATION, JOB, END, PRINTER = 0x01, 0x02, 0x03, 0x04
INTEGER, BOOLEAN, ENUM, RANGE = 0x21, 0x22, 0x23, 0x33
NAME, KEYWORD, URI, CHARSET, LANGUAGE, MIME = 0x42, 0x44, 0x45, 0x47, 0x48, 0x49


class Operation(IntEnum):
    """What a request asks for."""

    PRINT_JOB = 0x02
    VALIDATE_JOB = 0x04
    CREATE_JOB = 0x05
    SEND_DOCUMENT = 0x06
    CANCEL_JOB = 0x08
    GET_JOB_ATTRIBUTES = 0x09
    GET_JOBS = 0x0A
    GET_PRINTER_ATTRIBUTES = 0x0B


@dataclass
class PrinterJob:
    """A job in the printer's own record."""

    job_id: int
    job_name: str
    attributes: dict[str, list[bytes]]
    created_s: int  # after the printer was switched on
    state: int = PROCESSING
    has_document: bool = False
    uuid: str = field(default_factory=lambda: uuid4().urn)

    @property
    def reason(self) -> str:
        if self.state == PROCESSING:
            return "job-printing" if self.has_document else "job-incoming"
        return REASONS[self.state]


@dataclass(frozen=True)
class Request:
    """An IPP request: its attributes by name, and the document behind them."""

    version: int
    operation: int
    request_id: int
    attributes: dict[str, list[bytes]]
    document: bytes

    def text(self, name: str) -> str:
        return self.attributes.get(name, [b""])[0].decode()


@dataclass
class IppPrinter:
    """Listens on a port of 127.0.0.1 that stays the same from start to start; its fields say what goes wrong."""

    folder: Path
    accepting: bool = True
    prints_in_s: float = 0.0
    aborts: bool = False  # gives a job up after prints_in_s, without paper
    impressions_of_aborted: int = 0  # how many sides of a job that it gives up are in its tray, as it says
    forgets: bool = False  # keeps no record of jobs at an end
    name_length: int = 255  # so much of a job-name it keeps
    withholds: str = ""  # its jobs: it refuses to list them, by "ipp" or by "http"
    refuses_format: bool = False
    waits_s: int = 10  # for the document of a job, before it gives the job up (RFC 8011, multiple-operation-time-out)
    cuts_after_bytes: int | None = None  # the connection, in the middle of a document
    reasons: tuple[str, ...] = ("none",)
    supplies: tuple[tuple[str, int], ...] = ()
    port: int = 0
    jobs: dict[int, PrinterJob] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._ids = itertools.count(1)
        self._on_since = time.monotonic()
        self._server: _Server | None = None
        self._begun: list[tuple[PrinterJob, bytes]] = []
        self._awake = threading.Event()
        self._awake.set()

    @property
    def up_time_s(self) -> int:
        return int(time.monotonic() - self._on_since) + 1

    def let_pass(self, seconds: int) -> None:
        """As much later, by its own reckoning: what it has is so much older."""
        self._on_since -= seconds

    def restart(self) -> None:
        """Off and on; it has kept its record, and does not know when before that it was."""
        self._on_since = time.monotonic()
        for job in self.jobs.values():
            job.created_s = 0

    @property
    def uri(self) -> str:
        return f"ipp://127.0.0.1:{self.port}/ipp/print"

    def start(self) -> "IppPrinter":
        self._server = _Server(("127.0.0.1", self.port), _Exchange)
        self._server.printer = self
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self) -> None:
        """Connections are refused from now on, and the open ones cut."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server.cut()
            self._server = None

    @property
    def is_on(self) -> bool:
        return self._server is not None

    def crash(self) -> None:
        """As stop(), and all that it had in memory is lost: jobs, records, what it was printing."""
        self.stop()
        self.jobs = {}
        self._ids = itertools.count(1)

    def hang(self) -> None:
        """Answer nothing until wake()."""
        self._awake.clear()

    def wake(self) -> None:
        self._awake.set()

    def answer(self, request: Request) -> bytes:
        """The IPP response."""
        self._awake.wait(60)
        self._give_up_what_lacks_its_document()
        match request.operation:
            case Operation.GET_PRINTER_ATTRIBUTES:
                return _response(request, OK, self._printer_attributes())
            case Operation.VALIDATE_JOB:
                return _response(request, OK)
            case Operation.PRINT_JOB | Operation.CREATE_JOB:
                return self._create(request)
            case Operation.SEND_DOCUMENT | Operation.CANCEL_JOB | Operation.GET_JOB_ATTRIBUTES:
                return self._answer_about_job(request)
            case Operation.GET_JOBS if not self.withholds:
                wanted = [job for job in self._record if _is_wanted(job, request.text("which-jobs"))]
                return _response(request, OK, b"".join(_job_attributes(self, job) for job in wanted))
        return _response(request, NO_SUCH_OPERATION)

    def _create(self, request: Request) -> bytes:
        if not self.accepting:
            return _response(request, NOT_ACCEPTING)
        job = PrinterJob(next(self._ids), request.text("job-name"), request.attributes, self.up_time_s)
        self.jobs[job.job_id] = job
        if request.operation == Operation.PRINT_JOB:
            self._print(job, request.document)
        return _response(request, OK, _job_attributes(self, job))

    def _answer_about_job(self, request: Request) -> bytes:
        job = self.jobs.get(_job_id(request))
        if job is None or job not in self._record:
            return _response(request, NOT_FOUND)
        if request.operation != Operation.GET_JOB_ATTRIBUTES and job.state != PROCESSING:
            return _response(request, NOT_POSSIBLE)
        if request.operation == Operation.SEND_DOCUMENT and self.refuses_format:
            job.state = ABORTED
            return _response(request, FORMAT_NOT_SUPPORTED)
        if request.operation == Operation.SEND_DOCUMENT:
            self._print(job, request.document)
        elif request.operation == Operation.CANCEL_JOB:
            job.state = CANCELED
        return _response(request, OK, _job_attributes(self, job))

    def put_in_paper(self) -> None:
        """What it waited for is there: what it has prints at once."""
        self.reasons, self.prints_in_s = ("none",), 0
        for job, document in self._begun:
            self._finish(job, document)

    def cancel_all(self) -> None:
        """Somebody presses its red button."""
        self._end_unfinished(CANCELED)

    def give_up_unfinished(self) -> None:
        """The document of a job broke off."""
        self._end_unfinished(ABORTED)

    def _give_up_what_lacks_its_document(self) -> None:
        """A job whose sender has died in the middle."""
        too_old_s = self.up_time_s - self.waits_s
        for job in list(self.jobs.values()):
            if job.state == PROCESSING and not job.has_document and job.created_s < too_old_s:
                job.state = ABORTED

    def _end_unfinished(self, state: int) -> None:
        for job in list(self.jobs.values()):
            if job.state == PROCESSING:
                job.state = state

    @property
    def _record(self) -> list[PrinterJob]:
        """The jobs it tells of."""
        return [job for job in list(self.jobs.values()) if not self.forgets or job.state == PROCESSING]

    @property
    def is_printing(self) -> bool:
        return any(job.reason == "job-printing" for job in list(self.jobs.values()))

    def _print(self, job: PrinterJob, document: bytes) -> None:
        job.has_document = True
        if not self.prints_in_s:
            self._finish(job, document)
            return
        self._begun.append((job, document))
        timer = threading.Timer(self.prints_in_s, self._finish, (job, document))
        timer.daemon = True
        timer.start()

    def _finish(self, job: PrinterJob, document: bytes) -> None:
        if self.jobs.get(job.job_id) is not job or job.state != PROCESSING:
            return  # cancelled, or lost in a crash
        if self.aborts:
            job.state = ABORTED
            return
        sheet = self.folder / f"{time.time_ns()}-{job.job_name}.pdf"
        beside = self.folder / f".{job.job_id}.{os.getpid()}.tmp"
        beside.write_bytes(document)
        beside.rename(sheet)
        job.state = COMPLETED

    def _printer_attributes(self) -> bytes:
        return b"".join(
            (
                bytes([PRINTER]),
                _attribute(URI, "printer-uri-supported", self.uri),
                _attribute(KEYWORD, "uri-security-supported", "none"),
                _attribute(KEYWORD, "uri-authentication-supported", "none"),
                _attribute(NAME, "printer-name", self.folder.name),
                _attribute(ENUM, "printer-state", 3),
                _attribute(KEYWORD, "printer-state-reasons", *self.reasons),
                _attribute(BOOLEAN, "printer-is-accepting-jobs", self.accepting),
                _attribute(KEYWORD, "ipp-versions-supported", "1.1", "2.0"),
                _attribute(ENUM, "operations-supported", *map(int, Operation)),
                _attribute(MIME, "document-format-supported", "application/octet-stream", "application/pdf"),
                _attribute(MIME, "document-format-default", "application/pdf"),
                _attribute(RANGE, "copies-supported", (1, 99)),
                _attribute(INTEGER, "queued-job-count", 0),
                _attribute(KEYWORD, "compression-supported", "none"),
                _attribute(CHARSET, "charset-supported", "utf-8"),
                _attribute(INTEGER, "printer-up-time", self.up_time_s),
                *self._markers(),
            )
        )

    def _markers(self) -> list[bytes]:
        if not self.supplies:
            return []
        names, levels = zip(*self.supplies, strict=True)
        return [_attribute(NAME, "marker-names", *names), _attribute(INTEGER, "marker-levels", *levels)]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    printer: IppPrinter

    def __init__(self, *arguments: object) -> None:
        self.open: set[socket.socket] = set()
        super().__init__(*arguments)  # type: ignore[arg-type]

    def cut(self) -> None:
        for connection in list(self.open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                self.open.discard(connection)  # it went away by itself

    def handle_error(self, request: object, client_address: object) -> None:
        """A backend that was killed in mid-sentence is what this printer is there for."""


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        super().finish()

    def do_POST(self) -> None:
        request, printer = _request(self._body()), self.server.printer
        answer = printer.answer(request)
        is_forbidden = request.operation == Operation.GET_JOBS and printer.withholds == "http"
        self.send_response(403 if is_forbidden else 200)
        self.send_header("Content-Type", "application/ipp")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "") != "chunked":
            return self._read(int(self.headers["Content-Length"]))
        body = bytearray()
        cut = self.server.printer.cuts_after_bytes
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self._read(size)
            self.rfile.readline()
            if cut is not None and len(body) > cut:
                self.server.printer.give_up_unfinished()
                raise ConnectionError("cut")
        self.rfile.readline()
        return bytes(body)

    def _read(self, size: int) -> bytes:
        content = self.rfile.read(size)
        if len(content) < size:
            raise ConnectionError("the document broke off")  # it is not on paper, then
        return content

    def log_message(self, *_: object) -> None:
        """Silent: the documents are the log."""


def _request(body: bytes) -> Request:
    version, operation, request_id = struct.unpack(">HHI", body[:8])
    attributes: dict[str, list[bytes]] = {}
    values: list[bytes] = []
    place = 8
    while body[place] != END:
        tag = body[place]
        place += 1
        if tag <= 0x0F:  # the begin of a group of attributes
            continue
        name, place = _counted(body, place)
        value, place = _counted(body, place)
        if name:
            values = attributes.setdefault(name.decode(), [])
        values.append(value)
    return Request(version, operation, request_id, attributes, body[place + 1 :])


def _counted(body: bytes, place: int) -> tuple[bytes, int]:
    (size,) = struct.unpack_from(">H", body, place)
    return body[place + 2 : place + 2 + size], place + 2 + size


def _job_id(request: Request) -> int:
    if number := request.attributes.get("job-id"):
        return int.from_bytes(number[0], "big")
    return int(request.text("job-uri").rpartition("/")[2])


def _is_wanted(job: PrinterJob, which: str) -> bool:
    return which == "all" or (job.state >= CANCELED) == (which == "completed")


def _response(request: Request, status: int, groups: bytes = b"") -> bytes:
    head = struct.pack(">HHI", request.version, status, request.request_id)
    spoken = _attribute(CHARSET, "attributes-charset", "utf-8") + _attribute(
        LANGUAGE, "attributes-natural-language", "en"
    )
    return head + bytes([OPERATION]) + spoken + groups + bytes([END])


def _job_attributes(printer: IppPrinter, job: PrinterJob) -> bytes:
    return b"".join(
        (
            bytes([JOB]),
            _attribute(INTEGER, "job-id", job.job_id),
            _attribute(URI, "job-uri", f"{printer.uri}/{job.job_id}"),
            _attribute(URI, "job-uuid", job.uuid),
            _attribute(NAME, "job-name", job.job_name[: printer.name_length]),
            _attribute(ENUM, "job-state", job.state),
            _attribute(KEYWORD, "job-state-reasons", job.reason),
            _attribute(INTEGER, "time-at-creation", job.created_s),
            _attribute(INTEGER, "job-printer-up-time", printer.up_time_s),
            _attribute(INTEGER, "job-impressions-completed", _impressions(printer, job)),
        )
    )


def _impressions(printer: IppPrinter, job: PrinterJob) -> int:
    return printer.impressions_of_aborted if job.state == ABORTED else int(job.state == COMPLETED)


def _attribute(tag: int, name: str, *values: object) -> bytes:
    encoded = b""
    for value in values:
        content = _value(value)
        encoded += struct.pack(">BH", tag, len(name)) + name.encode() + struct.pack(">H", len(content)) + content
        name = ""  # further values of the same attribute have no name
    return encoded


def _value(value: object) -> bytes:
    match value:
        case bool():
            return struct.pack(">?", value)
        case int():
            return struct.pack(">i", value)
        case (int(low), int(high)):
            return struct.pack(">ii", low, high)
    return str(value).encode()
