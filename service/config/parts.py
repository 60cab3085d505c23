"""What the parts of the configuration are made of."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Language = Literal["en", "fr", "de"]
QueueName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,127}$")]
MediaName = Annotated[str, Field(pattern=r"^[a-z0-9_.-]+$")]
PictureId = Annotated[str, Field(min_length=1, max_length=64)]
WILDCARD = "*"


class Part(BaseModel):
    """A table of the configuration: frozen, and no key it doesn't know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def target_pattern(*fields: str) -> str:
    """The pattern of a link that is filled in for each note; its host stands fast."""
    return rf"^https://[A-Za-z0-9.-]+(:[0-9]+)?(/[^\s{{}}]*(\{{({'|'.join(fields)})\}}[^\s{{}}]*)*)?$"
