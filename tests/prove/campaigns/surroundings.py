"""What changes round the service: the clock, the configuration, the pictures."""

import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path

from tests.conftest import ROOT
from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.oracle import Tally
from tests.prove.orders import Dropped
from tests.prove.rig import Rig, Scene, doubles

HOURS = (-3, 3, -3, 0)  # of the wall clock against the true time
PRINTS_IN_S = 0.5


def clock_jumps(rig: Rig, _: Allowance) -> Tally:
    """The wall clock jumps by three hours, there and back, while orders come, while printers print, across a kill."""
    clock = rig.home / "clock"
    clock.write_text("0")
    with rig.scene(nursery=rig.nursery_with({"PROVE_CLOCK": str(clock)})) as scene:
        scene.start()
        scene.wait_ready()
        for printer in doubles(scene.lab):
            printer.prints_in_s = PRINTS_IN_S
        for number, hours in enumerate(HOURS):
            at_its_printer = scene.orders.one()
            scene.drop(at_its_printer, *scene.orders.some(2))
            scene.wait(lambda drop=at_its_printer: _is_accepted(scene, drop), "a note at its printer")  # type: ignore[misc]
            clock.write_text(str(hours * 3600))
            scene.drop(scene.orders.one(), scene.orders.flat())
            if number == 1:
                scene.kill()
                scene.start()
            scene.settle()
        tally = scene.verdict()
        tally.runs = len(HOURS)
        return tally


def _is_accepted(scene: Scene, drop: Dropped) -> bool:
    return any(said["note_id"] in drop.note_ids for said in scene.logged("note.accepted"))


def _break_words(config: Path) -> None:
    (config / "messages/en.ftl").write_text("title = { $note\n")


def _break_toml(config: Path) -> None:
    (config / "slipway.toml").write_text("spool = [\n")


def _take_routes_away(config: Path) -> None:
    (config / "routing.toml").unlink()


def _name_no_layout(config: Path) -> None:
    text = (config / "slipway.toml").read_text()
    (config / "slipway.toml").write_text(text.replace('layout = "amber-home"', 'layout = "none-such"'))


BREAKS: tuple[Callable[[Path], None], ...] = (_break_words, _break_toml, _take_routes_away, _name_no_layout)


def broken_config(rig: Rig, allowance: Allowance) -> Tally:
    """The configuration is broken under a running service, and reloaded: it says so, and goes on with the old one."""
    tally = Tally()
    with rig.scene() as scene:
        config = scene.home / "config"
        shutil.copytree(ROOT / "config", config)
        scene.environ["NOTIFY_SOCKET"] = _a_socket(scene)
        scene.arguments = ["--config", str(config), "run"]
        scene.start()
        scene.wait_ready()
        for number, break_it in enumerate(BREAKS, 1):
            scene.drop(scene.orders.one())
            break_it(config)
            assert scene.life
            scene.life.signal(signal.SIGHUP)
            scene.drop(scene.orders.one())
            scene.wait(lambda number=number: len(scene.logged("config.refused")) >= number, "config.refused")  # type: ignore[misc]
            scene.settle()
            shutil.rmtree(config)
            shutil.copytree(ROOT / "config", config)
        tally = scene.verdict()
        tally.runs = len(BREAKS)
        if scene.restarts:
            tally.find(f"the service ended {scene.restarts} times: {scene.exits}")
    return tally


def _a_socket(scene: Scene) -> str:
    """Where the service tells systemd what it does: with it, SIGHUP means reload."""
    import socket

    path = str(scene.lab.home / "notify")
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.bind(path)

    def read() -> None:
        while listening.recv(4096):
            pass

    threading.Thread(target=read, daemon=True).start()
    return path


def broken_pictures(rig: Rig, allowance: Allowance) -> Tally:
    """The picture library is cut short, made of rubbish, and gone, while orders come: notes print without pictures."""
    with rig.scene() as scene:
        library = scene.home / "pictures"
        shutil.copytree(ROOT / "image_cache", library, symlinks=True)
        scene.environ["SLIPWAY_IMAGE_CACHE"] = str(library)
        scene.start()
        scene.wait_ready()
        scene.drop(scene.orders.one())
        files = [path for path in library.rglob("*") if path.is_file() and not path.is_symlink()]
        for path in files:
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        scene.drop(scene.orders.one())
        scene.settle()
        for path in files:
            path.write_bytes(b"rubbish")
        scene.drop(scene.orders.one())
        scene.settle()
        shutil.rmtree(library)
        scene.drop(scene.orders.one())
        tally = scene.verdict()
        tally.runs = 3
        if scene.restarts:
            tally.find(f"the service ended {scene.restarts} times: {scene.exits}")
        return tally


CAMPAIGNS = (
    Campaign("clock", "wall clock jumps 3 h, there and back", "its utc_now is shifted", "as ever", clock_jumps, 20),
    Campaign("config", "configuration broken and reloaded", "files, SIGHUP", "the old one holds", broken_config, 5),
    Campaign("pictures", "library cut, rubbish, gone", "files", "notes without pictures", broken_pictures, 5),
)
