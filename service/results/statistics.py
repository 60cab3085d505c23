"""Rates and differences of rates, each with the interval that holds the truth 19 times of 20.

Score intervals, which stay honest where groups are small and rates are near 0 or 1: Wilson (1927) for a rate, Newcombe
(1998, his tenth method) for the difference of two.
"""

from dataclasses import dataclass
from math import sqrt

Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share, or a difference of shares, and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


UNKNOWN_RATE = Estimate(0.0, 0.0, 1.0)


def rate(hits: int, tries: int) -> Estimate:
    """The share of hits; where nothing was tried, anything between 0 and 1."""
    if not tries:
        return UNKNOWN_RATE
    share, weight = hits / tries, Z95**2 / tries
    middle = (share + weight / 2) / (1 + weight)
    reach = Z95 * sqrt(share * (1 - share) / tries + weight / (4 * tries)) / (1 + weight)
    return Estimate(share, max(0.0, middle - reach), min(1.0, middle + reach))


def difference(one: Estimate, other: Estimate) -> Estimate:
    """How much higher the first rate is than the other, of two groups that have nobody in common."""
    value = one.value - other.value
    below = sqrt((one.value - one.low) ** 2 + (other.high - other.value) ** 2)
    above = sqrt((one.high - one.value) ** 2 + (other.value - other.low) ** 2)
    return Estimate(value, value - below, value + above)
