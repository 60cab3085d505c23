"""What `make install` lays out, looked at by systemd's own tools, without a systemd that runs."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT

NIGHTLY = ("slipway-images", "slipway-recommend", "slipway-prune")
UNITS = ("slipway.service", *(f"{job}.{kind}" for job in NIGHTLY for kind in ("service", "timer")))
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="apt-get install systemd")
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="users and owners are made by root only")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which `DESTDIR=... make install` was done."""
    dest = tmp_path_factory.mktemp("dest")
    run_for("install", dest)
    return dest


def run_for(what: str, dest: Path) -> str:
    environ = {**os.environ, "DESTDIR": str(dest)}
    script = [ROOT / "deploy" / f"{what}.sh"]
    return subprocess.run(script, env=environ, check=True, capture_output=True, text=True, timeout=60).stdout


def ask(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60, check=False)


@needs_systemd
def test_systemd_finds_nothing_to_complain_about(installed: Path, tmp_path: Path) -> None:
    for unit in UNITS:  # the venv is not there: any program stands in for it
        text = (installed / "usr/local/lib/systemd/system" / unit).read_text()
        (tmp_path / unit).write_text(text.replace("/opt/slipway/current/venv/bin/slipway", "/bin/true"))
    verified = ask("systemd-analyze", "verify", "--man=no", *(tmp_path / unit for unit in UNITS))
    ours = [line for line in verified.stderr.splitlines() if "slipway" in line]
    assert [] == ours


@needs_systemd
@pytest.mark.parametrize(("unit", "tenths"), [("slipway.service", 12), *((f"{job}.service", 5) for job in NIGHTLY)])
def test_a_service_is_exposed_to_little(installed: Path, unit: str, tenths: int) -> None:
    path = installed / "usr/local/lib/systemd/system" / unit
    judged = ask("systemd-analyze", "security", "--offline=yes", "--no-pager", f"--threshold={tenths}", path)
    assert 0 == judged.returncode, judged.stdout[-3000:]


@pytest.mark.parametrize("job", NIGHTLY)
def test_what_is_done_at_night_is_a_command_and_switched_on_and_off_with_the_service(installed: Path, job: str) -> None:
    text = (installed / "usr/local/lib/systemd/system" / f"{job}.service").read_text()
    (command,) = re.findall(r"^ExecStart=\S+/slipway --config /etc/slipway ([a-z ]+[a-z])", text, re.MULTILINE)
    assert 0 == ask(ROOT / ".venv/bin/slipway", *command.split(), "--help").returncode
    assert f"{job}.timer" in (ROOT / "deploy/install.sh").read_text()
    assert f"{job}.timer" in (ROOT / "deploy/uninstall.sh").read_text()


@pytest.mark.parametrize("unit", UNITS)
def test_every_paragraph_of_a_unit_begins_with_its_reason(installed: Path, unit: str) -> None:
    text = (installed / "usr/local/lib/systemd/system" / unit).read_text()
    assert [] == [paragraph for paragraph in text.split("\n\n") if paragraph[0] not in "#["]


@needs_systemd
@needs_root
def test_users_and_folders_come_out_as_meant(installed: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    for _ in range(2):  # again changes nothing
        for tool, folder in (("systemd-sysusers", "sysusers.d"), ("systemd-tmpfiles --create", "tmpfiles.d")):
            made = ask(*tool.split(), f"--root={root}", installed / "usr/local/lib" / folder / "slipway.conf")
            assert 0 == made.returncode, made.stderr
    groups = dict(re.findall(r"^([a-z-]+):x:\d+:(.*)$", (root / "etc/group").read_text(), re.MULTILINE))
    assert {"slipway": "", "slipway-drop": "slipway,slipway-sftp", "slipway-sftp": ""} == groups
    shells = {line.rpartition(":")[2] for line in (root / "etc/passwd").read_text().splitlines()}
    assert {"/usr/sbin/nologin"} == shells
    modes = {path: f"{(root / path).stat().st_mode & 0o7777:o}" for path in ("srv/slipway", "srv/slipway/incoming")}
    assert {"srv/slipway": "755", "srv/slipway/incoming": "3730"} == modes
    assert Path("/srv/slipway/incoming") == (root / "var/lib/slipway/incoming").readlink()


def test_the_installed_configuration_names_the_installed_places(installed: Path) -> None:
    settings = tomllib.loads((installed / "etc/slipway/slipway.toml").read_text())
    places = (settings["spool"], settings["image_cache"], settings["layouts"])
    assert ("/var/lib/slipway", "/var/cache/slipway/images", "/etc/slipway/layouts") == places


def test_installing_again_leaves_the_configuration_alone_and_uninstalling_keeps_it(tmp_path: Path) -> None:
    run_for("install", tmp_path)
    layout = tmp_path / "etc/slipway/layouts/amber-home/layout.toml"
    layout.write_text("# ours")
    (tmp_path / "etc/slipway/feeds/shopify.toml").unlink()
    secrets = tmp_path / "etc/slipway/environment"
    secrets.touch(mode=0o600)
    said = run_for("install", tmp_path)
    assert "/etc/slipway is left as it is" in said
    assert "# ours" == layout.read_text()
    assert {secrets: "600", layout: "640"} == {path: f"{path.stat().st_mode & 0o777:o}" for path in (secrets, layout)}
    assert not (tmp_path / "etc/slipway/feeds/shopify.toml").exists()

    run_for("uninstall", tmp_path)
    kept = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if not path.is_dir()}
    assert {path for path in kept if not path.startswith("etc/slipway/")} == set()
    assert "etc/slipway/slipway.toml" in kept


def test_all_that_is_installed_is_taken_away_again(installed: Path) -> None:
    uninstall = (ROOT / "deploy" / "uninstall.sh").read_text()
    laid_out = {f"/{path.relative_to(installed)}" for path in installed.rglob("*") if not path.is_dir()}
    kept = ("/etc/slipway/", "/opt/slipway/")  # stays; goes as a whole
    assert [] == [path for path in sorted(laid_out) if not path.startswith(kept) and path not in uninstall]
