"""The decisions people change: `config/` read into frozen models that forbid unknown keys.

Reads slipway.toml, routing.toml, printers.toml, feeds/*.toml and messages/*.ftl, and nothing else; a fault names file,
line and key. Single values of slipway.toml can be overridden from the environment: SLIPWAY_SPOOL, SLIPWAY_IMAGE_CACHE,
and for any other SLIPWAY_SECTION_KEY, as in SLIPWAY_INTAKE_SETTLE_S=0.5. Relative paths start where the service does.

Each room gets its own part; who reads a part is the only one that interprets it.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from service.errors import ConfigInvalid
from service.model import FINISHINGS, LANGUAGES

Language = Literal["en", "fr", "de"]
QueueName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,127}$")]
MediaName = Annotated[str, Field(pattern=r"^[a-z0-9_.-]+$")]
NETWORK_DEVICES = ("ipp", "ipps", "socket", "lpd")
WILDCARD = "*"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("not a time zone of the IANA database, as in Europe/Paris") from error
    return name


def _known_finishing(keyword: str) -> str:
    if keyword not in FINISHINGS:
        near = difflib.get_close_matches(keyword, FINISHINGS, n=1)
        raise ValueError(f"no finishing of PWG 5100.1{f'; did you mean {near[0]}?' if near else ''}")
    return keyword


class Part(BaseModel):
    """A table of the configuration: frozen, and no key it doesn't know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# slipway.toml --------------------------------------------------------------------------------------------------------


class Intake(Part):
    """How the hot folder is read."""

    settle_s: float = Field(default=2.0, ge=0, le=3600, description="A file that may still grow rests this long first.")
    scan_every_s: float = Field(default=1.0, gt=0, le=60, description="The folder is listed at least this often.")
    incomplete_after_s: float = Field(
        default=600.0, ge=0, description="A file that is not whole and rests this long goes to problem/."
    )
    max_file_mb: int = Field(default=64, ge=1, le=1024, description="A larger file is refused unread.")
    min_free_mb: int = Field(default=200, ge=0, description="Below this much free disk, files wait in the hot folder.")


class Rendering(Part):
    """The render workers."""

    workers: int = Field(default=2, ge=1, le=64, description="Processes that draw notes.")
    deadline_s: float = Field(default=6.0, gt=0, le=600, description="A note that takes longer costs its worker.")
    memory_mb: int = Field(default=768, ge=256, description="Address space of one worker.")
    attempts: int = Field(default=3, ge=1, le=10, description="Tries before a note is held as render-failed.")


class Images(Part):
    """How the picture library is filled: `slipway images sync`."""

    workers: int = Field(default=2, ge=1, le=64, description="Processes that prepare pictures.")
    deadline_s: float = Field(default=20.0, gt=0, le=600, description="A picture that takes longer is refused.")
    memory_mb: int = Field(default=1536, ge=512, description="Address space of one worker.")
    max_mb: int = Field(default=64, ge=1, le=1024, description="A larger file is refused unread.")
    max_megapixels: int = Field(default=100, ge=1, le=1000, description="A larger picture is refused undecoded.")
    quality: int = Field(default=88, ge=50, le=98, description="Of the JPEGs that are printed.")
    private_hosts: tuple[str, ...] = Field(
        default=(), description="Hosts with a private address that manifests and redirects may lead to."
    )
    connections: int = Field(default=4, ge=1, le=32, description="To one host at a time.")
    requests_per_s: float = Field(default=20.0, gt=0, le=1000, description="To one host, at most.")
    timeout_s: float = Field(default=20.0, gt=0, le=600, description="For a connection, and for each answer.")
    attempts: int = Field(default=3, ge=1, le=10, description="Tries for each address.")


class Printing(Part):
    """The way to the printers."""

    backend: Literal["folder", "cups"] = Field(
        default="folder", description="folder: queues are folders under the spool. cups: queues of a CUPS server."
    )
    cups_socket: str = Field(default="/run/cups/cups.sock", description="The Unix socket of cupsd.")
    call_deadline_s: float = Field(default=5.0, gt=0, le=60, description="CUPS, and a printer, answer within this.")
    window: int = Field(default=3, ge=1, le=50, description="Jobs of ours that stand in one queue at a time.")
    poll_s: float = Field(
        default=0.1, gt=0, le=60, description="How often open jobs are asked about; in a full window more often."
    )
    patience_s: float = Field(
        default=120.0, ge=0, le=86400, description="A queue that waits for paper or hands for longer is down."
    )
    retry_s: float = Field(default=5.0, gt=0, le=3600, description="A deferred note is tried again after this.")
    give_up_after_s: float = Field(default=14400.0, gt=0, description="A note put off this long, in all, is held.")
    silent_after_s: float = Field(default=14400.0, gt=0, description="An accepted job open this long is held.")


class Metrics(Part):
    """The figures for Prometheus."""

    textfile: str = Field(
        default="",
        pattern=r"^$|[^/]\.prom$",
        description="A file for node_exporter's textfile collector, in a folder that is there; empty: none.",
    )
    every_s: float = Field(default=10.0, gt=0, le=3600, description="How often it is written.")


class Languages(Part):
    """What each language of the notes looks like, and which note an order in another language gets."""

    locale: dict[Language, str] = Field(
        default={"en": "en_GB", "fr": "fr_FR", "de": "de_DE"},
        description="CLDR locale for dates, numbers and prices.",
    )
    fallback: dict[str, Language] = Field(
        default={}, description="BCP 47 primary language of the order -> language of its note."
    )

    @model_validator(mode="after")
    def _all_languages(self) -> "Languages":
        missing = [language for language in LANGUAGES if language not in self.locale]
        if missing:
            raise ValueError(f"locale names no {' and no '.join(missing)}")
        return self


def _target(*fields: str) -> str:
    """The pattern of a link that is filled in for each note; its host stands fast."""
    return rf"^https://[^\s{{}}/?#@]+(/[^\s{{}}]*(\{{({'|'.join(fields)})\}}[^\s{{}}]*)*)?$"


PictureId = Annotated[str, Field(min_length=1, max_length=64)]


class Story(Part):
    """What a brand tells of itself on every note, with a picture."""

    picture: PictureId = Field(description="A picture of the library, by its id there.")
    heading: dict[Language, Annotated[str, Field(min_length=1, max_length=60)]] = Field(description="By language.")
    text: dict[Language, Annotated[str, Field(min_length=1, max_length=400)]] = Field(description="By language.")


class Shop(Part):
    """A brand that sells on a site of its own, and what its notes say of it."""

    brand: str = Field(min_length=1, max_length=60, description="As it stands on the note.")
    layout: str = Field(pattern=r"^[a-z0-9-]{1,40}$", description="A folder of layouts/.")
    website: str = Field(min_length=1, max_length=80, description="As printed, without https://.")
    email: str = Field(min_length=3, max_length=80, description="Where customers write to.")
    phone: str = Field(default="", max_length=40, description="Where customers call; may be empty.")
    feedback_url: str = Field(
        pattern=_target("note_id", "language"),
        max_length=200,
        description="Target of the feedback code; {note_id} and {language} are filled in.",
    )
    voucher_url: str = Field(
        default="",
        pattern=rf"^$|{_target('code', 'note_id', 'language')}",
        max_length=120,
        description="Target of a voucher's QR code, with {code}, {note_id}, {language}; empty: it has none.",
    )
    referral_url: str = Field(
        default="",
        pattern=rf"^$|{_target('code', 'note_id', 'language')}",
        max_length=120,
        description="Target of the code that ambassadors pass on, as voucher_url; empty: there is none.",
    )
    registration_url: str = Field(
        default="",
        pattern=rf"^$|{_target('sku', 'note_id', 'language')}",
        max_length=120,
        description="Where a durable article is registered, with {sku}, {note_id}, {language}; empty: nowhere.",
    )
    registration_categories: tuple[Annotated[str, Field(min_length=1, max_length=64)], ...] = Field(
        default=(), description="Categories of durable goods, as the orders name them."
    )
    returns_url: dict[Language, str] = Field(description="Where a return is announced, by language, as printed.")
    returns_days: int = Field(default=30, ge=14, le=365, description="Days in which goods may come back.")
    imprint: str = Field(min_length=1, max_length=200, description="The company line at the foot.")
    category_pictures: dict[str, PictureId] = Field(
        default={}, description="What stands in for an article without a picture: category, as orders name it -> id."
    )
    neutral_picture: PictureId | Literal[""] = Field(
        default="", description="Stands in where the category has no picture either; empty: as the layout says."
    )
    story: Story | None = Field(default=None, description="The brand's story; without it, notes have none.")


class Site(Part):
    """A distribution center."""

    name: str = Field(min_length=1, max_length=60)
    timezone: Annotated[str, AfterValidator(_known_zone)] = Field(description="IANA zone; dates on the note are local.")
    country: str = Field(pattern=r"^[A-Z]{2}$", description="Where it stands, ISO 3166-1 alpha-2.")
    returns_to: tuple[str, ...] = Field(
        min_length=1, max_length=6, description="Address for returns, below the brand's name."
    )


class Settings(Part):
    """slipway.toml, whole."""

    spool: Path = Field(default=Path("var"), description="The folder of hot folder, receipts, notes and ledger.")
    image_cache: Path = Field(default=Path("image_cache"), description="The local library of product pictures.")
    layouts: Path = Field(default=Path("layouts"), description="The folder of the layouts.")
    intake: Intake = Intake()
    rendering: Rendering = Rendering()
    images: Images = Images()
    printing: Printing = Printing()
    metrics: Metrics = Metrics()
    languages: Languages = Languages()
    shops: dict[str, Shop]
    sites: dict[str, Site]


# routing.toml, printers.toml -----------------------------------------------------------------------------------------


def _device(uri: str) -> str:
    """A device URI as people write it; what CUPS and we add to it is no business of the file."""
    if not uri:
        return uri
    try:
        at = urlsplit(uri)
        is_whole = bool(at.scheme and "://" in uri and at.port != 0)
    except ValueError:
        is_whole = False
    if not is_whole or re.search(r"\s", uri) or (at.scheme in NETWORK_DEVICES and not at.hostname):
        raise ValueError("not a device URI, as in ipp://10.1.4.21/ipp/print or socket://10.1.4.22:9100")
    if at.username is not None:
        raise ValueError("a device URI holds no user and password here: many may read this file")
    if "waitjob=" in at.query:
        raise ValueError("leave waitjob out: `slipway printers apply` sets it")
    return uri


class RouteRule(Part):
    """Which notes print where. Each of site, language and kind names one value or is `*`; the most specific wins."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    site: str = WILDCARD
    language: Language | Literal["*"] = WILDCARD  # type: ignore[assignment]  # the wildcard is one of the literals
    kind: Literal["partial", "final", "*"] = WILDCARD  # type: ignore[assignment]
    queue: QueueName
    backup: QueueName | Literal[""] | None = Field(
        default=None, description="Only where it is not the backup of the queue itself; empty: none."
    )
    media: MediaName = Field(default="iso_a4_210x297mm", description="PWG 5101.1 media name.")
    sides: Literal["one-sided", "two-sided-long-edge", "two-sided-short-edge"] = "one-sided"
    print_color_mode: Literal["auto", "color", "monochrome"] = Field(default="color", alias="print-color-mode")
    media_source: str = Field(default="", alias="media-source", pattern=r"^[a-z0-9-]*$", description="A tray.")
    media_type: str = Field(default="", alias="media-type", pattern=r"^[a-z0-9.-]*$", description="A kind of paper.")
    output_bin: str = Field(default="", alias="output-bin", pattern=r"^[a-z0-9-]*$", description="Where sheets land.")
    finishings: tuple[Annotated[str, AfterValidator(_known_finishing)], ...] = Field(
        default=(), description="Keywords of PWG 5100.1, as in staple-top-left."
    )
    job_priority: int = Field(default=0, alias="job-priority", ge=0, le=100, description="1 to 100; 0: not sent.")
    copies: int = Field(default=1, ge=1, le=20)


class Routing(Part):
    """routing.toml, whole."""

    route: tuple[RouteRule, ...] = Field(min_length=1)


class Queue(Part):
    """A printer queue that routes may name, and the printer behind it."""

    name: QueueName
    description: str = Field(default="", max_length=120, description="What it is, for people.")
    location: str = Field(default="", max_length=120, description="Where it stands, for people.")
    device: Annotated[str, AfterValidator(_device)] = Field(
        default="",
        description="Device URI: ipp://, ipps://, socket://, lpd://, usb:// ...; empty: the queue is made by hand.",
    )
    model: Literal["raw", "everywhere"] = Field(
        default="raw", description="raw: a job's options go to the printer as they are. everywhere: by CUPS's PPD."
    )
    media: MediaName = Field(default="iso_a4_210x297mm", description="Paper of a job that names none, PWG 5101.1.")
    trays: tuple[Annotated[str, Field(pattern=r"^[a-z0-9-]+$")], ...] = Field(
        default=(), description="media-source of each tray, as routes may name them; empty: any."
    )
    colour: bool = Field(default=True, description="It prints in colour.")
    duplex: bool = Field(default=True, description="It prints on both sides.")
    backup: QueueName | Literal[""] = Field(default="", description="The queue that takes over when this one is down.")
    ask_printer: bool = Field(default=True, description="Ask an ipp(s) printer itself what became of a job.")

    @property
    def speaks_ipp(self) -> bool:
        return self.device.startswith(("ipp://", "ipps://"))

    @property
    def asked_at(self) -> str:
        """Where the printer itself can be asked about its jobs; empty if it can't or shall not be."""
        return self.device if self.speaks_ipp and self.ask_printer else ""


class Printers(Part):
    """printers.toml, whole."""

    queue: tuple[Queue, ...] = Field(min_length=1)


# The whole -----------------------------------------------------------------------------------------------------------


class Config(Part):
    """All of `config/`. Feeds are parsed TOML, messages Fluent source; intake and planning know what they mean."""

    folder: Path
    settings: Settings
    routing: Routing
    printers: Printers
    feeds: dict[str, dict[str, Any]]
    messages: dict[str, str]
    overrides: dict[str, str]


def read_config(folder: Path, environ: Mapping[str, str]) -> Config:
    """All of `folder`, checked, with the overrides of `environ`; raises ConfigInvalid with file, line and key."""
    if not folder.is_dir():
        raise ConfigInvalid(f"there is no configuration folder {folder}", hint="Name it with --config DIR.")
    return Config(
        folder=folder,
        settings=_overridden_settings(folder / "slipway.toml", environ),
        routing=_part(folder / "routing.toml", Routing),
        printers=_printers(folder / "printers.toml"),
        feeds={path.stem: read_toml(path) for path in sorted((folder / "feeds").glob("*.toml"))},
        messages={language: read_text(folder / "messages" / f"{language}.ftl") for language in LANGUAGES},
        overrides=dict(environ),
    )


def read_again(config: Config) -> Config:
    """The configuration as it is in the files now, with the overrides it had; raises ConfigInvalid."""
    return read_config(config.folder, config.overrides)


def read_text(path: Path) -> str:
    """The text of a configuration file."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigInvalid(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigInvalid(f"{path}: not UTF-8 at byte {error.start}", hint="Save the file as UTF-8.") from error


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as plain values."""
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise ConfigInvalid(f"{path}: {error}") from error


P = TypeVar("P", bound=BaseModel)


def validated(model: type[P], values: dict[str, Any], path: Path) -> P:
    """`values` of the TOML file at `path` as a `model`; a fault names file, line and key, all of them at once."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        text = read_text(path)
        faults = [
            f"{path}:{line_of_key(text, fault['loc'])}: {key_name(fault['loc'])}: {_reason(model, fault)}"
            for fault in error.errors(include_input=False, include_url=False)
        ]
        raise ConfigInvalid("\n".join(faults)) from None


def _part(path: Path, model: type[P]) -> P:
    return validated(model, read_toml(path), path)


def _printers(path: Path) -> Printers:
    printers = _part(path, Printers)
    text = read_text(path)
    faults = [
        f"{path}:{line_of_key(text, key)}: {key_name(key)}: {reason}" for key, reason in _queue_faults(printers.queue)
    ]
    if faults:
        raise ConfigInvalid("\n".join(faults))
    return printers


def _queue_faults(queues: tuple[Queue, ...]) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """(key, reason) of what does not fit between queues, or between the keys of one."""
    first: dict[str, int] = {}
    for number, queue in enumerate(queues):
        if first.setdefault(queue.name, number) != number:
            yield ("queue", number, "name"), f"queue[{first[queue.name] + 1}] has this name too"
    for number, queue in enumerate(queues):
        if queue.backup == queue.name:
            yield ("queue", number, "backup"), "a queue can't be its own backup"
        elif queue.backup and queue.backup not in first:
            yield ("queue", number, "backup"), f"there is no queue {queue.backup} in this file"
        if queue.model == "everywhere" and not queue.speaks_ipp:
            yield ("queue", number, "model"), "only the queue of an ipp:// or ipps:// device can be made everywhere"


def _overridden_settings(path: Path, environ: Mapping[str, str]) -> Settings:
    values = read_toml(path)
    overridden: dict[tuple[int | str, ...], str] = {}
    for variable, key in _overrides(environ):
        table = values
        for name in key[:-1]:
            table = table.setdefault(name, {})
        table[key[-1]] = environ[variable]
        overridden[key] = variable
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            if fault["loc"] in overridden:
                what = f"{overridden[fault['loc']]}: {fault['msg']}"
                raise ConfigInvalid(what, hint="Mend or unset the variable.") from None
    return validated(Settings, read_toml(path), path)


def _overrides(environ: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(variable, key) of each SLIPWAY_ variable that is set; an unknown one is a fault, with a suggestion."""
    keys = {f"SLIPWAY_{'_'.join(key).upper()}": key for key in _single_values(Settings)}
    for variable in sorted(environ):
        if not variable.startswith("SLIPWAY_"):
            continue
        if variable not in keys:
            near = difflib.get_close_matches(variable, keys, n=1)
            hint = f"Did you mean {near[0]}?" if near else "Unset it."
            raise ConfigInvalid(f"{variable} overrides nothing", hint=hint)
        yield variable, keys[variable]


def _single_values(model: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from ((name, *rest) for rest in _single_values(field.annotation))
        elif field.annotation in (str, int, float, Path) or "Literal" in str(field.annotation):
            yield (name,)


# Where a fault stands ------------------------------------------------------------------------------------------------

_TABLE = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_NAME = re.compile(r"""\"([^"]*)\"|'([^']*)'|([A-Za-z0-9_-]+)""")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")


def line_of_key(text: str, key: tuple[int | str, ...]) -> int:
    """The line (from 1) of a TOML text where `key` stands, or the nearest table or key above it that is there."""
    places = dict(_places(text))
    for end in range(len(key), 0, -1):
        if key[:end] in places:
            return places[key[:end]]
    return 1


def _places(text: str) -> Iterator[tuple[tuple[int | str, ...], int]]:
    table: tuple[int | str, ...] = ()
    counts: dict[tuple[int | str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if match := _TABLE.match(line):
            table = _names(match[2])
            if match[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            yield table, number
        elif match := _KEY.match(line):
            names = _names(match[1])
            for end in range(1, len(names) + 1):
                yield (*table, *names[:end]), number


def _names(dotted: str) -> tuple[int | str, ...]:
    return tuple("".join(part) for part in _NAME.findall(dotted))


def key_name(key: tuple[int | str, ...]) -> str:
    """A key as people write it: `route[2].queue`, counted from 1."""
    name = ""
    for part in key:
        name += f"[{part + 1}]" if isinstance(part, int) else f"{'.' if name else ''}{part}"
    return name or "the file"


def _reason(model: type[BaseModel], fault: Any) -> str:
    if fault["type"] != "extra_forbidden":
        return str(fault["msg"]).removeprefix("Value error, ")
    near = difflib.get_close_matches(str(fault["loc"][-1]), _known_keys(model), n=1)
    return "there is no such key" + (f"; did you mean {near[0]}?" if near else "")


def _known_keys(model: type[BaseModel]) -> list[str]:
    schema = model.model_json_schema()
    tables = [schema, *schema.get("$defs", {}).values()]
    return sorted({name for table in tables for name in table.get("properties", {})})
