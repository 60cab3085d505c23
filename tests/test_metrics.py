"""The figures for Prometheus: of a real run, of every kind of event, and whole whenever they are read."""

import io
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from service import __version__
from service.config import Metrics, read_config
from service.errors import ConfigInvalid, PrinterUnreachable
from service.ledger.accounts import Drop, Entry, NoteKey, QueueDecision
from service.ledger.ledger import Ledger
from service.log import Event, bound, configure_log, log
from service.metrics import STAGE_BOUNDS_S, Standing, Textfile
from service.model import RenderedNote
from service.planning.house import compile_house
from tests.builders import NOON, a_customer, a_line, a_shipment, an_address
from tests.programs import until
from tests.shop import Shop

QUEUES = ("uk-notes", "uk-partial", "eu-notes-fr")
LAST = "slipway_start_time_seconds"  # the last figure of the file
Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.db")
    yield opened
    opened.close()


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """What the log says while the test runs."""
    stream = io.StringIO()
    configure_log(stream)
    yield stream
    structlog.reset_defaults()


def standing(ledger: Ledger, root: Path, queues_down: tuple[str, ...] = ()) -> Standing:
    """How things stand a minute after noon."""
    house = compile_house(read_config(root / "config", {}))
    return Standing(ledger, QUEUES, lambda: queues_down, lambda: house, lambda: NOON + timedelta(minutes=1))


def figures_of(text: str) -> Figures:
    families = text_string_to_metric_families(text)
    return {(each.name, frozenset(each.labels.items())): each.value for family in families for each in family.samples}


def figure(figures: Figures, name: str, **labels: str) -> float | None:
    return figures.get((f"slipway_{name}", frozenset(labels.items())))


# A whole run ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file after a run that completed two notes, held one and refused a file; each customer has a name to find."""
    folder = tmp_path_factory.mktemp("run")
    shop = Shop(folder / "spool", (("SLIPWAY_METRICS_TEXTFILE", str(folder / "slipway.prom")),))
    whose = {"customer": a_customer(name="Zebulon Quartermain"), "delivery_address": an_address(city="Zedbury")}
    lines = (a_line(description="Zinnober lamp"),)
    shop.drop_shipment(a_shipment(order_id="700001", lines=lines, **whose))
    shop.drop_shipment(a_shipment(order_id="700002", lines=lines, of=2, final=False, **whose))
    shop.drop_shipment(a_shipment(order_id="700003", lines=lines, shop="no-such-shop", **whose))
    shop.drop("zebulon.json", b'{"schema": "slipway/order/1", "order_id": "Zebulon"')
    assert 1 == shop.slipway("run", "--once").returncode
    return (folder / "slipway.prom").read_text()


def test_a_run_leaves_its_notes_by_state_queue_and_code(text: str) -> None:
    figures = figures_of(text)
    notes = {labels: value for (name, labels), value in figures.items() if name == "slipway_notes_total"}
    assert {
        frozenset({("state", state), ("queue", queue), ("code", "")}): 1
        for state in ("accepted", "completed")
        for queue in ("uk-notes", "uk-partial")
    } | {frozenset({("state", "held"), ("queue", ""), ("code", "unknown-shop")}): 1} == notes
    assert 1 == figure(figures, "unfinished_notes", state="held", queue="uk-notes"), "by the queue ahead of it"
    assert 0 == figure(figures, "unfinished_notes", state="accepted", queue="uk-notes")
    assert 0 == figure(figures, "oldest_waiting_seconds", queue="uk-notes")
    assert 3 == figure(figures, "files_total", outcome="claimed", code="")
    assert 1 == figure(figures, "files_total", outcome="refused", code="incomplete")


def test_a_run_leaves_the_time_of_each_stage(text: str) -> None:
    figures = figures_of(text)
    stages = ("settle", "plan", "render", "submit", "accepted", "print", "completed")
    assert dict.fromkeys(stages, 2) == {stage: figure(figures, "stage_seconds_count", stage=stage) for stage in stages}
    spent = {stage: figure(figures, "stage_seconds_sum", stage=stage) or 0 for stage in stages}
    assert all(0 < spent[stage] < 120 for stage in stages if stage != "plan")
    assert spent["completed"] == pytest.approx(spent["accepted"] + spent["print"], abs=0.01)


def test_a_run_leaves_version_and_start(text: str) -> None:
    figures = figures_of(text)
    assert 1 == figure(figures, "build_info", version=__version__)
    assert (figure(figures, "start_time_seconds") or 0) > NOON.timestamp()


def test_figures_hold_nothing_personal_and_no_ids(text: str) -> None:
    words = re.sub(r" \S+$", "", text, flags=re.MULTILINE)  # without the numbers, which may be any
    assert [] == re.findall(r"(?i)zebulon|zedbury|zinnober|70000\d|17920", words)
    labels = {name for _, labels in figures_of(text) for name, _ in labels}
    assert {"event", "state", "queue", "code", "stage", "le", "outcome", "version"} == labels


def test_every_metric_stands_in_the_guide(text: str, root: Path) -> None:
    guide = (root / "docs" / "operations.md").read_text().partition("## Metrics")[2].partition("\n## ")[0]
    table = set(re.findall(r"^\| `(slipway_\w+)", guide, re.MULTILINE))
    assert set(re.findall(r"^# HELP (\w+)", text, re.MULTILINE)) == table
    assert set(re.findall(r"slipway_\w+?(?=_bucket|_sum|_count|\W)", guide)) <= table


# What is counted -----------------------------------------------------------------------------------------------------


@contextmanager
def kept_up(path: Path, standing: Standing, every_s: float = 3600) -> Iterator[None]:
    settings = Metrics(textfile=str(path), every_s=every_s)
    with Textfile(settings, standing, lambda: NOON).kept_up():
        yield


def test_what_the_log_says_is_counted(tmp_path: Path, ledger: Ledger, root: Path, said: io.StringIO) -> None:
    path = tmp_path / "slipway.prom"
    with kept_up(path, standing(ledger, root)):
        log.warning("note.deferred", note_id="509217-1-r1", queue="uk-notes", code="queue-missing")
        log.warning("note.deferred", note_id="509217-1-r1", queue="uk-notes", code="queue-missing")
        log.warning("note.failed", note_id="509217-1-r1", queue="uk-notes", code="job-aborted")
        log.warning("worker.died", note_id="509217-1-r1", attempt=1)
        log.info("picture.missing", note_id="509217-1-r1", picture="22139", pictures=3)
        log.info("drop.repeated", drop="d1", notes=1)
        log.warning("shipment.rejected", drop="d2", code="invalid-order")
        with bound(note_id="509217-1-r1"):
            log.info("note.accepted", queue="uk-notes", submit_ms=25.0, total_ms=70.0)
    log.warning("worker.died", note_id="509217-1-r1", attempt=2)  # nobody counts any more
    figures = figures_of(path.read_text())
    assert 2 == figure(figures, "notes_total", state="deferred", queue="uk-notes", code="queue-missing")
    assert 1 == figure(figures, "notes_total", state="failed", queue="uk-notes", code="job-aborted")
    assert 1 == figure(figures, "events_total", event="worker.died")
    assert 3 == figure(figures, "pictures_missing_total")
    assert 1 == figure(figures, "files_total", outcome="repeated", code="")
    assert 1 == figure(figures, "shipments_refused_total", code="invalid-order")
    within = {
        bound_s: figure(figures, "stage_seconds_bucket", stage="submit", le=f"{bound_s:.2f}") for bound_s in BOUNDS
    }
    assert {0.02: 0, 0.03: 1, 0.06: 1} == within
    assert 0 == figure(figures, "stage_seconds_count", stage="render"), "taken up after a crash: it was not drawn"


BOUNDS = tuple(bound_s for bound_s in STAGE_BOUNDS_S if 0.02 <= bound_s <= 0.06)


def test_what_has_not_happened_yet_is_zero(tmp_path: Path, ledger: Ledger, root: Path) -> None:
    path = tmp_path / "slipway.prom"
    with kept_up(path, standing(ledger, root)):
        pass
    figures = figures_of(path.read_text())
    assert {0} == {figure(figures, "events_total", event=event) for event in get_args(Event)}


def test_gauges_say_how_things_stand_by_queue(ledger: Ledger, root: Path) -> None:
    drop = Drop("d1", "a" * 64, 1234, NOON, NOON)
    waiting, french, partial = (
        a_shipment(order_id="1"),
        a_shipment(order_id="2", site="eu", language="fr"),
        a_shipment(order_id="3", of=2, final=False),
    )
    ledger.record_drop(drop, [Entry(n, each, str(n)) for n, each in enumerate((waiting, french, partial), 1)], NOON)
    key = NoteKey(french.note_id, 1)
    ledger.intend(key, RenderedNote(b"", "5" * 64, 1), "eu-notes-fr", {"submitting": NOON})
    ledger.accept(key, NOON)
    ledger.hold(NoteKey(partial.note_id, 1), NOON, PrinterUnreachable("away"))
    registry = CollectorRegistry()
    registry.register(standing(ledger, root, queues_down=("eu-notes-fr",)))
    figures = figures_of(generate_latest(registry).decode())
    assert {
        ("received", "uk-notes"): 1,
        ("accepted", "eu-notes-fr"): 1,
        ("held", "uk-partial"): 1,
    } == {
        (dict(labels)["state"], dict(labels)["queue"]): value
        for (name, labels), value in figures.items()
        if name == "slipway_unfinished_notes" and value
    }
    oldest = {queue: figure(figures, "oldest_waiting_seconds", queue=queue) for queue in QUEUES}
    assert {"uk-notes": 60, "uk-partial": 0, "eu-notes-fr": 0} == oldest
    down = {queue: figure(figures, "queue_down", queue=queue) for queue in QUEUES}
    assert {"uk-notes": 0, "uk-partial": 0, "eu-notes-fr": 1} == down


def test_what_waits_counts_at_the_queue_where_it_does(ledger: Ledger, root: Path) -> None:
    partial, final = a_shipment(order_id="1", of=2, final=False), a_shipment(order_id="2")
    drop = Drop("d1", "a" * 64, 1234, NOON, NOON)
    ledger.record_drop(drop, [Entry(n, each, str(n)) for n, each in enumerate((partial, final), 1)], NOON)
    ledger.defer(NoteKey(partial.note_id, 1), NOON, PrinterUnreachable("away"))
    ledger.queues.note_down("uk-partial", NOON, PrinterUnreachable("away"))
    assert {"uk-notes": 2} == waiting(ledger, root), "the backup's too"
    later = NOON + timedelta(seconds=1)
    ledger.queues.decide(QueueDecision("m1", "move", "uk-notes", "eu-notes-fr", "ops", "because", later))
    assert {"eu-notes-fr": 2} == waiting(ledger, root)


def waiting(ledger: Ledger, root: Path) -> dict[str, float]:
    """How many notes wait for each queue, as the gauges say."""
    registry = CollectorRegistry()
    registry.register(standing(ledger, root))
    counts: dict[str, float] = {}
    for (name, labels), value in figures_of(generate_latest(registry).decode()).items():
        if name == "slipway_unfinished_notes" and value:
            queue = dict(labels)["queue"]
            counts[queue] = counts.get(queue, 0) + value
    return counts


# The file ------------------------------------------------------------------------------------------------------------


def test_whoever_reads_the_file_gets_a_whole_one(tmp_path: Path, ledger: Ledger, root: Path) -> None:
    path, read = tmp_path / "slipway.prom", []
    with kept_up(path, standing(ledger, root), every_s=0.001):
        seen: set[int] = set()
        while len(seen) < 30:  # so many files, one in place of the other
            if path.exists():
                with path.open() as file:
                    seen.add(os.fstat(file.fileno()).st_mtime_ns)
                    read.append(file.read())
    assert all(LAST in {name for name, _ in figures_of(text)} for text in set(read))
    assert ["ledger.db", "ledger.db-shm", "ledger.db-wal", path.name] == sorted(
        each.name for each in tmp_path.iterdir()
    )


def test_everybody_may_read_the_file_whatever_the_umask(tmp_path: Path, ledger: Ledger, root: Path) -> None:
    path, before = tmp_path / "slipway.prom", os.umask(0o077)
    try:
        with kept_up(path, standing(ledger, root)):
            pass
    finally:
        os.umask(before)
    assert 0o644 == path.stat().st_mode & 0o777


def test_a_file_that_cannot_be_written_is_said_once_and_written_later(
    tmp_path: Path, ledger: Ledger, root: Path, said: io.StringIO
) -> None:
    folder, tries = tmp_path / "not-there", threading.Semaphore(0)

    def queues_down() -> tuple[str, ...]:
        tries.release()
        return ()

    asked = replace(standing(ledger, root), queues_down=queues_down)
    with kept_up(folder / "slipway.prom", asked, every_s=0.001):
        assert all(tries.acquire(timeout=10) for _ in range(3)), "each try asks"
        folder.mkdir()
        until((folder / "slipway.prom").exists, "the file")
    assert 1 == said.getvalue().count('"metrics.lost"')
    assert '"reason": "No such file or directory"' in said.getvalue()
    assert 1 == figure(figures_of((folder / "slipway.prom").read_text()), "events_total", event="metrics.lost")


def test_no_file_is_written_where_none_is_named(tmp_path: Path, ledger: Ledger, root: Path) -> None:
    with Textfile(Metrics(), standing(ledger, root), lambda: NOON).kept_up():
        assert "metrics" not in {thread.name for thread in threading.enumerate()}


def test_a_name_that_node_exporter_would_not_read_is_a_fault(root: Path) -> None:
    with pytest.raises(ConfigInvalid, match="SLIPWAY_METRICS_TEXTFILE"):
        read_config(root / "config", {"SLIPWAY_METRICS_TEXTFILE": "/run/slipway/slipway.txt"})
