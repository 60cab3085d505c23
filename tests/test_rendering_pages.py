"""Long notes flow: every row once, heads repeated, totals in company, and nothing below the page's end."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.model import Block, Goods, Hero, Words
from service.rendering.blocks.pages import Room, TooTall, fill_pages
from service.rendering.blocks.pieces import Piece
from tests.plans import WORDS, a_plan, a_reference_plan, a_row, a_voucher
from tests.sheets import pages_of, pictures_for, render
from tests.two_sided import NAME, a_renderer

ROOM = Room(top=100, top_following=40, bottom=260, bottom_last=200)


def a_table(count: int) -> Goods:
    """Rows of which each says its number; every seventh name is long."""
    names = (f"row{number}x " + ("long name " * 20 if number % 7 == 3 else "") for number in range(count))
    return Goods(WORDS["en"]["heads"], tuple(a_row(name=name, sku=f"{number:05}") for number, name in enumerate(names)))


@pytest.mark.parametrize("count", [0, 1, 2, 7, 8, 9, 10, 13, 14, 15, 16, 33, 60, 250, 600])
def test_each_row_stands_on_one_page_once(count: int) -> None:
    pages = pages_of(render(a_plan(goods=a_table(count))))

    found = [int(number) for page in pages for number in re.findall(r"row(\d+)x", page)]

    assert list(range(count)) == found


@pytest.mark.parametrize("count", range(1, 26))
def test_totals_keep_two_rows_with_them_and_heads_repeat(count: int) -> None:
    pages = pages_of(render(a_plan(goods=a_table(count))))

    (with_totals,) = [page for page in pages if "Delivery £4.90" in page]

    assert min(2, count) <= len(re.findall(r"row\d+x", with_totals))
    assert all(("QUANTITY" in page) == bool(re.search(r"row\d+x", page)) for page in pages)
    assert pages[-1] == with_totals


def test_following_pages_say_whose_note_it_is() -> None:
    pages = pages_of(render(a_plan(lines=60)))

    assert all("509217-1-r1" in page and "AMBER HOME" in page for page in pages)
    assert [True] + [False] * (len(pages) - 1) == ["Welcome, Silke" in page for page in pages]
    assert [False] * (len(pages) - 1) + [True] == ["How did we do?" in page for page in pages]


def test_a_giver_may_write_more_than_a_page() -> None:
    message = " ".join(f"word{number}" for number in range(900))
    plan = a_plan()
    blocks = (*plan.blocks[:2], ("gift", Words("From me", (message,))), *plan.blocks[2:])

    pages = pages_of(render(replace(plan, blocks=blocks)))

    assert message == " ".join(re.findall(r"word\d+", " ".join(pages)))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 90), st.integers(0, 20), st.booleans(), st.booleans()), max_size=40))
def test_any_pieces_end_in_order_within_their_pages(measures: list[tuple[int, int, bool, bool]]) -> None:
    head = Piece((), 10)
    pieces = [
        Piece((), height, above, keeps_next=keeps, head=head if headed else None)
        for height, above, keeps, headed in measures
    ]

    pages = fill_pages(pieces, ROOM)

    placed = [[one for one in page if one.piece is not head] for page in pages]
    assert [id(piece) for piece in pieces] == [id(one.piece) for page in placed for one in page]
    for number, page in enumerate(pages):
        end = ROOM.bottom_last if number == len(pages) - 1 else ROOM.bottom
        tops = [ROOM.top if number == 0 else ROOM.top_following, *(one.top for one in page)]
        assert all(first <= second for first, second in pairwise(tops))
        assert all(one.top + one.piece.height <= two.top + 1e-6 for one, two in pairwise(page))
        assert all(one.top + one.piece.height <= end + 1e-6 for one in page)


@pytest.mark.parametrize("height", [221, 161])
def test_a_piece_taller_than_its_page_is_refused(height: int) -> None:
    """No page has 221 points, and the last has 160."""
    with pytest.raises(TooTall):
        fill_pages([Piece((), height)], ROOM)


def test_what_stays_together_moves_together() -> None:
    first, second, third = Piece((), 100), Piece((), 50, keeps_next=True), Piece((), 30)

    pages = fill_pages([first, second, third], ROOM)

    assert [[first], [second, third]] == [[one.piece for one in page] for page in pages]


def test_a_chain_longer_than_a_page_is_parted() -> None:
    chain = [Piece((), 100, keeps_next=True) for _ in range(5)]

    assert [1, 2, 1, 1] == [len(page) for page in fill_pages(chain, ROOM)]


# The back


def test_the_back_is_page_two_and_the_parcel_goes_on_behind_it(tmp_path: Path) -> None:
    plan = a_reference_plan(lines=40)

    pages = pages_of(a_renderer(tmp_path).render(plan, pictures_for(plan, tmp_path)))

    assert 4 <= len(pages)
    assert [1] == [number for number, page in enumerate(pages) if WORDS["en"]["voucher"][0] in page]
    assert [number != 1 for number in range(len(pages))] == ["Quantity" in page for page in pages]
    assert [number != 1 for number in range(len(pages))] == ["Amber Home Ltd" in page for page in pages]


def test_page_numbers_count_the_back_and_do_not_stand_on_it(tmp_path: Path) -> None:
    pages = pages_of(a_renderer(tmp_path).render(a_reference_plan(lines=40), {}))

    found = [re.findall(r"Page (\d+) of (\d+)", page) for page in pages]
    numbers = [[(str(number), str(len(pages)))] for number in range(1, len(pages) + 1)]
    assert [numbers[0], [], *numbers[2:]] == found


@pytest.mark.parametrize("lines", [2, 40])
def test_a_back_with_nothing_on_it_is_left_out(tmp_path: Path, lines: int) -> None:
    """The box of colour on it is no content."""
    plan = a_plan(lines=lines, layout=NAME, feedback=None, returns=None, help=None)

    pages = pages_of(a_renderer(tmp_path).render(plan, {}))

    assert all("Quantity" in page for page in pages)
    assert f"Page 1 of {len(pages)}" in pages[0]


def test_a_back_of_tiles_without_pictures_is_left_out(tmp_path: Path) -> None:
    nothing = dict.fromkeys(("promo", "voucher", "feedback", "returns", "help"))

    note = a_renderer(tmp_path).render(a_reference_plan(lines=2, **nothing), {})

    assert (1, ("recommendations",)) == (note.pages, note.left_out)


# Where there is room


@pytest.mark.parametrize("lines", range(1, 24))
def test_what_stands_where_there_is_room_costs_no_page(tmp_path: Path, lines: int) -> None:
    renderer = a_renderer(tmp_path)
    loyalty = Words(*WORDS["en"]["loyalty"][:1], (WORDS["en"]["loyalty"][1],))

    note = renderer.render(a_plan(lines=lines, layout=NAME, loyalty=loyalty), {})

    assert renderer.render(a_plan(lines=lines, layout=NAME), {}).pages == note.pages
    assert ("loyalty" in note.left_out) != any("Your points" in page for page in pages_of(note))


def test_what_stands_where_there_is_room_is_there_and_is_not(tmp_path: Path) -> None:
    renderer = a_renderer(tmp_path)
    notes = [renderer.render(a_plan(lines=n, layout=NAME, loyalty=Words("Points")), {}) for n in range(1, 24)]

    assert {(), ("loyalty",)} == {note.left_out for note in notes}
    assert () == notes[0].left_out


def test_what_stands_where_there_is_room_comes_in_turn(tmp_path: Path) -> None:
    """Of two blocks that have no room together the first stands; of one that has none and one that has, that one."""
    renderer = a_renderer(
        tmp_path,
        ('pages = "back"\nbox_mm = [16, 24, 178, 84]', "column_mm = [16, 110]\nwhere_room = true"),
        ('"totals", "loyalty"', '"totals", "promo", "loyalty"'),
    )

    def left_out(promo: str, loyalty: str) -> tuple[str, ...]:
        blocks: dict[str, Block] = {"promo": Hero((), "Story", (promo,)), "loyalty": Words("Points", (loyalty,))}
        return renderer.render(a_plan(lines=2, layout=NAME, **blocks), {}).left_out

    assert () == left_out("story " * 30, "point " * 30)
    assert ("loyalty",) == left_out("story " * 300, "point " * 300)
    assert ("promo",) == left_out("story " * 900, "point " * 300)
    assert ("promo", "loyalty") == left_out("story " * 900, "point " * 900)


def test_what_is_too_tall_for_any_page_is_left_out_where_there_is_room_alone(tmp_path: Path) -> None:
    flows = ('pages = "back"\nbox_mm = [16, 203.5, 178, 46]\n', "column_mm = [16, 178]\nwhere_room = true\n")
    order = ('"totals", "loyalty"', '"totals", "voucher", "loyalty"')
    voucher = a_voucher(terms=("One more of the terms.",) * 120)

    note = a_renderer(tmp_path, flows, order).render(a_plan(layout=NAME, voucher=voucher, loyalty=Words("Points")), {})

    assert ("voucher",) == note.left_out
