"""What people ask of the service: small files in the spool's decisions/, each with its answer beside it.

A question is durable before the command that asks it returns, and waits there while no service runs. An answer is for
the one command that waits for it: it is gone after a power cut, and nobody misses it.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from service.errors import Deferred
from service.files import fsync_folder, write_aside, write_whole
from service.log import log

ANSWERED, BROKEN = ".answered.json", ".broken"
UNREADABLE = (OSError, ValueError, TypeError, KeyError, AttributeError)
Question = TypeVar("Question")


def put_asked(path: Path, content: dict[str, Any]) -> None:
    """Put a question at `path`, durably; it belongs to whom the spool belongs, also if root asks.

    As soon as it has its name, a service that runs may have taken it.
    """
    owner = path.parent.stat() if os.geteuid() == 0 else None
    write_whole(path, json.dumps(content).encode(), mode=0o644, owner=owner)


def put_answer(path: Path, content: dict[str, Any]) -> None:
    """Answer, if that can be; where the disk is full, who waits is told that the answer is late."""
    with suppress(OSError, Deferred):
        write_aside(path, json.dumps(content).encode(), durable=False)
        path.chmod(0o644)


def asked_of(folder: Path, ending: str, read: Callable[[bytes], Question]) -> Iterator[tuple[Path, Question]]:
    """What people asked in files of this ending, in its order, each with its file; what is no question is set aside."""
    for path in sorted(folder.glob(f"*{ending}")):
        try:
            question = read(path.read_bytes())
        except UNREADABLE as error:
            log.error("decision.unreadable", error=type(error).__name__)
            path.rename(path.with_name(path.name + BROKEN))
        else:
            yield path, question


def answer_to(path: Path, ending: str, content: dict[str, Any]) -> None:
    """Answer a question that was carried out, and take it away."""
    put_answer(path.with_name(path.name.removesuffix(ending) + ANSWERED), content)
    remove_asked(path)


def take_answer(path: Path) -> dict[str, Any] | None:
    """The answer at `path`, once there is one; it is taken away."""
    try:
        answer: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    path.unlink(missing_ok=True)
    return answer


def remove_asked(path: Path) -> None:
    """Take a question away that was carried out."""
    path.unlink(missing_ok=True)
    fsync_folder(path.parent)
