"""Slipway's own renderer, with its codes, on the same notes; as the render workers run it."""

import sys
from pathlib import Path

from service.model import Plan
from service.rendering.layouts.loading import load_layout
from service.rendering.renderer import Renderer
from tests.bench.peers.worker import draw_on_demand
from tests.bench.reference import LAYOUT, reference_plan
from tests.sheets import found


def main() -> None:
    folder = Path(sys.argv[1]).parent / "pictures"
    pictures = {path.stem: path for path in folder.iterdir()}
    goods_pictures = sum(name.startswith("P") for name in pictures)
    renderer = Renderer({LAYOUT.name: load_layout(LAYOUT)})

    def draw(plan: Plan) -> bytes:
        return renderer.render(plan, found(plan, pictures)).pdf

    draw_on_demand(draw, lambda lines, number: reference_plan(lines, number, goods_pictures=goods_pictures))


if __name__ == "__main__":
    main()
