"""A real CUPS in a folder of its own, for tests and benchmarks: a private cupsd on a Unix socket, and its printers.

Two kinds of printer: `ippeveprinter` (CUPS's own, the truth, one job at a time) and the double of ipp_printer.py (any
number at once). Both keep every document they were sent: paper is counted at the printer. Nothing of the machine's own
printing is touched, no port but of 127.0.0.1, no root needed. Everything ends by its own process id.

`python -m tests.cups_lab --queues a,b --dir DIR` runs one in the foreground: one JSON line when it is ready, paper
under DIR, until SIGTERM. With this module as a plugin, tests ask for the fixture `cups_lab`.
"""

import argparse
import getpass
import grp
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.eve_printer import DBUS, IPPEVEPRINTER, EvePrinter, PrivateBus
from tests.ipp_printer import IppPrinter
from tests.programs import answers, end, until

CUPSD = "/usr/sbin/cupsd"
PACKAGES = {CUPSD: "cups-daemon", IPPEVEPRINTER: "cups-ipp-utils", DBUS: "dbus-daemon"}


@pytest.fixture
def cups_lab() -> Iterator["CupsLab"]:
    """A running cupsd without queues."""
    require_packages(os.environ)
    with running_lab() as lab:
        yield lab


def require_packages(environ: Mapping[str, str]) -> None:
    """A machine that can't run a lab skips the test, and fails it where CI is set."""
    missing = [package for program, package in PACKAGES.items() if not os.access(program, os.X_OK)]
    if not importlib.util.find_spec("cups"):
        missing.append("libcups2-dev")  # `make test` builds pycups with it
    if missing:
        refuse = pytest.fail if environ.get("CI") else pytest.skip
        refuse(f"no real CUPS here: apt-get install {' '.join(missing)}, then `make test`")


@contextmanager
def running_lab(paper: Path | None = None) -> Iterator["CupsLab"]:
    """A lab that is up inside the block; its paper lies under `paper`, or goes with the lab."""
    home = Path(tempfile.mkdtemp(prefix="lab", dir="/tmp"))  # short: a Unix socket's path ends at 108 bytes
    home.chmod(0o755)  # cupsd's own user has to get through
    lab = CupsLab(home, paper or home / "paper")
    try:
        lab.start_cupsd()
        yield lab
    finally:
        lab.stop()
        shutil.rmtree(home, ignore_errors=True)


class CupsLab:
    """A private cupsd and its printers, with handles to break them."""

    def __init__(self, home: Path, paper: Path) -> None:
        self.home = home
        self.socket = str(home / "cups.sock")
        self.printers: dict[str, IppPrinter | EvePrinter] = {}
        self._paper = paper
        self._cupsd: subprocess.Popen[bytes] | None = None
        self._bus = PrivateBus(home)
        write_cups_config(home, self.socket)

    @property
    def cupsd_pid(self) -> int:
        assert self._cupsd
        return self._cupsd.pid

    def connection(self) -> Any:
        """A pycups connection, for the calling thread alone."""
        import cups  # not at the top: the module is a plugin also where there is no CUPS

        return cups.Connection(host=self.socket)

    def add_queue(
        self, name: str, kind: str = "double", ppd: str = "", *, waits: bool = False
    ) -> "IppPrinter | EvePrinter":
        """A queue and its printer: `kind` is double or ippeveprinter, `ppd` empty (a raw queue) or `everywhere`.

        With `waits`, a job stays in CUPS until the printer is done with it.
        """
        printer = self.start_printer(name, kind)
        connection = self.connection()
        if ppd:  # cupsd makes it in the background, by asking the printer at exactly this address
            connection.addPrinter(name, device=printer.uri, ppdname=ppd)
            until(lambda: (self.home / "etc/ppd" / f"{name}.ppd").exists(), f"the PPD of {name}")
        connection.addPrinter(name, device=printer.uri if waits else f"{printer.uri}?waitjob=false")
        connection.enablePrinter(name)
        connection.acceptJobs(name)
        return printer

    def start_printer(self, name: str, kind: str = "double") -> "IppPrinter | EvePrinter":
        """A printer without a queue."""
        folder = self._paper / name
        printer = IppPrinter(folder) if kind == "double" else EvePrinter(name, folder, self.home, self._bus.address())
        self.printers[name] = printer
        return printer.start()

    def papers(self, queue: str) -> list[tuple[str, str]]:
        """(job-name, sha256) of each document the printer of this queue was sent, in that order."""
        return papers(self._paper / queue)

    def documents(self, queue: str) -> dict[str, bytes]:
        """The documents by job-name; the last one, if a job was sent twice."""
        return {job_name_of(sheet): sheet.read_bytes() for sheet in sheets(self._paper / queue)}

    def start_cupsd(self) -> None:
        with open(self.home / "log/out", "ab") as out:
            command = [CUPSD, "-f", "-c", f"{self.home}/etc/cupsd.conf", "-s", f"{self.home}/etc/cups-files.conf"]
            self._cupsd = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        until(lambda: answers(self.socket), "cupsd", self._cupsd)

    def stop_cupsd(self, number: int = signal.SIGTERM) -> None:
        end(self._cupsd, number)
        self._cupsd = None

    def kill_cupsd(self, *, backends: bool = False) -> None:
        """kill -9; with `backends`, its children too, as systemd does."""
        self.stop_cupsd(signal.SIGKILL)
        if backends:
            self._kill_backends()

    def restart_cupsd(self) -> None:
        """Up again, whether it was killed before or is stopped in an orderly way now."""
        self.stop_cupsd()
        self.start_cupsd()

    def stop(self) -> None:
        """End everything, whatever state it is in, also if one of them can't be ended."""
        with ExitStack() as last_first:
            last_first.callback(self._bus.stop)
            for printer in self.printers.values():
                last_first.callback(printer.stop)
            last_first.callback(self._kill_backends)
            last_first.callback(self.stop_cupsd)

    def _kill_backends(self) -> None:
        """End what our cupsd started: programs of CUPS that carry our own folder in their environment."""
        mark = f"CUPS_SERVERROOT={self.home}/etc".encode()
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # not ours to look at, or gone by itself
                is_of_cups = os.readlink(entry / "exe").startswith("/usr/lib/cups/")
                if is_of_cups and mark in (entry / "environ").read_bytes().split(b"\0"):
                    os.kill(int(entry.name), signal.SIGKILL)


# Paper ---------------------------------------------------------------------------------------------------------------


def papers(folder: Path) -> list[tuple[str, str]]:
    """(job-name, sha256) of each document that a printer kept in `folder`, in the order in which they came."""
    return [(job_name_of(sheet), sha256(sheet.read_bytes()).hexdigest()) for sheet in sheets(folder)]


def sheets(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*.pdf"))


def job_name_of(sheet: Path) -> str:
    return sheet.stem.partition("-")[2]


# Configuration -------------------------------------------------------------------------------------------------------


def write_cups_config(home: Path, address: str) -> None:
    """The folders and the two files of a private cupsd; it runs its backends as `lp` if we are root, else as we do."""
    root = os.getuid() == 0
    user = "lp" if root else getpass.getuser()
    group = "lp" if root else grp.getgrgid(os.getgid()).gr_name
    for folder in ("etc/ppd", "spool/tmp", "cache", "state", "log"):
        (home / folder).mkdir(parents=True)
    (home / "etc/cups-files.conf").write_text(
        FILES_CONFIG.format(home=home, user=user, group=group, system="root" if root else group)
    )
    (home / "etc/cupsd.conf").write_text(CUPSD_CONFIG.format(address=address))


FILES_CONFIG = """\
ServerRoot {home}/etc
RequestRoot {home}/spool
TempDir {home}/spool/tmp
CacheDir {home}/cache
StateDir {home}/state
AccessLog {home}/log/access_log
ErrorLog {home}/log/error_log
PageLog {home}/log/page_log
Printcap
User {user}
Group {group}
SystemGroup {system}
Sandboxing Relaxed
SyncOnClose Yes
"""

# Privacy and job operations as in Debian's own policy; queues may be changed by whoever runs the lab.
CUPSD_CONFIG = """\
Listen {address}
LogLevel warn
Browsing No
WebInterface No
DefaultAuthType None
IdleExitTimeout 0
MaxClients 200
MaxJobs 0
MaxJobTime 0
PreserveJobHistory Yes
PreserveJobFiles No
ErrorPolicy retry-current-job
DirtyCleanInterval 0
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  JobPrivateAccess default
  JobPrivateValues default
  SubscriptionPrivateAccess default
  SubscriptionPrivateValues default
  <Limit Send-Document Hold-Job Release-Job Restart-Job Set-Job-Attributes Cancel-Job Close-Job CUPS-Move-Job>
    Require user @OWNER @SYSTEM
    Order deny,allow
  </Limit>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
"""

# As a command --------------------------------------------------------------------------------------------------------


def main() -> None:
    """Run a lab of doubles until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m tests.cups_lab", description=main.__doc__)
    parser.add_argument("--queues", required=True, help="names, separated by commas")
    parser.add_argument("--dir", required=True, type=Path, help="where the paper goes: DIR/QUEUE/TIME-JOB_NAME.pdf")
    parser.add_argument("--kind", choices=("double", "ippeveprinter"), default="double")
    arguments = parser.parse_args()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with running_lab(arguments.dir) as lab:
        for queue in arguments.queues.split(","):
            lab.add_queue(queue, arguments.kind)
        ready = {"socket": lab.socket, "cupsd_pid": lab.cupsd_pid, "pid": os.getpid(), "dir": str(arguments.dir)}
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        stopped.wait()


if __name__ == "__main__":
    main()
