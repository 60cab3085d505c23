"""The rig's side of the nursery (under_test.py): starts services and hears when they end."""

import copy
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
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
ARMED_S = 2.0


def write_config(folder: Path) -> None:
    """The shipped configuration with a campaign that gives a code to each customer, and that of the weekly packs."""
    shutil.copytree(ROOT / "config", folder)
    for campaign in (folder / "campaigns").glob("*.toml"):
        if campaign.name != "week.toml":
            campaign.unlink()
    (folder / "campaigns" / "codes.toml").write_text(
        'title = "Codes for all"\n\n[[rule]]\nslot = "voucher"\nwhen = "true"\npool = "rig"\n'
    )


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

    def arm(self, *strikes: Strike) -> None:
        """Arm these in place of those that are left; returns when they are, or the service is dead."""
        before, until = self._trace_text().count("\n\n"), time.monotonic() + ARMED_S
        try:  # nobody reads where the service has just died
            pipe = os.open(self.commands, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return
        with os.fdopen(pipe, "w") as lines:
            lines.write(json.dumps([asdict(strike) for strike in strikes]) + "\n")
        while self._trace_text().count("\n\n") == before and not self.ended.wait(0.002) and time.monotonic() < until:
            pass

    def passed(self) -> list[Strike]:
        """What was written to the trace: what has struck, and all that passed if that was wanted."""
        *lines, _ = self._trace_text().split("\n")  # the last one may not be whole yet
        return [Strike(**json.loads(line)) for line in lines if line]

    def _trace_text(self) -> str:
        """Begins with a line end, so that every arming shows as an empty line."""
        try:
            return "\n" + self.trace.read_text()
        except FileNotFoundError:
            return "\n"

    @property
    def struck(self) -> list[Strike]:
        return [strike for strike in self.passed() if strike.action != "passed"]

    @property
    def stands_still(self) -> bool:
        """True once it has come to a moment that it was to stop at."""
        return '"action": "stop"' in self._trace_text()

    @property
    def exit_code(self) -> int:
        """As a shell says it: minus the signal's number, if one ended it."""
        return os.waitstatus_to_exitcode(self.status)


class Nursery:
    """A process that starts services; `mutant` takes a precaution of theirs away."""

    def __init__(
        self, home: Path, mutant: str = "", environ: dict[str, str] | None = None, wrapped_in: Sequence[str] = ()
    ) -> None:
        self.reached: Any = None  # what moments.py has found out about the moments that a life comes to
        self.config = home / "config"  # of warm lives: every note gets a code
        self._home = home
        self._mutant = mutant
        self._is_warm = False
        self._shared: dict[str, Nursery] = {}  # the warm one
        self._numbers = itertools.count(1)
        self._lives: dict[int, Life] = {}
        self._answers: Queue[int] = Queue()
        self._lock = threading.RLock()
        self._log = open(home / "nursery.log", "ab")  # noqa: SIM115 - open as long as the nursery
        self._process = subprocess.Popen(
            [*wrapped_in, sys.executable, "-m", "tests.prove.under_test"],
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

    def warm(self) -> "Nursery":
        """The same, for lives that begin in a tenth of the time (warm.py)."""
        with self._lock:
            if self._is_warm:
                return self
            if "warm" not in self._shared:
                write_config(self.config)
                self._tell({"warm": str(self.config)})
                self._shared["warm"] = copy.copy(self)
                self._shared["warm"]._is_warm = True
            return self._shared["warm"]

    def with_mutant(self, mutant: str) -> "Nursery":
        """The same, for warm lives without one precaution."""
        nursery = copy.copy(self.warm())
        nursery._mutant = mutant
        return nursery

    def start(
        self, arguments: list[str], environ: dict[str, str], log: Path, strikes: Iterable[Strike] = (), *, trace: bool
    ) -> Life:
        """Start a service, or another command, with these strikes armed."""
        with self._lock:
            number = next(self._numbers)
            commands, told = self._home / f"commands-{number}", self._home / f"trace-{number}"
            os.mkfifo(commands)
            armed = [asdict(strike) for strike in strikes]
            places = (str(log), str(told), str(commands))
            start = Start(arguments, environ, *places, armed, trace, self._mutant, self._is_warm)
            life = self._lives[self._tell({"start": asdict(start)})]
            life.trace, life.commands = told, commands
        return life

    def _tell(self, told: dict[str, Any]) -> int:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(told).encode() + b"\n")
        self._process.stdin.flush()
        return self._answers.get(timeout=START_S)

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
