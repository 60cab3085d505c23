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


def test_what_is_being_read_holds_up_no_other_reading(tmp_path: Path) -> None:
    """A batch takes seconds, and an express order beside it a millisecond."""
    deadly, notes = DeadlyFiles(tmp_path / "reading"), list[set[str]]()

    def read_other() -> None:
        with deadly.noted(b"other"):
            notes.append(noted_in(tmp_path / "reading"))

    other = threading.Thread(target=read_other, daemon=True)
    with deadly.noted(b"one"):
        other.start()
        other.join(10)
        notes.append(noted_in(tmp_path / "reading"))
    assert [{f"{digest(b'one')} 1", f"{digest(b'other')} 1"}, {f"{digest(b'one')} 1"}] == notes
    assert not (tmp_path / "reading").exists()


def test_a_content_that_is_read_twice_at_once_is_noted_until_both_are_through(tmp_path: Path) -> None:
    deadly = DeadlyFiles(tmp_path / "reading")
    with deadly.noted(b"one"):
        with deadly.noted(b"one"):
            assert {f"{digest(b'one')} 1"} == noted_in(tmp_path / "reading")
        assert {f"{digest(b'one')} 1"} == noted_in(tmp_path / "reading")


def test_of_those_that_were_read_when_a_service_died_one_is_read_at_a_time(tmp_path: Path) -> None:
    """One of them is innocent, and must not be accused again and again for standing by."""
    (tmp_path / "reading").write_text(f"{digest(b'one')} 2\n{digest(b'other')} 2\n")
    deadly, notes = DeadlyFiles(tmp_path / "reading"), list[set[str]]()

    def read_other() -> None:
        with deadly.noted(b"other"):
            notes.append(noted_in(tmp_path / "reading"))

    other = threading.Thread(target=read_other, daemon=True)
    with deadly.noted(b"one"):
        other.start()
        other.join(0.2)
        notes.append(noted_in(tmp_path / "reading"))
    other.join(10)
    assert [{f"{digest(b'one')} 3"}, {f"{digest(b'other')} 3"}] == notes


def noted_in(note: Path) -> set[str]:
    return set(note.read_text().splitlines())


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


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
