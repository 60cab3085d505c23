"""What a cupsd says of its queues and its settings, and how an administrator changes them: IPP over its Unix socket.

Who we are is said by the socket itself (PeerCred). The stock policy lets root and the members of lpadmin change queues;
anybody may look.
"""

import os
import pwd
import socket
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from typing import Any

from service.errors import AdminRefused, PrinterRefused, PrinterUnreachable
from service.printing.cupsd import SERVER, printer_uri, reasons_of
from service.printing.ipp import (
    REFUSES_US,
    Attribute,
    BrokenAnswer,
    Group,
    Operation,
    Request,
    Status,
    Tag,
    attribute,
    read,
    written,
)
from service.printing.queues import FoundQueue, OpenJob, Supply

PATIENCE_S = 10.0
STATES = {3: "idle", 4: "processing", 5: "stopped"}
JOB_PROCESSING = 5
UNAUTHORIZED, FORBIDDEN = 401, 403  # of HTTP
QUEUE_WANTED = attribute(
    Tag.KEYWORD,
    "requested-attributes",
    *("printer-name", "device-uri", "printer-make-and-model", "printer-state", "printer-state-message"),
    *("printer-state-reasons", "printer-state-change-time", "printer-is-accepting-jobs", "printer-is-shared"),
    *("printer-error-policy", "printer-info", "printer-location", "media-default", "sides-default"),
    *("print-color-mode-default", "multiple-operation-time-out", "marker-names", "marker-levels"),
)
JOB_WANTED = attribute(Tag.KEYWORD, "requested-attributes", "job-id", "job-state", "time-at-processing")


class CupsQueues:
    """The queues of the cupsd behind the Unix socket `path`; everything raises PrinterUnreachable."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._authorization = {"Authorization": f"PeerCred {_user()}"}

    def read(self) -> dict[str, FoundQueue]:
        """Every queue, by its name."""
        printers = self._told(Request(Operation.CUPS_GET_PRINTERS, printer_uri(SERVER, ""), (QUEUE_WANTED,)))
        return {queue.name: queue for queue in map(_queue, printers)}

    def jobs(self, queue: str) -> tuple[OpenJob, ...]:
        """The jobs of a queue that are not at an end."""
        return tuple(map(_open_job, self._told(Request(Operation.GET_JOBS, printer_uri(SERVER, queue), (JOB_WANTED,)))))

    def settings(self) -> str | None:
        """cupsd.conf as cupsd serves it to administrators; None if we are none."""
        status, body = self._exchange("GET", "/admin/conf/cupsd.conf", b"", self._authorization)
        return body.decode(errors="replace") if status == 200 else None

    def set(self, queue: str, *attributes: Attribute) -> None:
        """Set attributes of a queue, and make it if it is not there; raises AdminRefused, PrinterRefused."""
        self._order(Request(Operation.CUPS_ADD_MODIFY_PRINTER, printer_uri(SERVER, queue), printer=attributes), queue)

    def stop(self, queue: str) -> None:
        """Let it print no further; its jobs stay."""
        self._order(Request(Operation.PAUSE_PRINTER, printer_uri(SERVER, queue)), queue)

    def enable(self, queue: str) -> None:
        self._order(Request(Operation.RESUME_PRINTER, printer_uri(SERVER, queue)), queue)

    def accept_jobs(self, queue: str) -> None:
        self._order(Request(Operation.CUPS_ACCEPT_JOBS, printer_uri(SERVER, queue)), queue)

    def _told(self, request: Request) -> tuple[Group, ...]:
        """The queues or jobs that an answer tells of; what CUPS keeps to itself is not taken for nothing."""
        status, groups = self._ask(request)
        if status in REFUSES_US:
            raise AdminRefused(f"CUPS does not let {_user()} look at its queues")
        if status >= Status.FIRST_REFUSAL and status != Status.NOT_FOUND:
            raise PrinterUnreachable(f"CUPS refused {request.operation.name} with IPP status {status:#06x}")
        return groups

    def _order(self, request: Request, queue: str) -> None:
        status, _ = self._ask(request, "/admin/")
        if status in REFUSES_US:
            raise AdminRefused(f"CUPS does not let {_user()} change queue {queue}")
        if status == Status.NOT_POSSIBLE and request.printer:
            raise PrinterRefused(f"queue {queue}: CUPS does not take this device: `lpinfo -v` lists what it can reach")
        if status >= Status.FIRST_REFUSAL:
            raise PrinterRefused(f"queue {queue}: CUPS refused {request.operation.name} with IPP status {status:#06x}")

    def _ask(self, request: Request, path: str = "/") -> tuple[int, tuple[Group, ...]]:
        """The status, and the queues or jobs that are told of."""
        headers = {"Content-Type": "application/ipp", **self._authorization}
        http_status, body = self._exchange("POST", path, written(request), headers)
        if http_status in (UNAUTHORIZED, FORBIDDEN):
            return Status.FORBIDDEN, ()
        try:
            answer = read(body)
        except BrokenAnswer as error:
            raise PrinterUnreachable(f"what answers at {self._path} is no CUPS") from error
        return answer.status, answer.printers or answer.jobs

    def _exchange(self, method: str, resource: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        with closing(UnixConnection(self._path, PATIENCE_S)) as connection:
            try:
                connection.request(method, resource, body, dict(headers))
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (OSError, HTTPException) as error:
                raise PrinterUnreachable(f"CUPS does not answer at {self._path}") from error


class UnixConnection(HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, deadline_s: float) -> None:
        super().__init__("localhost", timeout=deadline_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.sock.settimeout(self.timeout)
            self.sock.connect(self._path)
        except OSError:
            self.sock.close()
            raise


def _user() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


def _open_job(told: Group) -> OpenJob:
    return OpenJob(
        job_id=_first(told, "job-id", 0),
        at_work=_first(told, "job-state", 0) == JOB_PROCESSING,
        began="time-at-processing" in told and told["time-at-processing"] != (),
    )


def _queue(told: Group) -> FoundQueue:
    return FoundQueue(
        name=_first(told, "printer-name", ""),
        device=_first(told, "device-uri", ""),
        model=_model(_first(told, "printer-make-and-model", "")),
        state=STATES[_first(told, "printer-state", 5)],
        message=_first(told, "printer-state-message", ""),
        reasons=reasons_of(told, "printer-state-reasons"),
        since=datetime.fromtimestamp(_first(told, "printer-state-change-time", 0), UTC),
        accepting=told.get("printer-is-accepting-jobs") == (True,),
        shared=told.get("printer-is-shared") == (True,),
        error_policy=_first(told, "printer-error-policy", ""),
        description=_first(told, "printer-info", ""),
        location=_first(told, "printer-location", ""),
        media=_first(told, "media-default", ""),
        sides=_first(told, "sides-default", ""),
        print_color_mode=_first(told, "print-color-mode-default", ""),
        time_out_s=_first(told, "multiple-operation-time-out", 0),
        supplies=supplies_of(told),
    )


def _first(told: Group, name: str, default: Any) -> Any:
    """Of several defaults, CUPS tells the one that was set first, then the one of the driver."""
    return told.get(name, (default,))[0]


def _model(name: str) -> str:
    if name == "Local Raw Printer":
        return "raw"
    return "everywhere" if name.endswith("- IPP Everywhere") else name


def supplies_of(told: Group) -> tuple[Supply, ...]:
    """Toner and the like, if it is told; a level below zero means that the printer doesn't know."""
    pairs = zip(told.get("marker-names", ()), told.get("marker-levels", ()), strict=False)
    return tuple(Supply(str(name), int(level) if int(level) >= 0 else None) for name, level in pairs)
