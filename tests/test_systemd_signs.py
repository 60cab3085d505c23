"""What the service tells systemd, heard on a socket of ours; and a reload, good and bad, while notes print."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest

from service.config import read_config
from service.decisions import Answer, ask, take_answer
from service.errors import ConfigInvalid
from service.intake.spool import open_spool
from service.ledger.accounts import Decision, NoteKey
from service.ledger.ledger import Ledger
from service.reload import read_for_reload
from service.systemd import Heartbeat, Manager
from tests.builders import a_shipment
from tests.conftest import ROOT
from tests.cups_lab import CupsLab
from tests.ipp_printer import IppPrinter
from tests.programs import end, until
from tests.shop import SLIPWAY, Shop


class Ear:
    """systemd's end of $NOTIFY_SOCKET: every message, in the order in which they came."""

    def __init__(self, address: Path) -> None:
        self.environ = {"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "800000"}
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(str(address))
        self._heard: list[str] = []

    @property
    def heard(self) -> list[str]:
        try:
            while True:
                self._heard.append(self._socket.recv(4096).decode())
        except BlockingIOError:
            return self._heard

    def hears(self, message: str, times: int = 1) -> bool:
        return self.heard.count(message) >= times

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def ear() -> Iterator[Ear]:
    folder = Path(tempfile.mkdtemp(prefix="ear", dir="/tmp"))  # short: a Unix socket's path ends at 108 bytes
    ear = Ear(folder / "notify")
    yield ear
    ear.close()
    shutil.rmtree(folder)


def test_the_watchdog_is_fed_while_every_part_is_idle_or_gets_on(ear: Ear) -> None:
    heartbeat = Heartbeat(Manager(ear.environ), {"ledger": lambda: None, "tracking": time.monotonic}, patience_s=60)
    assert () == heartbeat.beat()
    assert ["WATCHDOG=1"] == ear.heard


def test_the_watchdog_is_not_fed_while_a_part_hangs_and_again_when_it_gets_on(ear: Ear) -> None:
    began: list[float | None] = [time.monotonic() - 61]
    heartbeat = Heartbeat(Manager(ear.environ), {"ledger": lambda: None, "lanes": lambda: began[0]}, patience_s=60)
    assert ("lanes",) == heartbeat.beat()
    assert [] == ear.heard
    began[0] = None
    assert () == heartbeat.beat()
    assert ["WATCHDOG=1"] == ear.heard


def test_beating_often_feeds_the_watchdog_no_more_than_it_needs(ear: Ear) -> None:
    heartbeat = Heartbeat(Manager(ear.environ), {}, patience_s=60)
    for _ in range(1000):
        heartbeat.beat()
    assert 1 <= len(ear.heard) < 20
    assert 0.2 == heartbeat.every_s


def test_without_systemd_nothing_is_said_and_nothing_fails() -> None:
    manager = Manager({})
    manager.ready()
    manager.stopping()
    assert 0 == manager.watchdog_s


def test_a_manager_that_is_gone_stops_nobody(tmp_path: Path) -> None:
    Manager({"NOTIFY_SOCKET": str(tmp_path / "nowhere")}).ready()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "config", tmp_path / "config"))


@pytest.fixture
def shop(tmp_path: Path, ear: Ear) -> Shop:
    shop = Shop(tmp_path / "spool", tuple(ear.environ.items()))
    shop.spool.mkdir()
    return shop


@contextmanager
def serving(shop: Shop, config: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The service on a configuration of its own; stopped in an orderly way."""
    with open(shop.spool / "service.log", "ab") as log:
        service = subprocess.Popen([*SLIPWAY, "--config", config, "run"], cwd=ROOT, env=shop.environ, stderr=log)
    try:
        yield service
    finally:
        end(service)


def test_a_life_from_ready_to_stopping_with_a_good_and_a_bad_reload(shop: Shop, ear: Ear, config: Path) -> None:
    with serving(shop, config) as service:
        until(lambda: ear.hears("READY=1"), "READY=1", service)
        print_note(shop, "1")
        until(
            lambda: ear.hears("STATUS=0 waiting, 0 at the printers, 0 held; 1 completed since the start"), "the status"
        )

        edit(config / "messages" / "en.ftl", "title = Delivery", "title = Packing")
        edit(config / "routing.toml", 'queue = "uk-notes"', 'queue = "int-notes"')
        service.send_signal(signal.SIGHUP)
        until(lambda: ear.hears("READY=1", times=2), "the first reload", service)
        print_note(shop, "2")

        edit(config / "routing.toml", 'queue = "int-notes"', 'queue = "nowhere"')
        service.send_signal(signal.SIGHUP)
        until(lambda: ear.hears("READY=1", times=3), "the second reload", service)
        edit(config / "routing.toml", 'queue = "nowhere"', 'queue = "int-notes"')
        edit(config / "slipway.toml", 'layout = "halm"', 'layout = "not-there"')
        service.send_signal(signal.SIGHUP)
        until(lambda: ear.hears("READY=1", times=4), "the third reload", service)
        print_note(shop, "3")

        until(lambda: ear.hears("WATCHDOG=1", times=3), "signs of life", service)
        end(service)
    assert 0 == service.returncode
    assert "STOPPING=1" == ear.heard[-1]
    reloading = [number for number, message in enumerate(ear.heard) if message.startswith("RELOADING=1\nMONOTONIC_")]
    ready = [number for number, message in enumerate(ear.heard) if message == "READY=1"]
    assert ready[0] < reloading[0] < ready[1] < reloading[1] < ready[2]

    assert {("uk-notes", "1-1-r1"), ("int-notes", "2-1-r1"), ("int-notes", "3-1-r1")} == set(shop.sheets())
    assert ["Delivery", "Packing", "Packing"] == [title_of(shop, note_id) for note_id in ("1-1-r1", "2-1-r1", "3-1-r1")]
    said = shop.events()
    assert 1 == sum(line["event"] == "config.reloaded" for line in said)
    route, layout = (line for line in said if line["event"] == "config.refused")
    assert ("error", "config-invalid") == (route["level"], route["code"])
    assert f"{config}/routing.toml: route[1].queue: printers.toml has no queue nowhere" in route["reason"]
    assert "not-there" in layout["reason"]


def test_reload_after_reload_leaves_no_workers_behind(shop: Shop, ear: Ear, config: Path) -> None:
    with serving(shop, config) as service:
        until(lambda: ear.hears("READY=1"), "READY=1", service)
        print_note(shop, "1")
        had = held_by(service.pid)
        for turn in range(2, 5):
            service.send_signal(signal.SIGHUP)
            until(lambda: ear.hears("READY=1", times=turn), f"reload {turn}", service)  # noqa: B023 - asked at once
            print_note(shop, str(turn))
        until(lambda: all(now < then + 4 for now, then in zip(held_by(service.pid), had, strict=True)), "one set alone")


def held_by(pid: int) -> tuple[int, int]:
    """How many threads it has, and pipes; a set of render workers has four of these, and six of those."""
    pipes = 0
    for opened in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            pipes += "pipe:" in os.readlink(opened)
    return len(os.listdir(f"/proc/{pid}/task")), pipes


@pytest.mark.cups
def test_decisions_that_wait_for_a_cupsd_which_hangs_keep_neither_files_nor_signs_of_life(
    shop: Shop, ear: Ear, cups_lab: CupsLab
) -> None:
    printer = cups_lab.add_queue("uk-notes")
    assert isinstance(printer, IppPrinter)
    printer.prints_in_s = 3600
    cups = {"BACKEND": "cups", "CUPS_SOCKET": cups_lab.socket, "SILENT_AFTER_S": "1", "CALL_DEADLINE_S": "30"}
    shop = replace(
        shop, backend=shop.backend + tuple((f"SLIPWAY_PRINTING_{key}", value) for key, value in cups.items())
    )
    orders = ("1", "2", "3")

    def states() -> dict[str, str]:
        ledger = Ledger(shop.spool / "ledger.db", read_only=True)
        try:
            return {note.order_id: note.state for note in ledger.all_notes()}
        finally:
            ledger.close()

    def take_answers() -> dict[str, Answer]:
        taken = ((order_id, take_answer(spool, f"d{order_id}")) for order_id in orders)
        answers.update((order_id, answer) for order_id, answer in taken if answer)
        return answers

    spool, answers = open_spool(shop.spool), dict[str, Answer]()
    with shop.service() as service:
        until(lambda: ear.hears("READY=1"), "the service", service)
        for order_id in orders:
            shop.drop_shipment(a_shipment(order_id=order_id))
        until(lambda: dict.fromkeys(orders, "held") == states(), "notes that wait for a person", service)
        os.kill(cups_lab.cupsd_pid, signal.SIGSTOP)
        for order_id in orders:
            ask(spool, NoteKey(f"{order_id}-1-r1", 1), Decision(f"d{order_id}", "cancel", "ops", "because"))
        signs = ear.heard.count("WATCHDOG=1")
        shop.drop_shipment(a_shipment(order_id="4"))
        until(lambda: "4" in states(), "a new file to be claimed", service)
        until(lambda: ear.hears("WATCHDOG=1", signs + 2), "signs of life", service)
        assert {} == take_answers()
        os.kill(cups_lab.cupsd_pid, signal.SIGCONT)
        until(lambda: 3 == len(take_answers()), "the answers", service)
    assert {order_id: Answer(f"{order_id}-1-r1", "") for order_id in orders} == take_answers()
    decided = [line["order_id"] for line in shop.events() if line["event"] == "note.decided"]
    assert list(orders) == decided


def test_a_terminal_that_is_closed_stops_a_service_in_an_orderly_way(tmp_path: Path, config: Path) -> None:
    shop = Shop(tmp_path / "spool")
    shop.spool.mkdir()
    with serving(shop, config) as service:
        print_note(shop, "1")
        end(service, signal.SIGHUP)
    assert 0 == service.returncode


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("slipway.toml", "window = 3", "window = 2", "slipway.toml: printing"),
        ("slipway.toml", "window = 3", "windows = 2", "printing.windows: there is no such key; did you mean window?"),
        ("printers.toml", 'name = "uk-notes"', 'name = "uk-sheets"', "printers.toml"),
    ],
)
def test_what_is_wrong_or_needs_a_restart_changes_nothing_and_is_named(
    config: Path, file: str, old: str, new: str, reason: str
) -> None:
    running = read_config(config, {})
    edit(config / file, old, new)
    with pytest.raises(ConfigInvalid) as refused:
        read_for_reload(running)
    assert reason in str(refused.value)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def print_note(shop: Shop, order_id: str) -> None:
    shop.drop_shipment(a_shipment(order_id=order_id))
    until(lambda: any(name == f"{order_id}-1-r1" for _, name in shop.sheets()), f"the note of order {order_id}")


def title_of(shop: Shop, note_id: str) -> str:
    """The first word of the sheet's title."""
    metadata = pypdf.PdfReader(shop.spool / "notes" / f"{note_id}.pdf").metadata
    assert metadata and metadata.title
    return metadata.title.split()[0]
