"""The next index, while a sync writes it.

Every write is one that changes nothing where nothing is new; so `is_changed` tells whether there is a new generation.
What `keep` has committed is taken up by the next sync, should this one not get to its end.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator
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
    """The index of the next generation, open for writing; for one thread."""

    def __init__(self, path: Path, number: int) -> None:
        """Open the draft of generation `number`; raises sqlite3.Error where the file is none of ours, or not whole."""
        self.path = path
        self._number = number
        self._connection = sqlite3.connect(path)
        try:
            check_format(self._connection)
            if self._connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise sqlite3.DatabaseError("it is damaged")
            self._connection.execute("PRAGMA synchronous = FULL")
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
        """True if there is anything that the generation before did not hold, or held otherwise."""
        return self.generation == self._number or self._connection.total_changes > self._changes

    def keep(self) -> None:
        """Commit what was written, as a draft of its own generation from then on."""
        if self.is_changed:
            self._connection.execute("UPDATE library SET generation = ?", (self._number,))
            self._connection.commit()
            self.generation = self._number

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

    def put_source(self, origin: Origin, synced_at: datetime) -> None:
        """Say that the source was synced."""
        sql = (
            "INSERT INTO sources (source, place, shop, synced_at, coarse) VALUES (?, ?, ?, ?, 0)"
            " ON CONFLICT (source) DO UPDATE SET synced_at = excluded.synced_at"
        )
        self._connection.execute(sql, (origin.number, origin.place, origin.shop, synced_at.isoformat()))

    def put_coarse(self, origin: Origin, coarse: int) -> None:
        """Say how many pictures of a source are coarse."""
        sql = "UPDATE sources SET coarse = ? WHERE source = ? AND coarse != ?"
        self._connection.execute(sql, (coarse, origin.number, coarse))

    # Pictures --------------------------------------------------------------------------------------------------------

    def pictures(self, origin: Origin) -> Iterator[Picture]:
        """The pictures of a source."""
        sql = "SELECT id, place, stamp, maker, sha256 FROM pictures WHERE source = ?"
        return (Picture(*row) for row in self._connection.execute(sql, (origin.number,)))

    def taken(self, origin: Origin) -> set[str]:
        """The ids that other sources hold for the same shop."""
        sql = "SELECT id FROM pictures WHERE shop = ? AND source != ?"
        return {picture for (picture,) in self._connection.execute(sql, (origin.shop, origin.number))}

    def prepared(self, origin: Origin) -> Iterator[tuple[str, str, bytes, int]]:
        """Of the shop's pictures, also those of other sources, each prepared one: id, size, SHA-256 and bytes."""
        sql = "SELECT id, size, digest, size_bytes FROM prepared WHERE shop = ?"
        return self._connection.execute(sql, (origin.shop,))

    def put_picture(self, origin: Origin, picture: Picture, prepared: Collection[Prepared]) -> None:
        """A picture with all its sizes; what the library held under its id is gone."""
        sql = (
            "INSERT INTO pictures (shop, id, source, place, stamp, maker, sha256) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (shop, id) DO UPDATE SET place = excluded.place, stamp = excluded.stamp,"
            " maker = excluded.maker, sha256 = excluded.sha256 WHERE (place, stamp, maker, sha256)"
            " IS NOT (excluded.place, excluded.stamp, excluded.maker, excluded.sha256)"
        )
        shop = origin.shop
        row = (shop, picture.picture, origin.number, picture.place, picture.stamp, picture.maker, picture.sha256)
        self._connection.execute(sql, row)
        sql = (
            "INSERT INTO prepared (shop, id, size, digest, size_bytes, width, height, dpi)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (shop, id, size) DO UPDATE SET digest = excluded.digest,"
            " size_bytes = excluded.size_bytes, width = excluded.width, height = excluded.height, dpi = excluded.dpi"
            " WHERE (digest, dpi) IS NOT (excluded.digest, excluded.dpi)"  # the same file has the same bytes and pixels
        )
        self._connection.executemany(
            sql,
            [
                (shop, picture.picture, one.size, one.digest, one.size_bytes, one.width, one.height, one.dpi)
                for one in prepared
            ],
        )
        sizes = [one.size for one in prepared]
        sql = f"DELETE FROM prepared WHERE shop = ? AND id = ? AND size NOT IN ({_places(sizes)})"
        self._connection.execute(sql, (shop, picture.picture, *sizes))

    def drop_sizes(self, origin: Origin, picture: str, sizes: Collection[str]) -> None:
        """Take some sizes of a picture away."""
        sql = f"DELETE FROM prepared WHERE shop = ? AND id = ? AND size IN ({_places(sizes)})"
        self._connection.execute(sql, (origin.shop, picture, *sizes))

    def drop_pictures(self, origin: Origin, pictures: Iterable[str]) -> None:
        """Take pictures away, with all their sizes."""
        keys = [(origin.shop, picture) for picture in pictures]
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
