"""The next index, while a sync writes it.

Every write is one that changes nothing where nothing is new; so `is_changed` tells whether there is a new generation.
What `keep` has committed is taken up by the next sync of the same source, should this one not get to its end. What
takes several statements is written whole or not at all: `undo_half`, before what was interrupted is kept.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from service.imagery.offered import Refusal
from service.imagery.store.index import COARSE_DPI, Prepared, check_format, count_prepared


@dataclass(frozen=True, slots=True)
class Origin:
    """A source as the index knows it: its number there, its place, and whose pictures it has ("": all shops')."""

    number: int
    place: str
    shop: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a source as the library knows it: where it is from, and what it was made of, and by which maker."""

    picture: str  # normal id
    place: str
    stamp: str
    maker: str
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Judgement:
    """Why an original was refused, and by whom: another judge may decide otherwise."""

    refusal: Refusal
    stamp: str
    judge: str


class Draft:
    """The index of the next generation, open for writing; for one thread.

    `damaged` is the generation that is served and can't be read, so that this one starts from less; else 0.
    """

    def __init__(self, path: Path, number: int, damaged: int = 0) -> None:
        """Open the draft of generation `number`; raises sqlite3.Error where the file is none of ours, or not whole."""
        self.path = path
        self.damaged = damaged
        self._number = number
        self._is_half = False
        self._connection = sqlite3.connect(path, isolation_level=None)  # transactions begin and end here alone
        try:
            check_format(self._connection)
            if self._connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise sqlite3.DatabaseError("it is damaged")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("BEGIN")
            (self.generation,) = self._connection.execute("SELECT generation FROM library").fetchone()
        except BaseException:
            self.close()
            raise
        self._changes = self._connection.total_changes

    def close(self) -> None:
        """Close the file; what was not kept is gone."""
        self._connection.close()

    @property
    def is_changed(self) -> bool:
        """True if there is anything that the served generation does not hold, or holds otherwise, or damaged."""
        is_kept = self.generation == self._number
        return is_kept or bool(self.damaged) or self._connection.total_changes > self._changes

    def keep(self) -> None:
        """Commit what was written, as a draft of its own generation from then on."""
        if self.is_changed:
            self._connection.execute("UPDATE library SET generation = ?", (self._number,))
            self._connection.execute("COMMIT")
            self._connection.execute("BEGIN")
            self.generation = self._number

    def undo_half(self) -> None:
        """Take back what was interrupted in the midst of being written."""
        if self._is_half:
            self._connection.execute("ROLLBACK TO half")
            self._is_half = False

    @contextmanager
    def _written_whole(self) -> Iterator[None]:
        """What is written in the block is one thing. If it is interrupted, nothing must be done now: so may that be."""
        self._connection.execute("SAVEPOINT half")
        self._is_half = True
        yield
        self._is_half = False
        self._connection.execute("RELEASE half")

    def date(self, made_at: datetime) -> None:
        """Say when this generation was made."""
        self._connection.execute("UPDATE library SET made_at = ?", (made_at.isoformat(),))

    # Sources ---------------------------------------------------------------------------------------------------------

    def origin(self, place: str, shop: str) -> Origin:
        """A source with its number; one that is new here gets the next."""
        sql = "SELECT source FROM sources WHERE place = ? AND shop = ?"
        next_number = "SELECT coalesce(max(source), 0) + 1 FROM sources"
        row = (
            self._connection.execute(sql, (place, shop)).fetchone() or self._connection.execute(next_number).fetchone()
        )
        return Origin(row[0], place, shop)

    def origins(self, place: str) -> list[Origin]:
        """What was synced from a place, for each shop."""
        sql = "SELECT source, place, shop FROM sources WHERE place = ?"
        return [Origin(*row) for row in self._connection.execute(sql, (place,))]

    def put_source(self, origin: Origin, synced_at: datetime) -> None:
        """Say that the source was synced."""
        sql = (
            "INSERT INTO sources (source, place, shop, synced_at, coarse) VALUES (?, ?, ?, ?, 0)"
            " ON CONFLICT (source) DO UPDATE SET synced_at = excluded.synced_at"
        )
        self._connection.execute(sql, (origin.number, origin.place, origin.shop, synced_at.isoformat()))

    def move_source(self, place: str, new_place: str) -> None:
        """Say that what was synced from `place` is at `new_place`, which is none of the sources."""
        self._connection.execute("UPDATE sources SET place = ? WHERE place = ?", (new_place, place))

    def drop_source(self, origin: Origin) -> None:
        """Take a source away, with all that it brought."""
        self.drop_pictures(origin, [one.picture for one in self.pictures(origin)])
        self.drop_judgements(origin, [one.refusal for one in self.judgements(origin)])
        self._connection.execute("DELETE FROM sources WHERE source = ?", (origin.number,))

    def put_coarse(self, origin: Origin, coarse: int) -> None:
        """Say how many pictures of a source are coarse."""
        sql = "UPDATE sources SET coarse = ? WHERE source = ? AND coarse != ?"
        self._connection.execute(sql, (coarse, origin.number, coarse))

    # Pictures --------------------------------------------------------------------------------------------------------

    def pictures(self, origin: Origin) -> Iterator[Picture]:
        """The pictures of a source."""
        sql = "SELECT id, place, stamp, maker, sha256 FROM pictures WHERE source = ?"
        return (Picture(*row) for row in self._connection.execute(sql, (origin.number,)))

    def taken(self, origin: Origin) -> dict[str, str]:
        """The ids that other sources hold for the same shop, and the places of those."""
        sql = (
            "SELECT id, sources.place FROM pictures JOIN sources USING (source) WHERE pictures.shop = ? AND source != ?"
        )
        return dict(self._connection.execute(sql, (origin.shop, origin.number)))

    def prepared(self, origin: Origin) -> Iterator[tuple[str, str, bytes, int]]:
        """Of the shop's pictures, also those of other sources, each prepared one: id, size, SHA-256 and bytes."""
        sql = "SELECT id, size, digest, size_bytes FROM prepared WHERE shop = ?"
        return self._connection.execute(sql, (origin.shop,))

    def put_picture(self, origin: Origin, picture: Picture, prepared: Collection[Prepared]) -> None:
        """A picture with all its sizes; what the library held under its id is gone."""
        with self._written_whole():
            self._put_origin(origin, picture)
            self._put_prepared(origin, picture.picture, prepared)

    def _put_origin(self, origin: Origin, picture: Picture) -> None:
        sql = (
            "INSERT INTO pictures (shop, id, source, place, stamp, maker, sha256) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (shop, id) DO UPDATE SET place = excluded.place, stamp = excluded.stamp,"
            " maker = excluded.maker, sha256 = excluded.sha256 WHERE (place, stamp, maker, sha256)"
            " IS NOT (excluded.place, excluded.stamp, excluded.maker, excluded.sha256)"
        )
        made = (picture.place, picture.stamp, picture.maker, picture.sha256)
        self._connection.execute(sql, (origin.shop, picture.picture, origin.number, *made))

    def _put_prepared(self, origin: Origin, picture: str, prepared: Collection[Prepared]) -> None:
        shop = origin.shop
        sql = (
            "INSERT INTO prepared (shop, id, size, digest, size_bytes, width, height, dpi)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (shop, id, size) DO UPDATE SET digest = excluded.digest,"
            " size_bytes = excluded.size_bytes, width = excluded.width, height = excluded.height, dpi = excluded.dpi"
            " WHERE (digest, dpi) IS NOT (excluded.digest, excluded.dpi)"  # the same file has the same bytes and pixels
        )
        self._connection.executemany(
            sql,
            [(shop, picture, one.size, one.digest, one.size_bytes, one.width, one.height, one.dpi) for one in prepared],
        )
        sizes = [one.size for one in prepared]
        sql = f"DELETE FROM prepared WHERE shop = ? AND id = ? AND size NOT IN ({_places(sizes)})"
        self._connection.execute(sql, (shop, picture, *sizes))

    def drop_sizes(self, origin: Origin, picture: str, sizes: Collection[str]) -> None:
        """Take some sizes of a picture away."""
        sql = f"DELETE FROM prepared WHERE shop = ? AND id = ? AND size IN ({_places(sizes)})"
        self._connection.execute(sql, (origin.shop, picture, *sizes))

    def drop_pictures(self, origin: Origin, pictures: Iterable[str]) -> None:
        """Take pictures away, with all their sizes."""
        keys = [(origin.shop, picture) for picture in pictures]
        with self._written_whole():
            self._connection.executemany("DELETE FROM prepared WHERE shop = ? AND id = ?", keys)
            self._connection.executemany("DELETE FROM pictures WHERE shop = ? AND id = ?", keys)

    # Refused ---------------------------------------------------------------------------------------------------------

    def judgements(self, origin: Origin) -> Iterator[Judgement]:
        """What of a source was refused."""
        sql = "SELECT id, place, code, what, stamp, judge FROM refused WHERE source = ?"
        return (Judgement(Refusal(*row[:4]), *row[4:]) for row in self._connection.execute(sql, (origin.number,)))

    def put_judgement(self, origin: Origin, judgement: Judgement) -> None:
        """Say why an original was refused."""
        sql = (
            "INSERT INTO refused (source, place, id, stamp, judge, code, what) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (source, place, id) DO UPDATE SET stamp = excluded.stamp, judge = excluded.judge,"
            " code = excluded.code, what = excluded.what"
            " WHERE (stamp, judge, code, what) IS NOT (excluded.stamp, excluded.judge, excluded.code, excluded.what)"
        )
        refusal = judgement.refusal
        row = (
            origin.number,
            refusal.place,
            refusal.picture,
            judgement.stamp,
            judgement.judge,
            refusal.code,
            refusal.what,
        )
        self._connection.execute(sql, row)

    def drop_judgements(self, origin: Origin, refusals: Iterable[Refusal]) -> None:
        """Take refusals back."""
        keys = [(origin.number, refusal.place, refusal.picture) for refusal in refusals]
        self._connection.executemany("DELETE FROM refused WHERE source = ? AND place = ? AND id = ?", keys)

    # Counts ----------------------------------------------------------------------------------------------------------

    def count_coarse(self, origin: Origin, sizes: Collection[str]) -> int:
        """How many pictures of a source are too coarse for one of these sizes."""
        sql = (
            f"SELECT count(DISTINCT id) FROM prepared WHERE shop = ? AND dpi < {COARSE_DPI}"
            f" AND size IN ({_places(sizes)}) AND id IN (SELECT id FROM pictures WHERE source = ?)"
        )
        (count,) = self._connection.execute(sql, (origin.shop, *sizes, origin.number)).fetchone()
        return int(count)

    def count_held(self, origin: Origin) -> int:
        """How many pictures the library holds of a source."""
        sql = "SELECT count(*) FROM pictures WHERE source = ?"
        return int(self._connection.execute(sql, (origin.number,)).fetchone()[0])

    def count_pictures(self) -> int:
        """How many pictures the library holds, of all sources."""
        return int(self._connection.execute("SELECT count(*) FROM pictures").fetchone()[0])

    def count_prepared(self) -> tuple[int, int]:
        """How many prepared files there are of all sources, and their bytes."""
        return count_prepared(self._connection)


def _places(values: Collection[str]) -> str:
    return ", ".join("?" * len(values))
