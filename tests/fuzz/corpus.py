"""The files that are kept, corpus/TARGET/CODE.DIGEST: one for each way to end, at each place, and what was once a
finding; as small as they go. `make test` reads them all again."""

import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.fuzz.house_targets import HOUSE_TARGETS
from tests.fuzz.judging import End, Finding, judged
from tests.fuzz.targets import ORDER_TARGETS, Target

CORPUS = Path(__file__).parent / "corpus"
TARGETS: dict[str, Target] = {target.name: target for target in (*ORDER_TARGETS, *HOUSE_TARGETS)}
FINDING = "finding"
MOST_KEPT = 40  # of a target
MOST_BYTES = 3_000  # of a file that is kept; more only for a finding
MADE_SMALL_S = 3.0  # at most, for one


def kept(target: str) -> list[Path]:
    """The files of a target."""
    return sorted((CORPUS / target).glob("*.*"))


def keep(target: str, code: str, content: bytes, corpus: Path = CORPUS) -> Path:
    """Write a file into the corpus; where it is."""
    path = corpus / target / f"{code}.{hashlib.sha256(content).hexdigest()[:8]}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def ended(target: Target, content: bytes) -> End | str:
    """How it ended, or which finding it is."""
    try:
        return judged(target.read, content)
    except Finding as finding:
        return finding.kind


def ends_at(target: Target, end: End, content: bytes) -> bool:
    return ended(target, content) == end


def smaller(content: bytes, is_same: Callable[[bytes], bool]) -> bytes:
    """`content` with as much taken away as is not needed to be the same, as far as time allows."""
    until = time.monotonic() + MADE_SMALL_S
    size = len(content) // 2
    while size and time.monotonic() < until:
        at = 0
        while at < len(content) and time.monotonic() < until:
            shorter = content[:at] + content[at + size :]
            if is_same(shorter):
                content = shorter
            else:
                at += size
        size //= 2
    return content


def places_kept(target: Target) -> Iterator[End | str]:
    """The ends that the corpus has already."""
    for path in kept(target.name):
        yield ended(target, path.read_bytes())
