"""The hero: a large picture that is cropped to its room, and words below it, beside it or in a box of their own."""

from dataclasses import replace

from service.model import Hero, Words
from service.rendering.blocks.figures import Rectangle, show_cropped
from service.rendering.blocks.pieces import MM, Piece, Setting, joined, spaced
from service.rendering.blocks.plain import set_words
from service.rendering.layout_frames import HeroFrame


def set_hero(setting: Setting, frame: HeroFrame, hero: Hero) -> list[Piece]:
    """The picture and, unless they have a box of their own, the words below or beside it; without it, they alone."""
    figure = setting.figures.photograph(frame.slot, hero.pictures) or setting.figures.stand_in(frame.missing_picture)
    words = [] if frame.words_mm else set_hero_words(setting, frame, hero)
    if figure is None:
        return words
    height = frame.picture_mm * MM
    mark = show_cropped(figure, Rectangle(setting.left, 0, setting.width, height))
    if frame.words_column_mm:
        return [_beside(setting, frame, hero, Piece((mark,), height))]
    return [Piece((mark,), height, keeps_next=bool(words)), *spaced(words, frame.words_gap_mm * MM)]


def set_hero_words(setting: Setting, frame: HeroFrame, hero: Hero) -> list[Piece]:
    """The hero's heading and paragraphs."""
    return set_words(setting, frame, Words(hero.heading, hero.paragraphs))


def _beside(setting: Setting, frame: HeroFrame, hero: Hero, picture: Piece) -> Piece:
    """The picture with the words in their column, all in one piece."""
    left, width = frame.words_column_mm or frame.span_mm
    words = joined(set_hero_words(replace(setting, left=left * MM, width=width * MM), frame, hero))
    return Piece((*picture.marks, *words.marks), max(picture.height, words.height))
