"""pack.toml: what a content pack is called, when it speaks, and for which shops."""

from datetime import datetime
from typing import Self

from pydantic import Field, model_validator

from service.config import Part

NAME_PATTERN = r"[0-9]{4}-W[0-9]{2}(-[a-z0-9]{1,12})?"
PACK_FILE, ART = "pack.toml", "art"
ART_PATTERN = r"[a-z][a-z0-9-]{0,39}\.(jpg|jpeg|png)"


class PackFile(Part):
    """The times are those of each site's clock, without an offset: `2026-11-23T00:00:00`."""

    title: str = Field(min_length=1, max_length=80, description="For people.")
    valid_from: datetime = Field(description="From then on it speaks, by the clock of each site.")
    valid_until: datetime | None = Field(default=None, description="Until then; left out: until the next pack.")
    shops: tuple[str, ...] = Field(default=(), description="Empty: all.")

    @model_validator(mode="after")
    def _times_are_of_the_sites(self) -> Self:
        for time in (self.valid_from, self.valid_until):
            if time and time.tzinfo:
                raise ValueError("a time has no offset: it is that of each site's clock")
        if self.valid_until and self.valid_until <= self.valid_from:
            raise ValueError("valid_until is not after valid_from")
        return self
