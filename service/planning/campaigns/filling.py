"""What stands in a slot that a campaign's rule fills: its words with the note's own values, its voucher, its code.

Total: a block, or Unsaid with the reason. Nothing is ever printed with a hole in it: where a message says what this
customer does not have, the rule passes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial

from service.config.campaigns import Rule
from service.model import Block, Code, Hero, Offer, Recommendation, Tiles, Voucher, Words
from service.planning.campaigns.addressing import unaddressed
from service.planning.campaigns.facts import SCHEMA, Occasion
from service.planning.campaigns.words import CAPTION, CATEGORY, PERSONAL, TEXT, UNNAMED, Unsaid, Voice
from service.planning.naming import given_name
from service.planning.pieces import Setting, currency_of, durable_sku, link, referral, tile, voucher, worth
from service.planning.targets import scanned

Values = dict[str, str | int]
NO_OFFER = Offer()


@dataclass(frozen=True)  # without slots: what is worked out once needs a place
class Sheet:
    """The note whose slots are filled: as it is drawn, as conditions see it, how campaigns speak on it."""

    setting: Setting
    occasion: Occasion
    voice: Voice
    recommended: tuple[Recommendation, ...] = ()

    @cached_property
    def values(self) -> Values:
        """What its messages may say, but for what a voucher adds; what is not there is left out."""
        return _values_of(self)


def fill(rule: Rule, offer: Offer, sheet: Sheet) -> Block:
    """What a rule puts into its slot, `offer` being the voucher that it gives; raises Unsaid."""
    match rule.slot:
        case "promo":
            return _promo(rule, sheet)
        case "voucher":
            return _voucher(rule, offer, sheet)
        case "recommendations":
            return _recommendations(rule, sheet)
        case "loyalty":
            return Words(_heading(rule, sheet), _paragraphs(rule, sheet))
        case "referral":
            return _referral(rule, sheet)
        case "registration":
            return _registration(rule, sheet)
        case "feedback":
            return _feedback(rule, sheet)


def fill_again(rule: Rule, offer: Offer, sheet: Sheet) -> Block:
    """A voucher that the note has already, as its rule says it or, where it can't any more, in the words of always.

    Total: a category that has no native name by now goes by the shop's own.
    """
    try:
        return fill(rule, offer, sheet)
    except Unsaid:
        plain, everything = Rule(slot="voucher", pool=rule.pool), replace(offer, categories=(), excluded_categories=())
        block = _voucher(plain, everything, sheet)
        named = partial(_named_anyhow, voice=sheet.voice)
        return replace(block, terms=(*_categories(offer, sheet, named), *block.terms))


# By slot -------------------------------------------------------------------------------------------------------------


def _promo(rule: Rule, sheet: Sheet) -> Hero:
    pictures = (sheet.voice.picture(rule.picture),) if rule.picture else ()
    return Hero(pictures, _heading(rule, sheet), _paragraphs(rule, sheet))


def _voucher(rule: Rule, offer: Offer, sheet: Sheet) -> Voucher:
    """A voucher without words of its own says what it gives, and how it is used."""
    setting, message = sheet.setting, sheet.setting.wording.messages.text
    url = link(rule.link or setting.shop.voucher_url, setting, code=offer.code)
    website = setting.shop.website
    if rule.message:
        use = message("voucher-use-scan" if url else "voucher-use", website=website)
        paragraphs = (*_paragraphs(rule, sheet, offer), use)
        block = voucher(offer, _heading(rule, sheet, offer), paragraphs, url, setting)
    else:
        thanks = message("voucher-text-scan" if url else "voucher-text", website=website)
        block = voucher(offer, worth(offer, setting), (thanks,), url, setting)
    return replace(block, terms=(*_categories(offer, sheet, partial(_named, voice=sheet.voice)), *block.terms))


def _categories(offer: Offer, sheet: Sheet, named: Callable[[str], str]) -> Iterator[str]:
    """What a voucher counts for, where that is not everything."""
    for message, categories in ("voucher-only", offer.categories), ("voucher-except", offer.excluded_categories):
        if categories:
            yield sheet.setting.wording.messages.text(message, categories=", ".join(map(named, categories)))


def _named(category: str, voice: Voice) -> str:
    """By its native name, or the voucher is not given."""
    return voice.text(f"{CATEGORY}{category}", {})


def _named_anyhow(category: str, voice: Voice) -> str:
    return _named(category, voice) if voice.has(f"{CATEGORY}{category}") else category


def _recommendations(rule: Rule, sheet: Sheet) -> Tiles:
    if not sheet.recommended:
        raise Unsaid("there is nothing to recommend")
    template = rule.link or sheet.setting.shop.recommendation_url
    return Tiles(_heading(rule, sheet), tuple(tile(each, template, sheet.setting) for each in sheet.recommended))


def _referral(rule: Rule, sheet: Sheet) -> Code:
    words = _heading(rule, sheet), _caption(rule, sheet)
    code = referral(rule.link or sheet.setting.shop.referral_url, words, sheet.setting)
    if code is None:
        raise Unsaid("there is no invitation to pass on")
    return code


def _registration(rule: Rule, sheet: Sheet) -> Code:
    sku = durable_sku(sheet.setting)
    if not sku:
        raise Unsaid("nothing in this parcel is registered")
    return _scanned(rule, sheet, sheet.setting.shop.registration_url, sku=sku)


def _feedback(rule: Rule, sheet: Sheet) -> Code:
    return _scanned(rule, sheet, sheet.setting.shop.feedback_url)


def _scanned(rule: Rule, sheet: Sheet, standing_link: str, **value: str) -> Code:
    url = link(rule.link or standing_link, sheet.setting, **value)
    if not url:
        raise Unsaid("its link is none, or too long to scan")
    return scanned(url, _heading(rule, sheet), _caption(rule, sheet, **value))


# Words ---------------------------------------------------------------------------------------------------------------


def _heading(rule: Rule, sheet: Sheet, offer: Offer = NO_OFFER) -> str:
    """What NAME says, or NAME-unnamed where no name can be said; without a message, what always stands there."""
    if not rule.message:
        return sheet.setting.wording.messages.text(rule.slot)
    values = _values(sheet, offer)
    unnamed = rule.message + UNNAMED
    is_unnamed = "name" not in values and sheet.voice.has(unnamed)
    return sheet.voice.text(unnamed if is_unnamed else rule.message, values)


def _paragraphs(rule: Rule, sheet: Sheet, offer: Offer = NO_OFFER) -> tuple[str, ...]:
    """What NAME-text says, each line a paragraph."""
    if not rule.message:
        return ()
    text = sheet.voice.text(rule.message + TEXT, _values(sheet, offer))
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _caption(rule: Rule, sheet: Sheet, **value: str) -> str:
    """What NAME-caption says; without a message, what always stands there."""
    if not rule.message:
        return sheet.setting.wording.messages.text(rule.slot + CAPTION, **value)
    return sheet.voice.text(rule.message + CAPTION, _values(sheet, NO_OFFER))


# Values: what is not there is left out, so that no message says it ---------------------------------------------------


def _values(sheet: Sheet, offer: Offer) -> Values:
    """With what the voucher of the rule adds."""
    if offer is NO_OFFER:
        return sheet.values
    code: Values = {"code": offer.code} if offer.code and not unaddressed(sheet.setting.shipment) else {}
    return sheet.values | _terms(offer, sheet) | code


def _values_of(sheet: Sheet) -> Values:
    shop, customer = sheet.setting.shop, sheet.setting.shipment.order.customer
    formats = sheet.setting.wording.formats
    texts = {
        "name": given_name(customer.name),
        "brand": shop.brand,
        "website": shop.website,
        "tier": customer.loyalty.tier.strip(),
        "code": customer.referral_code.strip(),
        "year_end": formats.date(date(sheet.occasion.today.year, 12, 31)),
    }
    numbers = _numbers(sheet)
    written = {f"{name}_text": formats.integer(number) for name, number in numbers.items()}
    values = {name: text for name, text in texts.items() if text} | numbers | written
    hidden = PERSONAL if unaddressed(sheet.setting.shipment) else ()
    return {name: value for name, value in values.items() if name not in hidden}


def _numbers(sheet: Sheet) -> dict[str, int]:
    customer = sheet.setting.shipment.order.customer
    loyalty = customer.loyalty
    numbers = {
        "orders": customer.previous_orders + 1,
        "days_late": SCHEMA["shipment"]["days_late"].value(sheet.occasion),
    }
    if loyalty.points or loyalty.tier.strip():
        numbers |= {"points": loyalty.points, "missing": 100 - loyalty.points % 100, "earned": loyalty.earned}
    years, days = (SCHEMA["customer"][name].value(sheet.occasion) for name in ("years_member", "days_to_anniversary"))
    if years >= 0:
        numbers |= {"years_member": years, "anniversary": years + (days > 0)}
    return numbers


def _terms(offer: Offer, sheet: Sheet) -> Values:
    setting, formats = sheet.setting, sheet.setting.wording.formats
    currency = currency_of(offer, setting)
    terms: Values = {}
    if offer.percent:
        terms["percent_text"] = formats.integer(offer.percent)
    if offer.amount:
        terms["amount"] = formats.short_money(offer.amount, currency)
    if offer.minimum:
        terms["minimum"] = formats.short_money(offer.minimum, currency)
    if offer.expires:
        terms["date"] = formats.date(offer.expires)
    return terms
