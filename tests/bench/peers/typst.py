"""Typst: note.typ compiled by one compiler, which keeps fonts and files, with each note handed in as JSON."""

import json
from pathlib import Path
from typing import Any

import typst

from tests.bench.peers.worker import FONTS, work

_TEMPLATE = Path(__file__).with_name("note.typ")


def main() -> None:
    compiler = typst.Compiler(_TEMPLATE, root="/", font_paths=[FONTS], ignore_system_fonts=True)
    work(lambda note: compiler.compile(format="pdf", sys_inputs={"note": _as_json(note)}, pdf_tags=False))


def _as_json(note: Any) -> str:
    return json.dumps(note, default=_fields, ensure_ascii=False)


def _fields(part: Any) -> Any:
    """The fields of a part; a symbol as a picture in SVG."""
    if not hasattr(part, "runs"):
        return vars(part)
    if len(part.runs[0]) == 3:
        return _svg((part.side, part.side), [f"M{x} {y}h{length}v1h-{length}z" for y, x, length in part.runs])
    return _svg((part.side, 1), [f"M{x} 0h{width}v1h-{width}z" for x, width in part.runs])


def _svg(size: tuple[int, int], parts: list[str]) -> dict[str, Any]:
    width, height = size
    box = f'viewBox="0 0 {width} {height}" preserveAspectRatio="none"'
    path = f'<path d="{"".join(parts)}"/>'
    return {"side": width, "svg": f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{path}</svg>'}


if __name__ == "__main__":
    main()
