"""A content pack that was unpacked, read and checked: what it says, in all languages, and what it shows.

Its art must fill the frames that show it at 300 dpi; that its words fit the layouts, only drawing tells (cli/content).
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from service.config import Config, read_text
from service.config.campaigns import Rule
from service.config.toml_files import read_part
from service.content.pack_file import ART, PACK_FILE, PackFile
from service.errors import ContentRefused, SlipwayError
from service.model import LANGUAGES, PictureSize
from service.planning.campaigns.words import (
    CAPTION,
    CATEGORY,
    TEXT,
    UNNAMED,
    WEEKLY,
    Pack,
    compile_language_files,
    personal_faults,
    said_by,
)

FORMATS = ("JPEG", "PNG")


def read_pack(folder: Path, name: str) -> Pack:
    """The pack in `folder`, whose art goes by `name`; raises ContentRefused with all that is wrong with it."""
    try:
        file = read_part(folder / PACK_FILE, PackFile)
        sources = {language: read_text(folder / f"{language}.ftl") for language in LANGUAGES}
    except SlipwayError as error:
        raise ContentRefused(_within(str(error), folder), hint=error.hint) from error
    messages, faults = compile_language_files(sources, folder)
    if faults:
        raise ContentRefused(_within("\n".join(faults), folder), hint="All languages need the same messages.")
    art = {path.stem: f"{name}/{path.stem}" for path in sorted((folder / ART).glob("*"))}
    return Pack(name, file.valid_from, file.valid_until, file.shops, messages, art)


def _within(faults: str, folder: Path) -> str:
    """The faults with places as the pack's author knows them."""
    return faults.replace(f"{folder}/", "")


def pack_faults(folder: Path, pack: Pack, config: Config, sizes: Mapping[str, PictureSize]) -> Iterator[str]:
    """What is wrong with a pack for these campaigns and shops; `sizes` are those of a hero, by shop."""
    yield from (f"pack.toml: slipway.toml has no shop {shop}" for shop in pack.shops if shop not in sizes)
    rules = [rule for campaign in config.campaigns.values() for rule in campaign.rule]
    yield from _word_faults(pack, rules, config)
    yield from _use_faults(pack, rules)
    for path in sorted((folder / ART).glob("*")):
        yield from _art_faults(path, {shop: size for shop, size in sizes.items() if shop in (pack.shops or sizes)})


def _word_faults(pack: Pack, rules: Iterable[Rule], config: Config) -> Iterator[str]:
    """A rule whose heading the pack says needs the rest of its words too, from the pack or from campaigns/*.ftl."""
    said = set(pack.messages[LANGUAGES[0]].patterns)
    standing, _ = compile_language_files(config.campaign_words, config.folder / "campaigns")
    known = said.union(*(messages.patterns for messages in standing.values()))
    needed = dict.fromkeys(name for rule in rules if rule.message in said for name in said_by(rule))
    yield from (f"message {name} is missing" for name in needed if name not in known)
    for fault in dict.fromkeys(fault for rule in rules for fault in personal_faults(rule, pack.messages)):
        yield f"{fault}: a campaign says it to everybody"


def _use_faults(pack: Pack, rules: Iterable[Rule]) -> Iterator[str]:
    """What nobody would ever see."""
    roots, pictures = {rule.message for rule in rules}, {rule.picture for rule in rules}
    for name in pack.messages[LANGUAGES[0]].patterns:
        root = name.removesuffix(UNNAMED).removesuffix(TEXT).removesuffix(CAPTION)
        if not {name, root} & roots and not name.startswith(CATEGORY):
            yield f"message {name} is said by no campaign"
    yield from (f"{ART}/{name} is shown by no campaign" for name in pack.art if name not in pictures)
    said = [rule for rule in rules if rule.message in pack.messages[LANGUAGES[0]].patterns]
    for picture in sorted({rule.picture for rule in said if rule.picture.startswith(WEEKLY)} - pack.art.keys()):
        yield f"{ART}/{picture} is missing: campaigns show it with what this pack says"


def _art_faults(path: Path, sizes: Mapping[str, PictureSize]) -> Iterator[str]:
    """Whether a picture fills its frame at 300 dpi in every shop; its pixels are not decoded here."""
    place = f"{ART}/{path.name}"
    try:
        with Image.open(path, formats=FORMATS) as image:
            width, height = image.size
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        yield f"{place} is neither JPEG nor PNG"
        return
    for shop, size in sizes.items():
        if width < size.width or height < size.height:
            yield f"{place} is {width} x {height} pixels; {shop} shows it at {size.width} x {size.height}"
