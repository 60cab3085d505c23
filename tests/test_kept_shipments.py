"""What was read is kept: a batch that is being worked off is not read again for every drop that comes."""

import threading
from collections.abc import Callable

from service.kept_shipments import KEPT_SHIPMENTS, KeptShipments, Shipments
from tests.builders import a_shipment

BATCH = KEPT_SHIPMENTS + 1


def shipments(count: int) -> Shipments:
    return dict.fromkeys(range(1, count + 1), a_shipment())


def reads_again(kept: KeptShipments, drop_id: str, count: int) -> bool:
    """True if the drop has to be read to be had."""
    again = list[str]()

    def read() -> Shipments:
        again.append(drop_id)
        return shipments(count)

    assert count == len(kept.of(drop_id, read))
    return bool(again)


def test_small_drops_leave_a_batch_where_it_is() -> None:
    kept = KeptShipments()
    kept.keep("batch", shipments(BATCH))
    for number in range(BATCH):
        kept.keep(f"small-{number}", shipments(1))
    assert not reads_again(kept, "batch", BATCH)


def test_a_batch_leaves_small_drops_where_they_are() -> None:
    kept = KeptShipments()
    kept.keep("small", shipments(1))
    kept.keep("batch", shipments(BATCH))
    assert not reads_again(kept, "small", 1)


def test_the_next_batch_takes_the_place_of_the_one_before() -> None:
    kept = KeptShipments()
    kept.keep("batch", shipments(BATCH))
    kept.keep("next", shipments(BATCH))
    assert reads_again(kept, "batch", BATCH)


def test_of_small_drops_those_go_first_that_nobody_asked_for() -> None:
    kept = KeptShipments()
    for drop_id in ("asked-for", "forgotten"):
        kept.keep(drop_id, shipments(KEPT_SHIPMENTS // 2))
    assert not reads_again(kept, "asked-for", KEPT_SHIPMENTS // 2)
    kept.keep("new", shipments(1))
    assert not reads_again(kept, "asked-for", KEPT_SHIPMENTS // 2)
    assert reads_again(kept, "forgotten", KEPT_SHIPMENTS // 2)


def test_what_is_worked_off_is_not_kept() -> None:
    kept = KeptShipments()
    for drop_id, count in (("batch", BATCH), ("small", 1)):
        kept.keep(drop_id, shipments(count))
        kept.forget(drop_id)
        assert reads_again(kept, drop_id, count)


def test_a_drop_that_several_ask_for_at_once_is_read_once() -> None:
    kept, readings, second = KeptShipments(), list[str](), threading.Event()

    def read() -> Shipments:
        if readings:
            second.set()
        readings.append("batch")
        second.wait(0.2)
        return shipments(BATCH)

    ask_at_once(*[lambda: kept.of("batch", read)] * 3)
    assert ["batch"] == readings


def test_drops_are_read_side_by_side() -> None:
    kept, both, met = KeptShipments(), threading.Barrier(2, timeout=10), list[str]()

    def asking_for(drop_id: str) -> Callable[[], object]:
        def read() -> Shipments:
            both.wait()
            met.append(drop_id)
            return shipments(1)

        return lambda: kept.of(drop_id, read)

    ask_at_once(asking_for("one"), asking_for("other"))
    assert ["one", "other"] == sorted(met)


def ask_at_once(*questions: Callable[[], object]) -> None:
    asking = [threading.Thread(target=question, daemon=True) for question in questions]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(20)
