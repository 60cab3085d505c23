"""Statements made ready once: they answer as Core's own way does."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from service.ledger import statements
from service.ledger.prepared import change, change_each, rows
from service.ledger.schema import tables
from tests.builders import NOON

ROW = {"sha256": "a" * 64, "size_bytes": 1234, "arrived_at": NOON, "claimed_at": NOON, "refused": 0, "code": ""}


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as opened:
        tables.create_all(opened)
        yield opened
    engine.dispose()


def test_a_row_comes_back_as_it_was_kept_with_its_times(connection: sa.Connection) -> None:
    kept = ROW | {"drop_id": "d1", "claimed_at": NOON + timedelta(microseconds=1)}
    assert 1 == change(connection, statements.NEW_DROP, kept)
    assert [kept] == rows(connection, statements.DROP, {"drop": "d1"})
    assert [kept] == [dict(row) for row in connection.execute(statements.DROP, {"drop": "d1"}).mappings()]


def test_a_change_that_meets_no_row_says_so(connection: sa.Connection) -> None:
    facts = {"of_note": "509217-1-r1", "of_generation": 1, "to_state": "accepted", "to_accepted_at": NOON}
    assert 0 == change(connection, statements.move(("submitting", "deferred"), ("state", "accepted_at")), facts)


def test_an_insert_names_only_the_columns_that_it_was_given(connection: sa.Connection) -> None:
    event = {"note_id": "509217-1-r1", "generation": 1, "at": NOON, "state": "received", "code": "", "reason": ""}
    change(connection, statements.NEW_EVENT, event | {"who": ""})
    with pytest.raises(sa.exc.DatabaseError, match="who"):
        change(connection, statements.NEW_EVENT, event)
    assert [{"last": 1}] == rows(connection, statements.LAST_EVENT)


def test_what_the_database_refuses_is_an_error_of_core_without_the_values(connection: sa.Connection) -> None:
    change(connection, statements.NEW_DROP, ROW | {"drop_id": "d1"})
    with pytest.raises(sa.exc.DatabaseError, match="UNIQUE") as refused:
        change(connection, statements.NEW_DROP, ROW | {"drop_id": "d1"})
    assert "1234" not in str(refused.value)


def test_a_change_is_carried_out_for_each_of_many(connection: sa.Connection) -> None:
    event = {"note_id": "509217-1-r1", "generation": 1, "at": NOON, "code": "", "reason": "", "who": ""}
    change_each(connection, statements.NEW_EVENT, [event | {"state": state} for state in ("received", "held")])
    change_each(connection, statements.NEW_EVENT, [])
    told = rows(connection, statements.HISTORY, {"of_note": "509217-1-r1", "of_generation": 1})
    assert ["received", "held"] == [row["state"] for row in told]
    with pytest.raises(sa.exc.DatabaseError, match="state"):
        change_each(connection, statements.NEW_EVENT, [event])
