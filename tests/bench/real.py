"""Is a PDF really the note? Its structure holds, its words can be read, and its codes scan at 300 dpi."""

import subprocess
import tempfile
import unicodedata
from pathlib import Path

from service.model import Plan

_SOFT_HYPHEN = "\u00ad"


def faults_of(pdf: Path, plan: Plan) -> list[str]:
    """What keeps the file from being the note of `plan`; empty if nothing does."""
    try:
        checked = _run("qpdf", "--check", pdf)
        if checked.returncode:
            return [f"qpdf: {checked.stderr.strip().splitlines()[-1]}"]
        return [*_missing_words(pdf, plan), *_missing_codes(pdf, plan)]
    except FileNotFoundError as error:
        return [f"{error.filename} is not installed"]


def pages_of(pdf: Path) -> int:
    return int(_run("qpdf", "--show-npages", pdf).stdout)


def _missing_words(pdf: Path, plan: Plan) -> list[str]:
    """Customer, article names and totals that are not in the text, wherever its lines break."""
    blocks = dict(plan.blocks)
    wanted = [
        blocks["address"].lines[0],
        *(row.name for row in blocks["goods"].rows),
        *(tile.name for tile in blocks["recommendations"].tiles),
        *(amount for _, amount in blocks["totals"].rows),
        blocks["voucher"].code,
    ]
    text = _letters(_run("pdftotext", "-raw", pdf, "-").stdout)
    return [f"its text lacks {words}" for words in wanted if _letters(words) not in text]


def _missing_codes(pdf: Path, plan: Plan) -> list[str]:
    blocks = dict(plan.blocks)
    wanted = {
        f"CODE-128:{blocks['note-code'].data}",
        f"QR-Code:{blocks['feedback'].data}",
        f"QR-Code:{blocks['voucher'].scan}",
    }
    with tempfile.TemporaryDirectory() as folder:
        _run("pdftoppm", "-r", "300", "-gray", pdf, Path(folder) / "page")
        read = _run("zbarimg", "-q", *sorted(Path(folder).iterdir())).stdout.splitlines()
    return [f"nobody can scan its {code}" for code in sorted(wanted - set(read))]


def _letters(text: str) -> str:
    """The text without white space and hyphens."""
    plain = unicodedata.normalize("NFC", text)
    return "".join(plain.split()).replace("-", "").replace(_SOFT_HYPHEN, "")


def _run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120, check=False)
