"""The notes as the peers get them: plain data in a file of JSON lines, with every picture's path and every code's
modules, so that no peer spends its time on making codes."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reportlab.graphics.barcode.code128 import Code128

from service.model import Plan
from service.rendering.blocks.qr import QUIET_MODULES, qr_image

_DARK_AS_1 = str.maketrans("01", "10")


def write_content(path: Path, plans: Iterable[tuple[int, int, Plan]], pictures: Mapping[str, Path]) -> None:
    """One line for each (lines, number, plan)."""
    with path.open("w", encoding="utf-8") as file:
        for lines, number, plan in plans:
            json.dump({"lines": lines, "number": number, **_note(plan, pictures)}, file, ensure_ascii=False)
            file.write("\n")


def _note(plan: Plan, pictures: Mapping[str, Path]) -> dict[str, Any]:
    note = {slot.replace("-", "_"): asdict(block) for slot, block in plan.blocks}
    for shown in (note["promo"], *note["goods"]["rows"], *note["recommendations"]["tiles"]):
        shown["picture"] = str(pictures[shown.pop("pictures")[0]])
    note["feedback"]["symbol"] = _qr(note["feedback"]["data"])
    note["voucher"]["symbol"] = _qr(note["voucher"]["scan"])
    note["note_code"]["symbol"] = _code128(note["note_code"]["data"])
    plain = {"note_id": plan.note_id, "language": plan.language, "title": plan.title, "page_label": plan.page_label}
    return note | plain


def _qr(data: str) -> dict[str, Any]:
    """The side in modules, and the dark ones as runs: (row, column, length)."""
    image = qr_image(data.encode())
    width = -(-(image.modules + 2 * QUIET_MODULES) // 8) * 8
    pixels = f"{int(image.pixels, 16):b}".translate(_DARK_AS_1)
    starts = range(QUIET_MODULES * (width + 1), (QUIET_MODULES + image.modules) * width, width)
    rows = [pixels[start : start + image.modules] for start in starts]
    runs = [(number, *run) for number, row in enumerate(rows) for run in _runs(row)]
    return {"text": data, "side": image.modules, "runs": runs}


def _runs(row: str) -> Iterable[tuple[int, int]]:
    column = 0
    for stretch in row.replace("01", "0 1").replace("10", "1 0").split():
        if stretch[0] == "1":
            yield column, len(stretch)
        column += len(stretch)


def _code128(data: str) -> dict[str, Any]:
    """The width in modules, and the bars: (left, width). reportlab spells widths in letters, bars in capitals."""
    code = Code128(data)
    code.validate()
    code.encode()
    bars, left = [], 0
    for letter in code.decompose():
        width = ord(letter.lower()) - ord("a") + 1
        if letter.isupper():
            bars.append((left, width))
        left += width
    return {"text": data, "side": left, "runs": bars}
