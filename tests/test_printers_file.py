"""config/printers.toml, and what is said of queues, without a CUPS."""

import re
from pathlib import Path

import pytest

from service.cli.printer_words import reasons_in_words
from service.config import Queue, read_config
from service.errors import ConfigInvalid
from service.planning.house import compile_house
from service.printing import queues_settings
from service.printing.queues import device_in_cups
from service.printing.queues_settings import Look, directives, look_at_settings

SOCKET = queues_settings.OWN_SOCKET


@pytest.fixture
def config(tmp_path: Path, root: Path) -> Path:
    """A copy of the shipped configuration."""
    folder = tmp_path / "config"
    folder.mkdir()
    for source in (root / "config").rglob("*.*"):
        target = folder / source.relative_to(root / "config")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    return folder


def faults_of(config: Path, printers: str) -> list[str]:
    """What is said of this printers.toml, after its path."""
    path = config / "printers.toml"
    path.write_text(printers)
    with pytest.raises(ConfigInvalid) as caught:
        read_config(config, {})
    return [line.removeprefix(f"{path}:") for line in caught.value.what.splitlines()]


# The file ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "device",
    [
        *("", "ipp://10.1.4.21/ipp/print", "ipps://label.example:8631/ipp?a=b", "ipp://[fe80::1]/ipp/print"),
        *("socket://10.1.4.22:9100", "lpd://10.1.4.23/notes", "usb://HP/LaserJet%201?serial=9", "usb:///dev/usb/lp0"),
    ],
)
def test_a_device_is_taken_as_people_write_it(device: str) -> None:
    assert device == Queue(name="a", device=device).device


@pytest.mark.parametrize(
    ("device", "reason"),
    [
        ("10.1.4.21", "not a device URI, as in ipp://10.1.4.21/ipp/print"),
        ("ipp:/10.1.4.21", "not a device URI"),
        ("ipp:///ipp/print", "not a device URI"),
        ("ipp://10.1.4.21:port/ipp", "not a device URI"),
        ("ipp://10.1.4.21/a b", "not a device URI"),
        ("ipp://ada:secret@10.1.4.21/", "a device URI holds no user and password here"),
        ("ipp://10.1.4.21/ipp/print?waitjob=false", "leave waitjob out"),
    ],
)
def test_a_device_that_is_none_is_named_by_file_line_and_key(config: Path, device: str, reason: str) -> None:
    (fault,) = faults_of(config, f'[[queue]]\nname = "a"\n\n[[queue]]\nname = "b"\ndevice = "{device}"\n')
    assert fault.startswith(f"6: queue[2].device: {reason}")
    assert "secret" not in fault


def test_what_does_not_fit_between_queues_is_said_all_at_once(config: Path) -> None:
    printers = """\
[[queue]]
name = "a"
backup = "a"

[[queue]]
name = "b"
backup = "nowhere"

[[queue]]
name = "b"
device = "socket://10.1.4.22:9100"
model = "everywhere"
"""
    expected = [
        "10: queue[3].name: queue[2] has this name too",
        "3: queue[1].backup: a queue can't be its own backup",
        "7: queue[2].backup: there is no queue nowhere in this file",
        "12: queue[3].model: only the queue of an ipp:// or ipps:// device can be made everywhere",
    ]
    assert expected == faults_of(config, printers)


def test_every_key_of_a_queue_is_explained_and_shown_in_the_shipped_file(root: Path) -> None:
    text = (root / "config/printers.toml").read_text()
    for key, field in Queue.model_fields.items():
        assert re.search(rf"^# {key} = ", text, re.MULTILINE), f"{key} has no example"
        assert key == "name" or re.search(rf"\b{key}\b  ?", text)
        assert key == "name" or field.description


def test_the_example_in_the_shipped_file_is_a_queue(root: Path, config: Path) -> None:
    text = (root / "config/printers.toml").read_text()
    example = text.partition("# A queue with everything:\n#\n")[2]
    path = config / "printers.toml"
    path.write_text(text.replace('name = "uk-notes"\n', 'name = "other"\n', 1) + example.replace("# ", ""))
    queue = read_config(config, {}).printers.queue[-1]
    assert set(Queue.model_fields) == queue.model_fields_set


def test_the_printer_is_asked_where_it_speaks_ipp_and_may_be_asked() -> None:
    ipp = "ipp://10.1.4.21/ipp/print"
    assert ipp == Queue(name="a", device=ipp).asked_at
    assert "" == Queue(name="a", device=ipp, ask_printer=False).asked_at
    assert "" == Queue(name="a", device="socket://10.1.4.22:9100").asked_at


def test_cups_is_told_not_to_wait_only_where_the_printer_is_asked() -> None:
    assert "ipp://a/ipp?waitjob=false" == device_in_cups(Queue(name="a", device="ipp://a/ipp"))
    assert "ipp://a/ipp?x=1&waitjob=false" == device_in_cups(Queue(name="a", device="ipp://a/ipp?x=1"))
    assert "ipp://a/ipp" == device_in_cups(Queue(name="a", device="ipp://a/ipp", ask_printer=False))
    assert "lpd://a/notes" == device_in_cups(Queue(name="a", device="lpd://a/notes"))


# The backup: the queue's is the rule, a route's the exception ---------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "of_route"), [("uk-notes-2", ""), ("", 'backup = ""\n'), ("int-notes", 'backup = "int-notes"\n')]
)
def test_a_route_takes_the_backup_of_its_queue_unless_it_names_one(config: Path, expected: str, of_route: str) -> None:
    (config / "routing.toml").write_text(f'[[route]]\nqueue = "uk-notes"\n{of_route}')
    (route,) = compile_house(read_config(config, {})).routes.values()
    assert expected == route.backup


# Words ---------------------------------------------------------------------------------------------------------------


def test_reasons_are_told_in_words_once_and_unknown_ones_as_they_are() -> None:
    reasons = ("media-empty-error", "media-empty-warning", "toner-low-report", "paused", "trimmer-jam-error")
    assert ["out of paper", "toner low", "stopped by hand", "trimmer jam"] == reasons_in_words(reasons)


# cupsd's settings ----------------------------------------------------------------------------------------------------


def test_of_a_directive_that_stands_twice_the_last_counts_and_sections_are_left_out() -> None:
    text = "# MaxJobs 1\nMaxJobs 500\n<Policy default>\n<Limit All>\nMaxJobs 2\n</Limit>\n</Policy>\nMAXJOBS  3000\n"
    assert {"MaxJobs": "3000"} == directives(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("daily\npostrotate\n\tinvoke-rc.d --quiet cups restart > /dev/null\nendscript\n", "restarts cupsd every day"),
        ("# invoke-rc.d cups restart\ncopytruncate\n", ""),
    ],
)
def test_a_logrotate_that_restarts_cupsd_is_a_fault(
    text: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cups-daemon"
    path.write_text(text)
    monkeypatch.setattr(queues_settings, "LOGROTATE", path)
    (look,) = (look for look in look_at_settings({}, "", SOCKET) if look.subject == "logrotate")
    assert look.fault.startswith(expected) and bool(expected) == bool(look.fault)


def test_files_that_can_not_be_read_are_unknown_not_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues_settings, "OWN_FILES", tmp_path / "cups-files.conf")
    monkeypatch.setattr(queues_settings, "LOGROTATE", tmp_path / "cups-daemon")
    looks = {look.subject: look for look in look_at_settings({}, None, SOCKET)}
    nothing = "No such file or directory"
    assert Look("cups-files.conf", unknown=f"{tmp_path}/cups-files.conf: {nothing}") == looks["cups-files.conf"]
    assert Look("logrotate", unknown=f"{tmp_path}/cups-daemon: {nothing}") == looks["logrotate"]
