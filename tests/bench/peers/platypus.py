"""reportlab's Platypus: paragraphs, tables and images in a flow, with binary streams (rl_config.useA85 = 0)."""

import io
from typing import Any
from xml.sax.saxutils import escape

from reportlab import rl_config
from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    Image,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

from tests.bench.peers.sheet import AMBER, SAND
from tests.bench.peers.worker import REGULAR, SEMIBOLD, work

_AMBER, _SAND = Color(*AMBER), Color(*SAND)
_PLAIN = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
]
_GOODS = [*_PLAIN, ("LINEABOVE", (0, 1), (-1, -1), 0.25, _SAND), ("TOPPADDING", (0, 1), (-1, -1), 2)]
_TOTALS = [*_PLAIN, ("LINEABOVE", (0, 0), (-1, 0), 0.25, _SAND), ("TOPPADDING", (0, 0), (-1, -1), 2)]
_VOUCHER = [("BOX", (0, 0), (-1, -1), 0.5, _AMBER), ("LEFTPADDING", (0, 0), (-1, -1), 6 * mm)]


def main() -> None:
    registerFont(TTFont("Regular", REGULAR))
    registerFont(TTFont("Semibold", SEMIBOLD))
    rl_config.useA85 = 0
    work(draw)


def draw(note: Any) -> bytes:
    file = io.BytesIO()
    document = BaseDocTemplate(file, pagesize=A4, title=note.title)
    frame = Frame(15 * mm, 16 * mm, 180 * mm, 250 * mm, 0, 0, 0, 0)
    parcel = PageTemplate("parcel", [frame], onPage=lambda canvas, _: _draw_frame(canvas, note))
    document.addPageTemplates([parcel, PageTemplate("brand", [frame])])
    story = [*_parcel(note), NextPageTemplate("brand"), PageBreak(), *_brand(note)]
    document.build(story, canvasmaker=lambda *given, **named: _Numbered(note, *given, **named))
    return file.getvalue()


class _Numbered(Canvas):
    """The usual way to "page x of y": pages are kept until their number is known. The last one bears none."""

    def __init__(self, note: Any, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._note, self._pages = note, []

    def showPage(self) -> None:  # noqa: N802  # reportlab's name
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        count = len(self._pages) - 1
        for number, page in enumerate(self._pages, 1):
            self.__dict__.update(page)
            if number <= count:
                self.setFont("Regular", 7.5)
                label = self._note.page_label.format(page=number, pages=count)
                self.drawRightString(195 * mm, 13 * mm, label)
            super().showPage()
        super().save()


class _Modules(Flowable):
    """A QR code, as one path."""

    def __init__(self, symbol: Any, size: float) -> None:
        super().__init__()
        self._symbol, self.width, self.height = symbol, size, size

    def draw(self) -> None:
        side = self.width / self._symbol.side
        path = self.canv.beginPath()
        for row, column, length in self._symbol.runs:
            path.rect(column * side, self.height - (row + 1) * side, length * side, side)
        self.canv.drawPath(path, stroke=0, fill=1)


def _draw_frame(canvas: Canvas, note: Any) -> None:
    canvas.setFillColor(_AMBER)
    canvas.setFont("Semibold", 12)
    canvas.drawString(15 * mm, 278 * mm, note.brand.heading)
    canvas.setFillGray(0)
    canvas.setFont("Regular", 7.5)
    canvas.drawString(15 * mm, 273 * mm, note.brand.paragraphs[0])
    canvas.drawRightString(195 * mm, 268.5 * mm, note.note_code.address)
    canvas.drawString(15 * mm, 13 * mm, note.imprint.paragraphs[0])
    module = 0.33867 * mm
    left = 195 * mm - note.note_code.symbol.side * module
    path = canvas.beginPath()
    for bar, width in note.note_code.symbol.runs:
        path.rect(left + bar * module, 272.2 * mm, width * module, 10.8 * mm)
    canvas.drawPath(path, stroke=0, fill=1)


def _parcel(note: Any) -> list[Flowable]:
    words = [*_words(note.greeting, _DISPLAY), Spacer(1, 5 * mm), *_words(note.parcel, _HEADING)]
    facts = [[Paragraph(escape(label), _SMALL), Paragraph(escape(value), _BODY)] for label, value in note.facts.rows]
    address = [
        Paragraph(escape(note.address.label), _LABEL),
        *(Paragraph(escape(line), _BODY) for line in note.address.lines),
    ]
    side = [*address, Spacer(1, 4 * mm), Table(facts, [25 * mm, 32 * mm], style=_PLAIN)]
    return [
        Table([[words, "", side]], [105 * mm, 18 * mm, 57 * mm], style=_PLAIN),
        Spacer(1, 4 * mm),
        _goods(note.goods),
        _totals(note.totals),
    ]


def _goods(goods: Any) -> Table:
    quantity, name, unit_price, amount = (escape(head) for head in goods.heads)
    head = [
        Paragraph(quantity, _LABEL),
        "",
        Paragraph(name, _LABEL),
        Paragraph(unit_price, _SMALL_RIGHT),
        Paragraph(amount, _SMALL_RIGHT),
    ]
    rows = [
        [
            Paragraph(row.quantity, _QUANTITY),
            Image(row.picture, 18 * mm, 18 * mm),
            [
                Paragraph(escape(row.name), _STRONG),
                Paragraph(escape(row.sku), _SMALL),
                Paragraph(escape(row.detail), _SMALL),
            ],
            Paragraph(escape(row.unit_price), _RIGHT),
            Paragraph(escape(row.amount), _RIGHT),
        ]
        for row in goods.rows
    ]
    return Table([head, *rows], [16 * mm, 22 * mm, 82 * mm, 30 * mm, 30 * mm], repeatRows=1, style=_GOODS)


def _totals(totals: Any) -> Table:
    rows = [[Paragraph(escape(label), _BODY), Paragraph(escape(amount), _RIGHT)] for label, amount in totals.rows]
    return Table(rows, [30 * mm, 27 * mm], style=_TOTALS, hAlign="RIGHT", spaceBefore=2 * mm)


def _brand(note: Any) -> list[Flowable]:
    tiles = [
        [Image(tile.picture, 56 * mm, 36 * mm, hAlign="LEFT"), Paragraph(escape(tile.name), _STRONG),
         Paragraph(escape(tile.detail), _SMALL), Paragraph(escape(tile.price), _BODY)]
        for tile in note.recommendations.tiles
    ]  # fmt: skip
    feedback = [
        Paragraph(escape(note.feedback.heading), _STRONG),
        Paragraph(escape(note.feedback.caption), _BODY),
        Paragraph(escape(note.feedback.address), _SMALL),
    ]
    quiet = [
        feedback,
        _Modules(note.feedback.symbol, 30 * mm),
        "",
        _words(note.returns, _STRONG),
        _words(note.help, _STRONG),
    ]
    return [
        Image(note.promo.picture, 180 * mm, 60 * mm),
        Spacer(1, 3 * mm),
        *_words(note.promo, _HEADING),
        Spacer(1, 4 * mm),
        Paragraph(escape(note.recommendations.heading), _HEADING),
        Table([tiles], [62 * mm, 62 * mm, 56 * mm], style=_PLAIN),
        Spacer(1, 3 * mm),
        _voucher(note.voucher),
        Spacer(1, 5 * mm),
        Table([quiet], [38 * mm, 34 * mm, 8 * mm, 56 * mm, 44 * mm], style=_PLAIN),
    ]


def _voucher(voucher: Any) -> Table:
    words = [
        *_words(voucher, _HEADING),
        Paragraph(escape(voucher.label), _LABEL),
        Paragraph(escape(voucher.code), _HEADING),
        *(Paragraph(escape(text), _SMALL) for text in (*voucher.terms, voucher.address)),
    ]
    return Table([[words, _Modules(voucher.symbol, 32 * mm)]], [140 * mm, 40 * mm], style=_VOUCHER)


def _words(words: Any, heading: ParagraphStyle) -> list[Flowable]:
    texts = [Paragraph("<br/>".join(map(escape, text.split("\n"))), _BODY) for text in words.paragraphs]
    return [Paragraph(escape(words.heading), heading), *texts]


def _style(size: float, leading: float, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(
        f"{size}{sorted(more)}", **({"fontName": "Regular", "fontSize": size, "leading": leading} | more)
    )


_BODY, _RIGHT, _STRONG = _style(9, 13), _style(9, 13, alignment=2), _style(9, 13, fontName="Semibold")
_SMALL, _SMALL_RIGHT, _LABEL = _style(7.5, 10), _style(7.5, 10, alignment=2), _style(7.5, 10, textColor=_AMBER)
_QUANTITY, _HEADING = _style(16, 19), _style(12, 16, fontName="Semibold")
_DISPLAY = _style(20, 26, fontName="Semibold")

if __name__ == "__main__":
    main()
