"""Faults of our own, contained: what nobody foresaw becomes an error with a remedy, and says where it arose.

Its text is dropped: it may hold an order's content. This is the one place that catches everything.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from service.errors import SlipwayError


@contextmanager
def contained(kind: type[SlipwayError]) -> Iterator[None]:
    """Let a SlipwayError of the block through; anything else becomes a `kind` that names its type and place."""
    try:
        yield
    except SlipwayError:
        raise
    except Exception as error:
        raise kind(f"{type(error).__name__} at {_place_of(error)}") from error


def _place_of(error: BaseException) -> str:
    """Module and line of our own code that is nearest to where the error arose."""
    place, trace = "?", error.__traceback__
    while trace:
        module = trace.tb_frame.f_globals.get("__name__", "?")
        if module.startswith("service.") and module != __name__:
            place = f"{module}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
