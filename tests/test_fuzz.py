"""The fuzzer: what it once found is read again, and it finds what is wrong."""

import os
import random
import signal
from pathlib import Path

import pytest
import structlog

from service.errors import InvalidOrder
from tests.fuzz.corpus import FINDING, TARGETS, kept, smaller
from tests.fuzz.fuzzing import Fuzzer, fuzz
from tests.fuzz.judging import TAKEN, End, Finding, judged
from tests.fuzz.mutation import mutated
from tests.fuzz.targets import Target
from tests.prove.orders import MARKER


@pytest.mark.parametrize("name", TARGETS)
def test_every_file_of_the_corpus_ends_as_it_did(name: str, log_left_as_it_was: None) -> None:
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    target = TARGETS[name]
    ends = {path.name: judged(target.read, path.read_bytes()).code for path in kept(name)}
    expected = {path: code if path.startswith(FINDING) else path.rpartition(".")[0] for path, code in ends.items()}
    assert expected == ends


@pytest.mark.parametrize("name", TARGETS)
def test_what_every_target_begins_with_is_taken(name: str) -> None:
    assert [TAKEN] == list({judged(TARGETS[name].read, content).code for content in TARGETS[name].seeds()})


def fails(content: bytes) -> End:
    if b"7" in content:
        raise ValueError
    return End(TAKEN)


def crashes(content: bytes) -> End:
    if b"7" in content:
        os.kill(os.getpid(), signal.SIGKILL)
    return End(TAKEN)


def quotes(content: bytes) -> End:
    raise InvalidOrder(f"not a currency: {MARKER}")


def a_target(read: object) -> Target:
    return Target("planted", read, lambda: [b"a 1 b 2 c"], (b"7",))  # type: ignore[arg-type]


def test_a_fault_is_found_and_its_file_made_small() -> None:
    (found,) = Fuzzer(a_target(fails), 1, lambda _: None).run(60, most_runs=300).findings
    assert ("ValueError at ?", b"7") == (found.kind, found.content)


def test_a_crash_is_found_with_the_file_that_it_came_of(tmp_path: Path) -> None:
    (found,) = fuzz(a_target(crashes), 1, 20, tmp_path).findings
    assert "the process ended with -9" == found.kind
    assert b"7" in found.content


@pytest.mark.parametrize(
    ("read", "kind"),
    [(quotes, "invalid-order quotes the file"), (fails, "ValueError at ?")],
)
def test_an_end_that_no_file_may_come_to_is_a_finding(read: object, kind: str) -> None:
    with pytest.raises(Finding, match=kind.replace("?", "[?]")):
        judged(read, b"7")  # type: ignore[arg-type]


def test_the_same_seed_makes_the_same_changes() -> None:
    target = TARGETS["codes"]
    first, second = (Fuzzer(target, 9, lambda _: None).run(60, most_runs=60) for _ in range(2))
    assert first.ends == second.ends
    assert first.lines == second.lines


def test_changes_reach_every_part_of_a_file() -> None:
    content = b'{"a": [1, 2, {"b": "c"}]}\n{"d": 4}\n'
    changed = {mutated(random.Random(number), content, b"other\n", (b"w",)) for number in range(300)}
    assert len(changed) > 250


def test_a_file_is_made_as_small_as_it_goes() -> None:
    assert b"xy" == smaller(b"aaaaxaaaayaaa", lambda content: b"x" in content and b"y" in content)
