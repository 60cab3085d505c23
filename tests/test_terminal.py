"""Tables as people and programs see them: whole lines in a pipe, every column of use on a narrow terminal."""

import pytest

from service.cli.terminal import show_table

HEADS = ("refused", "picture", "place", "why")
PLACE = "Sommer 2026/Gläser und Becher mit langem Ordnernamen/Freisteller final v3/P004578.gif"
WHY = "the PNG is damaged (its header names a kind of picture that does not exist): export it again"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    """Somewhere with room for 80 columns."""
    monkeypatch.setattr("service.cli.terminal.ENDLESS", 80)
    return capsys


def test_in_a_pipe_every_line_is_whole_and_ends_with_its_last_letter(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(HEADS, [("broken", "P004578", PLACE, WHY), ("too-large", "A", "b.jpg", "no")])
    head, first, second = capsys.readouterr().out.splitlines()
    assert ["refused", "picture", "place", "why"] == head.split()
    assert first.endswith(WHY) and PLACE in first
    assert second.endswith("no")


def test_a_narrow_terminal_cuts_a_long_place_in_its_middle_and_folds_the_reason(
    terminal: pytest.CaptureFixture[str],
) -> None:
    show_table(HEADS, [("broken", "P004578", PLACE, WHY)])
    lines = terminal.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "broken" in lines[1] and "P004578 " in lines[1]
    assert "…" in lines[1] and "P004578.gif" in lines[1]
    assert WHY == " ".join(" ".join(line[44:].split()) for line in lines[1:])


def test_a_table_that_fits_is_left_as_it_is(terminal: pytest.CaptureFixture[str]) -> None:
    show_table(("queue", "depth>"), [("uk-notes", 3), ("eu", 12)])
    assert ["queue     depth", "uk-notes      3", "eu           12"] == terminal.readouterr().out.splitlines()


def test_a_table_of_one_column_or_no_row_is_no_fault(terminal: pytest.CaptureFixture[str]) -> None:
    show_table(("file",), [])
    show_table(HEADS, [])
    assert ["file", "refused  picture  place  why"] == terminal.readouterr().out.splitlines()
