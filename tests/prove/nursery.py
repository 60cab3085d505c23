"""The rig's side of the nursery (under_test.py): starts services and hears when they end."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from queue import Queue
from typing import Any

from tests.conftest import ROOT
from tests.programs import end
from tests.prove.failpoints import Strike
from tests.prove.under_test import Start

START_S = 60.0


@dataclass
class Life:
    """One service process, from its start to its end."""

    pid: int
    trace: Path
    commands: Path
    ended: threading.Event = field(default_factory=threading.Event)
    status: int = 0

    def signal(self, number: int) -> None:
        if not self.ended.is_set():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                self.ended.wait(START_S)

    def kill(self) -> None:
        """kill -9; returns when it is dead."""
        self.signal(signal.SIGKILL)
        self.signal(signal.SIGCONT)
        if not self.ended.wait(START_S):
            raise TimeoutError(f"{self.pid} can't be killed")

    def arm(self, strike: Strike) -> None:
        """Arm a further strike, in place of those that are left; hits count from now."""
        with open(self.commands, "w", encoding="utf-8") as lines:
            lines.write(json.dumps(asdict(strike)) + "\n")

    def passed(self) -> list[Strike]:
        """What was written to the trace: what has struck, and all that passed if that was wanted."""
        try:
            lines = self.trace.read_text().splitlines()
        except FileNotFoundError:
            return []
        return [Strike(**json.loads(line)) for line in lines]

    @property
    def struck(self) -> list[Strike]:
        return [strike for strike in self.passed() if strike.action != "passed"]

    @property
    def exit_code(self) -> int:
        """As a shell says it: minus the signal's number, if one ended it."""
        return os.waitstatus_to_exitcode(self.status)


class Nursery:
    """A process that starts services; `mutant` takes a precaution of theirs away."""

    def __init__(
        self, home: Path, mutant: str = "", environ: dict[str, str] | None = None, wrapped_in: Sequence[str] = ()
    ) -> None:
        self.ordinary: Counter[tuple[str, str]] | None = None  # how often an ordinary run comes to each moment
        self._home = home
        self._count = 0
        self._lives: dict[int, Life] = {}
        self._answers: Queue[int] = Queue()
        self._lock = threading.Lock()
        named = ["--mutant", mutant] if mutant else []
        self._log = open(home / "nursery.log", "ab")  # noqa: SIM115 - open as long as the nursery
        self._process = subprocess.Popen(
            [*wrapped_in, sys.executable, "-m", "tests.prove.under_test", *named],
            cwd=ROOT,
            env=os.environ | (environ or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        if self._answers.get(timeout=START_S) < 0:
            raise RuntimeError((home / "nursery.log").read_text()[-2000:])

    @property
    def pid(self) -> int:
        return self._process.pid

    def start(
        self, arguments: list[str], environ: dict[str, str], log: Path, strikes: Iterable[Strike] = (), *, trace: bool
    ) -> Life:
        """Start a service with these strikes armed."""
        self._count += 1
        commands = self._home / f"commands-{self._count}"
        os.mkfifo(commands)
        told = self._home / f"trace-{self._count}"
        start = Start(
            arguments, environ, str(log), str(told), str(commands), [asdict(strike) for strike in strikes], trace
        )
        with self._lock:
            assert self._process.stdin
            self._process.stdin.write(json.dumps({"start": asdict(start)}).encode() + b"\n")
            self._process.stdin.flush()
            pid = self._answers.get(timeout=START_S)
        life = self._lives[pid]
        life.trace, life.commands = told, commands
        return life

    def stop(self) -> None:
        """End all of it, whatever still runs."""
        for life in self._lives.values():
            if not life.ended.is_set():
                life.kill()
        if self._process.stdin:
            self._process.stdin.close()
        end(self._process)
        self._listener.join(START_S)
        self._log.close()

    def _listen(self) -> None:
        assert self._process.stdout
        with self._process.stdout as lines:
            for line in lines:
                self._hear(json.loads(line))
        self._answers.put(-1)

    def _hear(self, said: dict[str, Any]) -> None:
        if "ended" in said:
            life = self._lives[said["ended"]]
            life.status = said["status"]
            life.ended.set()
        elif "started" in said:
            self._lives[said["started"]] = Life(said["started"], Path(), Path())
            self._answers.put(said["started"])
        else:
            self._answers.put(0)
