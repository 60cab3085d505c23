"""What marketing hands in, broken, while notes are printed: the old stays, and it is said once."""

import io
import os
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.content.shelf import Shelf
from service.intake.spool import open_spool
from service.recommending.recommendations import FILE_NAME
from service.reload import ask_for_reload, reload_answer
from tests.conftest import ROOT
from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.inputs import documents, text_of
from tests.prove.oracle import Tally
from tests.prove.rig import Rig, Scene
from tests.shop import SLIPWAY

WEEK = "2026-W48"
HEADING = "The hour between"  # that week's, on the notes of those whom no other campaign speaks to
COMMAND_S = 180


def environ_of(scene: Scene) -> dict[str, str]:
    """What a command beside the service that runs finds there."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("SLIPWAY_")}
    return others | scene.environ


def slipway(scene: Scene, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command beside the service that runs, as a person gives it."""
    command = [*SLIPWAY, *(scene.arguments[:2] if "--config" in scene.arguments else ()), *arguments]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environ_of(scene),
        capture_output=True,
        text=True,
        timeout=COMMAND_S,
        check=False,
    )


# Broken packs, campaigns, recommendations -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Broken:
    """A pack that must be refused, and how it is made from a whole one; what it returns is handed in."""

    what: str
    made: Callable[[Path], Path]


def _without_french(pack: Path) -> Path:
    (pack / "fr.ftl").unlink()
    return pack


def _in_one_language_more(pack: Path) -> Path:
    (pack / "en.ftl").write_text((pack / "en.ftl").read_text() + "\nonly-english = Only here\n")
    return pack


def _too_long(pack: Path) -> Path:
    for path in pack.glob("*.ftl"):
        path.write_text(path.read_text().replace("week-story-text = ", f"week-story-text = {'Wort ' * 900}"))
    return pack


def _art_that_is_none(pack: Path) -> Path:
    for path in (pack / "art").iterdir():
        path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n")
    return pack


def _cut(pack: Path) -> Path:
    archive = _zipped(pack)
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    return archive


def _bomb(pack: Path) -> Path:
    archive = _zipped(pack)
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("art/bomb.png", bytes(80_000_000))
    return archive


def _with_member(name: str, **changes: Any) -> Callable[[Path], Path]:
    """In a tar, beside what belongs there, a member that leads elsewhere."""

    def made(pack: Path) -> Path:
        archive = pack.parent / f"{WEEK}.tar.gz"
        with tarfile.open(archive, "w:gz") as opened:
            for path in sorted(path for path in pack.rglob("*") if path.is_file()):
                opened.add(path, str(path.relative_to(pack)))
            member = tarfile.TarInfo(name)
            for key, value in changes.items():
                setattr(member, key, value)
            content = b"owned" if member.isreg() else b""
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
        return archive

    return made


def _zipped(pack: Path) -> Path:
    return Path(shutil.make_archive(str(pack.parent / WEEK), "zip", pack))


BROKEN_PACKS = (
    Broken("an archive that is cut", _cut),
    Broken("a bomb", _bomb),
    Broken("a member above the pack", _with_member("../../outside.txt")),
    Broken("a member with an absolute name", _with_member("/tmp/slipway-outside.txt")),
    Broken("a link", _with_member("art/link.png", type=tarfile.SYMTYPE, linkname="/etc/passwd")),
    Broken("a pipe", _with_member("art/pipe.png", type=tarfile.FIFOTYPE)),
    Broken("a language missing", _without_french),
    Broken("a message in one language", _in_one_language_more),
    Broken("art that is no picture", _art_that_is_none),
    Broken("a text that fits no frame", _too_long),  # drawn on every note: the last, for it takes longest
)


def broken_content(rig: Rig, allowance: Allowance) -> Tally:
    """Packs, a campaign, recommendations that are broken: the old ones stay, notes go on, it is said once."""
    tally = Tally()
    with rig.scene() as scene:
        config = scene.home / "config"
        shutil.copytree(ROOT / "config", config)
        scene.arguments = ["--config", str(config), "run"]
        scene.environ["SLIPWAY_IMAGE_CACHE"] = str(scene.home / "library")
        _activate(scene.spool)
        scene.start()
        scene.wait_ready()
        _expect_heading(scene, tally, "the first note", is_there=True)
        for broken in BROKEN_PACKS:
            if not allowance.has_room(tally.runs, 6):
                break
            _hand_in(scene, broken, tally)
        _break_campaign(scene, config, tally)
        _break_model(scene, tally)
        _break_what_counts(scene, tally)
        tally.runs += 3
        tally.add(scene.verdict())
        if scene.restarts:
            tally.find(f"the service ended {scene.restarts} times: {scene.exits}")
    return tally


def _activate(spool: Path) -> None:
    """The week's pack counts; that every note is drawn with it before, which takes its time, is no matter here."""
    shelf = Shelf(spool)
    with shelf.taken_in(ROOT / "config" / "content" / WEEK) as taken:
        shelf.switch((shelf.put(taken).name,))


def _hand_in(scene: Scene, broken: Broken, tally: Tally) -> None:
    place = scene.home / f"pack-{tally.runs}"
    shutil.copytree(ROOT / "config" / "content" / WEEK, place / WEEK)
    handed_in = broken.made(place / WEEK)
    scene.drop(scene.orders.one("en"))
    said = slipway(scene, "content", "activate", str(handed_in))
    if said.returncode != 1 or "Traceback" in said.stderr:
        tally.find(f"{broken.what}: exit {said.returncode}: {(said.stdout + said.stderr)[-300:]}")
    if list(scene.home.rglob("*outside*")) or Path("/tmp/slipway-outside.txt").exists():
        tally.find(f"{broken.what}: it wrote outside its folder")
    _expect_heading(scene, tally, broken.what, is_there=True)
    tally.runs += 1


def _break_campaign(scene: Scene, config: Path, tally: Tally) -> None:
    """The reload is refused, and what was said goes on being said; a start leaves campaigns out."""
    week = config / "campaigns" / "week.toml"
    whole = week.read_text()
    week.write_text(whole.replace("[[rule]]", "[[rule]]\nwhenn = 1"))
    if "week.toml" not in _reloaded(scene, "campaign"):
        tally.find("a broken campaign is taken")
    _expect_heading(scene, tally, "a broken campaign", is_there=True)
    scene.kill()
    scene.start()
    scene.wait_ready()
    _expect_heading(scene, tally, "a start with a broken campaign", is_there=False)
    _expect_said(scene, tally, "config.refused", 1)
    _expect_said(scene, tally, "campaigns.refused", 1)
    week.write_text(whole)
    if refused := _reloaded(scene, "mended"):
        tally.find(f"the mended campaign is refused: {refused}")


def _break_model(scene: Scene, tally: Tally) -> None:
    (scene.spool / FILE_NAME).write_bytes(b"[" * 5000)
    scene.drop(scene.orders.one("en"), scene.orders.one("en"))
    scene.settle()
    _expect_said(scene, tally, "recommendations.broken", 1)
    (scene.spool / FILE_NAME).unlink()


def _break_what_counts(scene: Scene, tally: Tally) -> None:
    """The pack that counts is cut on the disk: with the next reload it is silent, and notes go on."""
    for path in (scene.spool / "content").glob(f"{WEEK}-*/en.ftl"):
        path.write_bytes(path.read_bytes()[:40] + b"{ $")
    if refused := _reloaded(scene, "cut"):
        tally.find(f"a pack that is cut stops a reload: {refused}")
    _expect_said(scene, tally, "content.refused", 1)
    _expect_heading(scene, tally, "a pack that was cut", is_there=False)


def _reloaded(scene: Scene, number: str) -> str:
    """Ask for a reload; why it was refused, or nothing."""
    spool, answers = open_spool(scene.spool), list[str]()
    ask_for_reload(spool, number)

    def is_answered() -> bool:
        answer = reload_answer(spool, number)
        answers.extend([] if answer is None else [answer])
        return bool(answers)

    scene.wait(is_answered, "an answer to the reload")
    return answers[0]


def _expect_heading(scene: Scene, tally: Tally, when: str, *, is_there: bool) -> None:
    """An order from now says the week's words, or does not."""
    one = scene.orders.one("en")
    scene.drop(one)
    scene.settle()
    if (HEADING in text_of(documents(scene)[one.note_ids[0]])) != is_there:
        tally.find(f"{when}: the week's words are {'gone' if is_there else 'still said'}")


def _expect_said(scene: Scene, tally: Tally, event: str, times: int) -> None:
    if (said := len(scene.logged(event))) != times:
        tally.find(f"{event} is said {said} times, not {times}")


CAMPAIGNS = (
    Campaign(
        "content",
        "packs, campaign, recommendations broken in mid-stream",
        "archives, files",
        "the old stays, said once",
        broken_content,
        45,
        ("poppler",),
    ),
)
