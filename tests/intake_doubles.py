"""What the tests of the hot folder share: clocks moved by hand, a reader that looks for one word, a bench."""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from service.config import Intake
from service.errors import FileIncomplete, InvalidJson, UnknownFormat
from service.intake.hot_folder import HotFolder
from service.intake.spool import Spool, open_spool
from tests.builders import NOON


@dataclass
class Clock:
    """Wall clock and monotonic clock, moved by hand."""

    wall: datetime = NOON
    monotonic_s: float = 1000.0

    def rest(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.monotonic_s += seconds


@dataclass(frozen=True)
class WordsRead:
    """A reading of the double below."""

    content: bytes
    may_grow: bool


class WordReader:
    """Reads files that end in `end`; `more` says that lines may follow, `bad` is refused; counts what it reads."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, name: str, content: bytes) -> WordsRead:
        grows_by_lines(name)
        self.names.append(name)
        if content.strip(b"\0").endswith(b"end"):
            return WordsRead(content, may_grow=False)
        if content.endswith(b"more"):
            return WordsRead(content, may_grow=True)
        if content.endswith(b"bad"):
            raise InvalidJson("bad is bad", where="line 1")
        raise FileIncomplete("there is no end")


def grows_by_lines(name: str) -> bool:
    if not name.lower().endswith((".json", ".jsonl", ".csv")):
        raise UnknownFormat("no order")
    return not name.lower().endswith(".json")


class Bench:
    """A spool, a hot folder on it, a clock and a reader."""

    def __init__(self, root: Path, **settings: float) -> None:
        self.spool: Spool = open_spool(root)
        self.clock = Clock()
        self.read = WordReader()
        self.settings = Intake.model_validate({"min_free_mb": 0, **settings})
        self.folder = self.service()

    def service(self) -> HotFolder[WordsRead]:
        """The hot folder as a service sees it that starts now."""
        return HotFolder(
            self.spool,
            self.settings,
            self.read,
            grows_by_lines,
            lambda: self.clock.wall,
            lambda: self.clock.monotonic_s,
        )

    def drop(self, name: str, content: bytes, *, age_s: float = 0) -> Path:
        """A file written in place, its last write `age_s` ago by the wall clock."""
        path = self.spool.incoming / name
        path.write_bytes(content)
        return self.written(path, age_s=age_s)

    def written(self, path: Path, *, age_s: float = 0) -> Path:
        at_ns = int((self.clock.wall.timestamp() - age_s) * 1e9)
        os.utime(path, ns=(at_ns, at_ns))
        return path

    def drop_by_rename(self, name: str, content: bytes) -> Path:
        """A file renamed into the folder, as the watch reports it."""
        path = self.drop(f".{name}.tmp", content).rename(self.spool.incoming / name)
        self.folder.expect_whole(name)
        return path

    def claimed(self) -> list[tuple[str, str]]:
        """(name, code of its refusal or empty) of one scan; what was claimed is removed."""
        claimed = []
        for claim in self.folder.claims():
            claimed.append((claim.name, claim.rejection.code if claim.rejection else ""))
            self.folder.remove(claim)
        return claimed
