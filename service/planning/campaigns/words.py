"""The words of campaigns: standing ones in campaigns/{en,fr,de}.ftl, and each week's in a content pack.

A rule's message NAME is a heading; NAME-text goes with it, and under a QR code NAME-caption. Where the heading greets
by name, NAME-unnamed is said to those whose name can't be. A message whose name begins with `week-` is for packs alone;
any other stands in campaigns/*.ftl, and a pack may say it otherwise for its time. `category-NAME` is what a category is
called. All of it is checked when it is read: every language has the same messages with the same variables, and speaks
each once with sample values.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from service.config import ALL_WORDS, Config
from service.config.campaigns import Rule
from service.errors import ConfigInvalid
from service.planning.spoken import (
    Entry,
    Messages,
    WordsFile,
    compile_words,
    differing_faults,
    read_words,
    spoken_faults,
    untranslated,
    written_faults,
)

WEEKLY = "week-"
UNNAMED, TEXT, CAPTION = "-unnamed", "-text", "-caption"
CATEGORY = "category-"  # what a category is called, in the terms of vouchers

# What a message may say of its note. A number is given twice: `points` chooses the plural, `points_text` is printed.
NUMBERS = {
    "points": "In the loyalty programme.",
    "missing": "Points to the next full hundred.",
    "earned": "Points that this order earned.",
    "orders": "This order's number among the customer's: 1 is the first.",
    "years_member": "Whole years since the account was opened.",
    "anniversary": "The years that are full on its next anniversary, or today.",
    "days_late": "Days that the parcel left after the promised day.",
}
TEXTS = {
    "name": "As the greeting says it; only in headings, beside NAME-unnamed.",
    "brand": "The shop's name.",
    "website": "The shop's address on the web.",
    "tier": "In the loyalty programme.",
    "percent_text": "What the voucher takes off, as 15.",
    "amount": "What the voucher takes off, as £10.",
    "minimum": "The value from which the voucher counts, as £50.",
    "date": "The voucher's last day, as 21 November 2026.",
    "code": "The voucher's code, or an ambassador's own.",
    "year_end": "The last day of this year, as 31 December 2026.",
}
ABOUT_CUSTOMER = ("name", "tier", "points", "missing", "earned", "orders", "years_member", "anniversary", "code")
VARIABLES = (*TEXTS, *NUMBERS, *(f"{number}_text" for number in NUMBERS))
PERSONAL = frozenset((*ABOUT_CUSTOMER, *(f"{each}_text" for each in ABOUT_CUSTOMER)))

# What follows NAME in the messages that a slot says; the first is its heading.
SAID: Mapping[str, tuple[str, ...]] = {
    "promo": ("", TEXT),
    "voucher": ("", TEXT),
    "recommendations": ("",),
    "loyalty": ("", TEXT),
    "referral": ("", CAPTION),
    "registration": ("", CAPTION),
    "feedback": ("", CAPTION),
}
LANGUAGE_FILES = "all languages need the same messages"


class Unsaid(Exception):
    """Why a rule can't fill its slot on this note: a word, a value or a code that it needs is not there."""


@dataclass(frozen=True, slots=True)
class Voice:
    """How campaigns speak at one moment, to the customers of one shop in one language: the pack first."""

    sources: tuple[Messages, ...] = ()
    art: Mapping[str, str] = field(default_factory=dict)

    def has(self, message: str) -> bool:
        """True if there is such a message."""
        return any(message in source.patterns for source in self.sources)

    def text(self, message: str, values: Mapping[str, str | int]) -> str:
        """The message with its values filled in as they are; raises Unsaid where one that it says is not there."""
        source = next((source for source in self.sources if message in source.patterns), None)
        if source is None:
            raise Unsaid(f"no pack of now says {message}" if message.startswith(WEEKLY) else f"there is no {message}")
        if message in source.standing:
            return source.standing[message]
        text, faults = source.bundle.format_pattern(source.patterns[message], dict(values))
        if faults:
            raise Unsaid(f"message {message}: {faults[0]}")
        return str(text)

    def picture(self, name: str) -> str:
        """The id of a picture in the library: a pack's, or the very one."""
        return self.art.get(name, name)


@dataclass(frozen=True, slots=True)
class Pack:
    """A content pack, compiled. Its times are those of the site's clock; without an end it holds until the next one.

    `art` are ids in the picture library by the names that rules use; no shops: for all.
    """

    name: str
    valid_from: datetime  # naive
    valid_until: datetime | None
    shops: tuple[str, ...]
    messages: Mapping[str, Messages]
    art: Mapping[str, str]

    def holds(self, local: datetime, shop: str) -> bool:
        """True if it may speak at this time of the site's clock, for this shop."""
        begun = self.valid_from <= local and (self.valid_until is None or local < self.valid_until)
        return begun and (not self.shops or shop in self.shops)


@dataclass(frozen=True, slots=True)
class CampaignWords:
    """All that campaigns can say, by language, and with it the content packs."""

    standing: Mapping[str, Messages] = field(default_factory=dict)
    packs: tuple[Pack, ...] = ()

    def voice(self, language: str, shop: str, local: datetime) -> Voice:
        """How they speak at this time of the site's clock (naive)."""
        standing = (self.standing[language],) if language in self.standing else ()
        pack = self.pack(shop, local)
        return Voice((pack.messages[language], *standing), pack.art) if pack else Voice(standing)

    def pack(self, shop: str, local: datetime) -> Pack | None:
        """The pack that speaks for a shop then: of those that hold, the latest."""
        holding = (pack for pack in self.packs if pack.holds(local, shop))
        return max(holding, key=lambda pack: (pack.valid_from, pack.name), default=None)


SILENT = CampaignWords()


def compile_campaign_words(config: Config, packs: tuple[Pack, ...] = ()) -> CampaignWords:
    """The words of all campaigns; raises ConfigInvalid with all faults, each with its file and line or key."""
    messages, faults = _read_standing(config)
    if faults:
        what = "\n".join(faults.values())
        raise ConfigInvalid(what, hint=f"Mend the words named; {LANGUAGE_FILES}. docs/campaigns.md.")
    return CampaignWords(messages, packs)


def word_faults(config: Config) -> dict[str, str]:
    """What is wrong with the words of campaigns by their names, under ALL_WORDS of the files that they share."""
    return _read_standing(config)[1]


def _read_standing(config: Config) -> tuple[dict[str, Messages], dict[str, str]]:
    folder = config.folder / "campaigns"
    messages, shared = compile_language_files(config.campaign_words, folder)
    names = frozenset[str]().union(*(one.patterns for one in messages.values()))
    found = {ALL_WORDS: shared} if shared else {}
    for campaign, content in config.campaigns.items():
        for number, rule in enumerate(content.rule, 1):
            where = f"{folder / campaign}.toml: rule[{number}].message"
            for fault in (*lacking_words(rule, names), *personal_faults(rule, messages)):
                found.setdefault(campaign, []).append(f"{where}: {fault}")
    return messages, {name: "\n".join(faults) for name, faults in found.items()}


def compile_language_files(sources: Mapping[str, str], folder: Path) -> tuple[dict[str, Messages], list[str]]:
    """The messages of `folder`'s {en,fr,de}.ftl, and what is wrong with them."""
    files = [read_words(language, text, folder / f"{language}.ftl") for language, text in sources.items()]
    messages = {file.language: compile_words(file) for file in files}
    faults = [fault for file in files for fault in written_faults(file)]
    for file in files:
        faults += (fault for entry in file.entries for fault in _entry_faults(entry, file, messages[file.language]))
    return messages, [*faults, *_missing_faults(files), *differing_faults(files)]


def warnings_of(messages: Mapping[str, Messages]) -> tuple[str, ...]:
    """What in these languages somebody should look at: words that are the same in two of them."""
    return tuple(untranslated(messages, VARIABLES))


def _entry_faults(entry: Entry, file: WordsFile, messages: Messages) -> Iterator[str]:
    for variable in sorted(entry.variables.difference(VARIABLES)):
        yield f"{entry.place}: message {entry.name}: there is no ${variable}{_meant(variable, VARIABLES)}"
    if "name" in entry.variables:
        if entry.name.endswith((TEXT, CAPTION, UNNAMED)):
            yield f"{entry.place}: message {entry.name}: only a heading may say $name"
        elif entry.name + UNNAMED not in messages.patterns:
            yield f"{file.path}: message {entry.name}{UNNAMED} is missing: what is said where no name can be"
    if entry.variables.issubset(VARIABLES):
        yield from spoken_faults(entry, messages, VARIABLES, tuple(NUMBERS))


def _missing_faults(files: Sequence[WordsFile]) -> Iterator[str]:
    names = {file.path: {entry.name for entry in file.entries} for file in files}
    everywhere = dict.fromkeys(entry.name for file in files for entry in file.entries)
    for path, there in names.items():
        yield from (f"{path}: message {name} is missing" for name in everywhere if name not in there)


def lacking_words(rule: Rule, names: Iterable[str]) -> Iterator[str]:
    """What a rule's message lacks of what its slot says; `names` are the standing messages."""
    if rule.slot == "promo" and not rule.message:
        yield "a promo needs one"
    if not rule.message or rule.message.startswith(WEEKLY):
        return
    known = set(names)
    for name in said_by(rule):
        if name not in known:
            yield f"campaigns/*.ftl have no message {name}{_meant(name, sorted(known))}"
            return


def personal_faults(rule: Rule, messages: Mapping[str, Messages]) -> Iterator[str]:
    """What the words of a rule for everyone say that is about the customer: it may be a gift, or somebody objected."""
    names = (rule.message + UNNAMED, *said_by(rule)) if rule.for_everyone and rule.message else ()
    for language, source in messages.items():
        for name in names:
            for fact in sorted(source.says.get(name, frozenset()).intersection(PERSONAL)):
                yield f"for_everyone, but {language} message {name} says ${fact}, which is about the customer"


def said_by(rule: Rule) -> tuple[str, ...]:
    """The messages that a rule's slot says, the heading first; none for the words that always stand there."""
    return tuple(rule.message + ending for ending in SAID[rule.slot]) if rule.message else ()


def _meant(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""
