"""Orders that are poison, by the letters that their ids begin with: woven in where a nursery is told to (PROVE_POISON).

hang       the render worker never comes back
eat        it takes memory until its limit
segv       it crashes
die        the service itself dies while it reads the file
"""

import os
import signal
from pathlib import Path
from typing import Any

HANGS, EATS, CRASHES, KILLS = "hang", "eat", "segv", "die"


def poison_drawing() -> None:
    """In a render worker: what becomes of it when it draws a poisonous note."""
    from service.rendering.renderer import Renderer

    draw = Renderer.render

    def drawn(self: Renderer, plan: Any, pictures: Any) -> Any:
        if plan.note_id.startswith(CRASHES):
            os.kill(os.getpid(), signal.SIGSEGV)
        while plan.note_id.startswith(HANGS):
            pass
        if plan.note_id.startswith(EATS):
            eaten = [bytearray(1 << 24)]
            while True:
                eaten.append(bytearray(1 << 24))
        return draw(self, plan, pictures)

    Renderer.render = drawn  # type: ignore[method-assign]
    import service.rendering.pool as pool

    pool.RenderPool.__init__.__kwdefaults__["draw"] = drawn  # the pool sends the function by its name


def poison_reading() -> None:
    """In the service: it dies of a file with such an order."""
    import service.rooms as rooms

    read = rooms.read_drop

    def deadly(name: str, content: bytes, feeds: Any) -> Any:
        if b'"order_id": "' + KILLS.encode() in content:
            os.kill(os.getpid(), signal.SIGKILL)
        return read(name, content, feeds)

    rooms.read_drop = deadly


def poison_reading_again(poisoned: Path) -> None:
    """In the service: the same, but only while there is a file `poisoned`."""
    import service.rooms as rooms

    harmless = rooms.read_drop
    poison_reading()
    deadly = rooms.read_drop
    rooms.read_drop = lambda *told: (deadly if poisoned.exists() else harmless)(*told)
