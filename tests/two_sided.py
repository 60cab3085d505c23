"""A layout for tests that has every kind of frame: the parcel in front, the brand on the back. It is no beauty."""

from pathlib import Path

from service.rendering.layouts.loading import load_layout
from service.rendering.renderer import Renderer

NAME = "two-sided"
STAND_IN = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><path fill="#00ff00" d="M0 0H10V10H0Z"/></svg>'
MARK = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10"><path fill="currentColor" d="M0 0H20V10H0Z"/></svg>'

LAYOUT = """\
leaves_out = ["referral", "registration"]

[sheet]
size = "A4"
two_sided = true
margin_mm = 14
folds_mm = [99, 198]

[flow]
order = ["greeting", "gift", "parcel", "goods", "totals", "loyalty"]
top_mm = 40
top_following_mm = 36
bottom_mm = 272
bottom_last_mm = 272

[colours]
blue = "#0000ff"
sand = "#eeeecc"

[fonts.sans]
package = "font_source_sans_pro"
file = "SourceSansPro-Regular.ttf"

[styles.display]
font = "sans"
size_pt = 26
leading_pt = 30

[styles.large]
font = "sans"
size_pt = 16
leading_pt = 20

[styles.body]
font = "sans"
size_pt = 9
leading_pt = 13
hyphenated = true

[styles.small]
font = "sans"
size_pt = 7.5
leading_pt = 10

[[art]]
file = "mark.svg"
box_mm = [16, 14, 12, 12]
colour = "blue"

[[box]]
pages = "back"
box_mm = [16, 14, 178, 6]
fill = "blue"

[[words]]
slot = "brand"
pages = "every"
box_mm = [32, 16, 50, 10]
heading = "large"
text = "small"

[[words]]
slot = "reprint"
pages = "every"
box_mm = [32, 28, 50, 4]
heading = "small"
text = "small"

[[code]]
slot = "note-code"
pages = "every"
box_mm = [110, 14, 84, 11]
words_mm = [110, 28, 84, 4]
heading = "small"
caption = "small"
address = "small"
align = "right"
words_align = "right"
modules_mm = [0.33867, 0.254]

[[postal]]
slot = "address"
box_mm = [136, 40, 58, 50]
label = "small"
lines = "body"

[[facts]]
slot = "facts"
box_mm = [136, 60, 58, 60]
below = "address"
label = "small"
value = "body"
value_mm = 25

[[words]]
slot = "imprint"
pages = "every"
box_mm = [16, 278, 130, 4]
heading = "small"
text = "small"

[page_number]
box_mm = [150, 278, 44, 4]
style = "small"
align = "right"

[[words]]
slot = "greeting"
column_mm = [16, 110]
heading = "display"
text = "body"

[[words]]
slot = "gift"
column_mm = [16, 110]
above_mm = 8
heading = "small"
text = "large"

[[words]]
slot = "parcel"
column_mm = [16, 110]
above_mm = 8
heading = "large"
text = "body"

[[goods]]
slot = "goods"
column_mm = [16, 178]
above_mm = 6
clear_of = ["address", "facts"]
quantity_mm = [16, 16]
picture_mm = [32, 12]
name_mm = [48, 80]
unit_price_mm = [136, 26]
amount_mm = [166, 28]
head = "small"
quantity = "large"
name = "body"
small = "small"
price = "body"
padding_mm = 2
rule = "sand"

[[totals]]
slot = "totals"
column_mm = [136, 58]
above_mm = 5
label = "body"
amount = "body"
sum_label = "body"
sum_amount = "body"
rule = "sand"

[[words]]
slot = "loyalty"
column_mm = [16, 110]
above_mm = 8
where_room = true
heading = "large"
text = "body"

[[hero]]
slot = "promo"
pages = "back"
box_mm = [16, 24, 178, 84]
picture_mm = 60
heading = "large"
text = "body"

[[tiles]]
slot = "recommendations"
pages = "back"
box_mm = [16, 112, 178, 66]
columns = 3
between_mm = 5
picture_mm = 36
heading = "large"
name = "body"
small = "small"
price = "body"

[[voucher]]
slot = "voucher"
pages = "back"
box_mm = [16, 203.5, 178, 46]
heading = "large"
text = "body"
label = "small"
code = "large"
terms = "small"
inner_gap_mm = 3
fill = "sand"
line = "blue"
dash_mm = 2
modules_mm = [0.67733, 0.508]

[[words]]
slot = "returns"
pages = "back"
box_mm = [16, 250, 60, 33]
paragraph_gap_mm = 0.5
heading = "body"
text = "small"

[[words]]
slot = "help"
pages = "back"
box_mm = [78, 250, 38, 33]
heading = "body"
text = "small"

[[code]]
slot = "feedback"
pages = "back"
box_mm = [166, 251, 26, 26]
words_mm = [118, 250, 44, 33]
heading = "body"
caption = "small"
address = "small"
modules_mm = [0.67733, 0.508]
"""


def write_layout(folder: Path, *changes: tuple[str, str]) -> Path:
    """The folder of the layout, with each text changed once."""
    layout = LAYOUT
    for old, new in changes:
        assert old in layout, old
        layout = layout.replace(old, new, 1)
    art = folder / NAME / "art"
    art.mkdir(parents=True, exist_ok=True)
    (art / "mark.svg").write_text(MARK)
    (art / "stand-in.svg").write_text(STAND_IN)
    (folder / NAME / "layout.toml").write_text(layout)
    return folder / NAME


def a_renderer(folder: Path, *changes: tuple[str, str]) -> Renderer:
    """A renderer with the layout alone, with each text changed once."""
    return Renderer({NAME: load_layout(write_layout(folder, *changes))})


def table(kind: str, slot: str, addition: str) -> tuple[str, str]:
    """The change that adds lines to the table of one slot."""
    head = f'[[{kind}]]\nslot = "{slot}"\n'
    return head, f"{head}{addition}\n"
