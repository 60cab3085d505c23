"""Which lines of the service a file came to: says what is new. A function that was seen whole is not looked at again,
so that looking costs little once most is known."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

SERVICE = str(Path(__file__).parent.parent.parent / "service")


class Lines:
    """The lines seen so far; `count` grows with each new one."""

    def __init__(self) -> None:
        self.count = 0
        self._unseen: dict[CodeType, set[int]] = {}

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Count what the block comes to."""
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            yield
        finally:
            sys.settrace(before)

    def _enter(self, frame: FrameType, _event: str, _: Any) -> Any:
        code = frame.f_code
        unseen = self._unseen.get(code)
        if unseen is None:
            is_ours = code.co_filename.startswith(SERVICE)
            unseen = {line for _, _, line in code.co_lines() if line} if is_ours else set()
            self._unseen[code] = unseen
        return self._line if unseen else None

    def _line(self, frame: FrameType, _event: str, _: Any) -> Any:
        unseen = self._unseen[frame.f_code]
        if frame.f_lineno in unseen:
            unseen.discard(frame.f_lineno)
            self.count += 1
        return self._line if unseen else None
