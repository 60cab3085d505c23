"""Whether cupsd has the settings of deploy/cups/, as far as we can see from here.

    what              who may look                how
    the running one   anybody                     MultipleOperationTimeout, a number of our own, is what any queue tells
    cupsd.conf        administrators of CUPS      cupsd serves the file
    cups-files.conf   whoever may read the file   only that of the machine's own cupsd: cupsd serves no other
    logrotate         anybody                     whether it restarts cupsd every day

What can't be seen is said to be unknown, with the reason; never guessed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from service.printing.queues import FoundQueue

SHIPPED = Path(__file__).parents[2] / "deploy" / "cups"
OWN_SOCKET = Path("/run/cups/cups.sock")
OWN_FILES = Path("/etc/cups/cups-files.conf")
LOGROTATE = Path("/etc/logrotate.d/cups-daemon")
KNOWN_BY = "MultipleOperationTimeout"


@dataclass(frozen=True, slots=True)
class Look:
    """One thing that was looked at. `fault` and `unknown` are empty if it is in order."""

    subject: str
    fact: str = ""
    fault: str = ""
    unknown: str = ""


def look_at_settings(queues: Mapping[str, FoundQueue], served: str | None, socket: Path) -> Iterator[Look]:
    """What is to be said of the cupsd at `socket`: its queues, and cupsd.conf if it is served to us."""
    if not SHIPPED.is_dir():
        yield Look("cupsd", unknown=f"there is no {SHIPPED} to compare with: this is no checkout")
        return
    wanted = directives((SHIPPED / "cupsd.conf").read_text())
    yield _running(queues, wanted)
    if served is None:
        yield Look("cupsd.conf", unknown="only administrators of CUPS may read it: run this as root")
    else:
        yield _compared("cupsd.conf", wanted, directives(served))
    if socket.resolve() == OWN_SOCKET.resolve():
        yield _own_files()
        yield _logrotate()
    else:
        yield Look("cups-files.conf", unknown=f"the cupsd at {socket} may have its file anywhere")


def directives(text: str) -> dict[str, str]:
    """The last value of each directive outside of sections, by its name as it was written first; case is no matter."""
    found: dict[str, str] = {}
    names: dict[str, str] = {}
    depth = 0
    for line in map(str.strip, text.splitlines()):
        if line.startswith("<"):
            depth += -1 if line.startswith("</") else 1
        elif line and not line.startswith("#") and not depth:
            name, _, value = line.partition(" ")
            found[names.setdefault(name.lower(), name)] = value.strip()
    return found


def _running(queues: Mapping[str, FoundQueue], wanted: Mapping[str, str]) -> Look:
    told = {queue.time_out_s for queue in queues.values()}
    if not told:
        return Look("cupsd", unknown="it tells what it runs with by its queues, and it has none")
    if told != {int(wanted[KNOWN_BY])}:
        return Look("cupsd", fault="runs without the settings of deploy/cups/")
    return Look("cupsd", "runs with the settings of deploy/cups/")


def _compared(name: str, wanted: Mapping[str, str], found: Mapping[str, str]) -> Look:
    has = {key.casefold(): value for key, value in found.items()}
    other = [
        f"{key} is {has.get(key.casefold(), 'not set')} instead of {value}"
        for key, value in wanted.items()
        if has.get(key.casefold(), "").casefold() != value.casefold()
    ]
    return Look(name, f"has the {len(wanted)} settings of deploy/cups/", fault="\n".join(other))


def _own_files() -> Look:
    try:
        found = directives(OWN_FILES.read_text())
    except OSError as error:
        return Look("cups-files.conf", unknown=f"{OWN_FILES}: {error.strerror}")
    return _compared("cups-files.conf", directives((SHIPPED / "cups-files.conf").read_text()), found)


def _logrotate() -> Look:
    try:
        restarts = "cups restart" in _without_comments(LOGROTATE.read_text())
    except OSError as error:
        return Look("logrotate", unknown=f"{LOGROTATE}: {error.strerror}")
    return Look("logrotate", "leaves cupsd alone", fault="restarts cupsd every day, under the jobs" if restarts else "")


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
