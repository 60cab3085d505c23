"""The lab itself: what other tests count on when they count paper."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from tests import cups_lab as lab_module
from tests.cups_lab import CupsLab, papers, require_packages, running_lab
from tests.eve_printer import EvePrinter
from tests.ipp_printer import IppPrinter
from tests.programs import answers, until

DOCUMENT = b"%PDF-1.7 a note"


@pytest.fixture
def no_cupsd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab_module, "PACKAGES", {"/nowhere/cupsd": "cups-daemon", "/bin/sh": "dash"})


@pytest.mark.usefixtures("no_cupsd")
def test_without_cups_a_test_is_skipped_and_names_the_packages() -> None:
    with pytest.raises(pytest.skip.Exception, match=r"apt-get install cups-daemon.*`make test`"):
        require_packages({})


@pytest.mark.usefixtures("no_cupsd")
def test_without_cups_a_test_fails_in_ci() -> None:
    with pytest.raises(pytest.fail.Exception, match="apt-get install cups-daemon"):
        require_packages({"CI": "true"})


@pytest.mark.cups
def test_a_lab_leaves_nothing_running_and_nothing_on_disk(cups_lab: CupsLab, tmp_path: Path) -> None:
    with running_lab(tmp_path / "paper") as lab:
        double, real = lab.add_queue("a"), lab.add_queue("b", "ippeveprinter")
        assert all(answers(address) for address in (lab.socket, port(double), port(real)))
    assert not any(answers(address) for address in (lab.socket, port(double), port(real)))
    assert not lab.home.exists()
    assert answers(cups_lab.socket)  # two labs never meet


def port(printer: IppPrinter | EvePrinter) -> tuple[str, int]:
    return "127.0.0.1", printer.port


@pytest.mark.cups
def test_a_lab_that_fails_stops_all_the_same() -> None:
    with pytest.raises(TimeoutError, match="test"), running_lab() as lab:
        lab.add_queue("a")
        lab.kill_cupsd()
        raise TimeoutError("test")
    assert not lab.home.exists()


@pytest.mark.cups
def test_as_a_command_it_runs_until_it_is_told_to_end(tmp_path: Path, cups_lab: CupsLab, root: Path) -> None:
    command = [sys.executable, "-m", "tests.cups_lab", "--queues", "a,b", "--dir", str(tmp_path)]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout
        ready = json.loads(program.stdout.readline())
        assert answers(ready["socket"])
        os.kill(program.pid, signal.SIGTERM)
        assert 0 == program.wait(20)
    assert not Path(ready["socket"]).exists()
    assert {"a", "b"} == {folder.name for folder in tmp_path.iterdir()}


# The double ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def double(tmp_path: Path) -> IppPrinter:
    return IppPrinter(tmp_path / "paper")


def print_job(document: bytes, *, claimed_size: int | None = None) -> bytes:
    """Print-Job of job-name `1-1-r1`, by hand, as an HTTP request."""
    attributes = b"\x01\x42" + b"\x00\x08job-name" + b"\x00\x061-1-r1" + b"\x03"
    body = b"\x01\x01\x00\x02\x00\x00\x00\x01" + attributes + document
    size = len(body) if claimed_size is None else claimed_size
    return b"POST /ipp/print HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size + body


def test_the_double_keeps_what_it_was_sent(double: IppPrinter) -> None:
    double.start()
    connection = http.client.HTTPConnection(*port(double), timeout=5)
    for _ in range(2):  # on one connection, as backends do
        connection.request("POST", "/ipp/print", print_job(DOCUMENT).partition(b"\r\n\r\n")[2])
        assert b"\x00\x00" == connection.getresponse().read()[2:4]  # successful-ok
    connection.close()
    double.stop()
    assert [("1-1-r1", sha256(DOCUMENT).hexdigest())] * 2 == papers(double.folder)


def test_a_document_that_breaks_off_is_not_on_paper(double: IppPrinter) -> None:
    double.start()
    with socket.create_connection(port(double), timeout=5) as connection:
        connection.sendall(print_job(DOCUMENT, claimed_size=10_000))
        connection.shutdown(socket.SHUT_WR)
        assert b"" == connection.recv(1)
    double.stop()
    assert [] == papers(double.folder)


def test_a_double_that_is_stopped_refuses_and_comes_back_on_its_port(double: IppPrinter) -> None:
    before = port(double.start())
    double.stop()
    assert not answers(before)
    assert before == port(double.start())
    until(lambda: answers(before), "the printer")
    double.stop()
