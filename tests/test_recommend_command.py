"""`recommend build` and `recommend evaluate`, from order files and from the ledger, to the sheet."""

import json
import subprocess
import sys
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from service.cli.main import main
from service.clock import utc_now
from service.model import Shipment
from service.recommending.recommendations import FILE_NAME, Recommendations
from tests.builders import a_customer, a_line, a_shipment
from tests.shop import Shop, order_file


def ordered(order_id: str, *names: str, days_ago: float = 5, customer: str = "17920") -> Shipment:
    """An order of these articles; an article's SKU is the first word of its name."""
    lines = tuple(a_line(sku=name.split()[0], description=name) for name in names)
    at = utc_now() - timedelta(days=days_ago)
    return a_shipment(order_id=order_id, lines=lines, ordered_at=at, customer=a_customer(id=customer))


def write_orders(folder: Path, *orders: Shipment) -> Path:
    folder.mkdir(exist_ok=True)
    for order in orders:
        (folder / f"{order.order.order_id}.json").write_bytes(order_file(order))
    return folder


def teatime() -> list[Shipment]:
    return [ordered(str(number), "TEA1 teapot", "CUP1 porcelain cup", customer=f"c{number}") for number in range(5)]


@pytest.fixture
def spool(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spool that commands in this process work on."""
    monkeypatch.setenv("SLIPWAY_SPOOL", str(tmp_path / "spool"))
    monkeypatch.chdir(root)
    return tmp_path / "spool"


def picked(spool: Path) -> list[tuple[str, str]]:
    note = ordered("new", "TEA1 teapot", customer="somebody else")
    found = Recommendations(spool / FILE_NAME).pick(note, frozenset(), "en", 3)
    return [(one.sku, one.description) for one in found]


def test_what_files_teach_stands_on_the_sheet_and_the_ledger_teaches_it_again(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "spool")
    history = write_orders(tmp_path / "history", *teatime())
    built = shop.slipway("recommend", "build", "--orders", str(history), "--json")
    assert (0, 5, 2) == (built.returncode, *(json.loads(built.stdout)[name] for name in ("orders", "articles")))
    shop.drop_shipment(ordered("600001", "TEA1 teapot"))
    for number in range(2, 6):
        shop.drop_shipment(ordered(f"60000{number}", "TEA1 teapot", "CAKE1 cake stand", customer=f"d{number}"))
    once = shop.slipway("run", "--once")
    assert 0 == once.returncode, once.stderr
    (sheet,) = (shop.spool / "printers").glob("*/600001-1-r1.pdf")
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(sheet.read_bytes())).pages)
    assert "CUP1 porcelain cup" in text
    assert 0 == shop.slipway("recommend", "build").returncode
    assert [("CAKE1", "CAKE1 cake stand")] == picked(shop.spool)


def test_an_order_in_the_ledger_and_in_files_is_learned_once(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history = write_orders(spool.parent / "history", *teatime())
    again = write_orders(spool.parent / "again", *teatime())
    assert 0 == main(["recommend", "build", "--orders", str(history), str(again / "1.json"), "--json"])
    assert 5 == json.loads(capsys.readouterr().out)["orders"]
    assert [("CUP1", "CUP1 porcelain cup")] == picked(spool)


def test_files_that_are_no_orders_are_left_out_and_counted(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history = write_orders(spool.parent / "history", *teatime())
    (history / "README.md").write_text("orders of last year")
    (history / "expected.jsonl").write_text('{"order_id": "1"}\n{"order_id": "2"}\n')
    assert 0 == main(["recommend", "build", "--orders", str(history)])
    said = capsys.readouterr()
    assert said.out.startswith("learned from 5 orders of 2 articles: ")
    assert "left out 2 files or shipments that are no orders" in said.err


def test_without_orders_nothing_is_learned(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert 1 == main(["recommend", "build"])
    assert "there are no orders to learn from" in capsys.readouterr().out
    assert not (spool / FILE_NAME).exists()
    assert 1 == main(["recommend", "build", "--orders", str(spool / "nowhere")])
    assert "there is no such file" in capsys.readouterr().err


def test_looking_back_says_how_often_tiles_would_have_been_hit(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    later = [ordered("b1", "TEA1 teapot", days_ago=2), ordered("b2", "CUP1 porcelain cup", days_ago=1)]
    history = write_orders(spool.parent / "history", *teatime(), *later)
    split = f"{utc_now() - timedelta(days=3):%Y-%m-%d}"
    assert 0 == main(["recommend", "evaluate", "--orders", str(history), "--split", split, "--json"])
    said = json.loads(capsys.readouterr().out)
    assert (5, 1, 1) == tuple(said[name] for name in ("learned_orders", "occasions", "hits"))
    assert 0 == main(["recommend", "evaluate", "--orders", str(history), "--split", split])
    assert "100.0%" in capsys.readouterr().out
    assert 1 == main(["recommend", "evaluate", "--orders", str(history), "--split", "1999-01-01"])
    assert "name another --split" in capsys.readouterr().out
    assert not (spool / FILE_NAME).exists()


@pytest.mark.corpora
def test_on_real_orders_more_tiles_are_hit_than_of_best_sellers(
    corpora: Path, spool: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = spool.parent / "made"
    command = [sys.executable, str(corpora / "orders" / "make_orders.py"), "--out", str(made), "--in-order"]
    months = ("--since", "2010-10-01", "-n", "20000", "--format", "csv", "--batch", "500")
    subprocess.run([*command, *months], check=True, capture_output=True, timeout=100)
    assert 0 == main(["recommend", "evaluate", "--orders", str(made), "--split", "2010-11-01", "--json"])
    said = json.loads(capsys.readouterr().out)
    assert said["occasions"] > 300
    assert said["hits"] > max(said["best_seller_hits"], said["recent_best_seller_hits"])
    assert said["low"] > 0
