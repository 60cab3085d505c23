"""What happens at a failpoint, inside the process under test.

A `Strike` is armed for one moment of one effect, and for the first, second ... time that it comes; it happens once. The
rig arms strikes at the start of the process, and others later through a pipe with a name. What was armed and has
struck, and what was passed if that is wanted, is written to a file before anything happens: a kill leaves its trace.

    kill                 SIGKILL to ourselves
    term                 SIGTERM to ourselves; the effect goes on
    stop                 SIGSTOP to ourselves: a moment that lasts, until the rig lets go on
    hang                 the thread never comes back
    nap                  this thread alone waits, so that another one overtakes it
    eio, enospc          the call fails that way: before it, nothing was done; after it, it was done and nobody knows
"""

import errno
import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

R = TypeVar("R")
SIGNALS = {"kill": signal.SIGKILL, "term": signal.SIGTERM, "stop": signal.SIGSTOP}
ERRORS = {"eio": errno.EIO, "enospc": errno.ENOSPC}
LEDGER_SAYS = {"eio": "disk I/O error", "enospc": "database or disk is full"}
MOMENTS = ("before", "after")
NAP_S = 0.5
NAME_FULL_DISK = ("write_aside", "write_whole")  # no other error of a full disk comes from these


@dataclass(frozen=True, slots=True)
class Strike:
    """An action at the `hit`th time that this moment of this effect comes."""

    name: str
    moment: str
    action: str
    hit: int = 1

    @property
    def moment_of(self) -> tuple[str, str]:
        return self.name, self.moment

    def __str__(self) -> str:
        return f"{self.action} {self.moment} {self.name} #{self.hit}"


class _Armed:
    """What this process was told. Nothing is armed until `arm`."""

    def __init__(self) -> None:
        self.strikes: list[Strike] = []
        self.passed: Counter[tuple[str, str]] = Counter()
        self.trace = -1
        self.traces_all = False
        self.lock = threading.Lock()


_armed = _Armed()


def arm(strikes: Iterable[Strike], trace: str, commands: str, *, traces_all: bool = False) -> None:
    """Arm these, write what strikes to `trace`, and listen to `commands`, a pipe with a name, for others."""
    _armed.trace = os.open(trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    _armed.traces_all = traces_all
    _armed.strikes = list(strikes)
    threading.Thread(target=_listen, args=(commands,), name="failpoints", daemon=True).start()


def at_effect(name: str, kind: str, effect: Callable[[], R]) -> R:
    """Carry out the effect, between its two moments."""
    reach(name, kind, "before")
    result = effect()
    reach(name, kind, "after")
    return result


def reach(name: str, kind: str, moment: str) -> None:
    """This moment has come; what is armed for it happens."""
    if _armed.trace < 0:
        return
    with _armed.lock:
        _armed.passed[name, moment] += 1
        strike = _due(name, moment)
        if strike or _armed.traces_all:
            seen = strike or Strike(name, moment, "passed", _armed.passed[name, moment])
            os.write(_armed.trace, json.dumps(asdict(seen)).encode() + b"\n")
    if strike:
        _strike(strike, kind)


def _due(name: str, moment: str) -> Strike | None:
    for strike in _armed.strikes:
        if strike.moment_of == (name, moment) and strike.hit <= _armed.passed[name, moment]:
            _armed.strikes.remove(strike)
            return strike
    return None


def _strike(strike: Strike, kind: str) -> None:
    if strike.action in SIGNALS:
        os.kill(os.getpid(), SIGNALS[strike.action])
    elif strike.action == "hang":
        threading.Event().wait()
    elif strike.action == "nap":
        time.sleep(NAP_S)
    else:
        raise _failure(strike, kind)


def _failure(strike: Strike, kind: str) -> Exception:
    """The error as it comes from there: from SQLite, from the network, from the disk."""
    if kind == "ledger":
        what = LEDGER_SAYS[strike.action]
        return sa.exc.OperationalError("a change", {}, _SqliteError(what))
    if kind == "cups":
        from service.errors import OutcomeUnknown, PrinterUnreachable

        cut = OutcomeUnknown if strike.moment == "after" else PrinterUnreachable
        return cut(f"cut by the rig {strike.moment} {strike.name}")
    if strike.action == "enospc" and strike.name.rpartition(".")[2].partition("-")[0] in NAME_FULL_DISK:
        from service.errors import SpoolFull

        return SpoolFull("no space left, says the rig")
    return OSError(ERRORS[strike.action], os.strerror(ERRORS[strike.action]))


class _SqliteError(Exception):
    """What SQLAlchemy has in `orig`."""


def _listen(commands: str) -> None:
    """Take other strikes, a list of them a line, as often as somebody opens the pipe; hits count from then on."""
    while True:
        with open(commands, encoding="utf-8") as lines:
            for line in lines:
                told: list[dict[str, Any]] = json.loads(line)
                with _armed.lock:
                    _armed.passed.clear()
                    _armed.strikes = [Strike(**each) for each in told]
                    os.write(_armed.trace, b"\n")  # an empty line: they are armed
