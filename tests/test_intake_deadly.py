"""A file that kills the service as it is read is refused at the fourth start, and holds nobody up after that."""

import hashlib
import os
import threading
from pathlib import Path

import pytest

from service.errors import Deadly
from service.intake.deadly import MOST_DEATHS, DeadlyFiles
from tests.intake_doubles import Bench, WordsRead


def dies_reading(bench: Bench, content: bytes) -> None:
    """One life of a service, which ends in the middle of reading this content."""
    service = os.fork()
    if not service:
        read = bench.read

        def deadly(name: str, found: bytes) -> WordsRead:
            if found == content:
                os._exit(1)
            return WordsRead(found, may_grow=False)

        bench.read = deadly  # type: ignore[assignment]
        folder = bench.service()
        for claim in folder.claims():
            folder.remove(claim)
        bench.read = read
        os._exit(0)
    assert 1 == os.waitstatus_to_exitcode(os.waitpid(service, 0)[1])


def test_a_file_of_which_three_services_died_is_refused(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "spool")
    bench.drop("a.json", b"poison end", age_s=10)
    bench.drop("b.json", b"good end")
    for _ in range(MOST_DEATHS):
        dies_reading(bench, b"poison end")
    bench.folder = bench.service()
    assert [("a.json", "deadly"), ("b.json", "")] == bench.claimed()


def test_a_file_that_is_read_again_later_is_watched_too(tmp_path: Path) -> None:
    """A note that is printed again after a restart: its file was read without harm when it came."""
    bench = Bench(tmp_path / "spool")
    bench.drop("a.json", b"once good end")
    assert [("a.json", "")] == bench.claimed()
    for _ in range(MOST_DEATHS):
        service = os.fork()
        if not service:
            bench.read = lambda name, content: os._exit(1)  # type: ignore[assignment]
            bench.service().read_noted("a.json", b"once good end")
        assert 1 == os.waitstatus_to_exitcode(os.waitpid(service, 0)[1])
    with pytest.raises(Deadly):
        bench.service().read_noted("a.json", b"once good end")


def test_two_contents_that_are_read_at_once_are_noted_one_after_the_other(tmp_path: Path) -> None:
    deadly, inside, notes = DeadlyFiles(tmp_path / "reading"), threading.Event(), list[str]()

    def read_other() -> None:
        inside.set()
        with deadly.noted(b"other"):
            notes.append((tmp_path / "reading").read_text())

    other = threading.Thread(target=read_other)
    with deadly.noted(b"one"):
        other.start()
        assert inside.wait(10)
        one = (tmp_path / "reading").read_text()
    other.join(10)
    assert [hashlib.sha256(b"one").hexdigest(), hashlib.sha256(b"other").hexdigest()] == [
        each.split()[0] for each in (one, *notes)
    ]


def test_a_file_that_was_read_is_not_suspected_any_more(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "spool")
    bench.drop("a.json", b"innocent end", age_s=10)
    for _ in range(MOST_DEATHS - 1):
        dies_reading(bench, b"innocent end")
    bench.folder = bench.service()
    assert [("a.json", "")] == bench.claimed()
    bench.drop("a.json", b"innocent end")
    dies_reading(bench, b"innocent end")
    bench.folder = bench.service()
    assert [("a.json", "")] == bench.claimed()


def test_a_file_that_is_refused_has_killed_nobody(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "spool", settle_s=0)
    for _ in range(MOST_DEATHS + 1):
        bench.drop("a.json", b"bad")
        bench.folder = bench.service()
        assert [("a.json", "invalid-json")] == bench.claimed()
    assert not bench.spool.reading.exists()


def test_a_note_that_a_power_cut_has_emptied_accuses_nobody(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "spool")
    bench.spool.reading.write_bytes(b"")
    bench.folder = bench.service()
    bench.drop("a.json", b"end")
    assert [("a.json", "")] == bench.claimed()
