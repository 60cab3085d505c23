"""printers.toml: the queues, and the printers behind them."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from service.config.parts import MediaName, Part, QueueName

NETWORK_DEVICES = ("ipp", "ipps", "socket", "lpd")


def _device(uri: str) -> str:
    """A device URI as people write it; what CUPS and we add to it is no business of the file."""
    if not uri:
        return uri
    try:
        at = urlsplit(uri)
        is_whole = bool(at.scheme and "://" in uri and at.port != 0)
    except ValueError:
        is_whole = False
    if not is_whole or re.search(r"\s", uri) or (at.scheme in NETWORK_DEVICES and not at.hostname):
        raise ValueError("not a device URI, as in ipp://10.1.4.21/ipp/print or socket://10.1.4.22:9100")
    if at.username is not None:
        raise ValueError("a device URI holds no user and password here: many may read this file")
    if "waitjob=" in at.query:
        raise ValueError("leave waitjob out: `slipway printers apply` sets it")
    return uri


class Queue(Part):
    """A printer queue that routes may name, and the printer behind it."""

    name: QueueName
    description: str = Field(default="", max_length=120, description="What it is, for people.")
    location: str = Field(default="", max_length=120, description="Where it stands, for people.")
    device: Annotated[str, AfterValidator(_device)] = Field(
        default="",
        description="Device URI: ipp://, ipps://, socket://, lpd://, usb:// ...; empty: the queue is made by hand.",
    )
    model: Literal["raw", "everywhere"] = Field(
        default="raw", description="raw: a job's options go to the printer as they are. everywhere: by CUPS's PPD."
    )
    media: MediaName = Field(default="iso_a4_210x297mm", description="Paper of a job that names none, PWG 5101.1.")
    trays: tuple[Annotated[str, Field(pattern=r"^[a-z0-9-]+$")], ...] = Field(
        default=(), description="media-source of each tray, as routes may name them; empty: any."
    )
    colour: bool = Field(default=True, description="It prints in colour.")
    duplex: bool = Field(default=True, description="It prints on both sides.")
    backup: QueueName | Literal[""] = Field(default="", description="The queue that takes over when this one is down.")
    ask_printer: bool = Field(default=True, description="Ask an ipp(s) printer itself what became of a job.")

    @property
    def speaks_ipp(self) -> bool:
        return self.device.startswith(("ipp://", "ipps://"))

    @property
    def asked_at(self) -> str:
        """Where the printer itself can be asked about its jobs; empty if it can't or shall not be."""
        return self.device if self.speaks_ipp and self.ask_printer else ""


class Printers(Part):
    """printers.toml, whole."""

    queue: tuple[Queue, ...] = Field(min_length=1)


def queue_faults(queues: tuple[Queue, ...]) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """(key, reason) of what does not fit between queues, or between the keys of one."""
    first: dict[str, int] = {}
    for number, queue in enumerate(queues):
        if first.setdefault(queue.name, number) != number:
            yield ("queue", number, "name"), f"queue[{first[queue.name] + 1}] has this name too"
    for number, queue in enumerate(queues):
        if queue.backup == queue.name:
            yield ("queue", number, "backup"), "a queue can't be its own backup"
        elif queue.backup and queue.backup not in first:
            yield ("queue", number, "backup"), f"there is no queue {queue.backup} in this file"
        if queue.model == "everywhere" and not queue.speaks_ipp:
            yield ("queue", number, "model"), "only the queue of an ipp:// or ipps:// device can be made everywhere"
