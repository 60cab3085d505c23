"""Delivery between stages: in order, once while it waits, later when put off."""

import threading
from collections.abc import Hashable

from service.delivery import LocalDelivery


class Stage:
    """Records what it was given; tells when it has had as much as the test waits for."""

    def __init__(self, expected: int) -> None:
        self.given: list[Hashable] = []
        self._left = expected
        self.done = threading.Event()

    def work(self, key: Hashable) -> None:
        self.given.append(key)
        self._left -= 1
        if self._left == 0:
            self.done.set()


def test_keys_come_in_their_order_not_in_that_of_putting() -> None:
    delivery, stage = LocalDelivery(), Stage(3)
    delivery.bind("lane", stage.work)
    for key, order in (("standard-2", (True, 2)), ("standard-1", (True, 1)), ("express", (False, 3))):
        delivery.put("lane", key, order)
    delivery.start()
    assert stage.done.wait(10)
    assert ["express", "standard-1", "standard-2"] == stage.given
    assert delivery.stop(10)


def test_a_key_that_waits_already_is_not_put_twice() -> None:
    delivery, stage = LocalDelivery(), Stage(2)
    delivery.bind("lane", stage.work)
    delivery.put("lane", "a", (1,))
    delivery.put("lane", "a", (1,))
    delivery.put("lane", "b", (2,))
    assert {"lane": 2} == delivery.depth()
    delivery.start()
    assert stage.done.wait(10)
    assert ["a", "b"] == stage.given
    assert delivery.stop(10)


def test_what_is_put_off_comes_after_its_time() -> None:
    delivery, stage = LocalDelivery(), Stage(2)
    delivery.bind("lane", stage.work)
    delivery.put("lane", "later", (0,), delay_s=0.05)
    delivery.put("lane", "now", (9,))
    delivery.start()
    assert stage.done.wait(10)
    assert ["now", "later"] == stage.given
    assert delivery.stop(10)


def test_a_lane_works_on_one_key_at_a_time() -> None:
    delivery = LocalDelivery()
    at_work, most, done = 0, 0, threading.Event()

    def work(key: Hashable) -> None:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        threading.Event().wait(0.001)
        at_work -= 1
        if key == 19:
            done.set()

    delivery.bind("lane", work)
    for number in range(20):
        delivery.put("lane", number, (number,))
    delivery.start()
    assert done.wait(10)
    assert 1 == most
    assert delivery.stop(10)


def test_stop_waits_for_what_is_under_way_and_delivers_nothing_more() -> None:
    delivery = LocalDelivery()
    began, may_end = threading.Event(), threading.Event()
    given: list[Hashable] = []

    def work(key: Hashable) -> None:
        given.append(key)
        began.set()
        may_end.wait(10)

    delivery.bind("lane", work)
    delivery.put("lane", "first", (1,))
    delivery.put("lane", "second", (2,))
    delivery.start()
    assert began.wait(10)
    assert not delivery.stop(0.01), "the first is still under way"
    may_end.set()
    assert delivery.stop(10)
    assert ["first"] == given


def test_what_is_put_while_it_is_at_work_comes_again_after_and_not_beside() -> None:
    delivery: LocalDelivery[str] = LocalDelivery()
    began, may_end, done = threading.Event(), threading.Event(), threading.Event()
    at_once, most, times = 0, 0, 0

    def work(_: str) -> None:
        nonlocal at_once, most, times
        at_once, times = at_once + 1, times + 1
        most = max(most, at_once)
        began.set()
        may_end.wait(10)
        at_once -= 1
        if times == 2:
            done.set()

    delivery.bind("stage", work, workers=2)
    delivery.put("stage", "a", (1,))
    delivery.start()
    assert began.wait(10)
    delivery.put("stage", "a", (1,))
    may_end.set()
    assert done.wait(10)
    assert 1 == most
    assert delivery.stop(10)


def test_a_closed_stage_keeps_what_is_put_and_delivers_it_in_order_when_it_opens() -> None:
    delivery, stage = LocalDelivery(), Stage(2)
    delivery.bind("lane", stage.work)
    delivery.close("lane")
    delivery.start()
    delivery.put("lane", "standard", (True, 1))
    delivery.put("lane", "express", (False, 2))
    assert not stage.done.wait(0.05)
    delivery.open("lane")
    assert stage.done.wait(10)
    assert ["express", "standard"] == stage.given
    assert delivery.stop(10)


def test_what_waits_can_be_let_wait_elsewhere_in_its_order_and_at_once() -> None:
    delivery, stage = LocalDelivery(), Stage(3)
    for name in ("from", "to"):
        delivery.bind(name, stage.work)
        delivery.close(name)
    delivery.put("from", "later", (2,), delay_s=60)
    delivery.put("from", "stays", (0,))
    delivery.put("from", "first", (1,))
    delivery.put("to", "last", (3,))
    assert 2 == delivery.reassign(("from", "to"), lambda key: "to" if key in ("later", "first") else None)
    assert {"from": 1, "to": 3} == delivery.depth()
    delivery.open("to")
    delivery.start()
    assert stage.done.wait(10)
    assert ["first", "later", "last"] == stage.given
    assert delivery.stop(10)


def test_what_was_put_back_while_it_is_at_work_can_be_let_wait_elsewhere_too() -> None:
    delivery: LocalDelivery[str] = LocalDelivery()
    began, may_end, moved = threading.Event(), threading.Event(), threading.Event()

    def work(key: str) -> None:
        delivery.put("from", key, (1,))
        began.set()
        may_end.wait(10)

    delivery.bind("from", work)
    delivery.bind("to", lambda _: moved.set())
    delivery.put("from", "a", (1,))
    delivery.start()
    assert began.wait(10)
    assert 1 == delivery.reassign(("from", "to"), lambda _: "to")
    assert moved.wait(10)
    may_end.set()
    assert delivery.stop(10)
    assert {"from": 0, "to": 0} == delivery.depth()
