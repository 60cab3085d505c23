"""The unit under a real systemd: ready, asked by order, reloaded, hung, drained, and stopped for good by a bad start.

One boot for everything; the tests are steps of one night, in the order in which they stand.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import a_shipment
from tests.programs import until
from tests.shop import order_file
from tests.systemd_lab import SystemdLab, booted, why_not

FIGURES = "/run/slipway/slipway.prom"
IMPATIENT = "[Service]\nWatchdogSec=3\nTimeoutAbortSec=1\nRestartSec=100ms\n"
MEASURED = f"[Service]\nEnvironment=SLIPWAY_METRICS_TEXTFILE={FIGURES} SLIPWAY_METRICS_EVERY_S=0.2\n"
SPOOL, CONFIG = "var/lib/slipway", "etc/slipway"

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


@pytest.fixture(scope="module")
def lab() -> Iterator[SystemdLab]:
    with booted({"slipway.service.d/impatient.conf": IMPATIENT, "slipway.service.d/measured.conf": MEASURED}) as lab:
        yield lab


def test_it_gets_ready_and_says_what_it_is_at(lab: SystemdLab) -> None:
    until(lambda: "active" == lab.shows("ActiveState"), "the service")
    until(lambda: "0 waiting" in lab.shows("StatusText"), "its status")
    owner = (lab.root / SPOOL / "ledger.db").stat()
    assert (str(owner.st_uid), 0o640) == (lab.run("id", "--user", "slipway").stdout.strip(), owner.st_mode & 0o777)


def test_the_journal_answers_for_an_order(lab: SystemdLab) -> None:
    drop(lab, "509217", "509218")
    until(lambda: 2 == len(sheets(lab)), "the sheets")
    until(lambda: 2 == len(lab.journal("ORDER_ID=509217")), "the journal's answer")
    accepted, completed = lab.journal("ORDER_ID=509217")
    assert ("note.accepted", "509217-1-r1", "6") == (accepted["EVENT"], accepted["NOTE_ID"], accepted["PRIORITY"])
    assert ("note.completed", "uk-notes") == (completed["EVENT"], completed["QUEUE"])
    assert [] == lab.journal("--priority=warning")


def test_everybody_may_read_its_figures(lab: SystemdLab) -> None:
    completed = 'slipway_notes_total{code="",queue="uk-notes",state="completed"} 2.0'
    until(lambda: completed in lab.run("runuser", "-u", "nobody", "--", "cat", FIGURES).stdout, "the figures")


def test_the_picture_library_waits_for_its_night_and_for_a_folder(lab: SystemdLab) -> None:
    assert 0 == lab.systemctl("start", "slipway-images.timer").returncode
    assert " 02:" in lab.shows("NextElapseUSecRealtime", "slipway-images.timer")
    lab.systemctl("start", "slipway-images.service")  # no images.env: nothing to do
    assert ("no", "success") == tuple(lab.shows(name, "slipway-images") for name in ("ConditionResult", "Result"))


def test_a_reload_takes_what_is_good_and_refuses_what_is_bad(lab: SystemdLab) -> None:
    edit(lab, "routing.toml", 'queue = "uk-notes"', 'queue = "int-notes"')
    assert 0 == lab.systemctl("reload", "slipway").returncode
    until(lambda: bool(lab.journal("EVENT=config.reloaded")), "the good reload")
    edit(lab, "routing.toml", 'queue = "int-notes"', 'queeu = "int-notes"')
    lab.systemctl("reload", "slipway")
    until(lambda: bool(lab.journal("EVENT=config.refused")), "the bad reload")
    (refused,) = lab.journal("EVENT=config.refused")
    assert "/etc/slipway/routing.toml:8: route[1].queeu: there is no such key; did you mean queue?" in refused["REASON"]
    assert ("3", "active") == (refused["PRIORITY"], lab.shows("ActiveState"))
    drop(lab, "3")
    until(lambda: ("int-notes", "3-1-r1") in sheets(lab), "the sheet, by the good configuration")
    edit(lab, "routing.toml", 'queeu = "int-notes"', 'queue = "int-notes"')


def test_the_watchdog_ends_a_service_that_hangs_and_nothing_is_lost_or_twice(lab: SystemdLab) -> None:
    hung = int(lab.shows("MainPID"))
    lab.run("kill", "-STOP", str(hung))
    drop(lab, "4", "5", "6")
    until(lambda: "1" == lab.shows("NRestarts") and "active" == lab.shows("ActiveState"), "the next life")
    until(lambda: 6 == len(sheets(lab)), "the sheets of what was dropped meanwhile")
    assert {1} == set(sheets(lab).values())
    assert hung != int(lab.shows("MainPID"))
    assert {"completed"} == states(lab)


def test_a_stop_drains_what_is_under_way_and_the_next_start_goes_on(lab: SystemdLab) -> None:
    drop(lab, *(f"{number}" for number in range(700, 730)))
    until(lambda: len(sheets(lab)) > 8, "the service at work")
    assert 0 == lab.systemctl("stop", "slipway").returncode
    assert ("success", "0") == (lab.shows("Result"), lab.shows("ExecMainStatus"))
    assert {"received", "accepted", "completed"} >= states(lab)  # nothing in mid-submission, nothing held
    assert 0 != lab.run("test", "-e", FIGURES).returncode, "figures go with the service"
    lab.systemctl("start", "slipway")
    until(lambda: 36 == len(sheets(lab)), "all sheets")
    assert {1} == set(sheets(lab).values())


def test_a_configuration_fault_is_not_tried_again(lab: SystemdLab) -> None:
    lab.systemctl("stop", "slipway")
    edit(lab, "slipway.toml", "window = 3", "windows = 3")
    lab.systemctl("start", "slipway")
    assert ("failed", "78", "0") == (lab.shows("ActiveState"), lab.shows("ExecMainStatus"), lab.shows("NRestarts"))
    complaint = lab.journal("--priority=err")[-2]["MESSAGE"]
    assert complaint.startswith("slipway: config-invalid: /etc/slipway/slipway.toml:")
    assert complaint.endswith("printing.windows: there is no such key; did you mean window?")


def drop(lab: SystemdLab, *order_ids: str) -> None:
    """Drop orders by rename, as who puts them by SFTP does: owned by somebody else, readable by the group."""
    incoming = lab.root / "srv/slipway/incoming"
    for order_id in order_ids:
        unfinished = incoming / f"{order_id}.json.part"
        unfinished.write_bytes(order_file(a_shipment(order_id=order_id)))
        unfinished.chmod(0o640)
        unfinished.rename(incoming / f"{order_id}.json")


def sheets(lab: SystemdLab) -> Counter[tuple[str, str]]:
    """What came out of the folder printers: how often each (queue, job name)."""
    return Counter((path.parent.name, path.stem) for path in (lab.root / SPOOL / "printers").glob("*/*.pdf"))


def states(lab: SystemdLab) -> set[str]:
    """The states in which the notes are, as the command of the installed release says."""
    answer = lab.run("slipway", "status", "--json")
    return {json.loads(line)["state"] for line in answer.stdout.splitlines()}


def edit(lab: SystemdLab, name: str, old: str, new: str) -> None:
    path: Path = lab.root / CONFIG / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
