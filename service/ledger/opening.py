"""Opens the ledger's database: its settings, its tables, the steps from an older version; what a fault of it means."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from service.errors import LedgerUnusable, SlipwayError, SpoolFull
from service.ledger.prepared import change
from service.ledger.schema import STEPS, VERSION, meta, tables

_BEGIN = sa.text("begin immediate")


def open_to_write(path: Path) -> sa.Engine:
    """The ledger's engine, its tables created where missing and of our version; for one thread that writes."""
    engine = _engine(path, "rwc")

    @sa.event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not guessed by the driver
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")  # NORMAL forgets the last commits in a power cut

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        change(connection, _BEGIN, {})

    return _prepared(engine)


def open_to_read(path: Path) -> sa.Engine:
    """An engine for questions, each of which is one statement."""
    return _engine(path, "ro", isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)


def _engine(path: Path, mode: str, **options: Any) -> sa.Engine:
    arguments = {"timeout": 30, "check_same_thread": False}
    return sa.create_engine(f"sqlite:///file:{path}?mode={mode}&uri=true", connect_args=arguments, **options)


def _prepared(engine: sa.Engine) -> sa.Engine:
    try:
        with engine.connect() as connection, connection.begin():
            tables.create_all(connection)
            version = connection.execute(sa.select(meta.c.version)).scalar()
            if version is None:
                connection.execute(meta.insert(), {"version": VERSION})
            else:
                _bring_up_to_date(connection, version)
    except sa.exc.DatabaseError as error:
        raise unwritable(error) from error
    return engine


def _bring_up_to_date(connection: sa.Connection, version: int) -> None:
    """Take the steps from `version` to ours; raises LedgerUnusable where there is no way."""
    if version not in (*STEPS, VERSION):
        raise LedgerUnusable(f"the ledger is of version {version}, this service knows {VERSION}")
    for step in range(version, VERSION):
        for statement in STEPS[step]:
            connection.exec_driver_sql(statement)
    if version != VERSION:
        connection.execute(meta.update(), {"version": VERSION})


def unwritable(error: sa.exc.DatabaseError) -> SlipwayError:
    """A full disk passes; anything else does not."""
    if "full" in str(error.orig):
        return SpoolFull("no space left for the ledger")
    return LedgerUnusable(f"the ledger can't be written: {error.orig}")
