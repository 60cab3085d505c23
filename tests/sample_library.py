"""The picture library of the sample originals and of the content pack that ships, made once for a run of the tests."""

import atexit
import shutil
import tempfile
from argparse import Namespace
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path

from service.cli.content import demand_with
from service.cli.images import fill
from service.config import Images, read_config
from service.content.reading import read_pack
from service.imagery.library import Library
from service.imagery.originals.folder import FolderSource
from service.imagery.syncing.sync import SyncPlan, sync
from service.model import Choice, Plan
from service.rendering.renderer import Renderer
from tests.conftest import ROOT

PACK = ROOT / "config" / "content" / "2026-W48"


@cache
def sample_library() -> Path:
    """The library's folder."""
    folder = tempfile.mkdtemp(prefix="slipway-library-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    config = read_config(ROOT / "config", {"SLIPWAY_IMAGE_CACHE": folder, "SLIPWAY_SPOOL": folder})
    source = str(ROOT / "image_cache" / "samples")
    asked = Namespace(source=source, manifest=None, shop="", allow_vanished=False, verify=False, json=False)
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        assert 0 == fill(asked, config)
    pack = read_pack(PACK, PACK.name)
    sync(Path(folder), FolderSource(PACK / "art", f"{PACK.name}/"), demand_with(pack, config), SyncPlan("", Images()))
    return Path(folder)


def sample_pictures(plan: Plan, renderer: Renderer) -> Mapping[tuple[str, Choice], Path]:
    """What the sample library has for a plan."""
    return Library(sample_library()).pick(plan, renderer.picture_sizes(plan.layout)).pictures
