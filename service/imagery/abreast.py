"""Many things to do, some of them at a time, and what came of each as soon as it is there."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def abreast(begin: Callable[[T], Future[R]], things: Iterable[T], at_a_time: int) -> Iterator[tuple[T, Future[R]]]:
    """Each thing with its future, done. The next is begun only when fewer than `at_a_time` are under way."""
    under_way: dict[Future[R], T] = {}
    for thing in things:
        under_way[begin(thing)] = thing
        if len(under_way) >= at_a_time:
            yield from _done(under_way)
    while under_way:
        yield from _done(under_way)


def _done(under_way: dict[Future[R], T]) -> Iterator[tuple[T, Future[R]]]:
    """Wait for at least one; takes out what is done."""
    for future in wait(under_way, return_when=FIRST_COMPLETED).done:
        yield under_way.pop(future), future
