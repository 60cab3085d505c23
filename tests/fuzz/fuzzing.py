"""One target, for a while: files are changed, read, judged; what comes to new lines, or to a new end, is changed again.

It runs in a process of its own, so that a crash or a lot of memory costs that process: what it was reading stands in a
file meanwhile. The same seed makes the same changes in the same order.
"""

import gc
import json
import logging
import os
import random
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path

import structlog

from tests.fuzz.corpus import kept, smaller
from tests.fuzz.judging import End, Finding, judged
from tests.fuzz.mutation import mutated
from tests.fuzz.targets import Target
from tests.fuzz.tracing import Lines

ROOM_BYTES = 1 << 30  # beyond what the process has when it begins
LATE_S = 90.0  # a file that takes that long is stuck where no signal comes through
RECENT = 8  # of two files to change, one is among the newest


@dataclass(frozen=True, slots=True)
class Found:
    """A fault of ours, and the smallest file that shows it."""

    kind: str
    text: str
    content: bytes


@dataclass
class Outcome:
    """What came of fuzzing a target; `ends` are (code, place, the smallest file that ended there)."""

    target: str
    runs: int = 0
    took_s: float = 0.0
    lines: int = 0
    pool: int = 0
    ends: list[tuple[str, str, bytes]] = field(default_factory=list)
    findings: list[Found] = field(default_factory=list)


class Fuzzer:
    """What is known of a target, and the files that are changed."""

    def __init__(self, target: Target, seed: int, note: Callable[[bytes], None]) -> None:
        self._target = target
        self._chance = random.Random(f"{seed} {target.name}")
        self._note = note
        self._lines = Lines()
        self._ends: dict[End, bytes] = {}
        self._found: dict[str, Found] = {}
        self._pool: list[bytes] = []

    def run(self, budget_s: float, most_runs: int = sys.maxsize) -> Outcome:
        """Go on for `budget_s` seconds."""
        runs = 0
        for content in (*self._target.seeds(), *(path.read_bytes() for path in kept(self._target.name))):
            self._kind_of(content)  # once unwatched: what is made only once is no part of the budget
            self._pool.append(content)
            self._try(content)
        began_s = time.monotonic()
        while time.monotonic() - began_s < budget_s and runs < most_runs:
            self._try(self._next())
            runs += 1
        took_s = time.monotonic() - began_s
        ends = [(end.code, end.place, content) for end, content in self._ends.items()]
        findings = list(self._found.values())
        return Outcome(self._target.name, runs, took_s, self._lines.count, len(self._pool), ends, findings)

    def _next(self) -> bytes:
        pool = self._pool[-RECENT:] if self._chance.random() < 0.5 else self._pool
        changed = mutated(self._chance, self._chance.choice(pool), self._chance.choice(self._pool), self._target.words)
        return self._target.mended(changed) if self._chance.random() < 0.8 else changed

    def _try(self, content: bytes) -> None:
        self._note(content)
        before = self._lines.count
        try:
            with self._lines.watched() if self._target.is_watched else nullcontext():
                end = judged(self._target.read, content)
        except Finding as finding:
            self._find(finding, content)
            return
        if end not in self._ends or self._lines.count > before:
            self._pool.append(content)
        if end not in self._ends or len(content) < len(self._ends[end]):
            self._ends[end] = content

    def _find(self, finding: Finding, content: bytes) -> None:
        """A finding stands when it comes again, without anybody looking on."""
        if finding.kind in self._found or self._kind_of(content) != finding.kind:
            return
        small = smaller(content, lambda each: self._kind_of(each) == finding.kind)
        self._found[finding.kind] = Found(finding.kind, finding.text, small)
        sys.stderr.write(f"{self._target.name}: {finding.kind}\n")

    def _kind_of(self, content: bytes) -> str:
        self._note(content)
        try:
            judged(self._target.read, content)
        except Finding as finding:
            return finding.kind
        return ""


# In a process of its own ---------------------------------------------------------------------------------------------


def fuzz(target: Target, seed: int, budget_s: float, home: Path) -> Outcome:
    """Fuzz a target in a process of its own; what ends that process is a finding."""
    at_hand, said = home / f"{target.name}.at-hand", home / f"{target.name}.said"
    at_hand.write_bytes(b"")
    child = os.fork()
    if not child:
        _be_child(Fuzzer(target, seed, _noting(at_hand)), budget_s, said)
    why = _end_of(child, at_hand)
    if not why:
        return _read_outcome(said)
    return Outcome(target.name, took_s=budget_s, findings=[Found(why, "", at_hand.read_bytes()[8:])])


def _be_child(fuzzer: Fuzzer, budget_s: float, said: Path) -> None:
    status = 70
    try:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        now_bytes = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now_bytes + ROOM_BYTES,) * 2)
        gc.freeze()
        _write_outcome(said, fuzzer.run(budget_s))
        status = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(status)


def _noting(path: Path) -> Callable[[bytes], None]:
    """Writes down what is about to be read, and its length before it."""
    file = os.open(path, os.O_RDWR | os.O_TRUNC)

    def note(content: bytes) -> None:
        os.ftruncate(file, 8 + len(content))
        os.pwrite(file, len(content).to_bytes(8, "big") + content, 0)
        os.utime(file)

    return note


def _end_of(child: int, at_hand: Path) -> str:
    """Wait for it; why it did not end well, or nothing."""
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return f"the process ended with {code}" if code else ""
        if time.time() - at_hand.stat().st_mtime > LATE_S and at_hand.stat().st_size:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return "it is stuck"
        time.sleep(0.05)


def _write_outcome(path: Path, outcome: Outcome) -> None:
    path.write_text(json.dumps(asdict(outcome), default=lambda content: content.decode("latin-1")))


def _read_outcome(path: Path) -> Outcome:
    said = json.loads(path.read_text())
    ends = [(code, place, content.encode("latin-1")) for code, place, content in said.pop("ends")]
    found = [Found(each["kind"], each["text"], each["content"].encode("latin-1")) for each in said.pop("findings")]
    return Outcome(**said, ends=ends, findings=found)
