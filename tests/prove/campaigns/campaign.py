"""A campaign: a fault, how it is injected, what must come of it, and the function that does so, run by run."""

import importlib.util
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

from tests.conftest import CORPORA
from tests.cups_lab import PACKAGES
from tests.prove.oracle import Tally
from tests.prove.rig import Rig

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Allowance:
    """How long a campaign may take, and how many runs at most; it finishes the run at hand."""

    until: float  # monotonic
    most_runs: int = sys.maxsize
    fault: str = ""  # only those single faults in whose names this stands

    @property
    def left_s(self) -> float:
        return self.until - time.monotonic()

    def has_room(self, runs: int, needed_s: float = 0.0) -> bool:
        """True if there may be a further run; the first one always."""
        return runs == 0 or (runs < self.most_runs and self.left_s > needed_s)

    def chosen(self, *faults: T, name_of: Callable[[T], str] = str) -> list[T]:
        """Those of the faults that are to be injected."""
        return [fault for fault in faults if self.fault in name_of(fault)]


@dataclass(frozen=True, slots=True)
class Campaign:
    """`share` is for how many seconds of a budget of ten minutes it may work; `needs` are names of CAPABILITIES.

    One that has lanes works at many spools at a time: it comes last, alone.
    """

    name: str
    fault: str
    injected: str
    expected: str
    run: Callable[[Rig, Allowance], Tally]
    share: float
    needs: tuple[str, ...] = field(default=())
    has_lanes: bool = False

    @property
    def missing(self) -> str:
        """Why it can't run here; empty if it can."""
        return ", ".join(why for need in ("cups", *self.needs) if (why := CAPABILITIES[need]()))


def _is_there(program: str, package: str) -> str:
    return "" if shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin") else f"no {program} ({package})"


def _cups() -> str:
    missing = [package for program, package in PACKAGES.items() if not os.access(program, os.X_OK)]
    if not importlib.util.find_spec("cups"):
        missing.append("pycups")
    return f"not installed: {', '.join(missing)}" if missing else ""


def _root() -> str:
    return "" if os.geteuid() == 0 else "not root"


@cache
def _tmpfs() -> str:
    from tests.prove.mounts import can_mount_tmpfs

    return _root() or ("" if can_mount_tmpfs() else "no tmpfs can be mounted")


@cache
def _loop() -> str:
    from tests.prove.mounts import can_mount_loop

    return _root() or _is_there("mkfs.ext4", "e2fsprogs") or ("" if can_mount_loop() else "no loop device")


@cache
def _strace() -> str:
    from tests.prove.mounts import runs

    return _is_there("strace", "strace") or ("" if runs("strace", "-f", "-e", "trace=none", "true") else "no ptrace")


def _corpora() -> str:
    return "" if CORPORA.is_dir() else "no corpora (CORPORA=DIR)"


def _inotify() -> str:
    from tests.prove.traps import can_set_traps

    return "" if can_set_traps() else "no inotify"


@cache
def _namespace() -> str:
    from tests.prove.mounts import runs

    tried = "echo 0 > /proc/sys/user/max_inotify_instances"
    return "" if runs("unshare", "--user", "--map-root-user", "sh", "-c", tried) else "no user namespaces"


CAPABILITIES: dict[str, Callable[[], str]] = {
    "cups": _cups,
    "root": _root,
    "tmpfs": _tmpfs,
    "loop": _loop,
    "strace": _strace,
    "corpora": _corpora,
    "poppler": lambda: _is_there("pdftotext", "poppler-utils"),
    "inotify": _inotify,
    "namespace": _namespace,
}
