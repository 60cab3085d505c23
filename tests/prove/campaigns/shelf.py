"""A week's content pack that breaks while it counts: it costs its words, never a note, and never the service."""

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

from tests.conftest import ROOT
from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.oracle import Tally
from tests.prove.rig import Rig, Scene
from tests.prove.systemd_double import SystemdDouble

PACK = "config/content/2026-W48"
COMMAND_S = 60


def _cut_words(shelf: Path) -> None:
    for path in shelf.rglob("*.ftl"):
        path.write_bytes(path.read_bytes()[:40] + b"{ $")


def _spoil_art(shelf: Path) -> None:
    for path in shelf.rglob("art/*"):
        path.write_bytes(b"rubbish")


def _take_pack_away(shelf: Path) -> None:
    for folder in [path for path in shelf.iterdir() if path.is_dir()]:
        shutil.rmtree(folder)


def _spoil_list(shelf: Path) -> None:
    (shelf / "active.json").write_bytes(b"{")


BREAKS: dict[str, Callable[[Path], None]] = {
    "words cut short": _cut_words,
    "art is rubbish": _spoil_art,
    "pack gone": _take_pack_away,
    "list of packs cut short": _spoil_list,
}


def broken_shelf(rig: Rig, allowance: Allowance) -> Tally:
    """Orders come while the active pack breaks, is looked at again by a reload, and by the next start."""
    tally = Tally()
    for name in allowance.chosen(*BREAKS):
        if not allowance.has_room(tally.runs, 4):
            break
        with rig.scene() as scene:
            verdict = _broken(scene, BREAKS[name])
        tally.add(verdict, name)
        tally.runs += 1
    tally.reached, tally.reachable = len(tally.faults), len(BREAKS)
    return tally


def _broken(scene: Scene, break_it: Callable[[Path], None]) -> Tally:
    scene.environ |= SystemdDouble(scene.lab.home / "notify", watchdog_s=60).environ
    asked = ["content", "activate", str(ROOT / PACK)]
    activated = scene.nursery.start(asked, scene.environ, scene.home / "said.log", trace=False)
    activated.ended.wait(COMMAND_S)
    scene.drop(scene.orders.one("en"))
    scene.settle()
    break_it(scene.spool / "content")
    scene.drop(*scene.orders.some(2))
    scene.settle()
    scene.start_if_ended().signal(signal.SIGHUP)
    scene.drop(*scene.orders.some(2))
    scene.settle()
    scene.kill()
    scene.start()
    scene.drop(*scene.orders.some(2))
    verdict = scene.verdict()
    if activated.exit_code:
        verdict.find(f"the pack was not activated: {activated.exit_code}")
    return verdict


CAMPAIGNS = (Campaign("shelf", "content pack breaks where it lies", "its files", "notes print", broken_shelf, 10),)
