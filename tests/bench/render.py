"""What a note costs: CPU of our renderer and of plain reportlab with the same content, in turn, in one process.

Each draws five notes, then the other; every note is another one: other customer, note id, quantities and goods out of
a hundred. Pictures are JPEG files of 18 mm at 300 dpi. Plain means a Canvas with TTFonts, drawString and drawImage by
path, and reportlab's own codes, all at their defaults. Times are the process's CPU, so a busy machine stretches them
less than the clock; trust the ratios.
"""

import gc
import io
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import font_source_sans_pro
from PIL import Image
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode import code128, qr
from reportlab.graphics.shapes import Drawing
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from service.model import Code, Facts, Goods, Plan, Postal, Totals, Words
from tests.plans import a_plan
from tests.sheets import the_renderer

SIZES = (1, 8, 50, 500)
IN_A_ROW = 5
FONT = Path(font_source_sans_pro.__file__).parent / "files" / "SourceSansPro-Regular.ttf"


def measure_rendering(rounds: int = 50) -> list[dict[str, float]]:
    """CPU per note for each size, ours and plain reportlab's, and the ratio; then what one more line costs."""
    with tempfile.TemporaryDirectory() as folder:
        pictures = {f"P{number:06d}": a_picture(Path(folder) / f"{number}.jpg", number) for number in range(100)}
        the_renderer()
        gc.freeze()  # as the render workers do
        return [measured(lines, rounds if lines < 100 else 2 * IN_A_ROW, pictures) for lines in SIZES]


def one_more_line_ms(figures: list[dict[str, float]]) -> float:
    """The slope between the shortest and the longest note."""
    shortest, longest = figures[0], figures[-1]
    return round((longest["ours_ms"] - shortest["ours_ms"]) / (longest["lines"] - shortest["lines"]), 4)


def measured(lines: int, rounds: int, pictures: dict[str, Path]) -> dict[str, float]:
    """Medians over `rounds` notes of `lines` lines."""
    pdfmetrics.registerFont(TTFont("Plain", FONT))
    renderer = the_renderer()
    ours, plain, ratios = [], [], []
    for turn in range(-1, rounds // IN_A_ROW):
        plans = [another_plan(lines, turn * IN_A_ROW + number) for number in range(IN_A_ROW)]
        our_s, notes = cpu_s(lambda plan: renderer.render(plan, pictures), plans)
        plain_s, _ = cpu_s(lambda plan: plainly_drawn(plan, pictures), plans)
        if turn >= 0:  # the first turn warms up
            ours.append(our_s)
            plain.append(plain_s)
            ratios.append(plain_s / our_s)
    note = notes[-1]
    return {
        "lines": lines,
        "ours_ms": round(1000 * statistics.median(ours), 3),
        "plain_ms": round(1000 * statistics.median(plain), 3),
        "ratio": round(statistics.median(ratios), 2),
        "ours_kib": round(len(note.pdf) / 1024),
        "pages": note.pages,
    }


def cpu_s(draw: Callable[[Plan], Any], plans: list[Plan]) -> tuple[float, list[Any]]:
    """Seconds of CPU for each note, and what was drawn."""
    start = time.process_time()
    drawn = [draw(plan) for plan in plans]
    return (time.process_time() - start) / len(plans), drawn


def another_plan(lines: int, number: int) -> Plan:
    """A note that no other resembles but in its standing words."""
    chance = random.Random(number)
    plan = a_plan(("en", "fr", "de")[number % 3], lines=lines)
    note_id = f"{chance.randrange(10**6)}-1-r1"
    name = "".join(chance.choice("abcdefghijklmnopqrst") for _ in range(12)).title()
    blocks = dict(plan.blocks)
    goods = blocks["goods"]
    rows = tuple(
        replace(row, name=f"{row.name} {kind}", quantity=str(chance.randrange(1, 40)), picture=f"P{kind:06d}")
        for row in goods.rows
        for kind in [chance.randrange(100)]
    )
    blocks["goods"] = replace(goods, rows=rows)
    blocks["greeting"] = replace(blocks["greeting"], heading=f"Welcome, {name}")
    blocks["address"] = Postal(
        "To", (name, f"{chance.randrange(200)} {name} Street", f"BS1 {name[:3].upper()}", "Bristol")
    )
    blocks["note-code"] = Code("code128", note_id, address=note_id)
    blocks["feedback"] = replace(blocks["feedback"], data=f"https://amber-home.example/f/{note_id}?l=en")
    return replace(plan, note_id=note_id, blocks=tuple(blocks.items()))


def a_picture(path: Path, seed: int) -> Path:
    """A picture with enough in it that JPEG takes some 15 kB for it."""
    noise = Image.effect_noise((71, 71), 60 + seed % 20).resize((213, 213))
    Image.merge("RGB", (noise, noise.rotate(90), noise.rotate(180))).save(path, "JPEG", quality=88)
    return path


def plainly_drawn(plan: Plan, pictures: dict[str, Path]) -> bytes:
    """The same words, pictures and codes, one under the other, as the reportlab manual shows it."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(210 * mm, 297 * mm))
    canvas.setTitle(plan.title)
    y = 280 * mm
    for _, block in plan.blocks:
        for height, draw in _plain_parts(block, pictures):
            y -= height
            if y < 20 * mm:
                canvas.showPage()
                y = 280 * mm - height
            canvas.setFont("Plain", 9)
            draw(canvas, y)
    canvas.save()
    return file.getvalue()


def _plain_parts(block: object, pictures: dict[str, Path]) -> list[tuple[float, Callable[[Canvas, float], None]]]:
    """Heights, and what draws the part at a height."""
    match block:
        case Words(heading, paragraphs):
            texts = [line for text in (heading, *paragraphs) for line in text.split("\n")]
            return [_plain_line([(18, text)]) for text in texts]
        case Postal(label, lines):
            return [_plain_line([(18, text)]) for text in (label, *lines)]
        case Facts(rows) | Totals(rows):
            return [_plain_line([(18, one), (60, two)]) for one, two in rows]
        case Code("qr", data):
            return [(30 * mm, lambda canvas, y: _plain_qr(canvas, data, y)), _plain_line([(18, block.caption)])]
        case Code(_, data):
            return [(12 * mm, lambda canvas, y: code128.Code128(data, barHeight=10 * mm).drawOn(canvas, 18 * mm, y))]
        case Goods(heads, rows):
            head = _plain_line(list(zip((18, 54, 137, 167), heads, strict=True)))
            return [head, *(_plain_row(row, pictures) for row in rows)]
    return []


def _plain_line(texts: list[tuple[float, str]]) -> tuple[float, Callable[[Canvas, float], None]]:
    def draw(canvas: Canvas, y: float) -> None:
        for x, text in texts:
            canvas.drawString(x * mm, y, text)

    return 13, draw


def _plain_row(row: object, pictures: dict[str, Path]) -> tuple[float, Callable[[Canvas, float], None]]:
    def draw(canvas: Canvas, y: float) -> None:
        canvas.drawImage(str(pictures[row.picture]), 36 * mm, y, 14 * mm, 14 * mm)
        for x, text in ((18, row.quantity), (54, row.name)):
            canvas.drawString(x * mm, y + 20, text)
        canvas.drawString(54 * mm, y + 8, f"{row.sku} {row.detail}")
        for x, text in ((162, row.unit_price), (192, row.amount)):
            canvas.drawRightString(x * mm, y + 20, text)
        canvas.line(18 * mm, y - 5, 192 * mm, y - 5)

    return 18 * mm, draw


def _plain_qr(canvas: Canvas, data: str, y: float) -> None:
    drawing = Drawing(28 * mm, 28 * mm)
    drawing.add(qr.QrCodeWidget(data, barWidth=28 * mm, barHeight=28 * mm))
    renderPDF.draw(drawing, canvas, 160 * mm, y)
