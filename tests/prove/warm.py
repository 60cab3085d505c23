"""Lives that begin in a tenth of the time, for campaigns of a thousand of them.

Two stages of the service that touch neither a disk of the spool, nor the ledger, nor a printer are taken as they stand
in the nursery: the configuration is compiled once for each content, and notes are drawn in the service's own process,
by the service's own renderer. All that is killed and failed is as it is. Other campaigns start everything for real.
"""

import pickle
import threading
from collections.abc import Collection, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import service.printing.cupsd
import service.reload
from service.config import Config, Rendering, read_config
from service.model import PictureSize, Plan, RenderedNote
from service.planning.house import House, compile_house
from service.planning.specimens import specimens
from service.rendering.blocks.figures import Pictures
from service.rendering.pool import load_renderer
from service.rendering.renderer import Renderer
from tests.conftest import ROOT
from tests.prove.orders import USER

_houses: dict[bytes, House] = {}
_renderers: dict[tuple[Path, tuple[str, ...]], Renderer] = {}


def compile_ahead(folder: Path) -> None:
    """In the nursery: compile and load what this configuration asks for; fonts and hyphens are then at hand."""
    config = read_config(folder, {})
    house = _compiled(config)
    renderer = _renderer(ROOT / "layouts", {shop.layout for shop in config.settings.shops.values()})
    first = next(iter(config.settings.shops))
    for plan in {each.plan.language: each.plan for each in specimens(first, house)}.values():
        renderer.render(plan, {})


def begin_warm() -> None:
    """In a life: begin with that; it prints in the name of a user, for root may print anywhere."""
    stands_in: Any = service.reload
    stands_in.compile_house, stands_in.RenderPool = _compiled, DrawnHere
    cupsd: Any = service.printing.cupsd
    cupsd.pwd = SimpleNamespace(getpwuid=lambda _: SimpleNamespace(pw_name=USER))


def _compiled(config: Config, packs: tuple[Any, ...] = ()) -> House:
    if packs:  # seldom, and no text as the others are
        return compile_house(config, packs)
    key = pickle.dumps(_without_places(config))
    if key not in _houses:
        _houses[key] = compile_house(config, packs)
    return _houses[key]


def _without_places(config: Config) -> dict[str, Any]:
    told = config.model_dump(exclude={"folder", "overrides"})
    for name in ("spool", "image_cache", "intake", "printing", "metrics", "rendering"):
        del told["settings"][name]
    return told


class DrawnHere:
    """Stands for the render workers."""

    def __init__(self, layouts_folder: Path, layouts: Collection[str], settings: Rendering) -> None:
        self._renderer = _renderer(layouts_folder.absolute(), layouts)
        self._one_at_a_time = threading.Lock()

    def start(self) -> None:
        """They are warm."""

    def stop(self) -> None:
        """There is nothing to end."""

    def enter(self) -> bool:
        return True

    def leave(self) -> None:
        """Nor is there when the last one leaves."""

    def retire(self) -> None:
        """Nor after a reload."""

    def picture_sizes(self, layout: str) -> Mapping[str, PictureSize]:
        return self._renderer.picture_sizes(layout)

    def render(self, plan: Plan, pictures: Pictures) -> RenderedNote:
        with self._one_at_a_time:
            return self._renderer.render(plan, pictures)


def _renderer(folder: Path, names: Collection[str]) -> Renderer:
    key = (folder, tuple(sorted(names)))
    if key not in _renderers:
        _renderers[key] = load_renderer(*key)
    return _renderers[key]
