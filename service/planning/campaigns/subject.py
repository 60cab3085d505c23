"""The note that campaigns are asked about, and what one of their rules puts into a slot of it."""

from dataclasses import dataclass

import cel

from service.config import Rule
from service.marketing import Standing
from service.model import Block, Offer
from service.planning.campaigns.facts import Occasion
from service.planning.campaigns.filling import Sheet


@dataclass(frozen=True, slots=True)
class Subject:
    """A generation of a note: as it is drawn, what is known of its customer, and what conditions see of it."""

    sheet: Sheet
    standing: Standing
    generation: int
    context: cel.Context

    @property
    def occasion(self) -> Occasion:
        """What conditions are asked about."""
        return self.sheet.occasion


@dataclass(frozen=True, slots=True)
class Filled:
    """What a rule puts into its slot. `offer` is the voucher that it gives, without a code in all other slots."""

    campaign: str
    arm: str
    number: int  # of the rule in its campaign's file, from 1; 0: a code that no rule gives with this note
    rule: Rule
    offer: Offer
    block: Block

    @property
    def by(self) -> str:
        """What fills the slot, for people."""
        return f"rule {self.number} of {self.campaign}" if self.number else f"the order's code of {self.campaign}"
