"""What DESIGN.md wants of a figure, as it stands beside it in the tables. Nothing fails for it."""

import operator
from dataclasses import dataclass

_SIGNS = {"≤": operator.le, "<": operator.lt, "≥": operator.ge}


@dataclass(frozen=True, slots=True)
class Reach:
    """At most, less than or at least so many of a unit."""

    sign: str
    bound: float
    unit: str

    def beside(self, value: float) -> dict[str, str]:
        """The two columns beside the value."""
        reached = _SIGNS[self.sign](value, self.bound)
        return {"reach": f"{self.sign} {self.bound:g} {self.unit}", "met": "met" if reached else "not met"}


NOTHING = {"reach": "", "met": ""}
