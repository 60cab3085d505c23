"""What the service measures of itself, for Prometheus: one text file that node_exporter's textfile collector reads.

    counters, histograms   hear the log: what is counted is what was said, and no stage knows of it
    gauges                 are asked of ledger and tracking when the file is written

The file is written aside and renamed, every `metrics.every_s` and once at the end: whoever reads it gets a whole one.
One that can't be written costs the figures and is said once; notes go on. Labels are stages, states, queues, codes and
events, which are few; never an id, nothing personal. docs/operations.md tells of each metric.
"""

import threading
from collections import Counter as Numbers
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from service import __version__
from service.clock import Now
from service.config import Metrics
from service.errors import InternalError, SlipwayError
from service.faults import contained
from service.files import write_aside
from service.ledger.accounts import AHEAD_OF_PAPER, OPEN, Unfinished
from service.ledger.ledger import Ledger
from service.log import Event, heard_by, log
from service.planning.house import House
from service.whereabouts import queue_of

REACHED = {f"note.{state}": state for state in ("accepted", "completed", "deferred", "held", "failed")}
FILES = {"drop.claimed": "claimed", "drop.repeated": "repeated", "drop.rejected": "refused"}
STAGES = {
    "note.accepted": (
        *(("settle_ms", "settle"), ("plan_ms", "plan"), ("render_ms", "render"), ("submit_ms", "submit")),
        ("total_ms", "accepted"),
    ),
    "note.completed": (("print_ms", "print"), ("total_ms", "completed")),
}
STAGE_BOUNDS_S = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.06, 0.1, 0.25, 0.5),  # up to CUPS: 30 and 60 ms are what we promise
    *(1, 2.5, 5, 10, 30, 60, 300, 900, 3600),  # paper, and whoever refills it
)
LAST_WRITE_S = 5.0
disable_created_metrics()  # type: ignore[no-untyped-call]  # a further series for each, which nobody reads


class Textfile:
    """The file at `metrics.textfile`, kept up to date; nothing at all where none is named."""

    def __init__(self, settings: Metrics, standing: "Standing", now: Now) -> None:
        self._path = Path(settings.textfile)
        self._every_s = settings.every_s
        self._is_wanted = bool(settings.textfile)
        self._registry = CollectorRegistry()
        self._counted = Counted(self._registry)
        self._registry.register(standing)
        Info("slipway_build", "The version that runs.", registry=self._registry).info({"version": __version__})
        started = Gauge("slipway_start_time_seconds", "When the service started.", registry=self._registry)
        started.set(now().timestamp())
        self._stopping = threading.Event()
        self._is_lost = False

    @contextmanager
    def kept_up(self) -> Iterator[None]:
        """Count what is said inside the block, and write every so often and at its end."""
        if not self._is_wanted:
            yield
            return
        thread = threading.Thread(target=self._run, name="metrics", daemon=True)
        with heard_by(self._counted.hear):
            thread.start()
            try:
                yield
            finally:
                self._stopping.set()
                thread.join(LAST_WRITE_S)

    def _run(self) -> None:
        self._write()
        while not self._stopping.wait(self._every_s):
            self._write()
        self._write()

    def _write(self) -> None:
        try:
            with contained(InternalError):
                text = generate_latest(self._registry)
            write_aside(self._path, text, durable=False, for_everybody=True)
        except OSError as error:
            self._say_lost(error.strerror)
        except SlipwayError as error:
            self._say_lost(str(error))
        else:
            self._is_lost = False

    def _say_lost(self, reason: str | None) -> None:
        if not self._is_lost:
            self._is_lost = True
            log.warning("metrics.lost", reason=reason)


class Counted:
    """Counters and histograms, from the start of the service on."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._events = Counter("slipway_events", "Lines of the log, by event.", ("event",), registry=registry)
        self._notes = Counter(
            "slipway_notes",
            "Notes that reached a state; each time that one was put off counts as deferred.",
            ("state", "queue", "code"),
            registry=registry,
        )
        self._stages = Histogram(
            "slipway_stage_seconds",
            "What notes spent in each stage; accepted and completed: from the drop until then.",
            ("stage",),
            buckets=STAGE_BOUNDS_S,
            registry=registry,
        )
        self._files = Counter("slipway_files", "Files that were taken over.", ("outcome", "code"), registry=registry)
        self._refused = Counter("slipway_shipments_refused", "Shipments refused.", ("code",), registry=registry)
        self._pictures = Counter("slipway_pictures_missing", "Pictures that notes lacked.", registry=registry)
        self._begin_at_zero()

    def hear(self, said: Mapping[str, Any]) -> None:
        """Count one event of the log, by its listed facts."""
        event, code = said["event"], said.get("code", "")
        self._events.labels(event).inc()
        if event in REACHED:
            self._notes.labels(REACHED[event], said.get("queue", ""), code).inc()
        if event in FILES:
            self._files.labels(FILES[event], code).inc()
        for fact, stage in STAGES.get(event, ()):
            if fact in said:
                self._stages.labels(stage).observe(said[fact] / 1000)
        if event == "shipment.rejected":
            self._refused.labels(code).inc()
        if event == "picture.missing":
            self._pictures.inc(said["pictures"])

    def _begin_at_zero(self) -> None:
        """What has not happened yet is 0, so that the first time shows as an increase."""
        for event in get_args(Event):
            self._events.labels(event)
        for stages in STAGES.values():
            for _, stage in stages:
                self._stages.labels(stage)


@dataclass(frozen=True)
class Standing(Collector):
    """Gauges: how things stand at the moment of asking. `house` is the one that notes are routed by now."""

    ledger: Ledger
    queues: tuple[str, ...]
    queues_down: Callable[[], tuple[str, ...]]
    house: Callable[[], House]
    now: Now

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Each gauge, for every queue there is; a note that waits counts for the queue at which it does so now."""
        house, states = self.house(), self.ledger.queues.states(self.queues)
        unfinished = [(queue_of(each, house, states), each) for each in self.ledger.unfinished()]
        yield self._notes(unfinished)
        yield self._oldest(unfinished)
        yield self._down()

    def _notes(self, unfinished: list[tuple[str, Unfinished]]) -> GaugeMetricFamily:
        notes = Numbers({(state, queue): 0 for state in (*OPEN, "held") for queue in self.queues})
        for queue, each in unfinished:
            notes[each.state, queue] += each.notes
        words = "Notes that are not at an end: waiting (received, submitting, deferred), at a printer (accepted), held."
        family = GaugeMetricFamily("slipway_unfinished_notes", words, labels=("state", "queue"))
        for labels, number in notes.items():
            family.add_metric(labels, number)
        return family

    def _oldest(self, unfinished: list[tuple[str, Unfinished]]) -> GaugeMetricFamily:
        waited_s = dict.fromkeys(self.queues, 0.0)
        for queue, each in unfinished:
            if each.state in AHEAD_OF_PAPER:
                since_s = (self.now() - each.oldest_at).total_seconds()
                waited_s[queue] = max(waited_s.get(queue, 0.0), since_s)
        words = "How long ago the oldest note that is not at a printer yet was dropped; 0: none waits."
        family = GaugeMetricFamily("slipway_oldest_waiting_seconds", words, labels=("queue",))
        for queue, since_s in waited_s.items():
            family.add_metric((queue,), since_s)
        return family

    def _down(self) -> GaugeMetricFamily:
        down = self.queues_down()
        family = GaugeMetricFamily("slipway_queue_down", "1: the queue takes no notes.", labels=("queue",))
        for queue in self.queues:
            family.add_metric((queue,), queue in down)
        return family
