"""Which block goes into which frame: each is set in its frame's column, wherever that stands."""

from service.errors import LayoutBroken
from service.model import Block, Code, Facts, Goods, Hero, Postal, Tiles, Totals, Voucher, Words
from service.rendering.blocks.heroes import set_hero, set_hero_words
from service.rendering.blocks.pieces import Piece, Setting
from service.rendering.blocks.plain import set_code_words, set_facts, set_postal, set_symbol, set_totals, set_words
from service.rendering.blocks.table import set_goods
from service.rendering.blocks.tiles import set_tiles
from service.rendering.blocks.vouchers import set_voucher
from service.rendering.layout_frames import (
    CodeFrame,
    FactsFrame,
    Frame,
    GoodsFrame,
    HeroFrame,
    PostalFrame,
    TilesFrame,
    TotalsFrame,
    VoucherFrame,
    WordsFrame,
)


def set_block(setting: Setting, frame: Frame, block: Block) -> list[Piece]:
    """The block in pieces, none if it has nothing to show; raises LayoutBroken if it is not what the frame takes."""
    match frame, block:
        case WordsFrame(), Words():
            return set_words(setting, frame, block, frame.align)
        case PostalFrame(), Postal():
            return set_postal(setting, frame, block)
        case FactsFrame(), Facts():
            return set_facts(setting, frame, block)
        case CodeFrame(), Code():
            return set_symbol(setting, frame, block)
        case GoodsFrame(), Goods():
            return set_goods(setting, frame, block)
        case TotalsFrame(), Totals():
            return set_totals(setting, frame, block)
        case HeroFrame(), Hero():
            return set_hero(setting, frame, block)
        case TilesFrame(), Tiles():
            return set_tiles(setting, frame, block)
        case VoucherFrame(), Voucher():
            return set_voucher(setting, frame, block)
    raise LayoutBroken(f"the layout has a {type(frame).__name__} where the plan has {type(block).__name__}")


def set_words_apart(setting: Setting, frame: CodeFrame | HeroFrame, block: Block) -> list[Piece]:
    """The words of a block that stand in a box of their own."""
    match frame, block:
        case CodeFrame(), Code():
            return set_code_words(setting, frame, block)
        case HeroFrame(), Hero():
            return set_hero_words(setting, frame, block)
    raise LayoutBroken(f"a {type(block).__name__} has no words apart")
