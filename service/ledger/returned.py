"""Codes that were given and never came out: free for their customer again, and for nobody else."""

import sqlalchemy as sa

from service.ledger.schema import exposures, notes, voucher_codes
from service.model import SHOWN

_sheet = notes.alias("sheet")
_SHOWS_CODE = sa.exists().where(
    exposures.c.note_id == _sheet.c.note_id,
    exposures.c.campaign == voucher_codes.c.campaign,
    exposures.c.slot == "voucher",
    exposures.c.outcome == SHOWN,
)
NEVER_CAME_OUT = sa.and_(  # given and not redeemed: all sheets that carry it were cancelled, and none had a job
    voucher_codes.c.given_at.is_not(None),
    voucher_codes.c.redeemed_at.is_(None),
    ~sa.exists().where(
        _sheet.c.order_id == voucher_codes.c.order_id,
        sa.or_(_sheet.c.state != "cancelled", _sheet.c.accepted_at.is_not(None), _sheet.c.job_id.is_not(None)),
        sa.or_(_sheet.c.note_id == voucher_codes.c.note_id, _SHOWS_CODE),
    ),
)
