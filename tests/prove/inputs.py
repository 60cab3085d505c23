"""What strangers write into orders, and how it is judged: every string field of an order, the strings to put there,
and whether a sheet says what was sent.

A file may be taken or refused, a note may be printed or wait for a person: that it is one of these, with a code, a
fact and an advice, is what must be so. What came of it is counted.
"""

import json
import subprocess
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from service.intake.order_file import dump_shipment
from service.model import Shipment
from tests.builders import an_address
from tests.conftest import CORPORA
from tests.cups_lab import job_name_of, sheets
from tests.order_documents import as_lines
from tests.prove.oracle import Tally
from tests.prove.orders import MARKER, Dropped, Orders
from tests.prove.rig import Scene

Place = tuple[str | int, ...]
ORDER_ID: Place = ("order_id",)
GIFT: Place = ("gift_message",)
SHOWN: tuple[Place, ...] = (  # on every sheet; a gift's words on those of gifts
    *(ORDER_ID, GIFT, ("delivery_address", "name"), ("delivery_address", "lines", 0), ("delivery_address", "city")),
    *(("delivery_address", "postcode"), ("delivery_address", "region"), ("lines", 0, "sku")),
    ("lines", 0, "description"),
)
PERSONAL = (("customer", "name"), ("delivery_address",), GIFT)
NAMED = (("shop",), ("site",), ("language",))  # keys of the configuration: an error may say which one is missing
INVISIBLE = ("Cf", "Zs", "Cc", "Mn", "Zl", "Zp")
HOLDS = frozenset({"glyph-missing", "does-not-fit", "unknown-shop", "unknown-site", "language-unsupported"})


def naughty_strings() -> list[str]:
    """The Big List of Naughty Strings."""
    strings: list[str] = json.loads(next((CORPORA / "text" / "blns").rglob("blns.json")).read_text(encoding="utf-8"))
    return strings


# One text in one field -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """A text that stands in one field of an otherwise plain order, and the note that it would be."""

    place: Place
    text: str
    shipment: Shipment
    document: dict[str, Any]


def string_fields(orders: Orders) -> list[Place]:
    """Every field of an order file that holds a string."""
    return list(_strings_in(_with_offers(orders.shipment("en"))))


def text_in(place: Place, text: str, orders: Orders) -> Text:
    """An order whose field holds this text; it names its customer elsewhere too."""
    shipment = orders.shipment("en")
    if place == ORDER_ID:
        shipment = _named(shipment, text)
    mark = f"{MARKER} {shipment.order.order_id.partition('-')[0]}"
    address = an_address(name=mark, lines=(f"{mark} Row", mark))
    order = replace(shipment.order, delivery_address=address, gift=place == GIFT, gift_message="x" * (place == GIFT))
    shipment = replace(shipment, order=order)
    document = _with_offers(shipment)
    holder: Any = document
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = text
    return Text(place, text, shipment, document)


def _named(shipment: Shipment, order_id: str) -> Shipment:
    return replace(shipment, order=replace(shipment.order, order_id=order_id))


def _with_offers(shipment: Shipment) -> dict[str, Any]:
    """Its order file, with every part that may be left out; a gift has no offers on its note."""
    tile = {"sku": "B", "description": "Bowl", "category": "kitchen", "picture": "B", "price": "4.00"}
    voucher = {"code": "A-1", "percent": 5, "minimum": "5", "expires": "2026-12-31"}
    more: dict[str, Any] = {"voucher": voucher, "recommendations": [tile], "vouchers_redeemed": ["X-1"]}
    document = dump_shipment(shipment) | more
    document["delivery_address"]["region"] = document["delivery_address"].get("region") or "Avon"
    document["lines"][0]["picture"] = "22139"
    return document


def _strings_in(value: Any, place: Place = ()) -> Iterator[Place]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inside:
        if isinstance(part, dict | list):
            yield from _strings_in(part[:1] if isinstance(part, list) else part, (*place, key))
        elif isinstance(part, str) or part is None:
            yield (*place, key)


def file_of(texts: Sequence[Text], name: str) -> Dropped:
    """These orders in one file of JSON Lines."""
    return Dropped(name, as_lines(*(each.document for each in texts)), tuple(each.shipment for each in texts))


# What came of it -----------------------------------------------------------------------------------------------------


@dataclass
class Ends:
    """How many of each end: `printed`, `held CODE`, `refused CODE`."""

    counts: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return ", ".join(f"{count} {end}" for end, count in sorted(self.counts.items()))


def settled(scene: Scene, ends: Ends, tally: Tally, holds: frozenset[str] = HOLDS) -> None:
    """Let all that was dropped come to an end; the oracle then looks for sheets of what was taken.

    Each shipment of a file is either a note or refused, and each refusal and hold says why and what to do.
    """
    scene.settle()
    for name, drop in list(scene.oracle.dropped.items()):
        receipt = scene.oracle.receipt(name) or {"notes": [], "problems": []}
        notes = {note["note_id"]: note for note in receipt["notes"]}
        taken = tuple(shipment for shipment in drop.shipments if shipment.note_id in notes)
        if len(taken) + len(receipt["problems"]) < len(drop.shipments):
            tally.find(f"{name}: {len(drop.shipments)} orders, {len(taken)} notes, {len(receipt['problems'])} refused")
        scene.oracle.dropped[name] = Dropped(name, drop.content, taken, is_refused=bool(receipt["problems"]))
        for note in notes.values():
            ends.counts["printed" if note["state"] == "completed" else f"{note['state']} {note['code']}"] += 1
            if note["state"] != "completed" and note["code"] not in holds:
                tally.find(f"{note['note_id']}: {note['state']} {note['code']}")
        for problem in receipt["problems"]:
            ends.counts[f"refused {problem['code']}"] += 1
            if not (problem["code"] and problem["what"] and problem["hint"]) or problem["code"] == "reading-failed":
                tally.find(f"{name}: refused without a reason: {problem}")


def problems_of(scene: Scene, name: str) -> list[dict[str, Any]]:
    receipt = scene.oracle.receipt(name)
    return receipt["problems"] if receipt else []


def documents(scene: Scene) -> dict[str, bytes]:
    """The document of each note, as it came to a printer."""
    paths = (path for queue in sorted(scene.oracle.paper.iterdir()) for path in sheets(queue))
    return {job_name_of(path).partition(".g")[0]: path.read_bytes() for path in paths}


def judge_texts(texts: Sequence[Text], scene: Scene, tally: Tally) -> int:
    """Compare what was sent with what the sheets say; how many could be compared."""
    printed = documents(scene)
    elsewhere = _told_elsewhere(scene)
    said_openly = "\0".join(each.text for each in texts if not _is_personal(each.place))  # a SKU stands in the ledger
    compared = 0
    for each in texts:
        sheet = printed.get(each.shipment.note_id)
        if sheet is not None and each.place in SHOWN:
            compared += 1
            if not is_shown(each.text, text_of(sheet)):
                tally.find(f"{each.shipment.note_id}: {each.place} is not on the sheet: {each.text[:40]!a}")
        is_secret = _is_personal(each.place) and len(each.text) >= 12 and each.text not in said_openly
        if is_secret and each.text.encode("utf-8", "surrogatepass") in elsewhere:
            tally.find(f"{each.shipment.note_id}: {each.place} stands in the log, a receipt or the ledger")
    return compared


def _is_personal(place: Place) -> bool:
    return any(place[: len(above)] == above for above in PERSONAL)


def _told_elsewhere(scene: Scene) -> bytes:
    """All that may not know what a customer wrote."""
    files: list[Path] = [*(scene.spool / "receipts").iterdir(), *scene.spool.glob("ledger.db*"), scene.log]
    return b"\0".join(path.read_bytes() for path in files)


def text_of(pdf: bytes) -> str:
    """The text as a reader copies it, by poppler."""
    told = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, timeout=20, check=True)
    return told.stdout.decode()


def is_shown(text: str, sheet: str) -> bool:
    """True if the sheet shows the text; of right-to-left text a reader gives the letters, not their order."""
    wanted, given = visible(text), visible(sheet)
    if any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in wanted):
        return Counter(wanted) <= Counter(given)
    return wanted in given


def visible(text: str) -> str:
    """What of a text can be seen, whatever the line breaks: no spaces, no format characters. Towns are in capitals."""
    normal = unicodedata.normalize("NFC", text).casefold()
    return "".join(letter for letter in normal if unicodedata.category(letter) not in INVISIBLE)


def facts_missing(shipment: Shipment, sheet: str) -> list[str]:
    """What a sheet does not say of its shipment: the order's number, each line's description and pieces."""
    numbers = "".join(letter for letter in sheet if letter.isdigit() or not (letter in ",.'’" or letter.isspace()))
    missing = [] if visible(shipment.order.order_id) in visible(sheet) else ["the order's number"]
    for number, line in enumerate(shipment.lines, 1):
        if not is_shown(line.description, sheet):
            missing.append(f"the description of line {number}")
        if str(line.quantity) not in numbers:
            missing.append(f"the pieces of line {number}")
    return missing


def counted(ends: Ends, tally: Tally, what: str) -> Mapping[str, int]:
    """Put the counts into the remarks."""
    tally.remarks.append(f"{what}: {ends}")
    return ends.counts
