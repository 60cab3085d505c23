"""routing.toml: which notes print where."""

import difflib
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from service.config.parts import WILDCARD, Language, MediaName, Part, QueueName
from service.model import FINISHINGS


def _known_finishing(keyword: str) -> str:
    if keyword not in FINISHINGS:
        near = difflib.get_close_matches(keyword, FINISHINGS, n=1)
        raise ValueError(f"no finishing of PWG 5100.1{f'; did you mean {near[0]}?' if near else ''}")
    return keyword


class RouteRule(Part):
    """Which notes print where. Each of site, language and kind names one value or is `*`; the most specific wins."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    site: str = WILDCARD
    language: Language | Literal["*"] = WILDCARD  # type: ignore[assignment]  # the wildcard is one of the literals
    kind: Literal["partial", "final", "*"] = WILDCARD  # type: ignore[assignment]
    queue: QueueName
    backup: QueueName | Literal[""] | None = Field(
        default=None, description="Only where it is not the backup of the queue itself; empty: none."
    )
    media: MediaName = Field(default="iso_a4_210x297mm", description="PWG 5101.1 media name.")
    sides: Literal["one-sided", "two-sided-long-edge", "two-sided-short-edge"] = "one-sided"
    print_color_mode: Literal["auto", "color", "monochrome"] = Field(default="color", alias="print-color-mode")
    media_source: str = Field(default="", alias="media-source", pattern=r"^[a-z0-9-]*$", description="A tray.")
    media_type: str = Field(default="", alias="media-type", pattern=r"^[a-z0-9.-]*$", description="A kind of paper.")
    output_bin: str = Field(default="", alias="output-bin", pattern=r"^[a-z0-9-]*$", description="Where sheets land.")
    finishings: tuple[Annotated[str, AfterValidator(_known_finishing)], ...] = Field(
        default=(), description="Keywords of PWG 5100.1, as in staple-top-left."
    )
    job_priority: int = Field(default=0, alias="job-priority", ge=0, le=100, description="1 to 100; 0: not sent.")
    copies: int = Field(default=1, ge=1, le=20)


class Routing(Part):
    """routing.toml, whole."""

    route: tuple[RouteRule, ...] = Field(min_length=1)
