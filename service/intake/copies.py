"""Our own copies in working/, and the claims that stand for them.

A copy is called DROP_ID~NAME. The drop id says when it was claimed, the copy's mtime when it was dropped: so a claim
can be made again from the file alone, after any crash. What can't be copied (a link, a pipe, a folder, a file too
large or unreadable) is moved here itself instead, under the same kind of name, neither opened nor followed.
"""

import hashlib
import os
import re
import string
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from service.errors import Rejected, SpoolBroken
from service.files import write_aside
from service.intake.guard import Identity, can_be_kept
from service.intake.spool import Spool

DIGITS = string.digits + string.ascii_lowercase
TIME_DIGITS = 10  # microseconds since 1970 in base 36: enough until 2085
TAG_DIGITS = 5
COPY_NAME = re.compile(rf"([0-9a-z]{{{TIME_DIGITS + TAG_DIGITS}}})~(.+)", re.DOTALL)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Reading(Protocol):
    """What the format half makes of a file."""

    @property
    def may_grow(self) -> bool:
        """True if more lines would belong to what was read: it may still be being written."""


R = TypeVar("R", bound=Reading)


@dataclass(frozen=True, slots=True)
class Claim(Generic[R]):
    """A drop that we took over: our own copy, and what was read in it or why it is refused whole.

    Times are UTC. Where nothing could be copied, `sha256` is made up from the drop id and equals that of no content.
    """

    drop_id: str
    name: str
    path: Path
    sha256: str
    size_bytes: int
    arrived_at: datetime
    claimed_at: datetime
    reading: R | None
    rejection: Rejected | None


@dataclass(frozen=True, slots=True)
class Outcome(Generic[R]):
    """What a look at a file gave; `content` and `identity` are None where it could not be read."""

    content: bytes | None
    identity: Identity | None = None
    reading: R | None = None
    rejection: Rejected | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """A file in working/ before or after its claim."""

    drop_id: str
    name: str
    path: Path


def new_drop_id(at_us: int, tag: str) -> str:
    """Sorts by `at_us`, microseconds since 1970; the `tag` tells apart what a clock set back would make equal."""
    digest = int.from_bytes(hashlib.sha256(os.fsencode(tag)).digest()[:8])
    return _base36(at_us, TIME_DIGITS) + _base36(digest, TAG_DIGITS)


def _base36(number: int, digits: int) -> str:
    text = ""
    for _ in range(digits):
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text


def claimed_at(drop_id: str) -> datetime:
    """When the drop of this id was claimed."""
    return EPOCH + int(drop_id[:TIME_DIGITS], 36) * MICROSECOND


def microseconds(at: datetime) -> int:
    """Since 1970, exactly."""
    return (at - EPOCH) // MICROSECOND


def moment(ns: int, latest: datetime) -> datetime:
    """A file's time stamp as a time that is neither before 1970 nor after `latest`: senders can set any."""
    return EPOCH + min(max(ns // 1000, 0), microseconds(latest)) * MICROSECOND


def copy_for(spool: Spool, drop_id: str, name: str) -> Copy:
    """Where the copy of this drop belongs."""
    return Copy(drop_id, name, spool.working / f"{drop_id}~{name}")


def copies_in(spool: Spool) -> list[Copy]:
    """All copies in working/, oldest claim first."""
    found = (COPY_NAME.fullmatch(path.name) for path in sorted(spool.working.iterdir()))
    return [copy_for(spool, match[1], match[2]) for match in found if match]


def write_copy(copy: Copy, content: bytes, arrived_at: datetime) -> None:
    """Write our own copy, on disk when this returns but for its name in the folder, which the caller fsyncs.

    One that fails leaves nothing: its drop is claimed anew.
    """
    arrived_ns = microseconds(arrived_at) * 1000
    try:
        write_aside(copy.path, content)
        os.utime(copy.path, ns=(arrived_ns, arrived_ns))
    except BaseException:
        copy.path.unlink(missing_ok=True)
        raise


def move_in(copy: Copy, drop: Path) -> None:
    """Take what can't be copied: rename it here, unopened.

    From another file system, or a folder that isn't ours, nothing can be moved here. Then a link stands here, to the
    hidden name that a folder or file gets where it is, and which no scan looks at; anything else is removed.
    A network file system may lose only the answer: then it was done all the same. Raises OSError where the drop
    stays as it is, SpoolBroken where besides the link can't be taken away again.
    """
    try:
        drop.rename(copy.path)
    except FileNotFoundError:
        raise
    except OSError:
        if not os.path.lexists(copy.path):
            _hide(drop, copy)


def _hide(drop: Path, copy: Copy) -> None:
    hidden = drop.with_name(f".refused-{copy.drop_id}")
    try:
        copy.path.symlink_to(hidden)
        drop.rename(hidden)
    except OSError:
        if not os.path.lexists(hidden):
            _take_away(copy)
            raise
    with suppress(OSError):  # from here on it is ours: one that stays there stands in nobody's way
        if not can_be_kept(hidden.lstat()):
            hidden.unlink()


def _take_away(copy: Copy) -> None:
    """Of a drop that comes again, nothing may stay in working/: nobody would look at it until the next start."""
    try:
        copy.path.unlink(missing_ok=True)
    except OSError as error:
        raise SpoolBroken(f"a link in working/ can't be removed: {error.strerror}") from error


def claim_of(copy: Copy, outcome: Outcome[R], arrived_at: datetime) -> Claim[R]:
    """The claim that stands for `copy`."""
    content = copy.drop_id.encode() if outcome.content is None else outcome.content
    return Claim(
        drop_id=copy.drop_id,
        name=copy.name,
        path=copy.path,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=copy.path.lstat().st_size if outcome.content is None else len(content),
        arrived_at=arrived_at,
        claimed_at=claimed_at(copy.drop_id),
        reading=outcome.reading,
        rejection=outcome.rejection,
    )
