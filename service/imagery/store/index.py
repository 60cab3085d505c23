"""The index of one generation: an SQLite file that says which picture is which prepared file, at which size.

Once it is served it never changes, so it is opened immutable: no lock, no journal, and a look-up is one search in one
B-tree. It is written as a draft (draft.py) and numbered by generations.py. All that can be wrong with the file is
sqlite3.Error here; those who open it know what that means to them.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from service.imagery.offered import Refusal

FORMAT = 1
COARSE_DPI = 150  # below this a picture looks soft on paper

# The pictures of a source are keyed as they are looked up: by shop ("" for all of them) and normal id.
SCHEMA = f"""
BEGIN;
CREATE TABLE library (generation INTEGER NOT NULL, made_at TEXT NOT NULL);
INSERT INTO library VALUES (0, '');
CREATE TABLE sources (
    source INTEGER PRIMARY KEY, place TEXT NOT NULL, shop TEXT NOT NULL, synced_at TEXT NOT NULL,
    coarse INTEGER NOT NULL,
    UNIQUE (place, shop)
);
CREATE TABLE pictures (
    shop TEXT NOT NULL, id TEXT NOT NULL, source INTEGER NOT NULL, place TEXT NOT NULL, stamp TEXT NOT NULL,
    maker TEXT NOT NULL, sha256 BLOB NOT NULL,
    PRIMARY KEY (shop, id)
) WITHOUT ROWID;
CREATE INDEX pictures_by_content ON pictures (sha256);
CREATE TABLE prepared (
    shop TEXT NOT NULL, id TEXT NOT NULL, size TEXT NOT NULL, digest BLOB NOT NULL, size_bytes INTEGER NOT NULL,
    width INTEGER NOT NULL, height INTEGER NOT NULL, dpi INTEGER NOT NULL,
    PRIMARY KEY (shop, id, size)
) WITHOUT ROWID;
CREATE TABLE refused (
    source INTEGER NOT NULL, place TEXT NOT NULL, id TEXT NOT NULL, stamp TEXT NOT NULL, judge TEXT NOT NULL,
    code TEXT NOT NULL, what TEXT NOT NULL,
    PRIMARY KEY (source, place, id)
) WITHOUT ROWID;
PRAGMA user_version = {FORMAT};
COMMIT;
"""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A prepared picture: the size it was made for by name, its file's SHA-256 and bytes, its pixels, and the dpi that
    its original has at that size."""

    size: str
    digest: bytes
    size_bytes: int
    width: int
    height: int
    dpi: int


@dataclass(frozen=True, slots=True)
class Held:
    """A picture of the library at one size, as a look-up finds it."""

    size: str
    digest: bytes
    size_bytes: int
    width: int
    height: int

    @property
    def is_cropped(self) -> bool:
        """True if it is not the whole picture."""
        return "-cropped" in self.size


@dataclass(frozen=True, slots=True)
class Entry:
    """One prepared file; a picture that is shown by it, at which size, of which source; and how many more are."""

    digest: bytes
    size_bytes: int
    shop: str
    picture: str
    size: str
    source: str
    others: int


@dataclass(frozen=True, slots=True)
class SourceStats:
    """What one source has brought. `synced_at` is when that last changed, in ISO 8601; `coarse` as of then."""

    place: str
    shop: str
    pictures: int
    refused: int
    coarse: int
    synced_at: str


class Index:
    """One generation, open for reading. Not for several threads at once: who shares it locks it."""

    def __init__(self, path: Path) -> None:
        """Raises sqlite3.Error where there is no such file, or it is none of ours."""
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        try:
            check_format(self._connection)
            row = self._connection.execute("SELECT generation, made_at FROM library").fetchone()
            self.generation, self.made_at = int(row[0]), str(row[1])
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def held(self, shop: str, picture: str) -> list[Held]:
        """A picture of just this shop, by its normal id: all its sizes."""
        sql = "SELECT size, digest, size_bytes, width, height FROM prepared WHERE shop = ? AND id = ?"
        return [Held(*row) for row in self._connection.execute(sql, (shop, picture))]

    def prepared_of(self, sha256: bytes, maker: str) -> list[Prepared]:
        """What this maker has made of the original with this SHA-256, whatever it was called."""
        sql = (
            "SELECT DISTINCT size, digest, size_bytes, width, height, dpi FROM pictures JOIN prepared USING (shop, id)"
            " WHERE sha256 = ? AND maker = ?"
        )
        return [Prepared(*row) for row in self._connection.execute(sql, (sha256, maker))]

    def entries(self) -> Iterator[Entry]:
        """Every prepared file that is named here, once."""
        sql = (
            "SELECT digest, size_bytes, shop, min(id), size,"  # the other columns are of the row with that id
            " (SELECT sources.place FROM pictures JOIN sources USING (source)"
            " WHERE pictures.shop = prepared.shop AND pictures.id = prepared.id), count(*) - 1"
            " FROM prepared GROUP BY digest, size_bytes"
        )
        return (Entry(*row) for row in self._connection.execute(sql))

    def digests(self) -> Iterator[bytes]:
        """The SHA-256 of every prepared file that is named here, some of them more than once."""
        return (digest for (digest,) in self._connection.execute("SELECT digest FROM prepared"))

    def is_empty(self) -> bool:
        """True if there is no picture at all."""
        return self._connection.execute("SELECT 1 FROM pictures LIMIT 1").fetchone() is None

    def count_pictures(self) -> int:
        """How many pictures there are."""
        (count,) = self._connection.execute("SELECT count(*) FROM pictures").fetchone()
        return int(count)

    def count_prepared(self) -> tuple[int, int]:
        """How many prepared files there are, and their bytes."""
        return count_prepared(self._connection)

    def refused(self) -> Iterator[Refusal]:
        """Every original that was refused, by source and place."""
        sql = "SELECT id, place, code, what FROM refused ORDER BY source, place, id"
        return (Refusal(*row) for row in self._connection.execute(sql))

    def sources(self) -> tuple[SourceStats, ...]:
        """Every source, in the order of its first sync."""
        sql = (
            "SELECT place, shop, (SELECT count(*) FROM pictures WHERE pictures.source = sources.source),"
            " (SELECT count(*) FROM refused WHERE refused.source = sources.source), coarse, synced_at"
            " FROM sources ORDER BY source"
        )
        return tuple(SourceStats(*row) for row in self._connection.execute(sql))


def check_format(connection: sqlite3.Connection) -> None:
    """Raise sqlite3.DatabaseError if this is no index as this version writes them."""
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found != FORMAT:
        raise sqlite3.DatabaseError(f"it has format {found}, this version reads {FORMAT}")


def count_prepared(connection: sqlite3.Connection) -> tuple[int, int]:
    """How many prepared files an index names, and their bytes."""
    sql = "SELECT count(*), coalesce(sum(size_bytes), 0) FROM (SELECT DISTINCT digest, size_bytes FROM prepared)"
    count, size_bytes = connection.execute(sql).fetchone()
    return count, size_bytes
