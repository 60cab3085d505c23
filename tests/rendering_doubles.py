"""Ways in which a note can take its worker down; the title of the plan says which. Importable by the workers."""

import os
import signal
import threading
from collections.abc import Mapping
from pathlib import Path

from service.model import Choice, Plan, RenderedNote
from service.rendering.renderer import Renderer


def draw_badly(renderer: Renderer, plan: Plan, pictures: Mapping[tuple[str, Choice], Path]) -> RenderedNote:
    match plan.title:
        case "hangs":
            threading.Event().wait()
        case "eats memory":
            eaten = [bytearray(2**24) for _ in range(2**10)]
            raise AssertionError(len(eaten))
        case "kills its worker":
            os.kill(os.getpid(), signal.SIGKILL)
        case "trips":
            raise ValueError("quotes Silke Whitfield")
    return renderer.render(plan, pictures)
