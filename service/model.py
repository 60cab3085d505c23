"""The records that flow through the service, each frozen, each whole.

    drop -> claim -> Order -> Shipment -> Plan (+ Route) -> RenderedNote -> intent -> Job -> Receipt

One order leaves in one or more shipments; one shipment gets one note. Money is Decimal, times are aware and UTC
where we made them. Nothing here reads a clock, a disk or a network.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

LANGUAGES = ("en", "fr", "de")


# Orders --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Address:
    """Where the parcel goes. `country` is ISO 3166-1 alpha-2; empty parts are empty strings."""

    name: str
    lines: tuple[str, ...]
    postcode: str
    city: str
    country: str
    region: str = ""


@dataclass(frozen=True, slots=True)
class Loyalty:
    """The customer's standing in the shop's loyalty programme; tier is empty outside it."""

    tier: str = ""
    points: int = 0
    earned: int = 0


@dataclass(frozen=True, slots=True)
class Customer:
    """Who ordered. `id` is empty for a guest; `birthday` is MM-DD or empty."""

    id: str
    name: str
    status: str  # new | returning | ambassador
    previous_orders: int
    marketing: str  # allowed | objected | unknown
    member_since: date | None = None
    birthday: str = ""
    loyalty: Loyalty = Loyalty()
    referral_code: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of goods in a shipment. `quantity` is in this parcel, `quantity_ordered` in the whole order."""

    sku: str
    description: str
    category: str
    quantity: int
    quantity_ordered: int
    unit_price: Decimal
    picture: str = ""  # id in the picture library, where the shop names one; else its SKU finds it


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Something that the shop recommends to this customer. `price` is empty where the shop names none."""

    sku: str
    description: str
    category: str = ""
    price: Decimal | None = None
    picture: str = ""  # as a line's


@dataclass(frozen=True, slots=True)
class Offer:
    """A voucher: what it gives, one of percent, amount and free shipping, and its terms. No code, no offer.

    `currency` is that of amount and minimum, empty: the order's. `categories` are the only ones that it counts for,
    empty: all but `excluded_categories`.
    """

    code: str = ""
    percent: int = 0
    amount: Decimal = Decimal(0)
    free_shipping: bool = False
    minimum: Decimal = Decimal(0)  # value of the order from which it counts
    expires: date | None = None
    currency: str = ""
    categories: tuple[str, ...] = ()
    excluded_categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """What the customer bought, as far as every parcel of it shares it."""

    order_id: str
    revision: int
    shop: str
    site: str
    language: str  # BCP 47, as the shop sent it
    currency: str  # ISO 4217
    priority: str  # express | standard
    gift: bool
    gift_message: str
    ordered_at: datetime
    customer: Customer
    delivery_address: Address
    recommendations: tuple[Recommendation, ...] = ()
    offer: Offer = Offer()
    vouchers_redeemed: tuple[str, ...] = ()  # codes that paid for a part of this order


@dataclass(frozen=True, slots=True)
class Shipment:
    """One parcel of an order, with its goods: what one note is made for."""

    order: Order
    number: int
    of: int
    final: bool
    promised_at: datetime
    dispatched_at: datetime
    lines: tuple[Line, ...]

    @property
    def note_id(self) -> str:
        """Order id, shipment number and revision: `509217-1-r1`. Also the CUPS job-name of the first generation."""
        return f"{self.order.order_id}-{self.number}-r{self.order.revision}"

    @property
    def kind(self) -> str:
        """`final` when this parcel completes the order, else `partial`."""
        return "final" if self.final else "partial"


# Routes --------------------------------------------------------------------------------------------------------------


# Finishings by keyword (PWG 5100.1), with the number by which IPP knows each.
_FROM_3 = "none staple punch cover bind saddle-stitch edge-stitch fold trim bale booklet-maker jog-offset coat laminate"
_FROM_20 = (
    "staple-top-left staple-bottom-left staple-top-right staple-bottom-right edge-stitch-left edge-stitch-top "
    "edge-stitch-right edge-stitch-bottom staple-dual-left staple-dual-top staple-dual-right staple-dual-bottom"
)
FINISHINGS = {
    keyword: number
    for first, keywords in ((3, _FROM_3), (20, _FROM_20))
    for number, keyword in enumerate(keywords.split(), first)
}


@dataclass(frozen=True, slots=True)
class Route:
    """Where a note prints and how, in IPP's words (RFC 8011, PWG 5100); what follows the colour mode may be empty."""

    queue: str
    backup: str = ""
    media: str = "iso_a4_210x297mm"
    sides: str = "one-sided"
    print_color_mode: str = "color"
    media_source: str = ""
    media_type: str = ""
    output_bin: str = ""
    finishings: tuple[str, ...] = ()
    job_priority: int = 0  # 1 to 100; 0: the queue's own
    copies: int = 1

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """The IPP job attributes of this route that are set, in a fixed order."""
        return (
            ("media", self.media),
            ("sides", self.sides),
            ("print-color-mode", self.print_color_mode),
            ("print-scaling", "none"),
            *(
                (name, value)
                for name, value in (
                    ("media-source", self.media_source),
                    ("media-type", self.media_type),
                    ("output-bin", self.output_bin),
                    ("finishings", ",".join(self.finishings)),
                    ("job-priority", str(self.job_priority or "")),
                    ("copies", str(self.copies) if self.copies > 1 else ""),
                )
                if value
            ),
        )


# Pictures ------------------------------------------------------------------------------------------------------------

Choice = tuple[str, ...]
"""Ids in the picture library, the best first: the first that the library has is shown. Empty: no picture."""


@dataclass(frozen=True, slots=True, order=True)
class PictureSize:
    """How a layout shows pictures, in pixels at 300 dpi: whole in the middle of its room, or cropped to fill it.

    `is_trimmed`: the white round what is shown goes first.
    """

    width: int
    height: int
    is_cropped: bool = False
    is_trimmed: bool = False

    @property
    def name(self) -> str:
        """`213x213`, `1063x473-cropped`, `213x213-trimmed`: in the library's index and in lists for people."""
        return f"{self.width}x{self.height}{'-cropped' * self.is_cropped}{'-trimmed' * self.is_trimmed}"


@dataclass(frozen=True, slots=True)
class WantedPicture:
    """A picture that a note asked for and the library did not have, at least not at that size."""

    shop: str
    picture: str  # the best id of the choice
    size: str  # a PictureSize's name


# The plan: the finished decision for one note ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Words:
    """A heading and paragraphs, either may be empty; a newline inside a paragraph is a line break."""

    heading: str = ""
    paragraphs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Postal:
    """An address as it stands on the sheet, line by line, with its label above."""

    label: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Label and value pairs, in order."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class GoodsRow:
    """One line of goods, ready to draw. `detail` says what was ordered and what follows; prices are empty on gifts."""

    quantity: str
    name: str
    sku: str
    detail: str
    unit_price: str
    amount: str
    pictures: Choice


@dataclass(frozen=True, slots=True)
class Goods:
    """The table of goods. Column heads: quantity, name, unit price, amount; empty price heads drop those columns."""

    heads: tuple[str, str, str, str]
    rows: tuple[GoodsRow, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """Label and amount pairs under the table; the last one is the sum."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A machine-readable code. `symbology` is qr or code128; the words say what a scan does, for people."""

    symbology: str
    data: str
    heading: str = ""
    caption: str = ""
    address: str = ""  # the same target in small type, for those who don't scan


@dataclass(frozen=True, slots=True)
class Hero:
    """A large picture and words to it; either may be empty."""

    pictures: Choice
    heading: str = ""
    paragraphs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tile:
    """One recommended article. All but its name may be empty."""

    pictures: Choice
    name: str
    detail: str = ""
    price: str = ""
    scan: str = ""  # data of its QR code, where the layout wants one
    address: str = ""  # the same target in small type


@dataclass(frozen=True, slots=True)
class Tiles:
    """Recommended articles side by side; a layout shows as many as it has columns."""

    heading: str
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Voucher:
    """A voucher to keep: what it gives, the code as the customer types it, its terms, and a QR code's data."""

    heading: str
    paragraphs: tuple[str, ...]
    label: str  # over the code
    code: str
    terms: tuple[str, ...]
    scan: str = ""  # data of its QR code, or empty
    address: str = ""  # the same target in small type


Block = Words | Postal | Facts | Goods | Totals | Code | Hero | Tiles | Voucher


# All that a note may say, in the order in which it is read.
SLOTS = (
    *("brand", "greeting", "address", "facts", "note-code", "parcel", "goods", "totals", "gift"),
    *("promo", "voucher", "recommendations", "loyalty", "referral", "registration", "feedback"),
    *("returns", "help", "imprint", "reprint"),
)

# What stands in these slots never holds a note: where it can't be drawn, it is left out.
MARKETING = frozenset(("promo", "voucher", "recommendations", "loyalty", "referral", "registration", "feedback"))


# What came of a campaign on a note: shown; kept back to measure against; nobody to address; no room on the sheet.
SHOWN, HELD_OUT, NEUTRAL, LEFT_OUT = "shown", "held-out", "neutral", "left-out"


@dataclass(frozen=True, slots=True)
class Exposure:
    """That a campaign's rule decided over a note, for measuring it. A neutral note has one without a campaign."""

    campaign: str
    arm: str
    slot: str
    rule: int  # its number in the campaign's file, from 1; 0 without a rule
    outcome: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Giving:
    """A code that a note takes from a pool for its customer."""

    campaign: str
    pool: str
    code: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Every word, picture and code of one note, and its layout. No code to run, no None, no markup in it.

    `blocks` are (slot, block) pairs in reading order; a slot that has nothing to say is absent. `page_label` is the
    language's "Page {page} of {pages}" with exactly those two fields. `exposures` and `givings` are what campaigns
    decided: the ledger keeps them with the intent.
    """

    note_id: str
    generation: int
    language: str  # en | fr | de
    shop: str  # whose pictures it shows
    layout: str
    title: str  # document title in the PDF's metadata; no personal data
    page_label: str
    blocks: tuple[tuple[str, Block], ...]
    exposures: tuple[Exposure, ...] = ()
    givings: tuple[Giving, ...] = ()

    @property
    def pictures(self) -> tuple[tuple[str, Choice], ...]:
        """The pictures that it asks for, as (slot, choice) pairs, each once, in reading order."""
        asked = ((slot, choice) for slot, block in self.blocks for choice in _choices_of(block) if choice)
        return tuple(dict.fromkeys(asked))

    @property
    def job_name(self) -> str:
        """The CUPS job-name: the note id, and from the second generation on its number too."""
        return job_name(self.note_id, self.generation)


def _choices_of(block: Block) -> Iterable[Choice]:
    match block:
        case Goods():
            return (row.pictures for row in block.rows)
        case Tiles():
            return (tile.pictures for tile in block.tiles)
        case Hero():
            return (block.pictures,)
    return ()


def job_name(note_id: str, generation: int) -> str:
    """The job-name of one generation of a note; the folder printer's file is called so too."""
    return note_id if generation == 1 else f"{note_id}.g{generation}"


def order_of(note_id: str) -> str:
    """The order id in a note id: `509217` of `509217-1-r1`."""
    return note_id.rsplit("-", 2)[0]


# From paper's point of view ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RenderedNote:
    """The finished document of one note.

    `left_out` are slots that found no room, or nothing to show; `faults` say what of marketing could not be drawn;
    `wanted` are pictures that it had to do without, or had at another size only. `unseen` are the slots of marketing
    that are not on the paper, for whatever reason: also those that the layout has no place for.
    """

    pdf: bytes
    sha256: str
    pages: int
    left_out: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    wanted: tuple[WantedPicture, ...] = ()
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """A print job that exists at a printer. Known by queue, name and time; never by its id alone (CUPS reuses ids).

    `created_s` is the same moment by the steady clock, which only the life of the service knows that made the job.
    """

    queue: str
    job_id: int
    job_name: str
    created_at: datetime
    created_s: float | None = field(default=None, compare=False)


class JobState(Enum):
    """Job states by IPP's names (RFC 8011, 5.3.7), and `unknown` where the printer has no such job (any more)."""

    PENDING = "pending"
    HELD = "pending-held"
    PROCESSING = "processing"
    STOPPED = "processing-stopped"
    CANCELED = "canceled"
    ABORTED = "aborted"
    COMPLETED = "completed"
    UNKNOWN = "unknown"

    @property
    def is_open(self) -> bool:
        """True while the printer may still do something about the job by itself."""
        return self in (JobState.PENDING, JobState.PROCESSING, JobState.STOPPED)


@dataclass(frozen=True, slots=True)
class JobReport:
    """What is said of one job. `confirmed_by` names who says so: cups, printer or folder.

    `times` is how often the printer's record has paper of it, where that was asked.
    """

    state: JobState
    reasons: tuple[str, ...]
    confirmed_by: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class QueueReport:
    """What a queue says of itself. `state` is idle, processing, stopped, missing or unreachable."""

    queue: str
    state: str
    accepting: bool
    reasons: tuple[str, ...]
    depth: int  # jobs in the queue that are not at an end
