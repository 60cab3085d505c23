"""Blocks of type in their frames: words, addresses, facts, totals and codes become pieces, ready for a page."""

from service.errors import LayoutBroken
from service.model import Code, Facts, Postal, Totals, Words
from service.rendering.blocks.codes import code128, qr, symbol_mark, widest_module
from service.rendering.blocks.pieces import (
    MM,
    Cell,
    Piece,
    Setting,
    between_lines,
    joined,
    level_rule,
    set_lines,
    set_row,
    set_stack,
)
from service.rendering.layout_frames import CodeFrame, FactsFrame, HeroFrame, PostalFrame, TotalsFrame, WordsFrame
from service.rendering.type.styles import Style

_SYMBOLOGIES = {"code128": code128, "qr": qr}


def set_words(setting: Setting, frame: WordsFrame | HeroFrame, words: Words, align: str = "left") -> list[Piece]:
    """A piece for each line; the heading stays with the text, and no line of a paragraph stands alone on a page."""
    heading, text = setting.styles[frame.heading], setting.styles[frame.text]
    pieces: list[Piece] = []
    if words.heading:
        cell = Cell(heading, words.heading, setting.left, setting.width, align)
        pieces = set_lines(setting.typesetter, cell, keeps_next=True)
    above = frame.heading_gap_mm * MM
    for paragraph in words.paragraphs:
        cell = Cell(text, paragraph, setting.left, setting.width, align)
        pieces.extend(set_lines(setting.typesetter, cell, above=above if pieces else 0.0))
        above = between_lines(text) + frame.paragraph_gap_mm * MM
    return pieces


def set_postal(setting: Setting, frame: PostalFrame, postal: Postal) -> list[Piece]:
    """The label and the lines of an address, in one piece."""
    label, style = setting.styles[frame.label], setting.styles[frame.lines]
    cells = [(Cell(label, postal.label, setting.left, setting.width), 0.0)]
    above = frame.label_gap_mm * MM
    for line in postal.lines:
        cells.append((Cell(style, line, setting.left, setting.width), above))
        above = between_lines(style)
    return [joined(set_stack(setting.typesetter, cells))]


def set_facts(setting: Setting, frame: FactsFrame, facts: Facts) -> list[Piece]:
    """Labels and values on shared baselines, in one piece."""
    label, value = setting.styles[frame.label], setting.styles[frame.value]
    indent = frame.value_mm * MM
    rows: list[Piece] = []
    for name, content in facts.rows:
        cells = (
            Cell(label, name, setting.left, indent),
            Cell(value, content, setting.left + indent, setting.width - indent),
        )
        rows.append(set_row(setting.typesetter, cells, above=between_lines(value) if rows else 0.0))
    return [joined(rows)] if rows else []


def set_totals(setting: Setting, frame: TotalsFrame, totals: Totals) -> list[Piece]:
    """Labels left and amounts right, the sum under a hairline, in one piece."""
    *parts, whole = totals.rows
    looks = setting.styles[frame.label], setting.styles[frame.amount]
    rows: list[Piece] = []
    for row in parts:
        rows.append(_set_pair(setting, looks, row, above=between_lines(looks[0]) if rows else 0.0))
    looks = setting.styles[frame.sum_label], setting.styles[frame.sum_amount]
    gap = between_lines(looks[0])
    if rows:
        rows.append(Piece((level_rule(setting.inks[frame.rule], setting.left, 0, setting.width),), 0, above=gap))
    rows.append(_set_pair(setting, looks, whole, above=gap if rows else 0.0))
    return [joined(rows)]


def set_symbol(setting: Setting, frame: CodeFrame, code: Code) -> list[Piece]:
    """The symbol in its box, in the widest module that fits; its words are `set_code_words`."""
    if code.symbology not in _SYMBOLOGIES:
        raise LayoutBroken(f"there is no symbology {code.symbology}")
    symbol = _SYMBOLOGIES[code.symbology](code.data)
    room = frame.box_mm[3] * MM if frame.box_mm else setting.width
    module = widest_module(symbol, frame.modules_mm, setting.width, room)
    width, height = symbol.modules * module, room if symbol.is_bars else symbol.modules * module
    left = setting.left + (setting.width - width if frame.align == "right" else 0.0)
    return [Piece((symbol_mark(symbol, module, left, height),), height)]


def set_code_words(setting: Setting, frame: CodeFrame, code: Code) -> list[Piece]:
    """The words of a code, in a column of their own."""
    styles = setting.styles
    texts = (
        (styles[frame.heading], code.heading, 0.0),
        (styles[frame.caption], code.caption, frame.heading_gap_mm * MM),
        (styles[frame.address], code.address, between_lines(styles[frame.address]) + frame.address_gap_mm * MM),
    )
    cells = [(Cell(style, text, setting.left, setting.width, frame.words_align), above) for style, text, above in texts]
    return set_stack(setting.typesetter, cells)


def _set_pair(setting: Setting, looks: tuple[Style, Style], row: tuple[str, str], *, above: float) -> Piece:
    """A label and an amount that ends at the column's right edge."""
    amount = setting.typesetter.natural_width(looks[1], row[1])
    room = max(setting.width - amount - MM, setting.width / 3)
    cells = (
        Cell(looks[0], row[0], setting.left, room),
        Cell(looks[1], row[1], setting.left + room, setting.width - room, "right"),
    )
    return set_row(setting.typesetter, cells, above)
