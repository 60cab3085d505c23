"""The standing words of the notes: which messages they use, and with which variables.

Every language has all of them and no others. How they are read and what can be wrong with them: spoken.py.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from service.errors import ConfigInvalid
from service.planning.spoken import (
    Messages,
    WordsFile,
    compile_words,
    differing_faults,
    read_words,
    spoken_faults,
    written_faults,
)

PARCEL = ("more", "number", "of")
DETAIL = ("ordered_text", "here_text", "rest", "rest_text")
POINTS = ("points", "points_text")
MESSAGES: dict[str, tuple[str, ...]] = {
    "title": ("note",),
    "page-label": ("page", "pages"),
    "reprint": ("generation",),
    "greeting-new": ("name",),
    "greeting-new-unnamed": (),
    "greeting-new-text": ("brand",),
    "greeting-returning": ("name",),
    "greeting-returning-unnamed": (),
    "greeting-returning-text": ("brand",),
    "greeting-ambassador": ("name",),
    "greeting-ambassador-unnamed": (),
    "greeting-ambassador-text": ("brand",),
    "greeting-neutral": (),
    "greeting-neutral-text": ("brand",),
    "greeting-gift": (),
    "greeting-gift-text": ("brand",),
    "address-label": (),
    "fact-note": (),
    "fact-order": (),
    "fact-ordered": (),
    "fact-dispatched": (),
    "fact-parcel": (),
    "fact-parcel-value": ("number", "of"),
    "parcel-single": PARCEL,
    "parcel-single-gift": PARCEL,
    "parcel-single-text": ("units", "units_text"),
    "parcel-partial": PARCEL,
    "parcel-partial-gift": PARCEL,
    "parcel-partial-text": ("more", "more_text"),
    "parcel-partial-rest": ("rest", "rest_text"),
    "parcel-final": PARCEL,
    "parcel-final-gift": PARCEL,
    "parcel-final-text": ("units", "units_text"),
    "goods-quantity": (),
    "goods-item": (),
    "goods-unit-price": (),
    "goods-amount": (),
    "article": ("sku",),
    "detail-partial": DETAIL,
    "detail-middle": DETAIL,
    "detail-final": DETAIL,
    "detail-only": DETAIL,
    "totals-goods": (),
    "gift-message": (),
    "voucher-percent": ("percent_text",),
    "voucher-amount": ("amount",),
    "voucher-shipping": (),
    "voucher-text": ("website",),
    "voucher-text-scan": ("website",),
    "voucher-use": ("website",),
    "voucher-use-scan": ("website",),
    "voucher-code": (),
    "voucher-minimum": ("amount",),
    "voucher-only": ("categories",),
    "voucher-except": ("categories",),
    "voucher-expires": ("date",),
    "recommendations": (),
    "loyalty": (),
    "loyalty-points": POINTS,
    "loyalty-tier-points": ("tier", *POINTS),
    "loyalty-earned": ("earned", "earned_text"),
    "referral": (),
    "referral-caption": (),
    "registration": (),
    "registration-caption": ("sku",),
    "feedback": (),
    "feedback-caption": (),
    "returns": (),
    "returns-text": ("days", "days_text"),
    "help": (),
}
NUMBERS = ("units", "more", "rest", "points", "earned", "days")


def compile_messages(sources: Mapping[str, str], folder: Path) -> dict[str, Messages]:
    """The messages of every language; raises ConfigInvalid with all faults, each with its file and line."""
    files = {
        language: read_words(language, text, folder / "messages" / f"{language}.ftl")
        for language, text in sources.items()
    }
    compiled = {language: compile_words(file) for language, file in files.items()}
    faults = [fault for language, file in files.items() for fault in _faults(file, compiled[language])]
    faults += differing_faults(tuple(files.values()))
    if faults:
        raise ConfigInvalid("\n".join(faults), hint="Mend the messages named; all languages need the same ones.")
    return compiled


def _faults(file: WordsFile, messages: Messages) -> Iterator[str]:
    yield from written_faults(file)
    names = {entry.name for entry in file.entries}
    yield from (f"{file.path}: message {name} is missing" for name in MESSAGES if name not in names)
    for entry in file.entries:
        if entry.name not in MESSAGES:
            yield f"{entry.place}: message {entry.name} is used by no note"
        else:
            yield from spoken_faults(entry, messages, MESSAGES[entry.name], NUMBERS)
