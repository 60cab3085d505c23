"""slipway.toml: what the whole service shares, its shops and its sites."""

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator

from service.config.parts import Language, Part, PictureId, target_pattern
from service.model import LANGUAGES


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
    stands_s: float = Field(
        default=120.0, gt=0, le=86400, description="A job that CUPS has stopped, or holds, for longer is held."
    )
    silent_after_s: float = Field(default=14400.0, gt=0, description="An accepted job open this long is held.")


class Metrics(Part):
    """The figures for Prometheus."""

    textfile: str = Field(
        default="",
        pattern=r"^$|[^/]\.prom$",
        description="A file for node_exporter's textfile collector, in a folder that is there; empty: none.",
    )
    every_s: float = Field(default=10.0, gt=0, le=3600, description="How often it is written.")


class Retention(Part):
    """How long things are kept; `slipway prune` erases what is older."""

    documents_days: int = Field(default=30, ge=1, le=3650, description="The documents of the notes.")
    orders_days: int = Field(default=90, ge=1, le=3650, description="Order files and receipts; then nothing reprints.")
    ledger_days: int = Field(
        default=1095, ge=30, le=36500, description="The account of notes, and with it what is known of customers."
    )


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


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("not a time zone of the IANA database, as in Europe/Paris") from error
    return name


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
        pattern=target_pattern("note_id", "language"),
        max_length=200,
        description="Target of the feedback code; {note_id} and {language} are filled in.",
    )
    voucher_url: str = Field(
        default="",
        pattern=rf"^$|{target_pattern('code', 'note_id', 'language')}",
        max_length=120,
        description="Target of a voucher's QR code, with {code}, {note_id}, {language}; empty: it has none.",
    )
    referral_url: str = Field(
        default="",
        pattern=rf"^$|{target_pattern('code', 'note_id', 'language')}",
        max_length=120,
        description="Target of the code that ambassadors pass on, as voucher_url; empty: there is none.",
    )
    registration_url: str = Field(
        default="",
        pattern=rf"^$|{target_pattern('sku', 'note_id', 'language')}",
        max_length=120,
        description="Where a durable article is registered, with {sku}, {note_id}, {language}; empty: nowhere.",
    )
    registration_categories: tuple[Annotated[str, Field(min_length=1, max_length=64)], ...] = Field(
        default=(), description="Categories of durable goods, as the orders name them."
    )
    recommendation_url: str = Field(
        default="",
        pattern=rf"^$|{target_pattern('sku', 'note_id', 'language')}",
        max_length=120,
        description="Target of a recommended article's QR code, as registration_url; empty: it has none.",
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
    retention: Retention = Retention()
    languages: Languages = Languages()
    shops: dict[str, Shop]
    sites: dict[str, Site]
