"""WeasyPrint: HTML made with escaped strings, one style sheet and one set of fonts and images for all documents."""

from html import escape
from pathlib import Path
from typing import Any

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from tests.bench.peers.worker import REGULAR, SEMIBOLD, work

_STYLE = f"""
@font-face {{ font-family: Source; font-weight: 400; src: url("{REGULAR.as_uri()}") }}
@font-face {{ font-family: Source; font-weight: 600; src: url("{SEMIBOLD.as_uri()}") }}
{Path(__file__).with_name("note.css").read_text()}
"""


def main() -> None:
    fonts = FontConfiguration()
    style, images = CSS(string=_STYLE, font_config=fonts), dict[str, Any]()

    def draw(note: Any) -> bytes:
        pdf: bytes = HTML(string=_page(note)).write_pdf(stylesheets=[style], font_config=fonts, cache=images)
        return pdf

    work(draw)


def _page(note: Any) -> str:
    label = escape(note.page_label).format(page='<span id="page"></span>', pages='<span id="pages"></span>')
    facts = "".join(f"<tr><td><small>{escape(name)}</small><td>{escape(value)}" for name, value in note.facts.rows)
    address = "<br>".join(map(escape, note.address.lines))
    totals = "".join(f"<tr><td>{escape(name)}<td class=right>{escape(value)}" for name, value in note.totals.rows)
    return f"""<!doctype html><html lang={note.language}><title>{escape(note.title)}</title>
<div id=head><div><h2 class=label>{escape(note.brand.heading)}</h2>
<small>{escape(note.brand.paragraphs[0])}</small></div>
<div>{_bars(note.note_code.symbol)}<small class=right>{escape(note.note_code.address)}</small></div></div>
<div id=foot><span>{escape(note.imprint.paragraphs[0])}</span><span>{label}</span></div>
<table><tr><td>{_words(note.greeting, "h1")}{_words(note.parcel, "h2")}
<td class=side><span class=label>{escape(note.address.label)}</span><p>{address}</p>
<table style="width:57mm">{facts}</table></table>
{_goods(note.goods)}<table class=totals>{totals}</table>{_brand(note)}"""


def _goods(goods: Any) -> str:
    quantity, name, unit_price, amount = map(escape, goods.heads)
    rows = "".join(
        f'<tr><td class=quantity>{row.quantity}<td><img src="file://{escape(row.picture)}"><td><b>{escape(row.name)}</b>'
        f"<small>{escape(row.sku)}</small><small>{escape(row.detail)}</small>"
        f"<td class=right>{escape(row.unit_price)}<td class=right>{escape(row.amount)}"
        for row in goods.rows
    )
    heads = (
        f'<th>{quantity}<th><th>{name}<th style="text-align:right">{unit_price}<th style="text-align:right">{amount}'
    )
    return f"<table class=goods><thead class=label><tr>{heads}</thead>{rows}</table>"


def _brand(note: Any) -> str:
    tiles = "".join(
        f'<td><img src="file://{escape(tile.picture)}"><b>{escape(tile.name)}</b><small>{escape(tile.detail)}</small>'
        f"{escape(tile.price)}"
        for tile in note.recommendations.tiles
    )
    voucher, feedback = note.voucher, note.feedback
    return f"""<section class=brand><img class=hero src="file://{escape(note.promo.picture)}">{_words(note.promo, "h2")}
<h2>{escape(note.recommendations.heading)}</h2><table class=tiles><tr>{tiles}</table>
<table class=voucher><tr><td>{_words(voucher, "h2")}
<span class=label>{escape(voucher.label)}</span><h2>{escape(voucher.code)}</h2>
<small>{escape(voucher.terms[0])}</small><small>{escape(voucher.address)}</small>
<td class=right>{_modules(voucher.symbol)}</table>
<table class=quiet><tr><td><h3>{escape(feedback.heading)}</h3><p>{escape(feedback.caption)}</p>
<small>{escape(feedback.address)}</small>
<td>{_modules(feedback.symbol)}<td>{_words(note.returns, "h3")}<td>{_words(note.help, "h3")}</table></section>"""


def _words(words: Any, heading: str) -> str:
    paragraphs = "".join(f"<p>{escape(text)}</p>".replace("\n", "<br>") for text in words.paragraphs)
    return f"<{heading}>{escape(words.heading)}</{heading}>{paragraphs}"


def _modules(symbol: Any) -> str:
    path = "".join(f"M{x} {y}h{length}v1h-{length}z" for y, x, length in symbol.runs)
    return f'<svg viewBox="0 0 {symbol.side} {symbol.side}"><path d="{path}"/></svg>'


def _bars(symbol: Any) -> str:
    path = "".join(f"M{x} 0h{width}v1h-{width}z" for x, width in symbol.runs)
    size = f'style="width:{symbol.side * 0.33867}mm;height:10.8mm" viewBox="0 0 {symbol.side} 1"'
    return f'<svg {size} preserveAspectRatio="none"><path d="{path}"/></svg>'


if __name__ == "__main__":
    main()
