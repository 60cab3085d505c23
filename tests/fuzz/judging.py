"""What may come of a file, however it was changed: it is taken, or refused with a code, a fact and an advice.

Anything else is a Finding: another exception, an error that quotes what it read, more than a second or more memory than
a bound, a refusal without an advice.
"""

import re
import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from service.errors import Held, InternalError, OwnFault, ReadingFailed, SlipwayError
from service.imagery.refused import PictureRefused
from tests.prove.orders import MARKER

MOST_S = 1.0  # of this process's own time
HANGS_S = 30.0  # of anybody's
MOST_GROWTH_KB = 256 << 10
TAKEN = "taken"
OUR_FAULTS = (InternalError, OwnFault, ReadingFailed)
MOST_OF_PLACE = 50
_FOLDER = re.compile(r"/(dev|tmp)/[^:;\s]*/")
_VARYING = re.compile(r"'[^']*'|\"[^\"]*\"|\d+")


@dataclass(frozen=True, slots=True)
class End:
    """What came of a file; `place` is where its fault stands, without what differs from file to file."""

    code: str
    place: str = ""


class Finding(Exception):
    """It ended as no file may; `kind` is the same for the same fault."""

    def __init__(self, kind: str, text: str = "") -> None:
        super().__init__(kind)
        self.kind = kind
        self.text = text


class _Hangs(BaseException):
    """It took so long that it was stopped."""


def judged(read: Callable[[bytes], End], content: bytes) -> End:
    """What comes of `content`; raises Finding."""
    before_kb, began_s = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    try:
        with _stopped_after(HANGS_S):
            end = read(content)
    except (SlipwayError, PictureRefused) as error:
        end = refused(error)
    except Finding:
        raise
    except _Hangs as error:
        raise Finding(f"hangs at {_place_of(error)}", _traceback_of(error)) from error
    except Exception as error:  # whatever comes is what is looked for
        raise Finding(f"{type(error).__name__} at {_place_of(error)}", _traceback_of(error)) from error
    if time.process_time() - began_s > MOST_S:
        raise Finding(f"slow: {end.code}", f"{time.process_time() - began_s:.1f} s")
    if (grown_kb := resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) > MOST_GROWTH_KB:
        raise Finding(f"memory: {end.code}", f"{grown_kb >> 10} MB")
    return end


def refused(error: SlipwayError | PictureRefused) -> End:
    """The end that this error is; raises Finding for one that no file may come to."""
    if isinstance(error, PictureRefused):
        return told(error.code, error.what, "", "")
    if isinstance(error, OUR_FAULTS):
        raise Finding(f"{error.code}: {_VARYING.sub('N', error.what)}", error.what)
    if not error.hint:
        raise Finding(f"{error.code} without an advice", error.what)
    return told(error.code, error.what, error.where, error.hint, is_held=isinstance(error, Held))


def told(code: str, what: str, where: str, hint: str, *, is_held: bool = False) -> End:
    """The end in these words; raises Finding if there are none, or if they quote a customer."""
    if not code or not what:
        raise Finding("a refusal without a reason", repr((code, what)))
    if MARKER.lower() in f"{what} {where} {hint}".lower():
        raise Finding(f"{code} quotes the file", f"{what} ({where}) {hint}")
    place = (where if where and not is_held else what).partition(";")[0].partition("\n")[0]
    return End(code, _VARYING.sub("N", _FOLDER.sub("", place))[:MOST_OF_PLACE])


@contextmanager
def _stopped_after(limit_s: float) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _Hangs

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _place_of(error: BaseException) -> str:
    """The function of the service in which it arose."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/service/" in frame.filename]
    return f"{frames[-1].filename.partition('/service/')[2]}:{frames[-1].name}" if frames else "?"


def _traceback_of(error: BaseException) -> str:
    return "".join(traceback.format_exception(error, limit=-6))[-3000:]
