"""`vouchers import / stats / redeemed`: the codes that campaigns give."""

import argparse
import re
from dataclasses import asdict
from pathlib import Path

from service.cli.requesting import carried_out
from service.cli.terminal import say, say_json, show_table
from service.clock import utc_now
from service.config import Config, lives_of_pools
from service.errors import FileUnreadable, VouchersRefused
from service.intake.spool import open_spool
from service.intake.voucher_files import read_codes, read_redemptions
from service.ledger.ledger import Ledger
from service.ledger.vouchers import PoolCount, pool_counts
from service.requests import Import, Redeem

TRY_AGAIN = 75


def import_pool(arguments: argparse.Namespace, config: Config) -> int:
    """Put the codes of a file into a pool, all or none."""
    pool = arguments.pool
    if not re.fullmatch("[a-z][a-z0-9-]{0,39}", pool):
        raise VouchersRefused("a pool is called by 1 to 40 small letters, digits and hyphens, a letter first")
    lines, today = read_codes(_content(arguments.file)), utc_now().date()
    counts = carried_out(Import(pool, lines), config)
    if counts is None:
        return TRY_AGAIN
    expired = [line.row for line in lines if line.offer.expires and line.offer.expires < today]
    if arguments.json:
        say_json({"pool": pool, **counts, "expired": len(expired)})
    else:
        say(f"pool {pool}: new codes {counts['new']}, there already {counts['known']}")
        if expired:
            say(
                f"warning: {len(expired)} of them have expired, the first in row {expired[0]}; they are given to nobody"
            )
        if pool not in pools_of(config):
            say(f"no campaign gives from {pool} yet")
    return 0


def redeemed(arguments: argparse.Namespace, config: Config) -> int:
    """Keep which codes were redeemed; those that are not ours are passed over."""
    counts = carried_out(Redeem(read_redemptions(_content(arguments.file))), config)
    if counts is None:
        return TRY_AGAIN
    if arguments.json:
        say_json(dict(counts))
    else:
        say(f"redeemed {counts['redeemed']}; not ours, or known before {counts['passed_over']}")
    return 0


def stats(arguments: argparse.Namespace, config: Config) -> int:
    """Every pool in numbers, and the pools that campaigns name and nobody filled."""
    spool = open_spool(config.settings.spool)
    counted = _counted(Ledger(spool.ledger, read_only=True), config) if spool.ledger.exists() else ()
    empty = pools_of(config) - {count.pool for count in counted}
    counted = tuple(sorted((*counted, *(PoolCount(pool) for pool in empty)), key=_by_name))
    if arguments.json:
        for count in counted:
            say_json(asdict(count) | {"next_expiry": str(count.next_expiry or "")})
    elif counted:
        heads = ("pool", "codes>", "free>", "given>", "redeemed>", "ending>", "expired>", "next expiry")
        show_table(heads, [(*tuple(asdict(count).values())[:-1], count.next_expiry or "") for count in counted])
    else:
        say("no pools yet")
    return 0


def _counted(ledger: Ledger, config: Config) -> tuple[PoolCount, ...]:
    return pool_counts(ledger, utc_now().date(), lives_of_pools(config.campaigns.values()))


def pools_of(config: Config) -> set[str]:
    """The pools that campaigns give from."""
    return {rule.pool for campaign in config.campaigns.values() for rule in campaign.rule if rule.pool}


def _by_name(count: PoolCount) -> str:
    return count.pool


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(f"{path} can't be read: {error.strerror}") from error
