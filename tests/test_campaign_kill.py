"""kill -9 between taking a code and acceptance, two hundred times: no code is lost, none is given twice."""

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from service.ledger.ledger import Ledger
from service.ledger.schema import notes, voucher_codes
from tests.conftest import ROOT
from tests.test_campaign_notes import WELCOME, codes_on_paper

KILLS = 200


@pytest.mark.timeout(420)
def test_two_hundred_kills_lose_no_code_and_give_none_twice(tmp_path: Path) -> None:
    spool, config = tmp_path / "spool", tmp_path / "config"
    shutil.copytree(ROOT / "config", config, ignore=shutil.ignore_patterns("content", "campaigns"))
    shutil.copytree(ROOT / "config" / "campaigns", config / "campaigns", ignore=shutil.ignore_patterns("*.toml"))
    (config / "campaigns" / "welcome.toml").write_text(WELCOME.format(more=""))
    program = [sys.executable, "-m", "tests.campaign_lives", str(spool), str(config), str(KILLS)]
    ended = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    assert 0 == ended.returncode, ended.stderr[-3000:]
    orders = int(ended.stdout.splitlines()[-1])

    on_paper = codes_on_paper(spool)
    assert orders == len(on_paper)
    assert {1} == {len(codes) for codes in on_paper.values()}, "each sheet carries one code"
    given = dict(_given(spool))
    assert given.keys() == {codes[0] for codes in on_paper.values()}, "what is given is on paper, and nothing else"
    customers = {order.split("-")[0] for order in on_paper}
    assert len(customers) == len(given) == len(set(given.values())), "one code for each customer"
    of_order = Counter(order for order, _ in {(sheet.split("-")[0], codes[0]) for sheet, codes in on_paper.items()})
    assert {1} == set(of_order.values()), "the parcels of an order carry the same"


def _given(spool: Path) -> list[tuple[str, str]]:
    ledger = Ledger(spool / "ledger.db", read_only=True)
    rows = ledger.ask(
        sa.select(voucher_codes.c.code, voucher_codes.c.customer).where(voucher_codes.c.given_at.is_not(None))
    )
    (free,) = ledger.ask(sa.select(sa.func.count().label("free")).where(voucher_codes.c.given_at.is_(None)))
    states = {row["state"] for row in ledger.ask(sa.select(notes.c.state))}
    ledger.close()
    assert {"accepted", "completed"} == states
    assert KILLS + KILLS // 2 == len(rows) + free["free"], "no code is lost"
    return [(row["code"], row["customer"]) for row in rows]
