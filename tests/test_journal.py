"""Events as the journal gets them: the datagrams on a socket of ours, and what a real journald makes of them."""

import io
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog

from service.journal import Journal, is_read_by_journal
from service.log import bound, configure_log, log
from tests.programs import end, until

JOURNALD = Path("/lib/systemd/systemd-journald")


class Ear:
    """The journal's end of a socket: what arrives, field by field."""

    def __init__(self, address: Path) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(str(address))

    def hear(self) -> dict[str, str]:
        datagram, passed, _, _ = socket.recv_fds(self._socket, 1 << 20, 1)
        if not passed:
            return fields_of(datagram)
        with os.fdopen(passed[0], "rb") as file:
            file.seek(0)
            return fields_of(file.read())

    def hear_all(self) -> list[dict[str, str]]:
        heard = []
        try:
            while True:
                heard.append(self.hear())
        except BlockingIOError:
            return heard

    def close(self) -> None:
        self._socket.close()
        self.address.unlink()


def fields_of(datagram: bytes) -> dict[str, str]:
    """A datagram of the native protocol, read as its description says."""
    fields = {}
    while datagram:
        line, _, datagram = datagram.partition(b"\n")
        name, is_one_line, text = line.partition(b"=")
        if not is_one_line:
            (size,) = struct.unpack_from("<Q", datagram)
            text, datagram = datagram[8 : 8 + size], datagram[9 + size :]
        fields[name.decode()] = text.decode()
    return fields


@pytest.fixture
def ear() -> Iterator[Ear]:
    folder = Path(tempfile.mkdtemp(prefix="ear", dir="/tmp"))  # short: a Unix socket's path ends at 108 bytes
    ear = Ear(folder / "socket")
    with logging_to(ear.address):
        yield ear
    if ear.address.exists():
        ear.close()
    shutil.rmtree(folder)


@contextmanager
def logging_to(address: Path) -> Iterator[None]:
    journal = Journal(address)
    configure_log(io.StringIO(), journal)
    yield
    structlog.reset_defaults()
    journal.close()


def test_an_event_is_a_line_for_people_and_a_field_for_each_fact(ear: Ear) -> None:
    log.info("note.accepted", note_id="509217-1-r1", queue="uk-notes", job_id=12, total_ms=18.4)
    assert {
        "MESSAGE": "note.accepted note_id=509217-1-r1 order_id=509217 queue=uk-notes job_id=12 total_ms=18.4",
        "PRIORITY": "6",
        "EVENT": "note.accepted",
        "SYSLOG_IDENTIFIER": "slipway",
        "ORDER_ID": "509217",
        "NOTE_ID": "509217-1-r1",
        "QUEUE": "uk-notes",
        "JOB_ID": "12",
        "TOTAL_MS": "18.4",
    } == ear.hear()


def test_warnings_and_errors_have_the_priorities_that_journalctl_asks_for(ear: Ear) -> None:
    log.warning("note.deferred", code="queue-missing")
    log.error("note.held", code="no-route")
    assert [("4", "queue-missing"), ("3", "no-route")] == [(said["PRIORITY"], said["CODE"]) for said in ear.hear_all()]


def test_whatever_is_said_of_a_note_names_its_order(ear: Ear) -> None:
    with bound(note_id="A-17-509217-2-r3"):
        log.error("note.held", code="no-route")
    assert "A-17-509217" == ear.hear()["ORDER_ID"]


def test_a_fact_that_is_not_listed_never_reaches_the_journal(ear: Ear) -> None:
    log.info("note.accepted", note_id="509217-1-r1", customer="Ada Whitfield")
    assert "Ada" not in str(ear.hear())


def test_a_fact_of_several_lines_stays_whole(ear: Ear) -> None:
    log.error("config.refused", reason="slipway.toml:3: spool\nrouting.toml:9: queue")
    assert "slipway.toml:3: spool\nrouting.toml:9: queue" == ear.hear()["REASON"]


def test_an_event_too_large_for_a_datagram_comes_as_a_file(ear: Ear) -> None:
    log.error("config.refused", reason="x" * 20_000_000)
    assert 20_000_000 == len(ear.hear()["REASON"])


def test_a_journal_that_does_not_read_delays_nobody_and_learns_what_it_missed(ear: Ear) -> None:
    began = time.monotonic()
    for number in range(5000):
        log.info("note.accepted", job_id=number)
    assert time.monotonic() - began < 5  # a blocking send would wait for ever
    heard = ear.hear_all()
    lost = 5000 - len(heard)
    assert 0 < lost
    log.info("note.completed", note_id="509217-1-r1")
    completed, said = ear.hear_all()
    assert "509217" == completed["ORDER_ID"]
    assert ("log.lost", str(lost), "4", None) == tuple(
        said.get(name) for name in ("EVENT", "EVENTS", "PRIORITY", "ORDER_ID")
    )


def test_a_journal_that_is_gone_stops_nobody_and_is_found_again(ear: Ear) -> None:
    ear.close()
    log.info("note.accepted", job_id=1)
    log.error("note.held", reason="x" * 20_000_000)
    again = Ear(ear.address)
    log.info("note.completed", job_id=1)
    assert ["note.completed", "log.lost"] == [said["EVENT"] for said in again.hear_all()]
    again.close()


def test_only_a_stream_that_systemd_connected_is_the_journals(tmp_path: Path) -> None:
    with open(tmp_path / "log", "w") as stream, open(tmp_path / "other", "w") as other:
        status = os.fstat(stream.fileno())
        environ = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
        assert is_read_by_journal(stream, environ)
        assert not is_read_by_journal(other, environ)
        assert not is_read_by_journal(stream, {})
        assert not is_read_by_journal(io.StringIO(), environ)


@pytest.mark.skipif(os.getuid() != 0 or not JOURNALD.exists(), reason="a real systemd-journald needs root and systemd")
def test_a_real_journald_answers_for_an_order() -> None:
    name = f"slipway-test-{os.getpid()}"
    home = Path("/run/systemd") / f"journal.{name}"
    journald = subprocess.Popen([JOURNALD, name], stderr=subprocess.DEVNULL)
    try:
        until((home / "socket").exists, "journald", journald)
        with logging_to(home / "socket"):
            log.info("note.accepted", note_id="509217-1-r1", queue="uk-notes")
            log.error("note.held", note_id="509218-1-r1", code="no-route", reason="x" * 300_000)
        subprocess.run(["journalctl", f"--namespace={name}", "--sync"], check=True, timeout=30)
        (accepted,) = ask_journal(name, "ORDER_ID=509217")
        assert ("note.accepted", "uk-notes") == (accepted["EVENT"], accepted["QUEUE"])
        (held,) = ask_journal(name, "--priority=err", "--all")
        assert ("509218", 300_000) == (held["ORDER_ID"], len(held["REASON"]))
    finally:
        end(journald)
        for folder in (home, *Path("/run/log/journal").glob(f"*.{name}"), *Path("/var/log/journal").glob(f"*.{name}")):
            shutil.rmtree(folder, ignore_errors=True)


def ask_journal(namespace: str, *question: str) -> list[dict[str, str]]:
    command = ["journalctl", f"--namespace={namespace}", "--output=json", *question]
    answer = subprocess.run(command, check=True, capture_output=True, timeout=30)
    return [json.loads(line) for line in answer.stdout.splitlines()]
