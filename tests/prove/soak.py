"""The soak: one spool, mixed load at a steady rate, a fault every so often, and what the service uses meanwhile.

Sites, languages, parcels, express, CSV, files in part or wholly refused, duplicates, reprints, scans, codes of
vouchers. At the end everything that was dropped is judged as in a campaign; and a slope that chance does not explain,
of memory, descriptors or threads, is a finding.
"""

import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from threading import RLock
from typing import Any

from service.intake.order_file import dump_shipment
from service.intake.spool import open_spool
from service.ledger.accounts import NoteKey, Scan
from service.marketing import CodeLine
from service.model import Offer
from service.packing import hand_in as hand_in_scan
from service.requests import Import
from service.requests import hand_in as hand_in_request
from tests.ipp_printer import CANCELED, IppPrinter
from tests.order_documents import as_lines
from tests.prove.campaigns.campaign import CAPABILITIES, Allowance, Campaign
from tests.prove.moments import targets
from tests.prove.mounts import Disk, disk
from tests.prove.oracle import Tally
from tests.prove.orders import Dropped
from tests.prove.rig import NotSettled, Rig, Scene, doubles
from tests.prove.sampling import FIGURES, Sample, Slope, look, size_mb, slope
from tests.prove.situations import ORDER
from tests.prove.soak_faults import Ground, draw
from tests.prove.systemd_double import SystemdDouble

NOTES_A_S = 2.5
WARM_AFTER_S = 600.0  # some thousand notes: caches fill, at a kilobyte or two a note
ENDS_UNTIL = 0.45  # of its time: no fault ends the service later, so that one life is long
SAMPLE_EVERY_S = 5.0
LASTS_S = (2.0, 12.0)  # a fault
AFTERMATH_S = 10.0  # so long after a fault a note still counts as concerned by it
RESTS_S = 60.0  # after the last fault, in a soak that is long enough for that
DISK_MB = 4096
RECORDS = 60  # of jobs at their end, that a printer keeps
POOLS = ("welcome", "thanks-percent", "thanks-delivery", "birthday")
WEIGHTS = {
    "order": 60,
    "express": 8,
    "abroad": 6,
    "parcels": 8,
    "csv": 6,
    "batch": 3,
    "refused": 3,
    "refused in part": 3,
    "duplicate": 5,
    "reprint": 2,
    "scan": 20,
}
MOST = {"rss_mb": 6.0, "pss_mb": 6.0, "descriptors": 2.0, "threads": 2.0, "workers_pss_mb": 12.0}  # an hour
GROWN = {"rss_mb": 24.0, "pss_mb": 24.0, "descriptors": 24.0, "threads": 8.0, "workers_pss_mb": 80.0}  # by steps
SETTINGS: dict[str, Any] = {
    "rendering_workers": 2,
    "rendering_deadline_s": 3,
    "rendering_attempts": 2,
    "printing_patience_s": 30,
}


def soaked(rig: Rig, duration_s: float, fault_every_s: float) -> Tally:
    """Run it, and judge it."""
    clock = rig.home / "clock"
    clock.write_text("0")
    nursery = rig.nursery_with({"PROVE_POISON": "1", "PROVE_CLOCK": str(clock)})
    found, _ = targets(rig, rig.chance_of("moments"), "kill")
    moments = [target for target in found if any(way is ORDER for way, _ in target.ways)]
    with ExitStack() as kept:
        made: Disk | None = None if CAPABILITIES["loop"]() else kept.enter_context(disk(rig.home, DISK_MB))
        scene = kept.enter_context(rig.scene(root=made.place if made else None, nursery=nursery, **SETTINGS))
        systemd = SystemdDouble(scene.lab.home / "notify", watchdog_s=30)
        scene.environ |= systemd.environ
        ground = Ground(scene, made, clock, nursery.pid, moments, RLock())
        soak = Soak(ground, rig, duration_s, fault_every_s)
        soak.run()
        return soak.verdict()


class Soak:
    """One soak: a thread that drops, one that looks, and the faults."""

    def __init__(self, ground: Ground, rig: Rig, duration_s: float, fault_every_s: float) -> None:
        self._ground = ground
        self._scene = ground.scene
        self._load = Load(ground.scene, rig.chance_of("load"))
        self._chance = rig.chance_of("faults")
        self._duration_s = duration_s
        self._fault_every_s = fault_every_s
        self._samples: list[Sample] = []
        self._sizes: list[dict[str, float]] = []
        self._struck: Counter[str] = Counter()
        self._story_of_faults: list[tuple[float, float, str]] = []  # begun and ended, in seconds since the beginning
        self._deaths = 0
        self._quiet_from = 0.0
        self._ended = threading.Event()
        self._began, self._began_at = time.monotonic(), time.time()

    def run(self) -> None:
        """Until its time is over."""
        self._scene.start()
        self._scene.wait_ready()
        self._load.give_codes()
        helpers = [threading.Thread(target=each, daemon=True) for each in (self._drop, self._sample)]
        for helper in helpers:
            helper.start()
        try:
            while (pause_s := self._pause_s()) < self._left_s - min(RESTS_S, self._duration_s / 4):
                self._wait(pause_s)
                self._strike()
            self._wait(max(0.0, self._left_s))
        finally:
            self._ended.set()
            for helper in helpers:
                helper.join(60)

    def verdict(self) -> Tally:
        """The oracle's judgement of all of it, with the slopes."""
        tally = self._scene.verdict(may_flag=True, patience_s=180)
        tally.runs = self._struck.total()
        tally.remarks += [*self._of_load(tally), *self._of_sizes()]
        for figure in FIGURES:
            found = slope(self._samples, figure, WARM_AFTER_S)
            tally.remarks.append(f"{figure}: {found or 'no life was long enough to say'}")
            if found and found.per_hour - found.margin > MOST[figure]:
                tally.find(f"{figure} grows: {found}")
            if found and found.grown > GROWN[figure]:
                tally.find(f"{figure} has grown: {found}")
            tally.figures[figure] = _as_values(found)
        tally.figures["samples"] = [asdict(sample) for sample in self._samples[::6]]
        return tally

    @property
    def _left_s(self) -> float:
        return self._began + self._duration_s - time.monotonic()

    def _pause_s(self) -> float:
        """Until the next fault."""
        return self._fault_every_s * self._chance.uniform(0.5, 0.8)

    def _wait(self, seconds: float) -> None:
        with suppress(NotSettled):
            self._scene.wait(lambda: False, "the time", seconds)
        self._deaths += self._scene.restarts
        self._scene.restarts = 0

    def _strike(self) -> None:
        may_end = self._left_s > (1 - ENDS_UNTIL) * self._duration_s
        name, fault = draw(self._chance, has_disk=self._ground.disk is not None, may_end=may_end)
        self._struck[name] += 1
        began = time.monotonic()
        self._quiet_from = float("inf")
        with fault(self._ground, self._chance):
            self._wait(self._chance.uniform(*LASTS_S))
        self._quiet_from = time.monotonic() + AFTERMATH_S
        self._story_of_faults.append((round(began - self._began, 1), round(time.monotonic() - self._began, 1), name))

    def _drop(self) -> None:
        while not self._ended.wait(self._load.pause_s()):
            with self._ground.dropping:
                self._load.drop_next(is_beside=time.monotonic() > self._quiet_from)

    def _sample(self) -> None:
        while not self._ended.wait(SAMPLE_EVERY_S):
            life = self._scene.life
            if life and (seen := look(life.pid, self._ground.nursery_pid, time.monotonic() - self._began)):
                self._samples.append(seen)
            for printer in doubles(self._scene.lab):
                _forget_old(printer)
            if len(self._samples) % 12 == 1:
                self._sizes.append(self._size())

    def _size(self) -> dict[str, float]:
        spool = self._scene.spool
        named = {"ledger_mb": ["ledger.db"], "wal_mb": ["ledger.db-wal"], "spool_mb": ["[!l]*/**/*"]}
        return {name: size_mb(path for one in globs for path in spool.glob(one)) for name, globs in named.items()}

    def _of_load(self, tally: Tally) -> list[str]:
        faults = ", ".join(f"{name} ×{count}" if count > 1 else name for name, count in sorted(self._struck.items()))
        slowest = sorted(((delay_s, note_id) for note_id, delay_s in self._scene.oracle.delays()), reverse=True)
        delays = sorted(delay_s for delay_s, _ in slowest)
        tally.figures["faults"] = dict(self._struck)
        tally.figures["struck"] = self._story_of_faults
        tally.figures["dropped"] = dict(self._load.dropped)
        flagged = Counter(code for code in self._scene.oracle.codes() if code)
        return [
            f"{self._duration_s / 60:.0f} minutes, {self._struck.total()} faults, {self._deaths} starts: {faults}",
            "dropped: " + ", ".join(f"{kind} {count}" for kind, count in sorted(self._load.dropped.items())),
            f"from drop to sheet: p50 {statistics.median(delays):.2f} s, p99 {delays[len(delays) * 99 // 100]:.1f} s",
            *(self._story(note_id, delay_s) for delay_s, note_id in slowest[:3]),
            "waits for a person: " + (", ".join(f"{code} {count}" for code, count in flagged.items()) or "nothing"),
        ]

    def _story(self, note_id: str, delay_s: float) -> str:
        """What the log tells of a note that was late."""
        told = [event for event in self._scene.said() if event.get("note_id") == note_id]
        began = self._scene.oracle.dropped_at[note_id] - self._began_at
        words = [f"{event['event']} {event.get('code', '')} {event.get('queue', '')}".strip() for event in told]
        return f"late by {delay_s:.1f} s: {note_id}, dropped at {began:.0f} s: {', '.join(words)}"

    def _of_sizes(self) -> list[str]:
        if not self._sizes:
            return []
        first, last = self._sizes[0], self._sizes[-1]
        return [", ".join(f"{name} {first[name]:.1f} to {last[name]:.1f}" for name in first)]


class Load:
    """What is dropped, and what people do meanwhile: each kind as often as its weight says."""

    def __init__(self, scene: Scene, chance: random.Random) -> None:
        self.dropped: Counter[str] = Counter()
        self._scene = scene
        self._chance = chance
        self._spool = open_spool(scene.spool)
        self._recent: list[Dropped] = []
        self._made = 0

    def pause_s(self) -> float:
        return self._chance.expovariate(NOTES_A_S)

    def give_codes(self) -> None:
        """Vouchers for the campaigns that give some."""
        for pool in POOLS:
            lines = tuple(
                CodeLine(row, Offer(code=f"{pool}-{row}".upper(), percent=10, minimum=Decimal(0)))
                for row in range(2000)
            )
            hand_in_request(self._spool, f"codes-{pool}", Import(pool, lines))

    def drop_next(self, *, is_beside: bool) -> None:
        """Drop one more, or let somebody reprint or scan."""
        (kind,) = self._chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
        self.dropped[kind] += 1
        if act := {"duplicate": self._duplicate, "reprint": self._reprint, "scan": self._scan}.get(kind):
            act()
            return
        drop = self._made_as(kind)
        is_elsewhere = all(shipment.order.site != "uk" for shipment in drop.shipments)  # than the printer with faults
        (self._scene.drop_beside if is_beside and is_elsewhere else self._scene.drop)(drop)
        self._recent = [*self._recent[-200:], drop]

    def _made_as(self, kind: str) -> Dropped:
        orders = self._scene.orders
        kinds: dict[str, Callable[[], Dropped]] = {
            "order": orders.one,
            "express": partial(self._changed, priority="express"),
            "abroad": partial(self._changed, site="int"),
            "parcels": orders.parcels,
            "csv": orders.flat,
            "batch": self._batch,
            "refused": orders.broken,
            "refused in part": orders.half,
        }
        return kinds[kind]()

    def _changed(self, **changes: Any) -> Dropped:
        shipment = self._scene.orders.shipment("en")
        shipment = replace(shipment, order=replace(shipment.order, **changes))
        return Dropped(f"order-{shipment.note_id}.jsonl", as_lines(dump_shipment(shipment)), (shipment,))

    def _batch(self) -> Dropped:
        shipments = tuple(self._scene.orders.shipment() for _ in range(10))
        content = as_lines(*(dump_shipment(shipment) for shipment in shipments))
        return Dropped(f"batch-{shipments[0].note_id}.jsonl", content, shipments)

    def _duplicate(self) -> None:
        if self._recent:
            again = self._chance.choice(self._recent)
            self._made += 1
            self._scene.put(f"again-{self._made}-{again.name}", again.content)

    def _reprint(self) -> None:
        if note := self._a_note():
            self._made += 1
            self._scene.decide("reprint", note, f"soak-{self._made}")

    def _scan(self) -> None:
        if note := self._a_note():
            self._made += 1
            scan = Scan(f"soak-{self._made}", NoteKey(note, 1), datetime.now(UTC), "bench")
            hand_in_scan(self._spool, scan)

    def _a_note(self) -> str:
        notes = [note_id for drop in self._recent[:100] for note_id in drop.note_ids]
        return self._chance.choice(notes) if notes else ""


def _forget_old(printer: IppPrinter) -> None:
    """As real printers do: one that tells of every job that it ever had takes more and more room in who asks it."""
    for job in [job for job in list(printer.jobs.values()) if job.state >= CANCELED][:-RECORDS]:
        printer.jobs.pop(job.job_id, None)


def _as_values(found: Slope | None) -> object:
    return None if found is None else asdict(found)


def _not_as_a_campaign(_rig: Rig, _allowance: Allowance) -> Tally:
    raise NotImplementedError("a soak is asked for with --soak")


SOAK = Campaign("soak", "mixed load, a fault a minute", "as drawn", "none lost, nothing grows", _not_as_a_campaign, 0)
