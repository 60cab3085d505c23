"""campaigns/NAME.toml: who gets what, and how it is measured. The file's name is the campaign's id."""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from service.config.parts import Language, Part, PictureId, target_pattern

IMPERSONAL = ("promo", "registration", "feedback")  # slots in which nothing need be about the customer
LINKED = {  # slots with codes, and the field of their links
    "voucher": "code",
    "referral": "code",
    "registration": "sku",
    "recommendations": "sku",
    "feedback": "",
}
Slot = Literal["promo", "voucher", "recommendations", "loyalty", "referral", "registration", "feedback"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Window(Part):
    """The days on which a campaign runs, both included, by the calendar of the site; what is left out has no end."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    first: date | None = Field(default=None, alias="from", description="The first day.")
    until: date | None = Field(default=None, description="The last day.")

    @model_validator(mode="after")
    def _in_order(self) -> "Window":
        if self.first and self.until and self.until < self.first:
            raise ValueError("it ends before it begins")
        return self


class Arm(Part):
    """A variant of a campaign; each customer has one of them, always the same."""

    name: Name
    weight: int = Field(default=1, ge=1, le=1000, description="Its share, beside the weights of the others.")


class Rule(Part):
    """What fills a slot, and when. The first rule that holds fills it, campaign by campaign in their order."""

    slot: Slot
    when: str = Field(default="true", min_length=1, max_length=1000, description="A condition in CEL.")
    arm: Name | Literal[""] = Field(default="", description="Only for this arm; empty: for all of them.")
    for_everyone: bool = Field(
        default=False, description="Also for customers who did not agree to marketing: nothing in it is about them."
    )
    message: Name | Literal[""] = Field(
        default="", description="The words: messages NAME, NAME-text and, for codes, NAME-caption; empty: as always."
    )
    picture: PictureId | Literal[""] = Field(default="", description="Of promo: art of the content pack, or a picture.")
    pool: Name | Literal[""] = Field(default="", description="Of voucher: where its code comes from.")
    link: str = Field(
        default="",
        pattern=rf"^$|{target_pattern('code', 'note_id', 'language', 'sku', 'order_id')}",
        max_length=120,
        description="Where its QR code leads, with {code} {note_id} {language} {sku} {order_id}; empty: as always.",
    )

    @model_validator(mode="after")
    def _fits_its_slot(self) -> "Rule":
        if bool(self.pool) != (self.slot == "voucher"):
            raise ValueError("a voucher needs a pool, and nothing else has one")
        if self.picture and self.slot != "promo":
            raise ValueError("only a promo has a picture")
        if self.for_everyone and self.slot not in IMPERSONAL:
            raise ValueError(f"for_everyone is for {', '.join(IMPERSONAL)}: a {self.slot} is for those who agreed")
        for field in re.findall(r"\{(\w+)\}", self.link):
            if field in ("code", "sku") and field != LINKED.get(self.slot):
                raise ValueError(f"the link of a {self.slot} knows no {{{field}}}")
        if self.link and self.slot not in LINKED:
            raise ValueError(f"a {self.slot} has no code that could lead anywhere")
        return self


class Campaign(Part):
    """A set of rules with its window, its budget and its experiment."""

    title: str = Field(min_length=1, max_length=80, description="For people.")
    order: int = Field(default=100, ge=0, le=10000, description="The smaller comes first; then by name.")
    window: Window = Window()
    shops: tuple[str, ...] = Field(default=(), description="Empty: all.")
    sites: tuple[str, ...] = Field(default=(), description="Empty: all.")
    languages: tuple[Language, ...] = Field(default=(), description="Of the note; empty: all.")
    countries: tuple[Country, ...] = Field(default=(), description="Of the delivery address; empty: all.")
    budget: int = Field(default=0, ge=0, description="Notes that may show it; 0: no limit.")
    again_after_days: int = Field(
        default=0, ge=0, le=3660, description="Days after which who had a code of it gets another one; 0: never."
    )
    good_for_days: int = Field(
        default=14, ge=0, le=366, description="Codes that are good for fewer days more are not given."
    )
    hold_out: float = Field(default=0.0, ge=0, le=0.9, description="Share of customers that gets nothing, to compare.")
    arm: tuple[Arm, ...] = Field(default=(), description="Variants; none: one that is called as the campaign is.")
    rule: tuple[Rule, ...] = Field(min_length=1)


def lives_of_pools(campaigns: Iterable[Campaign]) -> dict[str, timedelta]:
    """By pool, how long its codes must still be good to be given: what the strictest campaign that gives them says."""
    lives: dict[str, timedelta] = {}
    for campaign in campaigns:
        life = timedelta(days=campaign.good_for_days)
        for pool in {rule.pool for rule in campaign.rule if rule.pool}:
            lives[pool] = max(life, lives.get(pool, life))
    return lives
