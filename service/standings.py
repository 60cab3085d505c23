"""What is known at the moment a note is planned: its customer's history, closed campaigns, and codes to give.

A code is reserved here while a note that would carry it is on its way, so that two notes never plan with one code:

    free         in the ledger, and on the shelves of its pool here once it was looked up
    reserved     a note is planned with it, and it keeps its place; what its plan does not use is free at once
    given        the note's intent took it, and it leaves the shelves: the ledger's word counts where ours differs

It is all in memory: a crash frees what was reserved, and the ledger says what was given.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from service.clock import Now
from service.config import lives_of_pools
from service.customers import CustomerKey
from service.ledger.accounts import NoteKey
from service.ledger.campaigns import Remembered, closed_campaigns, customer_of_note, remember, shown_on
from service.ledger.exposures import Marketing
from service.ledger.ledger import Ledger
from service.ledger.sales import skus_of
from service.ledger.vouchers import free_codes, newest_code, offers_of
from service.log import log
from service.marketing import Given, Standing
from service.model import LEFT_OUT, SHOWN, Exposure, Offer, Plan, Recommendation, Shipment
from service.planning.campaigns.compiling import Campaigns

SHELF = 100  # so many codes are looked up at a time; a pool with fewer left is low
Recommend = Callable[[Shipment, frozenset[str]], tuple[Recommendation, ...]]
SayLow = Callable[[str, int], None]


def log_low(pool: str, codes: int) -> None:
    """Somebody should bring codes soon."""
    log.warning("vouchers.low", pool=pool, codes=codes)


@dataclass(slots=True)
class _Shelf:
    """The next codes of a pool for orders in one currency. `last`: the number of the last that was looked up.

    `empty` is the day, and the newest code of all pools, when nothing came after that: until one of them is another,
    nothing will.
    """

    codes: list[str] = field(default_factory=list)
    last: int = 0
    empty: tuple[date, int] | None = None


class Standings:
    """Every method may be called from any thread."""

    def __init__(self, ledger: Ledger, customers: CustomerKey, now: Now, recommend: Recommend) -> None:
        self._ledger = ledger
        self._customers = customers
        self._now = now
        self._recommend = recommend
        self._pools: Mapping[str, tuple[str, ...]] = {}  # by campaign
        self._budgets: Mapping[str, int] = {}
        self._again_after: Mapping[str, int] = {}  # days
        self._lives: Mapping[str, timedelta] = {}  # by pool: how long its codes must still be good
        self._shelves: dict[tuple[str, str], _Shelf] = {}
        self._reserved: dict[NoteKey, tuple[tuple[str, str], ...]] = {}  # pool and code
        self._taken: set[str] = set()
        self._say_low: SayLow = log_low
        self._said: dict[str, int] = {}  # by pool: how many codes were left when that was last said
        self._lock = threading.Lock()

    def follow(self, campaigns: Campaigns, say_low: SayLow = log_low) -> None:
        """From now on these are the campaigns; `say_low` hears of each pool of which little is left."""
        self._say_low = say_low
        each = campaigns.campaigns
        with self._lock:
            self._lives = lives_of_pools(one.campaign for one in each)
            self._shelves.clear()  # what was passed over may be good by now
        self._again_after = {one.id: one.campaign.again_after_days for one in each}
        self._budgets = {one.id: one.campaign.budget for one in each if one.campaign.budget}
        self._pools = {one.id: tuple(rule.pool for rule in one.campaign.rule if rule.pool) for one in each}

    def customer(self, shipment: Shipment) -> str:
        """Who ordered, as the ledger knows customers."""
        return self._customers.customer(shipment.order)

    def objector(self, shipment: Shipment) -> str:
        """Who ordered and objects to marketing: for the ledger to know who is to be forgotten, and nothing else."""
        return self._customers.objector(shipment.order)

    def standing_of(self, key: NoteKey, shipment: Shipment) -> Standing:
        """What is known now; the codes are reserved for this note until its plan is kept or the note is released."""
        now, customer = self._now(), self._whose(key, shipment)
        remembered = remember(self._ledger, customer, shipment.order.order_id, now)
        closed = closed_campaigns(self._ledger, self._budgets, key.note_id)
        codes = self._reserve(key, shipment, self._open_pools(closed), now.date())
        bought = remembered.history.bought | self._in_other_parcels(shipment)
        return Standing(
            now=now,
            customer=customer,
            history=remembered.history,
            given=self._shown_first(key, remembered.given),
            closed=closed,
            codes=codes | self._back(remembered, now.date()),
            recommended=self._recommend(shipment, bought),
            bought=bought,
        )

    def _in_other_parcels(self, shipment: Shipment) -> frozenset[str]:
        is_alone = shipment.of == 1 and shipment.final
        return frozenset() if is_alone else skus_of(self._ledger, shipment.order.order_id)

    def _shown_first(self, key: NoteKey, given: tuple[Given, ...]) -> tuple[Given, ...]:
        """Where a note took several codes, the one that it shows before the others."""
        if sum(each.note_id == key.note_id for each in given) < 2:
            return given
        shown = [campaign for campaign, slot in shown_on(self._ledger, key.note_id) if slot == "voucher"]
        return tuple(sorted(given, key=lambda each: each.campaign not in shown[:1]))

    def keep(self, key: NoteKey, plan: Plan) -> None:
        """The note is planned: the codes that it does not show are for others."""
        used = {giving.code for giving in plan.givings}
        with self._lock:
            reserved = self._reserved.pop(key, ())
            self._taken.difference_update(code for _, code in reserved if code not in used)
            self._reserved[key] = tuple(each for each in reserved if each[1] in used)

    def marketing(self, plan: Plan, shipment: Shipment, unseen: Iterable[str]) -> Marketing:
        """What the intent of a drawn note keeps; `unseen` slots found no place on it, and give no code."""
        hidden, key = frozenset(unseen), NoteKey(plan.note_id, plan.generation)
        if "voucher" in hidden:
            self.release(key)
        return Marketing(
            exposures=tuple(_seen(each, hidden) for each in plan.exposures),
            givings=() if "voucher" in hidden else plan.givings,
            customer=self._whose(key, shipment),
            budgets={each.campaign: self._budgets.get(each.campaign, 0) for each in plan.exposures},
            again_after={each.campaign: self._again_after.get(each.campaign, 0) for each in plan.givings},
        )

    def given(self, key: NoteKey) -> None:
        """The note's intent is on disk, and its codes are given."""
        with self._lock:
            for pool, code in self._reserved.pop(key, ()):
                self._taken.discard(code)
                self._take_off(pool, code)

    def release(self, key: NoteKey) -> None:
        """The note is not on its way any more, or is planned anew: its codes are for others."""
        with self._lock:
            self._taken.difference_update(code for _, code in self._reserved.pop(key, ()))

    def _whose(self, key: NoteKey, shipment: Shipment) -> str:
        """The customer of a note as the ledger has it: who was forgotten since is nobody."""
        known = customer_of_note(self._ledger, key)
        return self.customer(shipment) if known is None else known

    # Codes ------------------------------------------------------------------------------------------------------------

    def _open_pools(self, closed: Mapping[str, str]) -> list[str]:
        return sorted({pool for name, pools in self._pools.items() if name not in closed for pool in pools})

    def _reserve(self, key: NoteKey, shipment: Shipment, pools: Iterable[str], day: date) -> dict[str, Offer]:
        """A free code of each pool; none where no rule can give any."""
        self.release(key)
        order = shipment.order
        if order.gift or order.offer.code:
            return {}
        found: dict[str, Offer] = {}
        missing = list(pools)
        newest = newest_code(self._ledger) if missing else 0
        with self._lock:
            while missing:
                tried = {pool: code for pool in missing if (code := self._next((pool, order.currency), day, newest))}
                offers = offers_of(self._ledger, tuple(tried.values()), day) if tried else {}
                for pool, code in tried.items():
                    if code in offers and _lasts(offers[code], self._until(pool, day)):
                        found[pool] = offers[code]
                    else:
                        self._take_off(pool, code)
                missing = [pool for pool in tried if pool not in found]
            self._taken.update(offer.code for offer in found.values())
            self._reserved[key] = tuple((pool, offer.code) for pool, offer in found.items())
        return found

    def _back(self, remembered: Remembered, day: date) -> dict[str, Offer]:
        """By pool, the codes that the customer is to have again: they come before new ones."""
        offers = {each.pool: each.offer for each in remembered.returned}
        return {pool: offer for pool, offer in offers.items() if _lasts(offer, self._until(pool, day))}

    def _until(self, pool: str, day: date) -> date:
        """The day on which a code of the pool must still be good to be given."""
        return day + self._lives.get(pool, timedelta())

    def _next(self, place: tuple[str, str], day: date, newest: int) -> str:
        """The next code of a shelf that no note has; empty if there is none."""
        shelf = self._shelves.setdefault(place, _Shelf())
        while not (free := next((code for code in shelf.codes if code not in self._taken), "")):
            if not self._fill(shelf, place, (day, newest)):
                break
        return free

    def _fill(self, shelf: _Shelf, place: tuple[str, str], known: tuple[date, int]) -> bool:
        """Look up what comes next in the pool, and say when little is left."""
        pool, currency = place
        if shelf.empty == known:
            return False
        found = free_codes(self._ledger, pool, currency, self._until(pool, known[0]), shelf.last, SHELF)
        if found:
            shelf.last = found[-1][0]
            shelf.codes.extend(code for _, code in found)
        shelf.empty = None if found else known
        if len(found) not in (SHELF, self._said.get(pool)) and shelf.last:  # else it has none for this currency
            self._say_low(pool, len(found))
            self._said[pool] = len(found)
        return bool(found)

    def _take_off(self, pool: str, code: str) -> None:
        """This code is free no more, for orders in no currency."""
        for place, shelf in self._shelves.items():
            if place[0] == pool and code in shelf.codes:
                shelf.codes.remove(code)


def _lasts(offer: Offer, until: date) -> bool:
    return not offer.expires or offer.expires >= until


def _seen(exposure: Exposure, unseen: frozenset[str]) -> Exposure:
    if exposure.outcome == SHOWN and exposure.slot in unseen:
        return replace(exposure, outcome=LEFT_OUT, reason="no-room")
    return exposure
