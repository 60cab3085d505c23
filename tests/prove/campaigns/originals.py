"""Pictures that come in while they are shown: on paper as they were prepared, or refused."""

import io
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

from PIL import Image, ImageChops, ImageStat

from service.config import read_config
from service.imagery.library import Library
from service.model import PictureSize
from service.rendering.layouts.loading import read_layout_file
from service.rendering.layouts.picture_sizes import picture_sizes
from tests.builders import a_line
from tests.conftest import CORPORA, ROOT
from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.campaigns.content import COMMAND_S, environ_of
from tests.prove.inputs import documents
from tests.prove.oracle import Tally
from tests.prove.orders import Dropped
from tests.prove.rig import Rig, Scene
from tests.shop import SLIPWAY, order_file

IN_ONE_NOTE = 8
SHOP = "amber-home"
BROKEN_BY_NAME = "x"  # as PngSuite calls the files that are damaged on purpose


def pictures(rig: Rig, allowance: Allowance) -> Tally:
    """PngSuite and photos with every EXIF orientation, synced while notes print: on paper as prepared, or refused."""
    tally = Tally()
    with rig.scene(rendering_workers=2) as scene:
        source = scene.home / "originals"
        names = _originals(source)
        scene.environ["SLIPWAY_IMAGE_CACHE"] = str(scene.home / "library")
        scene.start()
        scene.wait_ready()
        sync = _syncing(scene, source)
        while sync.poll() is None:
            scene.drop(_order_of(scene, names[:4]))
            scene.settle()
        _, complaint = sync.communicate(timeout=COMMAND_S)
        if sync.returncode:
            tally.find(f"the sync failed: {complaint.decode()[-300:]}")
        refused = {one.picture for one in Library(scene.home / "library").refused()}
        shown = [name for name in names if name not in refused]
        drops = [_order_of(scene, shown[at : at + IN_ONE_NOTE]) for at in range(0, len(shown), IN_ONE_NOTE)]
        for drop in drops:
            scene.drop(drop)
        tally.runs = len(names)
        tally.add(scene.verdict(patience_s=120))
        _judge_pictures(scene, drops, refused, tally)
        tally.remarks.append(f"{len(shown)} pictures on paper, {len(refused)} refused")
    return tally


def _originals(folder: Path) -> list[str]:
    folder.mkdir()
    found = [*(CORPORA / "images" / "pngsuite" / "png").glob("*.png")]
    found += (CORPORA / "images" / "exif-orientation").glob("*.jpg")
    for path in found:
        shutil.copy(path, folder)
    return sorted(path.stem for path in found)


def _syncing(scene: Scene, source: Path) -> subprocess.Popen[bytes]:
    command = [*SLIPWAY, "images", "sync", str(source), "--json"]
    return subprocess.Popen(command, cwd=ROOT, env=environ_of(scene), stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _order_of(scene: Scene, pictures: list[str]) -> Dropped:
    """An order of articles with these pictures."""
    shipment = scene.orders.shipment("en")
    shipment = replace(shipment, lines=tuple(a_line(sku=name, description=name, category="") for name in pictures))
    return Dropped(f"pictures-{shipment.note_id}.json", order_file(shipment), (shipment,))


def _judge_pictures(scene: Scene, drops: list[Dropped], refused: set[str], tally: Tally) -> None:
    """The bytes that the library has for an article are on its sheet; photos of all orientations are the same."""
    library, printed = Library(scene.home / "library"), documents(scene)
    seen: dict[str, Image.Image] = {}
    for drop in drops:
        (shipment,) = drop.shipments
        for line in shipment.lines:
            prepared = library.look_up(SHOP, line.sku, _line_size())
            if prepared is None or prepared.read_bytes() not in printed.get(shipment.note_id, b""):
                tally.find(f"{line.sku}: neither refused nor on the sheet")
            else:
                seen[line.sku] = Image.open(io.BytesIO(prepared.read_bytes()))
    for name in sorted(name for name in refused if not name.startswith(BROKEN_BY_NAME)):
        tally.find(f"{name} is refused")
    for kind in ("Landscape", "Portrait"):
        for turned in range(1, 9):
            if not _look_alike(seen.get(f"{kind}_0"), seen.get(f"{kind}_{turned}")):
                tally.find(f"{kind}_{turned} lies on its side, or on its head")
    for name in [name for name in seen if name.startswith("basi")]:
        if not _look_alike(seen[name], seen.get(name.replace("basi", "basn"))):
            tally.find(f"{name} differs from the same picture without interlacing")


@cache
def _line_size() -> PictureSize:
    """The size at which the goods of a note are shown."""
    layouts = read_config(ROOT / "config", {}).settings.layouts
    return picture_sizes(read_layout_file(ROOT / layouts / SHOP))["goods"]


def _look_alike(first: Image.Image | None, second: Image.Image | None) -> bool:
    if first is None or second is None or first.size != second.size:
        return False
    return max(ImageStat.Stat(ImageChops.difference(first, second)).mean) < 12


CAMPAIGNS = (
    Campaign(
        "originals",
        "pngsuite, EXIF orientations, synced while it prints",
        "images sync",
        "on paper, or refused",
        pictures,
        25,
        ("corpora",),
    ),
)
