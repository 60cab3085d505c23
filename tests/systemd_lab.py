"""A real systemd for tests: booted as PID 1 of its own namespaces, on an overlay of this machine's root.

What `make install` lays out is laid over the root, with the interpreter and the packages of the tests in the place of
the venv. Nothing of the machine's own services is touched: own processes, mounts, cgroup, network; all of it ends with
the process that the test started. Needs root; where that or something else is missing, `why_not` says so.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.programs import PATIENCE_S, until

BOOT = Path(__file__).parent / "boot_systemd.sh"
SYSTEMD = Path("/lib/systemd/systemd")
CGROUPS = (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup"))
MASKED = (
    *("cups.service", "cups.socket", "cups.path", "dbus.service", "dbus.socket", "getty.target", "ssh.service"),
    *("systemd-logind.service", "systemd-networkd.service", "systemd-resolved.service", "systemd-timesyncd.service"),
    *("systemd-udevd.service", "systemd-udevd-control.socket", "systemd-udevd-kernel.socket", "systemd-binfmt.service"),
    *(
        "systemd-udev-trigger.service",
        "systemd-sysctl.service",
        "systemd-modules-load.service",
        "systemd-pstore.service",
    ),
)
TARGET = """\
[Unit]
Description=What the test wants
Requires=sysinit.target
After=sysinit.target
Wants=slipway.service systemd-user-sessions.service
AllowIsolate=yes
"""


@cache
def why_not() -> str:
    """What keeps this machine from booting a lab; empty if nothing does."""
    if os.getuid() != 0:
        return "a real systemd can be booted by root only"
    if not SYSTEMD.exists():
        return "there is no systemd here: apt-get install systemd"
    if not any((cgroup / "cgroup.controllers").exists() for cgroup in CGROUPS):
        return "there is no cgroup v2 here"
    try_out = "mount --make-rprivate / && mkdir /tmp/$$ && mount -t tmpfs t /tmp/$$ && cd /tmp/$$ && mkdir a b c && "
    try_out += "mount -t overlay -o lowerdir=/,upperdir=a,workdir=b o c; status=$?; cd /; umount -l /tmp/$$; "
    try_out += "rmdir /tmp/$$; exit $status"
    tried = subprocess.run(["unshare", "--mount", "sh", "-c", try_out], capture_output=True, text=True, check=False)
    return f"no namespaces or no overlays here: {tried.stderr.strip()}" if tried.returncode else ""


@contextmanager
def booted(units: dict[str, str]) -> Iterator["SystemdLab"]:
    """A booted lab with what is installed, and `units` (drop-ins are `slipway.service.d/NAME.conf`) beside it."""
    home = Path(tempfile.mkdtemp(prefix="systemd", dir="/tmp"))
    home.chmod(0o755)
    lab = SystemdLab(home)
    try:
        _lay_out(home, units)
        lab.boot()
        yield lab
    finally:
        lab.stop()
        shutil.rmtree(home)


class SystemdLab:
    """The machine that was booted: its root as we see it, and what can be said inside."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._cgroup = next(cgroup for cgroup in CGROUPS if (cgroup / "cgroup.controllers").exists()) / home.name
        self._outer: subprocess.Popen[bytes] | None = None
        self._pid = 0

    @property
    def root(self) -> Path:
        return Path(f"/proc/{self._pid}/root")

    def boot(self) -> None:
        self._cgroup.mkdir()
        (self._home / "console").touch()
        join_and_boot = f"echo $$ >{self._cgroup}/cgroup.procs && exec unshare --pid --fork --kill-child --mount --uts "
        join_and_boot += f"--ipc --cgroup --net {BOOT} {self._home}"
        self._outer = subprocess.Popen(["sh", "-c", join_and_boot], stdin=subprocess.DEVNULL)
        until(self._is_up, f"systemd; {self._home}/console says why", self._outer)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command inside, to its end, whatever that is."""
        enter = ["nsenter", "--target", str(self._pid), "--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup"]
        return subprocess.run([*enter, *command], capture_output=True, text=True, timeout=PATIENCE_S * 2, check=False)

    def systemctl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("systemctl", "--no-pager", *arguments)

    def shows(self, name: str, unit: str = "slipway.service") -> str:
        """A property of a unit."""
        return self.systemctl("show", "--value", f"--property={name}", unit).stdout.strip()

    def journal(self, *question: str) -> list[dict[str, Any]]:
        """What the journal of slipway answers."""
        self.run("journalctl", "--namespace=slipway", "--sync")
        answer = self.run("journalctl", "--namespace=slipway", "--output=json", "--unit=slipway", *question)
        return [json.loads(line) for line in answer.stdout.splitlines()]

    def console(self) -> str:
        return (self._home / "console").read_text(errors="replace")

    def stop(self) -> None:
        """End everything inside, whatever state it is in."""
        if self._outer:
            self._outer.kill()
            self._outer.wait(PATIENCE_S)
        for _ in range(100):
            with suppress(OSError):
                for cgroup in sorted(self._cgroup.rglob("*/"), reverse=True):
                    cgroup.rmdir()
                self._cgroup.rmdir()
            if not self._cgroup.exists():
                return
            time.sleep(0.05)  # the kernel takes its time to bury the processes

    def _is_up(self) -> bool:
        assert self._outer
        children = Path(f"/proc/{self._outer.pid}/task/{self._outer.pid}/children").read_text().split()
        if not children:
            return False
        self._pid = int(children[0])
        is_inside = (self.root / "etc/systemd/system/lab.target").exists()
        return is_inside and (self.root / "run/systemd/private").exists()


def _lay_out(home: Path, units: dict[str, str]) -> None:
    layer = home / "layer"
    install = [ROOT / "deploy" / "install.sh"]
    subprocess.run(install, env={**os.environ, "DESTDIR": str(layer)}, check=True, capture_output=True, timeout=60)
    for path in (layer / "etc/slipway").rglob("*"):  # on a real machine it belongs to a group that is not there yet
        path.chmod(path.stat().st_mode | (0o005 if path.is_dir() else 0o004))
    (home / "units").mkdir()
    (home / "units" / "lab.target").write_text(TARGET)
    for name in MASKED:
        (home / "units" / name).symlink_to("/dev/null")
    for name, text in units.items():
        unit = home / "units" / name
        unit.parent.mkdir(parents=True, exist_ok=True)
        unit.write_text(text)
    release = (layer / "opt/slipway/current").readlink()  # an absolute one, of the machine that is booted
    _lay_out_program(home, layer / release.relative_to("/") / "venv/bin/slipway")


def _lay_out_program(home: Path, command: Path) -> None:
    """In the venv's place: the tests' own interpreter and packages, where the service's user may read them."""
    packages = sysconfig.get_path("purelib")
    command.parent.mkdir(parents=True)
    command.write_text(
        "#!/bin/sh\n"
        "export PYTHONPATH=/opt/slipway/current:/opt/slipway/lab/packages PYTHONDONTWRITEBYTECODE=1 PYTHONSAFEPATH=1\n"
        "export LD_LIBRARY_PATH=/opt/slipway/lab/python/lib\n"  # of an interpreter that has a library of its own
        f'exec /opt/slipway/lab/python/bin/{Path(sys.executable).resolve().name} -m service.cli "$@"\n'
    )
    command.chmod(0o755)
    binds = {sys.base_prefix: "python", packages: "packages"}
    (home / "binds").write_text("".join(f"{source} /opt/slipway/lab/{to}\n" for source, to in binds.items()))
