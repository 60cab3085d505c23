"""Prepared pictures read through, several at a time: which of them are not what their name says."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from service.imagery.abreast import abreast
from service.imagery.store.files import Store

READERS = 4  # threads; a disk with a queue wants more than one
AT_ONCE = 64  # files for a thread

T = TypeVar("T")

Progress = Callable[[int, int, str], None]
"""Called with how much is done, of how much, and what is done: `verifying`, `preparing`, `checking`."""


def silent(done: int, total: int, label: str) -> None:
    """Nobody wants to know."""


def read_through(
    store: Store, things: Iterable[T], key: Callable[[T], tuple[bytes, int]]
) -> Iterator[tuple[list[tuple[T, str]], int]]:
    """Read the files of `things`; `key` is a file's SHA-256 and bytes. Yields what is wrong with which, of how many."""
    with ThreadPoolExecutor(READERS) as threads:

        def begin(some: Sequence[T]) -> "Future[list[tuple[T, str]]]":
            return threads.submit(faults_of, some)

        def faults_of(some: Sequence[T]) -> list[tuple[T, str]]:
            return [(thing, fault) for thing in some if (fault := store.fault_of(*key(thing)))]

        for some, faults in abreast(begin, _batches(things), 2 * READERS):
            yield faults.result(), len(some)


def _batches(things: Iterable[T]) -> Iterator[tuple[T, ...]]:
    rest = iter(things)
    while some := tuple(islice(rest, AT_ONCE)):
        yield some
