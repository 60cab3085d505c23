"""What `check` found out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `fault` is empty if it is in order, `unknown` says why it can't be seen.

    A `warning` is no fault: somebody should act on it before it costs anything.
    """

    subject: str
    fact: str
    fault: str = ""
    hint: str = ""
    unknown: str = ""
    warning: str = ""

    @property
    def verdict(self) -> str:
        return "fault" if self.fault else "?" if self.unknown else "warning" if self.warning else "ok"

    @property
    def found(self) -> str:
        return self.fault or self.unknown or self.warning or self.fact
