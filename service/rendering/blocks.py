"""Blocks in their frames: words, addresses, facts, totals and codes become pieces, ready for a page."""

from dataclasses import replace

from service.errors import DoesNotFit, LayoutBroken
from service.model import Code, Facts, Postal, Totals, Words
from service.rendering.codes import code128, qr
from service.rendering.layout_file import CodeFrame, FactsFrame, PostalFrame, TotalsFrame, WordsStyles
from service.rendering.pieces import MM, Cell, Piece, Setting, joined, level_rule, set_lines, set_row, spaced
from service.rendering.typesetting import Mark, Style


def set_words(setting: Setting, frame: WordsStyles, words: Words) -> list[Piece]:
    """A piece for each line; the heading stays with the text, and no line of a paragraph stands alone on a page."""
    heading, text = setting.styles[frame.heading], setting.styles[frame.text]
    pieces: list[Piece] = []
    if words.heading:
        cell = Cell(heading, words.heading, setting.left, setting.width, frame.align)
        pieces = [replace(piece, keeps_next=True) for piece in set_lines(setting.typesetter, cell)]
    above = frame.heading_gap_mm * MM
    for paragraph in words.paragraphs:
        lines = set_lines(setting.typesetter, Cell(text, paragraph, setting.left, setting.width, frame.align))
        pieces.extend(_unlonely(spaced(lines, above if pieces else 0.0)))
        above = text.leading - text.cap_height + frame.paragraph_gap_mm * MM
    return pieces


def set_postal(setting: Setting, frame: PostalFrame, postal: Postal) -> list[Piece]:
    """The label and the lines of an address, in one piece."""
    label, style = setting.styles[frame.label], setting.styles[frame.lines]
    between = style.leading - style.cap_height
    pieces = set_lines(setting.typesetter, Cell(label, postal.label, setting.left, setting.width))
    above = frame.label_gap_mm * MM
    for line in postal.lines:
        cell = Cell(style, line, setting.left, setting.width)
        pieces.extend(spaced(set_lines(setting.typesetter, cell), above))
        above = between
    return [joined(pieces)]


def set_facts(setting: Setting, frame: FactsFrame, facts: Facts) -> list[Piece]:
    """Labels and values on shared baselines, in one piece."""
    label, value = setting.styles[frame.label], setting.styles[frame.value]
    indent = frame.value_mm * MM
    rows = [
        set_row(
            setting.typesetter,
            (
                Cell(label, name, setting.left, indent),
                Cell(value, content, setting.left + indent, setting.width - indent),
            ),
        )
        for name, content in facts.rows
    ]
    between = value.leading - value.cap_height
    return [joined(replace(row, above=between if place else 0.0) for place, row in enumerate(rows))]


def set_totals(setting: Setting, frame: TotalsFrame, totals: Totals) -> list[Piece]:
    """Labels left and amounts right, the sum under a hairline, in one piece."""
    *parts, whole = totals.rows
    rows: list[Piece] = []
    for row in parts:
        label, amount = setting.styles[frame.label], setting.styles[frame.amount]
        piece = _set_pair(setting, (label, amount), row)
        rows.append(replace(piece, above=label.leading - label.cap_height if rows else 0.0))
    label, amount = setting.styles[frame.sum_label], setting.styles[frame.sum_amount]
    gap = label.leading - label.cap_height
    sum_row = _set_pair(setting, (label, amount), whole)
    rule = level_rule(setting.inks[frame.rule], setting.left, -gap, setting.width)
    rows.append(replace(sum_row, above=2 * gap, marks=(rule, *sum_row.marks)) if rows else sum_row)
    return [joined(rows)]


def set_code(setting: Setting, frame: CodeFrame, code: Code) -> list[Piece]:
    """The words of a code, in their own column; its symbol is `set_symbol`."""
    address = setting.styles[frame.address]
    texts = (
        (frame.heading, code.heading, 0.0),
        (frame.caption, code.caption, frame.heading_gap_mm * MM),
        (frame.address, code.address, address.leading - address.cap_height + frame.address_gap_mm * MM),
    )
    pieces: list[Piece] = []
    for name, text, above in texts:
        if text:
            cell = Cell(setting.styles[name], text, setting.left, setting.width, frame.words_align)
            pieces.extend(spaced(set_lines(setting.typesetter, cell), above if pieces else 0.0))
    return pieces


def set_symbol(frame: CodeFrame, code: Code) -> Mark:
    """The symbol in its box, in the widest module that fits; its place is from the top of the sheet."""
    left, top, width, height = (edge * MM for edge in frame.box_mm)
    if code.symbology not in _SYMBOLOGIES:
        raise LayoutBroken(f"there is no symbology {code.symbology}")
    symbol = _SYMBOLOGIES[code.symbology](code.data)
    for module in (mm * MM for mm in frame.modules_mm):
        side = symbol.modules * module
        if side <= width and (symbol.is_bars or side <= height):
            x = left + width - side if frame.align == "right" else left
            tall = height if symbol.is_bars else module
            down = top + (height if symbol.is_bars else side)
            return Mark(x, down, f"q {module:.5f} 0 0 {tall:.5f} ", f" cm {symbol.operators} Q")
    raise DoesNotFit("the code has more modules than its box has room for")


_SYMBOLOGIES = {"code128": code128, "qr": qr}


def _set_pair(setting: Setting, styles: tuple[Style, Style], row: tuple[str, str]) -> Piece:
    """A label and an amount that ends at the column's right edge."""
    amount = setting.typesetter.natural_width(styles[1], row[1])
    room = max(setting.width - amount - MM, setting.width / 3)
    cells = (
        Cell(styles[0], row[0], setting.left, room),
        Cell(styles[1], row[1], setting.left + room, setting.width - room, "right"),
    )
    return set_row(setting.typesetter, cells)


def _unlonely(lines: list[Piece]) -> list[Piece]:
    """Lines of a paragraph of which the first two stay together, and the last two."""
    bound = {0, len(lines) - 2} if len(lines) > 1 else set()
    return [replace(line, keeps_next=True) if place in bound else line for place, line in enumerate(lines)]
