"""Statements made ready once: Core says what is asked and how types are kept, the driver is asked directly.

Core's own way from a statement to its rows costs several times what SQLite needs, for a dozen statements of each note.
Here its text, the order of its values and the conversions of its types are worked out at the first use. Values go by
position; errors are those of Core.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

Convert = Callable[[Any], Any]
Facts = Mapping[str, Any]
Row = dict[str, Any]


def rows(connection: sa.Connection, statement: sa.Select[Any], facts: Facts | None = None) -> list[Row]:
    """What the statement answers, by the names of its columns; one that asks for any of several values goes by Core."""
    facts = facts or {}
    if _is_of_any_length(statement):
        return [dict(row) for row in connection.execute(statement, facts).mappings()]
    return _question(statement, tuple(facts), connection.dialect).ask(connection, facts)


def change(connection: sa.Connection, statement: sa.Executable, facts: Facts) -> int:
    """Carry the statement out; how many rows it met."""
    return int(_prepared(statement, tuple(facts), connection.dialect).run(connection, facts).rowcount)


def change_each(connection: sa.Connection, statement: sa.UpdateBase, facts: Sequence[Facts]) -> None:
    """Carry the statement out once for each of these, which all have the same names."""
    if facts:
        _prepared(statement, tuple(facts[0]), connection.dialect).run_each(connection, facts)


class _Prepared:
    """A statement as the driver takes it, for facts of certain names."""

    def __init__(self, statement: sa.Executable, names: Sequence[str], dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(names))  # type: ignore[attr-defined]
        self._text = str(compiled)
        self._values = tuple(
            (name, compiled.params[name], compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup or ()
        )
        self._error, self._broken_rule = dialect.loaded_dbapi.Error, dialect.loaded_dbapi.IntegrityError

    def run(self, connection: sa.Connection, facts: Facts) -> Any:
        """The driver's cursor after it was told; raises sa.exc.DatabaseError."""
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self._text, self._bound(facts))
        except self._error as error:
            raise self._told(error) from error
        return cursor

    def run_each(self, connection: sa.Connection, facts: Sequence[Facts]) -> None:
        cursor = connection.connection.cursor()
        try:
            cursor.executemany(self._text, [self._bound(each) for each in facts])
        except self._error as error:
            raise self._told(error) from error

    def _told(self, error: Exception) -> sa.exc.DatabaseError:
        kind = sa.exc.IntegrityError if isinstance(error, self._broken_rule) else sa.exc.DatabaseError
        return kind(self._text, None, error)

    def _bound(self, facts: Facts) -> tuple[Any, ...]:
        return tuple(
            [
                convert(facts.get(name, constant)) if convert else facts.get(name, constant)
                for name, constant, convert in self._values
            ]
        )


class _Question(_Prepared):
    """A statement that answers rows."""

    def __init__(self, statement: sa.Select[Any], names: Sequence[str], dialect: sa.Dialect) -> None:
        super().__init__(statement, names, dialect)
        self._columns = tuple(str(column.key) for column in statement.selected_columns)
        converts = (
            (place, column.type.dialect_impl(dialect).result_processor(dialect, None))
            for place, column in enumerate(statement.selected_columns)
        )
        self._converts = tuple((place, convert) for place, convert in converts if convert)

    def ask(self, connection: sa.Connection, facts: Facts) -> list[Row]:
        return [self._row(values) for values in self.run(connection, facts).fetchall()]

    def _row(self, values: Sequence[Any]) -> Row:
        kept = list(values)
        for place, convert in self._converts:
            kept[place] = convert(kept[place])
        return dict(zip(self._columns, kept, strict=True))


def _expands(statement: sa.Select[Any]) -> bool:
    """True where the text depends on how many values are given."""
    return bool(statement.compile().post_compile_params)


_is_of_any_length = cache(_expands)
_prepared = cache(_Prepared)
_question = cache(_Question)
