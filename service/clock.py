"""Where the time comes from: passed in, so that a test can pass another."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Now = Callable[[], datetime]


def utc_now() -> datetime:
    """The wall clock, aware, in UTC."""
    return datetime.now(UTC)


def milliseconds(span: timedelta) -> float:
    """A span for the log, to a tenth of a millisecond."""
    return round(span.total_seconds() * 1000, 1)
