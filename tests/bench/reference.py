"""The reference note: 8 lines with pictures of 18 mm, a hero, three tiles, a voucher and feedback with their QR codes,
Code128, totals, address, facts and texts, on two pages.

Note number k of a size is always the same note, and resembles no other but in its standing words: another customer,
note id, goods, quantities and recommendations. Pictures are JPEG files at 300 dpi, some 580 kB a note.
"""

import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import cycle, islice, product
from pathlib import Path

from PIL import Image

from service.model import LANGUAGES, Code, Facts, GoodsRow, Plan, Tile, Tiles, Voucher
from tests.plans import a_reference_plan

LAYOUT = Path(__file__).parent / "layout" / "reference"
GOODS_PICTURES, TILE_PICTURES, HEROES = 100, 24, 3
_MOTIFS = 100
_NAMES = ("Aurélie", "Björn", "Chloë", "Dorothée", "Éloïse", "Friederike", "Günther", "Henrik", "Inès", "Jörg")
_PARTS = ("berg", "dahl", "ekholm", "faur", "grün", "hoff", "kœnig", "lind", "marel", "nord", "rive", "sand", "weiß")


def reference_plan(lines: int, number: int, *, goods_pictures: int = GOODS_PICTURES) -> Plan:
    """Note `number` of those with so many lines; its goods show some of `goods_pictures`."""
    chance = random.Random(number * 1009 + lines)
    language = LANGUAGES[number % len(LANGUAGES)]
    plan = a_reference_plan(language, lines=lines, layout=LAYOUT.name)
    blocks = dict(plan.blocks)
    order = f"{500_000 + number}"
    note_id = f"{order}-1-r1"
    name = f"{chance.choice(_NAMES)} {''.join(chance.sample(_PARTS, 3)).capitalize()}"
    greeting, address, facts = blocks["greeting"], blocks["address"], blocks["facts"]
    changed = {
        "greeting": replace(greeting, heading=f"{greeting.heading.split(',')[0]}, {name}"),
        "address": replace(address, lines=(name, f"{1 + chance.randrange(200)} Canal Wharf", *address.lines[2:])),
        "facts": Facts(tuple((label, value.replace("509217", order)) for label, value in facts.rows)),
        "note-code": Code("code128", note_id, address=note_id),
        "goods": replace(blocks["goods"], rows=tuple(_goods(blocks["goods"].rows, chance, goods_pictures))),
        "promo": replace(blocks["promo"], pictures=(f"H{number % HEROES:06d}",)),
        "voucher": _voucher(blocks["voucher"], chance),
        "recommendations": _tiles(blocks["recommendations"], chance),
        "feedback": _feedback(blocks["feedback"], note_id, language),
    }
    return replace(plan, note_id=note_id, blocks=tuple((blocks | changed).items()))


def make_pictures(folder: Path, goods_pictures: int = GOODS_PICTURES) -> dict[str, Path]:
    """The JPEG files that the notes show, by their ids: goods of 18 mm, tiles of 56 by 36, heroes of 180 by 60."""
    folder.mkdir()
    kinds = (("P", goods_pictures, (213, 213), 2), ("T", TILE_PICTURES, (661, 425), 7), ("H", HEROES, (2126, 709), 5))
    pictures = {}
    for letter, count, size, blur in kinds:
        for number, content in enumerate(islice(_jpegs(size, blur), count)):
            path = folder / f"{letter}{number:06d}.jpg"
            path.write_bytes(content)
            pictures[path.stem] = path
    return pictures


def _goods(rows: Sequence[GoodsRow], chance: random.Random, pictures: int) -> Iterator[GoodsRow]:
    """The rows, each another article, as long as there are so many."""
    kinds = chance.sample(range(pictures), min(pictures, len(rows)))
    for row, kind in zip(rows, cycle(kinds), strict=False):
        name = f"{row.name.split(',')[0][:40].strip()} {kind}"
        yield replace(row, name=name, sku=f"AH-{kind:05d}", pictures=(f"P{kind:06d}",))


def _voucher(voucher: Voucher, chance: random.Random) -> Voucher:
    code = "-".join("".join(chance.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=4)) for _ in range(3))
    address = f"amber-home.example/v/{code}"
    return replace(voucher, code=code, scan=f"https://{address}", address=address)


def _tiles(tiles: Tiles, chance: random.Random) -> Tiles:
    kinds = chance.sample(range(TILE_PICTURES), len(tiles.tiles))
    shown = zip(tiles.tiles, kinds, strict=True)
    return replace(tiles, tiles=tuple(_tile(tile, kind) for tile, kind in shown))


def _tile(tile: Tile, kind: int) -> Tile:
    name = f"{tile.name.split(',')[0][:24].strip()} {kind}"
    return replace(tile, pictures=(f"T{kind:06d}",), name=name, detail=f"AH-{kind:05d}")


def _feedback(feedback: Code, note_id: str, language: str) -> Code:
    address = f"amber-home.example/f/{note_id}?l={language}"
    return replace(feedback, data=f"https://{address}", address=address)


def _jpegs(size: tuple[int, int], blur: int) -> Iterator[bytes]:
    """Pictures without end, no two alike: after some motifs the same again with another comment in the file."""
    for turn, motif in product(range(10**6), range(_MOTIFS)):
        content = _motif(size, blur, motif)
        comment = f"{turn}".encode()
        yield content[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + content[2:]


@cache
def _motif(size: tuple[int, int], blur: int, motif: int) -> bytes:
    """A picture with as much in it that JPEG takes for it what it takes for a photograph."""
    noise = Image.effect_noise((size[0] // blur, size[1] // blur), 24 + motif % 12).resize(size)
    image = Image.merge("RGB", (noise, noise.transpose(Image.Transpose.FLIP_LEFT_RIGHT), noise))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=84, dpi=(300, 300))
    return file.getvalue()
