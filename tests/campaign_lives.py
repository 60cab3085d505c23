"""Lives of the service, killed between taking a code and acceptance: python -m tests.campaign_lives SPOOL CONFIG KILLS.

Each life is a process of its own, forked from this one, which has read the configuration and nothing of the spool: so
two hundred of them take seconds. A life takes up what the one before left, mostly with a new order, and is killed
with SIGKILL at some step; the last one works off what is left. It prints how many orders there were.
"""

import gc
import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from service.clock import utc_now
from service.config import read_config
from service.intake.feeds import compile_feeds
from service.ledger.ledger import Ledger
from service.model import Shipment
from service.planning.house import compile_house
from tests import floor
from tests.builders import a_customer, a_shipment
from tests.ledger_builders import fill_pool
from tests.shop import Shop

MOMENTS = (
    *("after intend", "before create_held", "after create_held", "before note_job", "after note_job"),
    *("before release", "after release", "before accept"),
)
AT_ONCE = 3  # orders that wait: each life reads and records all of them again
WIDE = {"SLIPWAY_PRINTING_WINDOW": "50"}  # no job comes to its end here


def main(spool: Path, folder: Path, kills: int) -> None:
    """Kill so many lives, then let one work off what is left."""
    chance = random.Random(kills)
    config = read_config(folder, WIDE)
    house, feeds = compile_house(config), compile_feeds(config)
    stands_in: Any = floor  # what is read once is the same in every life
    stands_in.read_config = lambda *_: config
    stands_in.compile_house = lambda *_: house
    stands_in.compile_feeds = lambda *_: feeds
    warm_up(spool.with_name("warm"))
    gc.freeze()  # what is at hand is not looked through again in every life
    in_a_process(lambda: fill(spool, kills + kills // 2))
    orders = killed = 0
    while killed < kills:
        put_away(spool)
        if len(list((spool / "working").glob("*"))) < AT_ONCE:
            Shop(spool).drop_shipment(order(orders))
            orders += 1
        moment, times = chance.choice(MOMENTS), chance.choice((1, 1, 2))
        killed += in_a_process(lambda: live(spool, moment, times)) == signal.SIGKILL  # noqa: B023 - it is over by then
    assert 0 == in_a_process(lambda: live(spool, "", 0))
    sys.stdout.write(f"{orders}\n")


def warm_up(spool: Path) -> None:
    """A note of another spool: fonts, hyphens and statements are then at hand in every life."""
    Shop(spool).drop_shipment(order(0))
    live(spool, "", 0)
    assert 1 == threading.active_count(), "who has threads can't fork"


def in_a_process(work: Callable[[], None]) -> int:
    """The signal that ended it; 0 for none."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(70)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or 0 == os.WEXITSTATUS(status), "a life ended by itself"
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def fill(spool: Path, codes: int) -> None:
    spool.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(spool / "ledger.db")
    fill_pool(ledger, "welcome-15", *(f"WELC-{number}" for number in range(codes)))
    ledger.close()


def put_away(spool: Path) -> None:
    """Our copies of what is on paper go, as they do in a service: a life need not read them all again."""
    for sheet in (spool / "printers").glob("*/*.pdf"):
        for copy in (spool / "working").glob(f"*~order-{sheet.stem}.json"):
            copy.unlink()


def order(number: int) -> Shipment:
    """A new customer's order; each fourth is another parcel of the one before."""
    is_second = number % 4 == 3
    who = number - is_second
    customer = a_customer(id=f"C{who}", status="new", previous_orders=0)
    shipment = a_shipment(order_id=f"K{who}", customer=customer, dispatched_at=utc_now())
    return replace(shipment, number=2, of=2) if is_second else shipment


def live(spool: Path, moment: str, times: int) -> None:
    """One life, killed when the moment comes for the `times`-th time."""
    life = floor.Floor(spool)
    for note in life.ledger.open_notes():  # what the life before has printed is out by now: its queue has room again
        life.ledger.complete(note.key, utc_now(), "folder")
    came = []

    def die_or_go_on() -> None:
        came.append(moment)
        if len(came) == times:
            os.kill(os.getpid(), signal.SIGKILL)
        life.script[moment] = die_or_go_on

    if moment:
        life.script[moment] = die_or_go_on
    life.live()
    assert [] == life.stopped_by


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
