"""Where the time comes from: passed in, so that a test can pass another.

The wall clock may be set, by hours, while a note is on its way; whoever measures a span has the steady one too.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Now = Callable[[], datetime]


def utc_now() -> datetime:
    """The wall clock, aware, in UTC."""
    return datetime.now(UTC)


def steady_s() -> float:
    """Seconds by the clock that nobody sets; it goes on while the machine sleeps, and begins anew when it starts."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def milliseconds(span: timedelta) -> float:
    """A span for the log, to a tenth of a millisecond."""
    return round(span.total_seconds() * 1000, 1)
