"""The SFTP drop with a real sshd: who has its key may put files into the hot folder and rename them, and nothing else.

sshd and service run in a booted lab, with Debian's own sshd_config and our snippet beside it, on its loopback.
"""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import a_shipment
from tests.programs import until
from tests.shop import order_file
from tests.systemd_lab import SystemdLab, booted, why_not

PORT = "2222"
TO = ("-i", "/root/drop/key", "-o", "UserKnownHostsFile=/root/drop/known", "-o", "StrictHostKeyChecking=accept-new")
NOT_HERE = "" if shutil.which("sshd", path="/usr/sbin") else "there is no sshd here: apt-get install openssh-server"

pytestmark = pytest.mark.skipif(bool(NOT_HERE or why_not()), reason=NOT_HERE or why_not())


@pytest.fixture(scope="module")
def lab() -> Iterator[SystemdLab]:
    with booted({}) as lab:
        for name in ("host", "key"):
            made = lab.run("sh", "-c", f"mkdir -p /root/drop; ssh-keygen -q -t ed25519 -N '' -f /root/drop/{name}")
            assert 0 == made.returncode, made.stderr
        lab.run("cp", "/root/drop/key.pub", "/etc/ssh/slipway-sftp.keys")
        sshd = ("/usr/sbin/sshd", "-D", "-o", "ListenAddress=127.0.0.1", "-o", f"Port={PORT}")
        own = ("-o", "HostKey=/root/drop/host", "-o", "PidFile=none")
        started = lab.run("systemd-run", "--property=RuntimeDirectory=sshd", "--unit=drop-sshd", *sshd, *own)
        assert 0 == started.returncode, started.stderr
        until(lambda: 0 == sftp(lab, "pwd").returncode, "sshd")
        (lab.root / "root/drop/order.json").write_text("{}")
        assert 0 == sftp(lab, "put /root/drop/order.json own.part").returncode
        yield lab


def sftp(lab: SystemdLab, *commands: str) -> "subprocess.CompletedProcess[str]":
    """The commands, until one fails."""
    (lab.root / "root/drop/batch").write_text("\n".join(commands) + "\n")
    return lab.run("sftp", "-q", *TO, "-P", PORT, "-b", "/root/drop/batch", "slipway-sftp@127.0.0.1")


def ssh(lab: SystemdLab, *what: str) -> "subprocess.CompletedProcess[str]":
    return lab.run("timeout", "10", "ssh", *TO, "-p", PORT, "-n", "slipway-sftp@127.0.0.1", *what)


def incoming(lab: SystemdLab) -> Path:
    return lab.root / "srv/slipway/incoming"


def test_an_order_that_is_put_and_renamed_prints(lab: SystemdLab) -> None:
    (lab.root / "root/drop/order.json").write_bytes(order_file(a_shipment()))
    done = sftp(lab, "put /root/drop/order.json order.json.part", "rename order.json.part order.json")
    assert 0 == done.returncode, done.stderr
    printed = lab.root / "var/lib/slipway/printers/uk-notes/509217-1-r1.pdf"
    until(printed.exists, "the note")
    until(lambda: not (incoming(lab) / "order.json").exists(), "the claim")


def test_an_order_that_is_put_in_place_prints(lab: SystemdLab) -> None:
    (lab.root / "root/drop/order.json").write_bytes(order_file(a_shipment(order_id="509218")))
    assert 0 == sftp(lab, "put /root/drop/order.json second.json").returncode
    until((lab.root / "var/lib/slipway/printers/uk-notes/509218-1-r1.pdf").exists, "the note")


@pytest.mark.parametrize(
    "command",
    [
        *("ls", "ls /", "get own.part /root/drop/got", "rm own.part", "rmdir /incoming", "mkdir folder"),
        *("ln own.part other", "symlink own.part other", "chmod 666 own.part", "chown 0 own.part", "df"),
        *("get theirs.part /root/drop/got", "rename theirs.part ours.part", "put /root/drop/order.json theirs.part"),
        *("put /root/drop/order.json /top.json", "put /root/drop/order.json /../../tmp/out.json", "cd /etc"),
    ],
)
def test_nothing_else_is_allowed(lab: SystemdLab, command: str) -> None:
    theirs = incoming(lab) / "theirs.part"
    theirs.write_text("theirs")
    theirs.chmod(0o640)
    refused = sftp(lab, command)
    assert "" != refused.stderr
    assert f"sftp> {command}\n" == refused.stdout
    assert {"own.part": "{}", "theirs.part": "theirs"} == {
        path.name: path.read_text() for path in incoming(lab).iterdir()
    }


def test_there_is_no_shell_and_no_way_on(lab: SystemdLab) -> None:
    assert "uid=" not in ssh(lab, "id").stdout
    forwarded = ssh(lab, "-W", f"127.0.0.1:{PORT}")
    assert "prohibited" in forwarded.stderr or "refused" in forwarded.stderr


def test_a_password_opens_nothing(lab: SystemdLab) -> None:
    refused = lab.run(
        *("ssh", "-o", "UserKnownHostsFile=/root/drop/known", "-o", "StrictHostKeyChecking=accept-new"),
        *("-o", "PubkeyAuthentication=no", "-o", "BatchMode=yes", "-p", PORT, "slipway-sftp@127.0.0.1"),
    )
    assert "Permission denied (publickey)" in refused.stderr
