"""Queues as configuration: `printers apply` against a real cupsd, and what `check` and `printers` say of it."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog

from service.cli.check_queues import queue_findings
from service.cli.main import main
from service.clock import utc_now
from service.config import Printing, Queue, read_config
from service.model import Job, JobState, Route
from service.planning.house import compile_house
from service.printing import Printer, open_printer
from service.printing.ipp import Tag, attribute
from service.printing.queues import Difference, FoundQueue, OpenJob, Supply, differences
from service.printing.queues_cups import CupsQueues
from service.printing.queues_repair import Repair, repair
from service.printing.queues_report import QueueLook, look_at_queues
from tests.conftest import ROOT
from tests.cups_lab import CupsLab
from tests.ipp_printer import IppPrinter
from tests.programs import until

pytestmark = pytest.mark.cups
DOCUMENT = b"%PDF-1.7 a note"
MISSING = Difference("queue", "missing", "there")


@pytest.fixture
def cups(cups_lab: CupsLab) -> CupsQueues:
    return CupsQueues(cups_lab.socket)


def a_queue(device: str, **other: Any) -> Queue:
    return Queue(name="uk-notes", device=device, **other)


def repaired(queue: Queue, cups: CupsQueues, *, restart_jobs: bool = False) -> Repair:
    return repair(queue, cups.read().get(queue.name), cups, restart_jobs=restart_jobs)


def left_to_do(queue: Queue, cups: CupsQueues) -> tuple[Difference, ...]:
    return differences(queue, cups.read().get(queue.name))


def bend(cups: CupsQueues, device: str) -> None:
    """All that a busy hand at lpadmin can do to a queue."""
    cups.stop("uk-notes")
    cups.set(
        "uk-notes",
        attribute(Tag.URI, "device-uri", device),
        attribute(Tag.NAME, "printer-error-policy", "stop-printer"),
        attribute(Tag.BOOLEAN, "printer-is-accepting-jobs", False),
        attribute(Tag.BOOLEAN, "printer-is-shared", True),
        attribute(Tag.TEXT, "printer-info", "Front desk"),
        attribute(Tag.KEYWORD, "media-default", "na_letter_8.5x11in"),
    )


def printer_of(lab: CupsLab) -> Printer:
    return open_printer(Printing(backend="cups", cups_socket=lab.socket), lab.home, utc_now)


def submit(lab: CupsLab, job_name: str = "1-1-r1") -> Job:
    """A released job in uk-notes."""
    printer = printer_of(lab)
    job = printer.create_held(DOCUMENT, job_name, Route("uk-notes"))
    printer.release(job)
    return job


def at_work(lab: CupsLab, cups: CupsQueues) -> Job:
    """A job that CUPS can't get rid of: its printer is off."""
    job = submit(lab)
    until(lambda: any(job.at_work for job in cups.jobs("uk-notes")), "the first attempt")
    return job


# Making queues -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["raw", "everywhere"])
def test_a_queue_is_made_as_the_file_says_and_then_there_is_nothing_to_do(
    cups_lab: CupsLab, cups: CupsQueues, model: str
) -> None:
    device = cups_lab.start_printer("uk-notes", "ippeveprinter").uri
    queue = a_queue(
        device, model=model, description="A4, both sides", location="Line 1", media="iso_a5_148x210mm", colour=False
    )
    assert Repair("uk-notes", (MISSING,)) == repaired(queue, cups)
    assert Repair("uk-notes", ()) == repaired(queue, cups)
    found = cups.read()["uk-notes"]
    expected = FoundQueue(
        name="uk-notes",
        device=f"{device}?waitjob=false",
        model=model,
        state="idle",
        message="",
        reasons=(),
        since=found.since,
        accepting=True,
        shared=False,
        error_policy="retry-current-job",
        description="A4, both sides",
        location="Line 1",
        media="iso_a5_148x210mm",
        sides="two-sided-long-edge",
        print_color_mode="monochrome",
        time_out_s=found.time_out_s,
        supplies=found.supplies,
    )
    assert expected == found


@pytest.mark.parametrize("model", ["raw", "everywhere"])
def test_a_note_prints_unchanged_through_a_queue_that_was_made(cups_lab: CupsLab, cups: CupsQueues, model: str) -> None:
    device = cups_lab.start_printer("uk-notes", "ippeveprinter").uri
    repaired(a_queue(device, model=model), cups)
    submit(cups_lab)
    until(lambda: bool(cups_lab.papers("uk-notes")), "the sheet")
    assert {"1-1-r1": DOCUMENT} == cups_lab.documents("uk-notes")


def test_where_the_printer_is_not_asked_cups_waits_for_its_end(cups_lab: CupsLab, cups: CupsQueues) -> None:
    device = cups_lab.start_printer("uk-notes").uri
    repaired(a_queue(device, ask_printer=False), cups)
    assert device == cups.read()["uk-notes"].device


def test_an_everywhere_queue_of_a_printer_that_is_off_leaves_no_half_queue(cups_lab: CupsLab, cups: CupsQueues) -> None:
    printer = cups_lab.start_printer("uk-notes", "ippeveprinter")
    queue = a_queue(printer.uri, model="everywhere")
    printer.stop()
    fault = f"the printer does not answer at {printer.uri}: switch it on, or mend device, then apply again"
    assert Repair("uk-notes", (MISSING,), fault=fault) == repaired(queue, cups)
    assert {} == cups.read()


def test_a_device_that_cups_has_no_way_to_is_said_and_the_next_queue_is_made(
    cups_lab: CupsLab, cups: CupsQueues
) -> None:
    fault = "queue uk-notes: CUPS does not take this device: `lpinfo -v` lists what it can reach"
    assert fault == repaired(a_queue("telex://10.1.4.21"), cups).fault
    assert "" == repaired(a_queue(cups_lab.start_printer("uk-notes").uri), cups).fault


# Repairing queues ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["raw", "everywhere"])
def test_a_queue_bent_by_hand_is_repaired_and_its_waiting_jobs_print_once(
    cups_lab: CupsLab, cups: CupsQueues, model: str
) -> None:
    device = cups_lab.start_printer("uk-notes", "ippeveprinter").uri
    queue = a_queue(device, model=model, description="A4")
    repaired(queue, cups)
    cups.stop("uk-notes")
    jobs = [submit(cups_lab, f"{number}-1-r1") for number in range(3)]
    bend(cups, "ipp://127.0.0.1:9/elsewhere")
    outcome = repaired(queue, cups)
    expected = (
        Difference("device", "ipp://127.0.0.1:9/elsewhere", f"{device}?waitjob=false"),
        Difference("error policy", "stop-printer", "retry-current-job"),
        Difference("state", "stopped (Paused)", "enabled"),
        Difference("takes jobs", "no", "yes"),
        Difference("shared", "yes", "no"),
        Difference("description", "Front desk", "A4"),
        Difference("media", "na_letter_8.5x11in", "iso_a4_210x297mm"),
    )
    assert Repair("uk-notes", expected, waiting=3) == outcome
    assert () == left_to_do(queue, cups)
    until(lambda: len(cups_lab.papers("uk-notes")) >= 3, "three sheets")
    until(lambda: not cups.jobs("uk-notes"), "the end of the jobs")
    assert [job.job_name for job in jobs] == [name for name, _ in cups_lab.papers("uk-notes")]


def test_a_raw_queue_becomes_everywhere_and_back(cups_lab: CupsLab, cups: CupsQueues) -> None:
    device = cups_lab.start_printer("uk-notes", "ippeveprinter").uri
    repaired(a_queue(device), cups)
    for model, before in (("everywhere", "raw"), ("raw", "everywhere")):
        queue = a_queue(device, model=model)
        assert Difference("model", before, model) == repaired(queue, cups).differences[0]
        assert () == left_to_do(queue, cups)


def test_a_job_at_the_printer_puts_a_new_device_off_and_is_named(cups_lab: CupsLab, cups: CupsQueues) -> None:
    old, new = cups_lab.start_printer("uk-notes"), cups_lab.start_printer("new")
    repaired(a_queue(old.uri), cups)
    old.stop()
    job = at_work(cups_lab, cups)
    later = f"job {job.job_id} is at the printer: apply again when it is out, or with --restart-jobs"
    assert later == repaired(a_queue(new.uri), cups).later
    assert f"{old.uri}?waitjob=false" == cups.read()["uk-notes"].device


def test_told_to_restart_jobs_the_new_device_prints_what_the_old_one_could_not(
    cups_lab: CupsLab, cups: CupsQueues
) -> None:
    old, new = cups_lab.start_printer("uk-notes"), cups_lab.start_printer("new")
    repaired(a_queue(old.uri), cups)
    old.stop()
    job = at_work(cups_lab, cups)
    waiting = submit(cups_lab, "2-1-r1")
    outcome = repaired(a_queue(new.uri), cups, restart_jobs=True)
    assert (2, (job.job_id,), "", "") == (outcome.waiting, outcome.again, outcome.later, outcome.fault)
    until(lambda: len(cups_lab.papers("new")) >= 2, "both sheets")
    assert [job.job_name, waiting.job_name] == [name for name, _ in cups_lab.papers("new")]


def test_all_but_a_new_device_is_set_under_a_job_at_work_which_goes_on(cups_lab: CupsLab, cups: CupsQueues) -> None:
    printer = cups_lab.start_printer("uk-notes")
    repaired(a_queue(printer.uri), cups)
    printer.stop()
    job = at_work(cups_lab, cups)
    queue = a_queue(printer.uri, description="New words", duplex=False)
    assert ((), "") == (repaired(queue, cups).again, repaired(queue, cups).later)
    assert (OpenJob(job.job_id, at_work=True, began=True),) == cups.jobs("uk-notes")
    printer.start()
    until(lambda: printer_of(cups_lab).look_up(job).state is JobState.COMPLETED, "the end of the job")
    assert ["1-1-r1"] == [name for name, _ in cups_lab.papers("uk-notes")]


# The command ---------------------------------------------------------------------------------------------------------


class Desk:
    """The command line, with a configuration of its own and the lab's cupsd."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capture = capture

    def give_device(self, queue: str, device: str, more: str = "") -> None:
        printers = self.folder / "printers.toml"
        name = f'name = "{queue}"\n'
        assert name in printers.read_text()
        printers.write_text(printers.read_text().replace(name, f'{name}device = "{device}"\n{more}', 1))

    def slipway(self, *arguments: str) -> tuple[int, str]:
        """Exit code, and all that was said."""
        code = main(["--config", str(self.folder), *arguments])
        said = self._capture.readouterr()
        return code, said.out + said.err

    def json(self, *arguments: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.slipway(*arguments, "--json")[1].splitlines()]


@pytest.fixture
def desk(
    cups_lab: CupsLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Desk]:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("SLIPWAY_SPOOL", str(tmp_path / "spool"))
    monkeypatch.setenv("SLIPWAY_PRINTING_BACKEND", "cups")
    monkeypatch.setenv("SLIPWAY_PRINTING_CUPS_SOCKET", cups_lab.socket)
    monkeypatch.setenv("COLUMNS", "200")
    yield Desk(shutil.copytree(ROOT / "config", tmp_path / "config"), capsys)
    structlog.reset_defaults()


def test_a_dry_run_shows_what_is_different_and_changes_nothing(cups_lab: CupsLab, desk: Desk, cups: CupsQueues) -> None:
    desk.give_device("uk-notes", cups_lab.start_printer("uk-notes").uri)
    code, said = desk.slipway("printers", "apply", "--dry-run")
    assert (0, {}) == (code, cups.read())
    assert "uk-notes  queue  missing  there          would make" in said
    assert "made by hand, left alone (no device in printers.toml): uk-notes-2, uk-partial" in said


def test_apply_makes_repairs_and_then_has_nothing_to_do(cups_lab: CupsLab, desk: Desk, cups: CupsQueues) -> None:
    desk.give_device("uk-notes", cups_lab.start_printer("uk-notes").uri)
    desk.give_device("uk-partial", cups_lab.start_printer("uk-partial").uri)
    code, said = desk.slipway("printers", "apply")
    assert (0, 2) == (code, said.count(" made\n") + said.count(" made "))
    cups.stop("uk-partial")
    code, said = desk.slipway("printers", "apply")
    assert (0, True) == (code, "uk-partial  state  stopped (Paused)  enabled        set" in said)
    code, said = desk.slipway("printers", "apply")
    assert (0, "nothing to do for 2 queues") == (code, said.splitlines()[0])


def test_queues_that_the_file_does_not_name_or_gives_no_device_are_left_alone(
    cups_lab: CupsLab, desk: Desk, cups: CupsQueues
) -> None:
    for name in ("office", "eu-partial"):
        cups_lab.add_queue(name)
        cups.set(name, attribute(Tag.NAME, "printer-error-policy", "abort-job"))
        cups.stop(name)
    before = cups.read()
    desk.give_device("uk-notes", cups_lab.start_printer("uk-notes").uri)
    assert 0 == desk.slipway("printers", "apply")[0]
    after = cups.read()
    assert {"uk-notes"} == after.keys() - before.keys()
    assert before == {name: after[name] for name in before}


def test_what_could_not_be_done_is_said_queue_by_queue(cups_lab: CupsLab, desk: Desk) -> None:
    desk.give_device("uk-notes", "telex://10.1.4.21")
    desk.give_device("uk-partial", cups_lab.start_printer("uk-partial").uri)
    code, said = desk.slipway("printers", "apply")
    assert 1 == code
    assert "uk-notes: queue uk-notes: CUPS does not take this device" in said
    done = {each["queue"]: each["done"] for each in desk.json("printers", "apply")}
    assert {"uk-notes": "failed", "uk-partial": ""} == done


def test_what_waits_for_a_job_is_exit_75(cups_lab: CupsLab, desk: Desk, cups: CupsQueues) -> None:
    old = cups_lab.start_printer("uk-notes")
    repaired(a_queue(old.uri), cups)
    old.stop()
    at_work(cups_lab, cups)
    desk.give_device("uk-notes", cups_lab.start_printer("new").uri)
    assert 75 == desk.slipway("printers", "apply")[0]
    code, said = desk.slipway("printers", "apply", "--restart-jobs")
    assert 0 == code
    assert "had begun and starts again: a sheet may come out twice, look at the printer" in said


def test_a_cupsd_that_is_down_is_exit_75_with_what_to_do(cups_lab: CupsLab, desk: Desk) -> None:
    desk.give_device("uk-notes", "ipp://127.0.0.1:9/ipp/print")
    cups_lab.stop_cupsd()
    code, said = desk.slipway("printers", "apply")
    assert (75, True) == (code, f"CUPS does not answer at {cups_lab.socket}" in said)
    assert 1 == desk.slipway("printers")[0]
    assert {"cupsd": ("fault", f"CUPS does not answer at {cups_lab.socket}")} == found_by_check(desk)


def test_who_may_not_change_queues_is_told_how_to(cups_lab: CupsLab, desk: Desk, cups: CupsQueues) -> None:
    protect(cups_lab)
    desk.give_device("uk-notes", cups_lab.start_printer("uk-notes").uri)
    assert 0 == desk.slipway("printers", "apply", "--dry-run")[0]
    code, said = desk.slipway("printers", "apply")
    assert (1, {}) == (code, cups.read())
    assert "admin-refused: CUPS does not let " in said
    assert "sudo usermod -aG lpadmin $USER" in said


def test_what_cups_keeps_to_itself_is_not_taken_for_missing(cups_lab: CupsLab, desk: Desk) -> None:
    protect(cups_lab, "CUPS-Get-Printers")
    desk.give_device("uk-notes", cups_lab.start_printer("uk-notes").uri)
    code, said = desk.slipway("printers", "apply", "--dry-run")
    assert (1, True) == (code, "look at its queues" in said)


def protect(lab: CupsLab, operations: str = "CUPS-Add-Modify-Printer Pause-Printer") -> None:
    """From now on only somebody else may do this, or read cupsd.conf, with a password."""
    lab.stop_cupsd()
    conf = lab.home / "etc/cupsd.conf"
    rule = "AuthType Default\nRequire user somebody-else\nOrder deny,allow\n"
    limits = f"<Policy default>\n<Limit {operations}>\n{rule}</Limit>"
    text = conf.read_text().replace("DefaultAuthType None", "DefaultAuthType Basic")
    text = text.replace("<Policy default>", limits)
    conf.write_text(f"<Location /admin/conf>\n{rule}</Location>\n{text}")
    lab.start_cupsd()


# check ---------------------------------------------------------------------------------------------------------------


def looked_at_by_check(desk: Desk) -> dict[str, tuple[str, str]]:
    """(verdict, what was found) of each subject about queues and cupsd."""
    ours = {name: value for name, value in os.environ.items() if name.startswith("SLIPWAY_")}
    config = read_config(desk.folder, ours)
    return {each.subject: (each.verdict, each.found) for each in queue_findings(config, compile_house(config))}


def found_by_check(desk: Desk) -> dict[str, tuple[str, str]]:
    """Those that are not in order."""
    return {subject: found for subject, found in looked_at_by_check(desk).items() if found[0] != "ok"}


def test_check_says_when_only_the_case_of_a_queues_name_is_different(cups_lab: CupsLab, desk: Desk) -> None:
    cups_lab.add_queue("UK-Notes")
    assert ("fault", "is called UK-Notes in CUPS") == found_by_check(desk)["queue uk-notes"]
    assert "Write its name the same way in config/printers.toml" in desk.slipway("check")[1]


def test_check_names_each_queue_that_is_not_as_the_file_says(cups_lab: CupsLab, desk: Desk, cups: CupsQueues) -> None:
    device = cups_lab.start_printer("uk-notes").uri
    desk.give_device("uk-notes", device)
    desk.give_device("uk-notes-2", device)
    desk.slipway("printers", "apply")
    cups_lab.add_queue("eu-notes-en")
    bend(cups, "ipp://127.0.0.1:9/elsewhere")
    cups.stop("eu-notes-en")
    found = found_by_check(desk)
    told = [
        f"device: ipp://127.0.0.1:9/elsewhere instead of {device}?waitjob=false",
        "error policy: stop-printer instead of retry-current-job",
        "state: stopped (Paused) instead of enabled",
        "takes jobs: no instead of yes",
    ]
    assert ("fault", "\n".join(told)) == found["queue uk-notes"]
    assert "queue uk-notes-2" not in found
    assert ("fault", "state: stopped (Paused) instead of enabled") == found["queue eu-notes-en"]
    assert ("fault", "is missing") == found["queue int-notes"]


def test_check_names_a_printer_that_does_not_tell_its_jobs(cups_lab: CupsLab, desk: Desk) -> None:
    printer = cups_lab.start_printer("uk-notes")
    assert isinstance(printer, IppPrinter)
    desk.give_device("uk-notes", printer.uri)
    desk.slipway("printers", "apply")
    assert "ok" == looked_at_by_check(desk)["queue uk-notes"][0]
    printer.withholds = "ipp"
    told = "its printer does not tell what became of its jobs (IPP status 0x0501)"
    assert ("fault", f"{told}: let it, or set ask_printer = false in printers.toml") == found_by_check(desk)[
        "queue uk-notes"
    ]
    file = desk.folder / "printers.toml"
    file.write_text(file.read_text().replace(f'"{printer.uri}"', f'"{printer.uri}"\nask_printer = false', 1))
    assert told not in looked_at_by_check(desk)["queue uk-notes"][1]


def test_what_only_people_see_is_no_fault(cups_lab: CupsLab, desk: Desk, cups: CupsQueues) -> None:
    desk.give_device("uk-notes", cups_lab.start_printer("uk-notes").uri)
    desk.slipway("printers", "apply")
    cups.set("uk-notes", attribute(Tag.TEXT, "printer-info", "Front desk"))
    assert ("ok", "as printers.toml says, but for description") == looked_at_by_check(desk)["queue uk-notes"]


def test_check_compares_what_routes_ask_with_what_printers_can(desk: Desk) -> None:
    desk.give_device(
        "uk-notes-2", "ipp://127.0.0.1:9/ipp/print", 'duplex = false\ncolour = false\ntrays = ["tray-1"]\n'
    )
    routing = desk.folder / "routing.toml"
    routing.write_text(f'{routing.read_text()}media-source = "tray-2"\nbackup = "uk-notes-2"\n'.replace(*LAST_BACKUP))
    told = [
        "uk-notes-2: a route wants two-sided-long-edge, and the printer prints on one side",
        "uk-notes-2: a route wants colour, and the printer has none",
        "uk-notes-2: a route wants tray-2, and the printer has tray-1",
    ]
    assert ("fault", "\n".join(told)) == found_by_check(desk)["printers"]


LAST_BACKUP = ('backup = "eu-notes-fr"         # the backup of the queue is the English line\n', "")


def test_check_knows_the_settings_of_the_running_cupsd(cups_lab: CupsLab, desk: Desk) -> None:
    assert "it tells what it runs with by its queues, and it has none" == found_by_check(desk)["cupsd"][1]
    cups_lab.add_queue("uk-notes")
    assert ("fault", "runs without the settings of deploy/cups/") == found_by_check(desk)["cupsd"]
    assert "JobRetryLimit is not set instead of 0" in found_by_check(desk)["cupsd.conf"][1]
    assert "changed; as it was before" in apply_settings(cups_lab)
    assert "cupsd.conf" not in found_by_check(desk)
    assert "cupsd" in found_by_check(desk)  # written, and not read yet
    cups_lab.restart_cupsd()
    assert "cupsd" not in found_by_check(desk)


def test_the_settings_are_put_in_once_and_taken_out_whole(cups_lab: CupsLab) -> None:
    files = [cups_lab.home / "etc" / name for name in ("cupsd.conf", "cups-files.conf")]
    before = [path.read_text() for path in files]
    assert "would change" in apply_settings(cups_lab, "--dry-run")
    assert before == [path.read_text() for path in files]
    apply_settings(cups_lab)
    once = [path.read_text() for path in files]
    assert before != once
    assert "changed" not in apply_settings(cups_lab)
    assert once == [path.read_text() for path in files]
    apply_settings(cups_lab, "--remove")
    assert before == [path.read_text() for path in files]


def test_what_people_add_between_two_runs_is_kept_as_it_was_before_the_second(cups_lab: CupsLab) -> None:
    conf = cups_lab.home / "etc/cupsd.conf"
    apply_settings(cups_lab)
    ours = conf.read_text()
    conf.write_text(ours.replace("MaxJobs 3000", "MaxJobs 7") + "MaxLogSize 7m\n")
    theirs = conf.read_text()
    assert "changed; as it was before" in apply_settings(cups_lab)
    assert theirs == conf.with_name("cupsd.conf.before-slipway").read_text()
    assert ["MaxLogSize 7m"] == [line for line in conf.read_text().splitlines() if line not in ours.splitlines()]


@pytest.mark.parametrize("mark", ["# <<< slipway", "# >>> slipway"])
def test_settings_whose_marks_do_not_pair_are_left_alone_and_the_way_out_is_named(cups_lab: CupsLab, mark: str) -> None:
    conf = cups_lab.home / "etc/cupsd.conf"
    apply_settings(cups_lab)
    lines = [line for line in conf.read_text().splitlines() if not line.startswith(mark)]
    conf.write_text("\n".join([*lines, "MaxLogSize 7m", ""]))
    before = conf.read_text()
    for options in ((), ("--remove",), ("--dry-run",)):
        with pytest.raises(subprocess.CalledProcessError) as refused:
            apply_settings(cups_lab, *options)
        assert f"{conf}: its marks" in refused.value.stderr
        assert "  do:  Delete the lines" in refused.value.stderr
    assert before == conf.read_text()


def test_with_the_settings_alone_a_killed_cupsd_forgets_neither_queue_nor_job(
    cups_lab: CupsLab, cups: CupsQueues
) -> None:
    ours = ("MaxJob", "Preserve", "ErrorPolicy", "DirtyClean")
    conf = cups_lab.home / "etc/cupsd.conf"
    conf.write_text("".join(line for line in conf.read_text().splitlines(keepends=True) if not line.startswith(ours)))
    apply_settings(cups_lab)
    cups_lab.restart_cupsd()
    repaired(a_queue(cups_lab.start_printer("uk-notes").uri), cups)
    cups.stop("uk-notes")
    jobs = [submit(cups_lab, f"{number}-1-r1") for number in range(3)]
    cups_lab.kill_cupsd()
    cups_lab.start_cupsd()
    assert [job.job_id for job in jobs] == sorted(job.job_id for job in cups.jobs("uk-notes"))
    cups.enable("uk-notes")
    until(lambda: len(cups_lab.papers("uk-notes")) >= 3, "three sheets")
    assert [job.job_name for job in jobs] == [name for name, _ in cups_lab.papers("uk-notes")]


def apply_settings(lab: CupsLab, *options: str) -> str:
    """What deploy/cups/apply.sh says of the lab's files."""
    environ = {**os.environ, "CUPS_ROOT": str(lab.home / "etc"), "LOGROTATE_FILE": "/nowhere"}
    command = [ROOT / "deploy/cups/apply.sh", *options]
    return subprocess.run(command, env=environ, check=True, capture_output=True, text=True, timeout=30).stdout


def test_what_may_not_be_seen_is_said_to_be_unknown(cups_lab: CupsLab, desk: Desk) -> None:
    protect(cups_lab)
    unknown = found_by_check(desk)
    assert ("?", "only administrators of CUPS may read it: run this as root") == unknown["cupsd.conf"]
    assert ("?", f"the cupsd at {cups_lab.socket} may have its file anywhere") == unknown["cups-files.conf"]


# printers ------------------------------------------------------------------------------------------------------------


def test_a_queue_tells_what_its_printer_says_right_now(cups_lab: CupsLab, cups: CupsQueues) -> None:
    printer = cups_lab.start_printer("uk-notes")
    assert isinstance(printer, IppPrinter)
    queue = a_queue(printer.uri)
    repaired(queue, cups)
    printer.reasons = ("media-jam-error", "toner-low-warning")
    printer.supplies = (("Black", 7), ("Waste", -2))
    (look,) = look_at_queues((queue,), cups)
    expected = QueueLook(
        "uk-notes",
        "idle",
        accepting=True,
        reasons=("media-jam-error", "toner-low-warning"),
        since=look.since,
        answers=True,
        supplies=(Supply("Black", 7), Supply("Waste", None)),
    )
    assert expected == look
    printer.stop()
    (after,) = look_at_queues((queue,), cups)
    assert replace(expected, reasons=(), supplies=(), answers=False) == after


def test_printers_speaks_in_words(cups_lab: CupsLab, desk: Desk, cups: CupsQueues) -> None:
    printer = cups_lab.start_printer("uk-notes")
    assert isinstance(printer, IppPrinter)
    printer.reasons = ("media-jam-error",)
    printer.supplies = (("Black", 7),)
    desk.give_device("uk-notes", printer.uri, 'location = "Line 1"\n')
    desk.slipway("printers", "apply")
    cups.stop("uk-notes")
    submit(cups_lab)
    code, said = desk.slipway("printers")
    assert 1 == code  # the others are missing
    (row,) = (line for line in said.splitlines() if line.startswith("uk-notes "))
    for words in ("stopped", "stopped by hand, paper jam", " 1 ", "Black 7 %", "Line 1"):
        assert words in row
    cups.enable("uk-notes")
    until(lambda: not cups.jobs("uk-notes"), "the end of the job")
    assert "uk-notes     in trouble" in desk.slipway("printers")[1]
    report = next(each for each in desk.json("printers") if each["queue"] == "uk-notes")
    assert ("idle", ["media-jam-error"], 0, {"Black": 7}) == tuple(
        report[key] for key in ("state", "reasons", "depth", "supplies")
    )
