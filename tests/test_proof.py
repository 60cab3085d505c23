"""`proof` and `check`: what is seen before anything goes live, and what is found wrong with a layout."""

import os
import pty
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from service.planning.campaign_specimens import campaign_specimens
from tests.campaigns import HOUSE, TODAY
from tests.conftest import ROOT
from tests.sheets import run
from tests.shop import SLIPWAY, Shop

KINDS = 36  # of customers and parcels, and what is hard to set


def cases(shop: str) -> int:
    """How many contact sheets a shop has: one for each kind, and for each rule of its campaigns."""
    return KINDS + len({each.case for each in campaign_specimens(shop, HOUSE, TODAY.now)})


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The proof set of one shop."""
    folder = tmp_path_factory.mktemp("proof")
    answer = Shop(folder / "spool").slipway("proof", "--shop", "halm", "-o", str(folder / "proof.pdf"))
    assert 0 == answer.returncode, answer.stdout + answer.stderr
    assert f"{3 * cases('halm')} notes on {cases('halm')} contact sheets, 0 of them not as planned" in answer.stdout
    assert not (folder / "spool").exists()
    return folder / "proof.pdf"


def test_a_contact_sheet_stands_for_each_case_with_its_note_in_three_languages(proof: Path) -> None:
    sheets = run("pdftotext", "-raw", proof, "-").decode().split("\f")[:-1]

    assert cases("halm") == len(sheets)
    first = " ".join(sheets[0].split())
    assert "English: 2 pages French: 2 pages German: 2 pages" in first
    assert "New, in one parcel" in first
    assert "status new → greeting-new" in first
    assert all(greeting in first for greeting in ("Welcome, Philippa", "Bienvenue, Anne-Gaëlle", "willkommen, Käthe"))


def test_a_proof_is_a_sound_pdf_in_which_pictures_and_fonts_are_kept_once(proof: Path) -> None:
    run("qpdf", "--check", proof)

    assert proof.stat().st_size < 6_000_000
    assert "no" not in {line.split()[-5] for line in run("pdffonts", proof).decode().splitlines()[2:]}  # embedded


def test_a_progress_bar_shows_on_a_terminal_what_is_being_drawn(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [*SLIPWAY, "proof", "--shop", "amber-home", "-o", str(tmp_path / "proof.pdf")]
    environ = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"}
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        seen = b""
        while chunk := _read(ours):
            seen += chunk
    os.close(ours)

    assert 0 == process.returncode
    assert "{0}/{0}".format(cases("amber-home")).encode() in seen
    assert b"amber-home: " in seen


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other side has closed
        return b""


# What is wrong is found before an order comes


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A configuration and layouts to spoil."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    shutil.copytree(ROOT / "layouts", tmp_path / "layouts")
    return tmp_path


def slipway(house: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    layouts = (("SLIPWAY_LAYOUTS", str(house / "layouts")),)
    return Shop(house / "spool", layouts).slipway("--config", str(house / "config"), *arguments)


def spoil(path: Path, pattern: str, text: str) -> None:
    spoilt, count = re.subn(pattern, text, path.read_text(), count=1, flags=re.DOTALL)
    assert 1 == count
    path.write_text(spoilt)


def test_a_voucher_whose_frame_is_too_small_is_a_fault_of_check_and_stands_red_on_the_proof(house: Path) -> None:
    layout = house / "layouts" / "halm" / "layout.toml"
    spoil(layout, r'(slot = "voucher".*?box_mm = \[[^,]+, [^,]+, [^,]+), [\d.]+\]', r"\1, 14]")

    check = slipway(house, "check")
    proof = slipway(house, "proof", "--shop", "halm", "-o", str(house / "proof.pdf"))

    assert 78 == check.returncode
    assert re.search(r"fault +layout halm +.*mm below its frame \(voucher\): ", check.stdout), check.stdout
    assert 1 == proof.returncode
    assert "below its frame (voucher)" in " ".join(run("pdftotext", house / "proof.pdf", "-").decode().split())


def test_an_address_that_does_not_fit_is_a_fault_and_its_note_can_not_be_drawn(house: Path) -> None:
    layout = house / "layouts" / "amber-home" / "layout.toml"
    spoil(layout, r'(slot = "address"\nbox_mm = \[[^,]+, [^,]+, [^,]+), [\d.]+\]', r"\1, 9]")

    check = slipway(house, "check")
    proof = slipway(house, "proof", "--shop", "amber-home", "-o", str(house / "proof.pdf"))

    assert 78 == check.returncode
    assert "mm below its frame (address): " in check.stdout
    assert 1 == proof.returncode
    assert "does-not-fit: " in run("pdftotext", house / "proof.pdf", "-").decode()


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("sides", "one-sided", "the route prints one-sided, and the back would be a sheet of its own"),
        ("media", "iso_a5_148x210mm", "the route's media is iso_a5_148x210mm, and the layout's sheet is A4"),
        ("media", "na_letter_8.5x11in", "the route's media is na_letter_8.5x11in, and the layout's sheet is A4"),
    ],
)
def test_a_route_whose_paper_is_not_the_layouts_is_a_fault(house: Path, key: str, value: str, fault: str) -> None:
    spoil(house / "config" / "routing.toml", rf'\n{key} = "[^"]+"', f'\n{key} = "{value}"')

    check = slipway(house, "check")

    assert 78 == check.returncode
    assert re.search(rf"fault +sheet halm +queue [a-z-]+: {re.escape(fault)}", check.stdout), check.stdout


def test_a_shop_that_is_not_there_has_no_proof(house: Path) -> None:
    answer = slipway(house, "proof", "--shop", "amber", "-o", str(house / "proof.pdf"))

    assert (1, "slipway.toml has no shop amber\n") == (answer.returncode, answer.stdout)
