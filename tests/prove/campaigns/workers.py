"""Poison: notes that take their render worker down, and a file that takes the service down."""

from dataclasses import replace
from typing import Any

from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.oracle import Tally
from tests.prove.orders import Dropped, Orders
from tests.prove.poison import CRASHES, EATS, HANGS, KILLS
from tests.prove.rig import Rig
from tests.shop import order_file

NEIGHBOUR_S = 25.0
MOST_DEATHS = 3  # of the service, by one file


def poisonous(orders: Orders, kind: str) -> Dropped:
    """An order that is poison, by its id."""
    shipment = orders.shipment("en")
    shipment = replace(shipment, order=replace(shipment.order, order_id=f"{kind}{shipment.order.order_id}"))
    return Dropped(f"a-{shipment.note_id}.json", order_file(shipment), (shipment,))


def poison_for_workers(rig: Rig, allowance: Allowance) -> Tally:
    """Notes at which a worker hangs, runs out of memory, crashes: they are held, and their neighbours print."""
    nursery = rig.nursery_with({"PROVE_POISON": "1"})
    settings: dict[str, Any] = {"rendering_deadline_s": 1.5, "rendering_attempts": 2, "rendering_workers": 2}
    with rig.scene(nursery=nursery, **settings) as scene:
        scene.start()
        scene.wait_ready()
        poison = [poisonous(scene.orders, kind) for kind in (CRASHES, EATS, HANGS)]
        neighbours = [scene.orders.one() for _ in range(6)]
        for bad in poison:
            scene.drop(bad)
            scene.drop_beside(*neighbours[:2])
            del neighbours[:2]
        tally = scene.verdict(may_flag=True)
        tally.runs = len(poison)
        for drop in poison:
            receipt = scene.oracle.receipt(drop.name)
            codes = [(note["state"], note["code"]) for note in receipt["notes"]] if receipt else []
            if codes != [("held", "render-failed")]:
                tally.find(f"{drop.name}: {codes}")
        if tally.worst_s > NEIGHBOUR_S:
            tally.find(f"a neighbour waited {tally.worst_s:.1f} s")
        return tally


def poison_for_the_service(rig: Rig, allowance: Allowance) -> Tally:
    """A file that kills the service as it is read: its neighbours print all the same, and it ends with a reason."""
    nursery = rig.nursery_with({"PROVE_POISON": "1"})
    with rig.scene(nursery=nursery) as scene:
        bad, neighbour = poisonous(scene.orders, KILLS), scene.orders.one()
        scene.put(bad.name, bad.content)
        scene.drop_beside(neighbour)
        scene.oracle.expect(Dropped(bad.name, b"", (), is_refused=True))
        tally = scene.verdict(patience_s=60)
        tally.runs = 1
        if scene.restarts > MOST_DEATHS:
            tally.find(f"the service died {scene.restarts} times of one file")
        return tally


CAMPAIGNS = (
    Campaign(
        "workers",
        "render worker: segfault, out of memory, hang",
        "poisonous notes",
        "held; neighbours print",
        poison_for_workers,
        25,
    ),
    Campaign(
        "crash-loop",
        "a file that kills the service",
        "poisonous file",
        "refused; neighbours print",
        poison_for_the_service,
        20,
    ),
)
