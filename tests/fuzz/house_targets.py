"""The same of what the house writes, or lets others write: configuration, words, packs, models, pictures."""

import gzip
import io
import shutil
import tarfile
import tempfile
import zipfile
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path

from PIL import Image

from service.config import Config, read_config
from service.config.campaigns import Campaign
from service.config.toml_files import read_part, read_text, read_toml
from service.content.reading import read_pack
from service.content.unpacking import unpack
from service.imagery.offered import Refusal
from service.imagery.originals.manifest import read_manifest
from service.imagery.preparing.derivatives import Limits, derivatives
from service.intake.feeds import compile_feeds
from service.intake.reading import read_drop
from service.model import LANGUAGES, PictureSize
from service.planning.addresses import country_names
from service.planning.campaigns.compiling import compile_campaigns
from service.planning.house import _check_shops, _routes
from service.planning.messages import compile_messages
from service.recommending.model_file import Lists, ShopModel, dump_model
from service.recommending.recommendations import Recommendations
from service.recommending.sales import Article
from tests.builders import a_line, a_shipment
from tests.conftest import ROOT
from tests.fuzz.judging import TAKEN, End, Finding, told
from tests.fuzz.mutation import with_model_sum, with_png_sums, with_tar_sums
from tests.fuzz.targets import FEED_SAMPLES, Target, words_of

CONFIG = ROOT / "config"
PACK, WEEK = CONFIG / "content" / "2026-W48", "2026-W48"


@cache
def config() -> Config:
    return read_config(CONFIG, {})


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(
        prefix="slipway-fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None
    ) as home:
        yield Path(home)


# Configuration -------------------------------------------------------------------------------------------------------


def _settings_file(name: str) -> Callable[[bytes], End]:
    """The configuration with this file in place of the one that ships, and without campaigns."""

    def read_in_place(content: bytes) -> End:
        with _folder() as home:
            for file in ("slipway.toml", "routing.toml", "printers.toml"):
                shutil.copy(CONFIG / file, home)
            (home / "messages").symlink_to(CONFIG / "messages")
            (home / name).write_bytes(content)
            read = read_config(home, {})
            _check_shops(read.settings.shops)
            _routes(read)
        return End(TAKEN)

    return read_in_place


def _campaign(content: bytes) -> End:
    with _folder() as home:
        path = home / "campaign.toml"
        path.write_bytes(content)
        files = {
            "campaigns": {"campaign": read_part(path, Campaign)},
            "campaign_sources": {"campaign": read_text(path)},
        }
        compile_campaigns(config().model_copy(update={"folder": home, **files}), country_names("en").keys())
    return End(TAKEN)


SAMPLES = {"lager": "lager-november.csv", "shopify": "shopify-partial.json"}


def _feed(content: bytes) -> End:
    """A feed that compiles reads the samples, or refuses them."""
    with _folder() as home:
        (home / "feeds").mkdir()
        path = home / "feeds" / "x.toml"
        path.write_bytes(content)
        feeds = compile_feeds(config().model_copy(update={"folder": home, "feeds": {"x": read_toml(path)}}))
    for name in SAMPLES.values():
        if feeds.for_name(name):
            read_drop(name, (FEED_SAMPLES / name).read_bytes(), feeds)
    return End(TAKEN)


def _seeds(*paths: str) -> Callable[[], list[bytes]]:
    return lambda: [(CONFIG / path).read_bytes() for path in paths]


# Words and packs -----------------------------------------------------------------------------------------------------


def _messages(content: bytes) -> End:
    """The standing messages of one language."""
    compile_messages(config().messages | {"en": content.decode("utf-8", "replace")}, CONFIG)
    return End(TAKEN)


def _pack_words(content: bytes) -> End:
    """A pack that says this in all languages."""
    with _folder() as home:
        shutil.copy(PACK / "pack.toml", home)
        for language in LANGUAGES:
            (home / f"{language}.ftl").write_bytes(content)
        read_pack(home, WEEK)
    return End(TAKEN)


def _archive(ending: str) -> Callable[[bytes], End]:
    def read(content: bytes) -> End:
        with _folder() as home:
            (home / f"{WEEK}{ending}").write_bytes(_squeezed(content) if ending == ".tar.gz" else content)
            into = home / "a" / "b"
            into.mkdir(parents=True)
            unpack(home / f"{WEEK}{ending}", into)
            _refuse_strange(home, into, ending)
            read_pack(into, WEEK)
        return End(TAKEN)

    return read


def _squeezed(content: bytes) -> bytes:
    return gzip.compress(content, 1, mtime=0)


def _refuse_strange(home: Path, into: Path, ending: str) -> None:
    allowed = {home / f"{WEEK}{ending}", into, into.parent}
    for path in home.rglob("*"):
        if path not in allowed and (into not in path.parents or path.is_symlink()):
            raise Finding("a pack wrote outside its folder", str(path.relative_to(home)))


def _tar() -> list[bytes]:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in _members():
            member = tarfile.TarInfo(path.name)
            member.size = path.stat().st_size
            archive.addfile(member, io.BytesIO(path.read_bytes()))
    return [made.getvalue().rstrip(b"\0") + b"\0" * 1024]


def _zip() -> list[bytes]:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path in _members():
            archive.writestr(zipfile.ZipInfo(path.name), path.read_bytes())
    return [made.getvalue()]


def _members() -> list[Path]:
    return sorted(path for path in PACK.iterdir() if path.is_file())


# Models and pictures -------------------------------------------------------------------------------------------------


def _model(content: bytes) -> End:
    """Whatever the file is, the note gets its recommendations, or none."""
    with _folder() as home:
        (home / "a.model").write_bytes(content)
        shipment = a_shipment(lines=(a_line(sku="a"), a_line(sku="stranger", category="lamps")))
        picked = Recommendations(home / "a.model").pick(shipment, frozenset(), "en", 6)
    return End(TAKEN if picked else "nothing")


def _models() -> list[bytes]:
    articles = tuple(Article("lamps", "", {"en": name}, {}) for name in "abcd")
    lists = Lists(array("I", (2, 3, 3, 3)), array("I", (1, 2, 0)), array("f", (0.5, 0.4, 0.5)))
    of_categories = Lists(array("I", (2,)), array("I", (0, 3)), array("f", (0.9, 0.1)))
    shop = ShopModel(("a", "b", "c", "d"), articles, lists, ("lamps",), of_categories, (0, 3, 2))
    return [dump_model(date(2026, 11, 21), {"amber-home": shop})]


SIZES = (PictureSize(48, 48), PictureSize(60, 40, is_cropped=True), PictureSize(90, 60, is_trimmed=True))
LIMITS = Limits(max_bytes=1 << 20, max_pixels=1_000_000, quality=80)


def _picture(content: bytes) -> End:
    for made in derivatives(content, SIZES, LIMITS):
        with Image.open(io.BytesIO(made.content)) as image:
            if (image.format, image.mode, image.size) != ("JPEG", "RGB", (made.width, made.height)):
                raise Finding("a prepared picture is none", str(image))
    return End(TAKEN)


def _pictures() -> list[bytes]:
    plain = Image.linear_gradient("L").resize((40, 30))
    rgb = Image.merge("RGB", (plain, plain.transpose(Image.Transpose.ROTATE_180), plain))
    exif = Image.Exif()
    exif[0x0112] = 6
    return [
        _saved(rgb, "JPEG", quality=70, exif=exif, dpi=(300, 150)),
        _saved(rgb, "JPEG", quality=50, progressive=True),
        _saved(rgb.convert("CMYK"), "JPEG"),
        _saved(rgb, "PNG"),
        _saved(rgb.convert("P"), "PNG", transparency=3),
        _saved(plain.convert("I").point(lambda value: value * 256).convert("I;16"), "PNG"),
        _saved(rgb.convert("1"), "PNG"),
        _saved(rgb, "WEBP", quality=60),
        _saved(rgb.convert("RGBA"), "WEBP", lossless=True),
    ]


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def _manifest(content: bytes) -> End:
    for row in read_manifest(content, "m.csv"):
        if isinstance(row, Refusal):
            return told(row.code, row.what, row.place, "-")
    return End(TAKEN)


MANIFESTS = (b"sku,path,version\na,a.jpg,1\nb,sub/b.png,\n", b'SKU;Url\n"a";https://example.org/a.jpg?x=1\n')
TOML_WORDS = words_of(
    "title order window from until budget hold_out [[arm]] [[rule]] slot when message pool picture link arm name",
    "[[queue]] [[route]] site language kind queue backup media sides files format encoding delimiter decimal [fields]",
    '"" [] {} true false nan inf -inf 1979-05-27T07:32:00Z 2026-11-16 0xff 1e400 """ [a.b] * name= optional=true',
    'customer.points order.total history.orders site.country today && || ! == in size() has() matches("(a+)+$")',
)
FLUENT_WORDS = (
    *words_of("{ } { $name } { $points } [one] *[other] -> = .attr -term # ## { -term } { title }"),
    *(
        b'{ "\\u0041" }',
        b"{ NUMBER($points) }",
        b"{ DATETIME($date) }",
        b"\n  .a = b\n",
        b"{" * 200,
        b"week-story = x\n",
    ),
)
ARCHIVE_WORDS = words_of(
    "../../etc/passwd /etc/passwd art/ art/a.jpg en.ftl pack.toml ustar 2026-W48/ ./en.ftl 0000644 77777777777"
)
PICTURE_WORDS = (
    *(b"\xff\xd8", b"\xff\xd9", b"\xff\xe1", b"\xff\xda", b"\xff\xc0", b"Exif\0\0", b"IHDR", b"PLTE", b"tRNS", b"IDAT"),
    *(
        b"iCCP",
        b"acTL",
        b"fcTL",
        b"IEND",
        b"RIFF",
        b"WEBP",
        b"VP8 ",
        b"VP8L",
        b"VP8X",
        b"\0\0\xff\xff",
        b"\xff\xff\xff\xff",
    ),
)

HOUSE_TARGETS = (
    Target("campaign", _campaign, _seeds("campaigns/before-christmas.toml", "campaigns/points.toml"), TOML_WORDS),
    Target("feed", _feed, _seeds("feeds/lager-csv.toml", "feeds/shopify.toml"), TOML_WORDS),
    Target("printers", _settings_file("printers.toml"), _seeds("printers.toml"), TOML_WORDS),
    Target("routing", _settings_file("routing.toml"), _seeds("routing.toml"), TOML_WORDS),
    Target("settings", _settings_file("slipway.toml"), _seeds("slipway.toml"), TOML_WORDS),
    Target("messages", _messages, _seeds("messages/en.ftl"), FLUENT_WORDS),
    Target("pack-words", _pack_words, _seeds("content/2026-W48/en.ftl"), FLUENT_WORDS),
    Target("pack-tar", _archive(".tar.gz"), _tar, ARCHIVE_WORDS, with_tar_sums),
    Target("pack-zip", _archive(".zip"), _zip, ARCHIVE_WORDS),
    Target("model", _model, _models, (b'"skus":', b"[0, 4]", b"[-1, 9]", b"[]", b"{}"), with_model_sum),
    Target("picture", _picture, _pictures, PICTURE_WORDS, with_png_sums),
    Target(
        "manifest",
        _manifest,
        lambda: list(MANIFESTS),
        words_of("sku path url image picture version https://a/b ../x.jpg"),
    ),
)
