"""CUPS's own virtual printer, ippeveprinter, and the D-Bus that Debian's build of it wants."""

import os
import subprocess
from pathlib import Path

from tests.programs import answers, end, free_port, until

IPPEVEPRINTER, DBUS = "/usr/sbin/ippeveprinter", "/usr/bin/dbus-daemon"
A4_PRINTER = Path(__file__).with_name("a4-printer.conf")


class EvePrinter:
    """CUPS's own virtual printer: A4, colour, duplex, one job at a time."""

    def __init__(self, name: str, folder: Path, home: Path, bus: str) -> None:
        self.name, self.folder, self.port = name, folder, free_port()
        self._spool = home / f"{name}.spool"
        self._script = home / f"{name}.sh"
        self._environ = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bus, "PAPER": str(folder)}
        self._program: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._spool.mkdir()
        self._script.write_text(KEEP_SCRIPT)
        self._script.chmod(0o755)

    @property
    def uri(self) -> str:
        return f"ipp://127.0.0.1:{self.port}/ipp/print"

    def options(self, job_name: str) -> dict[str, str]:
        """The job attributes that arrived with a job that is on paper, by the names that ippeveprinter gives them."""
        lines = (self.folder / f"{job_name}.options").read_text().splitlines()
        return {name: value for name, _, value in (line.partition("=") for line in lines)}

    def behave(self, mode: str, seconds: float) -> None:
        """How it treats the next job: `abort` it after so many seconds, or be `jam`med for so many before it; once."""
        beside = self.folder / ".behave.tmp"
        beside.write_text(f"mode={mode} seconds={seconds:g}\n")
        beside.rename(self.folder / ".behave")

    @property
    def pid(self) -> int:
        assert self._program
        return self._program.pid

    def start(self) -> "EvePrinter":
        command = [IPPEVEPRINTER, "-p", str(self.port), "-n", "localhost", "-r", "off", "-d", str(self._spool)]
        command += ["-a", str(A4_PRINTER), "-c", str(self._script), self.name]
        with open(self._spool / "log", "ab") as out:
            self._program = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self._environ
            )
        until(lambda: answers(("127.0.0.1", self.port)), self.name, self._program)
        return self

    def stop(self) -> None:
        end(self._program)
        self._program = None


class PrivateBus:
    """A D-Bus of our own: ippeveprinter does not start without one, even if it announces nothing on it."""

    def __init__(self, home: Path) -> None:
        self._path = home / "bus"
        self._config = home / "bus.conf"
        self._log = home / "log/bus"
        self._program: subprocess.Popen[bytes] | None = None

    def address(self) -> str:
        """Its address; it runs from the first time that somebody asks."""
        if self._program is None:
            self._config.write_text(BUS_CONFIG.format(path=self._path))
            command = [DBUS, f"--config-file={self._config}", "--nofork", "--nopidfile"]
            with open(self._log, "ab") as out:
                self._program = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
            until(self._path.exists, "dbus-daemon", self._program)
        return f"unix:path={self._path}"

    def stop(self) -> None:
        end(self._program)
        self._program = None


BUS_CONFIG = """\
<busconfig>
  <type>session</type>
  <listen>unix:path={path}</listen>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""

KEEP_SCRIPT = """\
#!/bin/sh
# Keep what is "printed": TIME-JOB_NAME.pdf, whole when its name appears.
set -e
if mv "$PAPER/.behave" "$PAPER/.behaves" 2> /dev/null; then
    . "$PAPER/.behaves"
    case $mode in
        abort) sleep $seconds; exit 1 ;;
        jam) echo "STATE: +media-jam-error" >&2; sleep $seconds; echo "STATE: -media-jam-error" >&2 ;;
    esac
fi
env | grep ^IPP_ > "$PAPER/$IPP_JOB_NAME.options"
cp "$1" "$PAPER/.$$.tmp"
mv "$PAPER/.$$.tmp" "$PAPER/$(date +%s%N)-$IPP_JOB_NAME.pdf"
"""
