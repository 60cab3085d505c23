"""The ledger's tables, in one place, and the steps from each version to the next.

Times are UTC, ISO 8601 text of one width, so that they sort and read the same in every database. Nothing personal:
an order is known by its id, a drop by its hash, a customer by a keyed hash, a file name never.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

VERSION = 3


class UtcTime(sa.TypeDecorator[datetime]):
    """An aware datetime, kept as `2026-11-21T12:00:00.000000+00:00`."""

    impl = sa.String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> str | None:
        return value.astimezone(UTC).isoformat(timespec="microseconds") if value else None

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        return datetime.fromisoformat(value) if value else None


tables = sa.MetaData()

meta = sa.Table(
    "meta",
    tables,
    sa.Column("version", sa.Integer, nullable=False),
)

drops = sa.Table(
    "drops",
    tables,
    sa.Column("drop_id", sa.String(40), primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("size_bytes", sa.Integer, nullable=False),
    sa.Column("arrived_at", UtcTime, nullable=False),
    sa.Column("claimed_at", UtcTime, nullable=False),
    sa.Column("refused", sa.Integer, nullable=False),  # shipments that went back to the sender
    sa.Column("code", sa.String(40), nullable=False),  # why the whole file is refused, or empty
)

notes = sa.Table(
    "notes",
    tables,
    sa.Column("note_id", sa.String(60), primary_key=True),
    sa.Column("generation", sa.Integer, primary_key=True),
    sa.Column("order_id", sa.String(40), nullable=False),
    sa.Column("shipment", sa.Integer, nullable=False),
    sa.Column("of", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("site", sa.String(40), nullable=False),
    sa.Column("shop", sa.String(40), nullable=False),
    sa.Column("language", sa.String(40), nullable=False),
    sa.Column("priority", sa.String(8), nullable=False),
    sa.Column("content_sha256", sa.String(64), nullable=False),
    sa.Column("customer", sa.String(32), nullable=False, server_default=""),  # empty: a guest, or nobody to know
    sa.Column("objector", sa.String(32), nullable=False, server_default=""),  # a customer to be forgotten, no more
    sa.Column("drop_id", sa.ForeignKey("drops.drop_id"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("code", sa.String(40), nullable=False),
    sa.Column("reason", sa.String(400), nullable=False),
    sa.Column("queue", sa.String(127), nullable=False),
    sa.Column("job_id", sa.Integer),
    sa.Column("job_created_at", UtcTime),
    sa.Column("pages", sa.Integer),
    sa.Column("pdf_sha256", sa.String(64)),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("confirmed_by", sa.String(12), nullable=False),
    sa.Column("arrived_at", UtcTime, nullable=False),
    *(
        sa.Column(f"{state}_at", UtcTime)
        for state in (
            *("received", "planned", "rendered", "submitting", "accepted", "taken_back", "completed", "packed"),
            *("deferred", "held", "cancelled"),
        )
    ),
)

_OPEN = notes.c.state.in_(("received", "submitting", "accepted", "deferred"))
sa.Index("ix_notes_open", notes.c.arrived_at, sqlite_where=_OPEN, postgresql_where=_OPEN)
_UNPACKED = sa.and_(notes.c.completed_at.is_not(None), notes.c.packed_at.is_(None))
sa.Index("ix_notes_unpacked", notes.c.completed_at, sqlite_where=_UNPACKED, postgresql_where=_UNPACKED)
_NOBODY: sa.ColumnElement[str] = sa.literal_column(
    "''"
)  # not a parameter: only so does SQLite find what these partial indexes hold
OF_SOMEBODY, OF_OBJECTOR = notes.c.customer != _NOBODY, notes.c.objector != _NOBODY
sa.Index(
    "ix_notes_customer", notes.c.customer, notes.c.arrived_at, sqlite_where=OF_SOMEBODY, postgresql_where=OF_SOMEBODY
)
sa.Index("ix_notes_objector", notes.c.objector, sqlite_where=OF_OBJECTOR, postgresql_where=OF_OBJECTOR)
sa.Index("ix_notes_state", notes.c.state)
sa.Index("ix_notes_order", notes.c.order_id)
sa.Index("ix_notes_drop", notes.c.drop_id)
sa.Index("ix_notes_arrived", notes.c.arrived_at)

drop_notes = sa.Table(
    "drop_notes",
    tables,
    sa.Column("drop_id", sa.ForeignKey("drops.drop_id"), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("note_id", sa.String(60), primary_key=True),
    sa.Column("generation", sa.Integer, primary_key=True),
)
sa.Index("ix_drop_notes_note", drop_notes.c.note_id, drop_notes.c.generation)

events = sa.Table(
    "events",
    tables,
    sa.Column("event_id", sa.Integer, primary_key=True),
    sa.Column("note_id", sa.String(60), nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("code", sa.String(40), nullable=False),
    sa.Column("reason", sa.String(400), nullable=False),
    sa.Column("who", sa.String(60), nullable=False),  # empty: the service itself
)
sa.Index("ix_events_note", events.c.note_id, events.c.generation)

wanted_pictures = sa.Table(
    "wanted_pictures",
    tables,
    sa.Column("note_id", sa.String(60), primary_key=True),
    sa.Column("generation", sa.Integer, primary_key=True),
    sa.Column("picture", sa.String(64), primary_key=True),  # the best id of those that it would have shown
    sa.Column("size", sa.String(40), primary_key=True),
    sa.Column("shop", sa.String(40), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)
sa.Index("ix_wanted_pictures_at", wanted_pictures.c.at)

queue_decisions = sa.Table(
    "queue_decisions",
    tables,
    sa.Column("number", sa.Integer, primary_key=True),  # the order in which they count
    sa.Column("decision_id", sa.String(40), nullable=False, unique=True),
    sa.Column("what", sa.String(8), nullable=False),
    sa.Column("queue", sa.String(127), nullable=False),
    sa.Column("to", sa.String(127), nullable=False),  # empty, but for a move
    sa.Column("who", sa.String(60), nullable=False),
    sa.Column("reason", sa.String(400), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)

queues_down = sa.Table(
    "queues_down",
    tables,
    sa.Column("queue", sa.String(127), primary_key=True),
    sa.Column("since", UtcTime, nullable=False),
    sa.Column("code", sa.String(40), nullable=False),
    sa.Column("reason", sa.String(400), nullable=False),
)

decisions = sa.Table(
    "decisions",
    tables,
    sa.Column("decision_id", sa.String(40), primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("note_id", sa.String(60), nullable=False),  # the note that went on
    sa.Column("generation", sa.Integer, nullable=False),
)

scans = sa.Table(
    "scans",
    tables,
    sa.Column("scan_id", sa.String(40), primary_key=True),
    sa.Column("note_id", sa.String(60), nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("who", sa.String(60), nullable=False),
    sa.Column("outcome", sa.String(20), nullable=False),  # as service/ledger/packing.py has them
)
sa.Index("ix_scans_note", scans.c.note_id, scans.c.generation)

# Customers and campaigns --------------------------------------------------------------------------------------------

articles = sa.Table(
    "articles",
    tables,
    sa.Column("article_id", sa.Integer, primary_key=True),
    sa.Column("shop", sa.String(40), nullable=False),
    sa.Column("sku", sa.String(64), nullable=False),
    sa.Column("category", sa.String(64), nullable=False),
    sa.UniqueConstraint("shop", "sku"),
)

purchases = sa.Table(
    "purchases",
    tables,
    sa.Column("note_id", sa.String(60), primary_key=True),
    sa.Column("article_id", sa.ForeignKey("articles.article_id"), primary_key=True),
    sqlite_with_rowid=False,
)

exposures = sa.Table(
    "exposures",
    tables,
    sa.Column("note_id", sa.String(60), primary_key=True),
    sa.Column("generation", sa.Integer, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("campaign", sa.String(40), nullable=False),  # empty: a note that campaigns leave neutral
    sa.Column("arm", sa.String(40), nullable=False),
    sa.Column("slot", sa.String(20), nullable=False),
    sa.Column("rule", sa.Integer, nullable=False),
    sa.Column("outcome", sa.String(12), nullable=False),
    sa.Column("reason", sa.String(40), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)
sa.Index("ix_exposures_campaign", exposures.c.campaign, exposures.c.at)

campaign_notes = sa.Table(
    "campaign_notes",
    tables,
    sa.Column("campaign", sa.String(40), primary_key=True),
    sa.Column("notes", sa.Integer, nullable=False),  # that show it, each once: what its budget counts
)

campaign_decisions = sa.Table(
    "campaign_decisions",
    tables,
    sa.Column("number", sa.Integer, primary_key=True),  # the order in which they count
    sa.Column("decision_id", sa.String(40), nullable=False, unique=True),
    sa.Column("what", sa.String(8), nullable=False),
    sa.Column("campaign", sa.String(40), nullable=False),
    sa.Column("who", sa.String(60), nullable=False),
    sa.Column("reason", sa.String(400), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)

voucher_codes = sa.Table(
    "voucher_codes",
    tables,
    sa.Column("number", sa.Integer, primary_key=True),  # the order in which they are given
    sa.Column("code", sa.String(40), nullable=False, unique=True),
    sa.Column("pool", sa.String(40), nullable=False),
    sa.Column("percent", sa.Integer, nullable=False),
    sa.Column("amount", sa.String(16), nullable=False),
    sa.Column("free_shipping", sa.Boolean, nullable=False),
    sa.Column("minimum", sa.String(16), nullable=False),
    sa.Column("expires", sa.String(10), nullable=False),  # empty: never
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("categories", sa.String(400), nullable=False),
    sa.Column("excluded_categories", sa.String(400), nullable=False),
    sa.Column("given_at", UtcTime),
    sa.Column("campaign", sa.String(40), nullable=False, server_default=""),
    sa.Column("customer", sa.String(32), nullable=False, server_default=""),
    sa.Column("order_id", sa.String(40), nullable=False, server_default=""),
    sa.Column("note_id", sa.String(60), nullable=False, server_default=""),  # that carried it first
    sa.Column("redeemed_at", UtcTime),
    sa.Column("redeemed_by", sa.String(40), nullable=False, server_default=""),  # the order that it paid for
)
FREE = sa.and_(voucher_codes.c.given_at.is_(None), voucher_codes.c.redeemed_at.is_(None))
HAS_CUSTOMER, HAS_ORDER = voucher_codes.c.customer != _NOBODY, voucher_codes.c.order_id != _NOBODY
sa.Index("ix_voucher_codes_lower", sa.func.lower(voucher_codes.c.code), unique=True)  # customers type as they like
sa.Index(
    "ix_voucher_codes_free", voucher_codes.c.pool, voucher_codes.c.number, sqlite_where=FREE, postgresql_where=FREE
)
for _name, _column, _rows, _is_once in (
    ("ix_voucher_codes_customer", voucher_codes.c.customer, HAS_CUSTOMER, False),  # some campaigns give again
    ("ix_voucher_codes_order", voucher_codes.c.order_id, HAS_ORDER, True),
):
    sa.Index(_name, _column, voucher_codes.c.campaign, unique=_is_once, sqlite_where=_rows, postgresql_where=_rows)

voucher_imports = sa.Table(
    "voucher_imports",
    tables,
    sa.Column("from_number", sa.Integer, primary_key=True),  # of an import under way: its codes are not there yet
)
IS_IMPORTED = voucher_codes.c.number < sa.func.coalesce(
    sa.select(sa.func.min(voucher_imports.c.from_number)).scalar_subquery(), sa.literal_column("9223372036854775807")
)

tombstones = sa.Table(
    "tombstones",
    tables,
    sa.Column("customer", sa.String(32), primary_key=True),
    sa.Column("at", UtcTime, nullable=False),  # what was ordered until then is nobody's
    sa.Column("who", sa.String(60), nullable=False),
)

STEPS: dict[int, tuple[str, ...]] = {
    1: (),  # wanted_pictures: tables that are missing are created anyway
    2: (  # and so are scans, queue_decisions, queues_down and what campaigns need
        "alter table notes add column customer varchar(32) not null default ''",
        "create index ix_notes_customer on notes (customer, arrived_at) where customer != ''",
        "alter table notes add column objector varchar(32) not null default ''",
        "create index ix_notes_objector on notes (objector) where objector != ''",
        "alter table notes add column packed_at varchar(32)",
        "alter table notes add column taken_back_at varchar(32)",
        "create index ix_notes_unpacked on notes (completed_at) where completed_at is not null and packed_at is null",
    ),
}
"""From each version to the next: the statements, in order."""
