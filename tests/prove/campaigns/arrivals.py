"""What senders do: bursts, blind watches, folders that change under the service, files that are no files."""

import os
import random
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.failpoints import Strike
from tests.prove.oracle import Tally
from tests.prove.orders import Dropped
from tests.prove.rig import Rig, Scene

NEIGHBOUR_S = 10.0  # a neighbour of something strange prints within this


@dataclass(frozen=True, slots=True)
class Turn:
    """Something strange that happens to the hot folder; an order comes before and after it."""

    what: str
    happens: Callable[[Scene], None]


def _recreate(scene: Scene) -> None:
    shutil.rmtree(scene.spool / "incoming")
    (scene.spool / "incoming").mkdir(mode=0o750)


def _swap(scene: Scene) -> None:
    incoming = scene.spool / "incoming"
    incoming.rename(scene.spool / "incoming.old")
    incoming.mkdir(mode=0o750)


def _take_away_for_a_while(scene: Scene) -> None:
    incoming = scene.spool / "incoming"
    incoming.rename(scene.spool / "incoming.away")
    scene.wait(lambda: bool(scene.logged("folder.lost")), "folder.lost")
    (scene.spool / "incoming.away").rename(incoming)


def turns_of_the_folder(rig: Rig, allowance: Allowance) -> Tally:
    """The hot folder is removed and made again, renamed, gone for a while."""
    tally = Tally()
    for turn in (_recreate, _swap, _take_away_for_a_while):
        if not allowance.has_room(tally.runs, 5):
            break
        with rig.scene() as scene:
            scene.drop(scene.orders.one())
            scene.settle()
            turn(scene)
            scene.drop(scene.orders.one())
            tally.runs += 1
            tally.add(scene.verdict())
    return tally


def linked_folder(rig: Rig, _: Allowance) -> Tally:
    """The hot folder is a link to a folder elsewhere."""
    with rig.scene() as scene:
        elsewhere = scene.home / "elsewhere"
        elsewhere.mkdir()
        (scene.spool / "incoming").rmdir()
        (scene.spool / "incoming").symlink_to(elsewhere)
        scene.start()
        scene.wait_ready()
        scene.drop(*scene.orders.assortment())
        tally = scene.verdict()
        tally.runs = 1
        return tally


def uploads(rig: Rig, allowance: Allowance) -> Tally:
    """Files that are written slowly, in place: whole ones print once, one that breaks off is refused and prints not.

    Meanwhile neighbours print at once.
    """
    with rig.scene() as scene:
        scene.start()
        scene.wait_ready()
        slow = [scene.orders.one(), scene.orders.parcels(), scene.orders.flat()]
        for drop in slow:
            scene.oracle.expect(drop)
            scene.drop_beside(scene.orders.one())
            _write_slowly(scene.spool / "incoming" / drop.name, drop.content)
        one, flat = scene.orders.one(), scene.orders.flat()
        aborted = [
            Dropped(one.name, one.content[: len(one.content) // 2], (), is_refused=True),
            Dropped(flat.name, flat.content[:-30], flat.shipments[:1], is_refused=True),  # in its second shipment
            Dropped("nothing.json", b"\0" * 2000, (), is_refused=True),  # it had its size, and its content never came
        ]
        for drop in aborted:
            scene.oracle.expect(drop)
            _write_slowly(scene.spool / "incoming" / drop.name, drop.content)
        allocated = [scene.orders.one(), scene.orders.flat(), scene.orders.parcels()]
        for drop in allocated:
            _write_into_zeros(scene, drop)
        tally = scene.verdict()
        tally.runs = len(slow) + len(aborted) + len(allocated)
        return tally


def _write_slowly(path: Path, content: bytes) -> None:
    with open(path, "wb") as file:
        for start in range(0, len(content), 1 + len(content) // 8):
            file.write(content[start : start + 1 + len(content) // 8])
            file.flush()
            threading.Event().wait(0.1)


def _write_into_zeros(scene: Scene, drop: Dropped) -> None:
    """As Windows copies: the file has its size first, and its content later."""
    scene.oracle.expect(drop)
    with open(scene.spool / "incoming" / drop.name, "w+b") as file:
        file.truncate(len(drop.content))
        threading.Event().wait(0.7)
        file.write(drop.content)


# How senders put a file there ----------------------------------------------------------------------------------------


def _copied(target: Path, content: bytes) -> None:
    target.write_bytes(content)


def _copied_with_its_time(target: Path, content: bytes) -> None:
    target.write_bytes(content)
    os.utime(target, (1e9, 1e9))


def _moved(target: Path, content: bytes) -> None:
    beside = target.parent.parent / target.name
    beside.write_bytes(content)
    beside.rename(target)


def _renamed_from(name: str) -> Callable[[Path, bytes], None]:
    def put(target: Path, content: bytes) -> None:
        beside = target.with_name(name.format(target.name))
        beside.write_bytes(content[: len(content) // 2])
        threading.Event().wait(0.8)  # a scan or two see it
        beside.write_bytes(content)
        beside.rename(target)

    return put


def _linked(target: Path, content: bytes) -> None:
    """As mail is delivered: a second name, then the first is removed; a scan may come in between."""
    beside = target.with_name(f".{target.name}")
    beside.write_bytes(content)
    os.link(beside, target)
    threading.Event().wait(0.15)
    beside.unlink()


def _overwritten(target: Path, content: bytes) -> None:
    target.write_bytes(b"{")
    threading.Event().wait(0.1)
    target.write_bytes(content)


def _renamed_over(target: Path, content: bytes) -> None:
    target.write_bytes(b"{")
    _moved(target, content)


def _appended(target: Path, content: bytes) -> None:
    third = len(content) // 3 + 1
    for start in range(0, len(content), third):
        with open(target, "ab") as file:
            file.write(content[start : start + third])
        threading.Event().wait(0.1)


def _touched(target: Path, content: bytes) -> None:
    target.touch()
    threading.Event().wait(0.5)
    target.write_bytes(content)


IDIOMS: dict[str, Callable[[Path, bytes], None]] = {
    "cp": _copied,
    "cp -p": _copied_with_its_time,
    "mv": _moved,
    "rename from a hidden name": _renamed_from(".{}"),
    "rename from .part": _renamed_from("{}.part"),
    "rename from .filepart": _renamed_from("{}.filepart"),
    "rename from .TMP": _renamed_from("{}.TMP"),
    "rename from ~": _renamed_from("{}~"),
    "link and unlink": _linked,
    "overwrite": _overwritten,
    "rename over": _renamed_over,
    "append": _appended,
    "touch, then write": _touched,
}


def idioms(rig: Rig, allowance: Allowance) -> Tally:
    """Every way in which programs put a file into a folder, with each kind of file: all of it prints, once."""
    with rig.scene() as scene:
        scene.start()
        scene.wait_ready()
        tally = Tally()
        for name in allowance.chosen(*IDIOMS):
            for drop in (scene.orders.one(), scene.orders.parcels(), scene.orders.flat()):
                scene.oracle.expect(drop)
                IDIOMS[name](scene.spool / "incoming" / drop.name, drop.content)
            single = scene.chapter()
            if single.is_red:
                single.find(f"   put there by: {name}")
            tally.add(single, name)
            tally.runs += 1
            scene.turn_page()
        tally.add(scene.verdict())
        tally.reached = tally.reachable = len(tally.faults)
        return tally


def kept_open(rig: Rig, allowance: Allowance) -> Tally:
    """A sender keeps its file open, and writes other goods into it while it is claimed, and after.

    What was read at first is printed; what is there later is another order of that number, and waits for a person.
    """
    moments = ("intake.copies.write_copy.write_aside", "ledger.ledger.record_drop.write")
    tally = Tally()
    with rig.scene() as scene:
        scene.start()
        scene.wait_ready()
        for moment in moments:
            assert scene.life
            life, drop = scene.life, scene.orders.one("en")
            honest, forged = (drop.content.replace(b"Retrospot", word) for word in (b"Wellknown", b"Tampered!"))
            before = len(life.struck)
            life.arm(Strike(moment, "after", "stop"))
            scene.oracle.expect(Dropped(drop.name, honest, drop.shipments))
            with open(scene.spool / "incoming" / f".{drop.name}", "w+b", buffering=0) as file:
                file.write(honest)
                os.rename(file.name, scene.spool / "incoming" / drop.name)
                scene.wait(lambda before=before, life=life: len(life.struck) > before, "the moment")  # type: ignore[misc]
                file.seek(0)
                file.write(forged)
                life.signal(signal.SIGCONT)
                scene.wait(lambda: bool(scene.oracle.sheets()), "a sheet")
                file.seek(0)
                file.write(forged)
            verdict = scene.chapter(may_flag=True)
            words = [
                word for sheet in scene.oracle.sheets() for word in ("Wellknown", "Tampered!") if word in sheet.text
            ]
            if ["Wellknown"] != words:
                verdict.find(f"on paper, written to after {moment}: {words}")
            tally.add(verdict, f"written to after {moment}")
            tally.runs += 1
            scene.turn_page()
        last = scene.verdict(may_flag=True)
    last.findings = [what for what in last.findings if ": in done/: True, in problem/: False" not in what]
    tally.add(last)
    return tally


# Hostile files -------------------------------------------------------------------------------------------------------


def hostile_files(rig: Rig, _: Allowance) -> Tally:
    """What is no plain file is refused with its reason, touches nothing else, and delays no order."""
    with rig.scene() as scene:
        scene.start()
        scene.wait_ready()
        outside = scene.home / "outside.json"
        outside.write_bytes(scene.orders.one().content)
        before = outside.read_bytes()
        made = make_hostile(scene.spool / "incoming", outside)
        scene.drop_beside(*scene.orders.some(3))
        for name in made:
            scene.oracle.expect(Dropped(name, b"", (), is_refused=True))
        tally = scene.verdict()
        tally.runs = len(made)
        for name, code in made.items():
            receipt = scene.oracle.receipt(name)
            found = [problem["code"] for problem in receipt["problems"]] if receipt else []
            if [code] != found:
                tally.find(f"{name}: {found}, not {code}")
        if outside.read_bytes() != before:
            tally.find("a file outside the spool was changed")
        if tally.worst_s > NEIGHBOUR_S:
            tally.find(f"a neighbour waited {tally.worst_s:.1f} s")
        return tally


def make_hostile(incoming: Path, outside: Path, prefix: str = "") -> dict[str, str]:
    """One of each in the hot folder, and the code that each must be refused with."""

    def place(name: str) -> Path:
        return incoming / f"{prefix}{name}"

    os.mkfifo(place("pipe.json"))
    place("link.json").symlink_to(outside)
    place("dangling.json").symlink_to("/nowhere/at/all")
    os.link(_beside(outside, incoming), place("hard.json"))
    place("folder.json").mkdir()
    with closing(socket.socket(socket.AF_UNIX)) as bound:
        here = os.open(incoming, os.O_RDONLY)  # a socket's path must be short
        bound.bind(f"/proc/self/fd/{here}/{prefix}socket.json")
        os.close(here)
    with open(place("sparse.json.tmp"), "wb") as sparse:
        sparse.truncate(1 << 40 if _is_sparse(incoming) else 1 << 30)
    place("sparse.json.tmp").rename(place("sparse.json"))
    made = dict.fromkeys(
        ("pipe.json", "link.json", "dangling.json", "hard.json", "folder.json", "socket.json"), "not-a-regular-file"
    )
    if os.geteuid() == 0:
        os.mknod(place("device.json"), 0o600 | 0o020000, os.makedev(1, 5))  # /dev/zero: never ends
        made["device.json"] = "not-a-regular-file"
    else:
        place("locked.json").write_bytes(b"{}")
        place("locked.json").chmod(0)
        made["locked.json"] = "file-unreadable"
    return {f"{prefix}{name}": code for name, code in (made | {"sparse.json": "file-too-large"}).items()}


def _beside(outside: Path, incoming: Path) -> Path:
    """A file with the same content on the disk of the hot folder: a hard link can't leave it."""
    if outside.stat().st_dev == incoming.stat().st_dev:
        return outside
    copy = incoming / ".outside.json"
    copy.write_bytes(outside.read_bytes())
    return copy


def _is_sparse(folder: Path) -> bool:
    """True where a terabyte of nothing is allowed."""
    try:
        with tempfile.TemporaryFile(dir=folder) as sparse:
            sparse.truncate(1 << 40)
    except OSError:
        return False
    return True


def odd_names(rig: Rig, _: Allowance) -> Tally:
    """Orders in files of any name that a file can have."""
    with rig.scene() as scene:
        scene.start()
        scene.wait_ready()
        names = [
            b"x" * 220 + b".json",
            b"y" * 250 + b".json",
            b"two\nlines.json",
            b"caf\xe9.json",
            "cafe\u0301.json".encode(),
        ]
        names += [
            b"-rf.json",
            b"a b;c&d.json",
            "\u202eabc.json".encode(),
            b"%2e%2e%2f.json",
            b"\x1b[31m.json",
            b"'\".json",
        ]
        for name in names:
            drop = scene.orders.one()
            beside = os.path.join(os.fsencode(scene.spool / "incoming"), b".beside")
            Path(os.fsdecode(beside)).write_bytes(drop.content)
            os.rename(beside, os.path.join(os.fsencode(scene.spool / "incoming"), name))
            scene.oracle.expect_note(drop)
        tally = scene.verdict()
        tally.runs = len(names)
        if any("\x1b" in line for line in scene.log.read_text(errors="replace").splitlines()):
            tally.find("an escape sequence in the log")
        return tally


def replaced(rig: Rig, allowance: Allowance) -> Tally:
    """A drop is replaced under its name after it was copied and before it is removed: both are printed."""
    tally = Tally()
    moments = [
        ("intake.copies.write_copy.write_aside", "before"),
        ("intake.copies.write_copy.write_aside", "after"),
        ("intake.hot_folder.HotFolder._handed_over.fsync_folder", "after"),
        ("ledger.ledger.record_drop.write", "before"),
        ("ledger.ledger.record_drop.write", "after"),
    ]
    with rig.scene() as scene:
        scene.start()
        scene.wait_ready()
        assert scene.life
        life = scene.life
        for moment in moments:
            life.arm(Strike(*moment, "stop"))
            first, second = scene.orders.one(), scene.orders.one()
            before = len(life.struck)
            scene.oracle.expect_note(first)
            scene.oracle.expect_note(second)
            scene.put(first.name, first.content)
            scene.wait(lambda before=before: len(life.struck) > before, "the moment")  # type: ignore[misc]
            scene.put(first.name, second.content)
            life.signal(signal.SIGCONT)
            scene.settle()
            tally.runs += 1
        tally.add(scene.verdict())
    return tally


def repeated(rig: Rig, allowance: Allowance) -> Tally:
    """The same files again and again, under the same names and others, across a kill: one sheet each."""
    chance: random.Random = rig.chance_of("repeated")
    with rig.scene() as scene:
        drops = [scene.orders.one() for _ in range(6)]
        scene.drop(*drops)
        scene.start()
        for copy in range(20):
            again = chance.choice(drops)
            scene.put(again.name if copy % 2 else f"copy-{copy}.json", again.content)
            if copy == 10:
                scene.kill()
                scene.start()
            threading.Event().wait(0.05)
        tally = scene.verdict()
        tally.runs = 20
        return tally


CAMPAIGNS = (
    Campaign("folder", "hot folder removed, renamed, away", "as named", "the next file prints", turns_of_the_folder, 8),
    Campaign("linked", "hot folder is a link", "symlink", "as ever", linked_folder, 4),
    Campaign("uploads", "slow, aborted, preallocated uploads", "as named", "whole ones print", uploads, 12),
    Campaign("idioms", "cp, mv, link, append, rename ...", "as named", "each prints once", idioms, 25),
    Campaign(
        "kept-open", "sender writes on after the claim", "SIGSTOP at a failpoint", "first read, printed", kept_open, 4
    ),
    Campaign("hostile-files", "pipe, device, socket, links, sparse TB", "made", "refused", hostile_files, 4),
    Campaign("odd-names", "names of any bytes", "as named", "printed", odd_names, 4),
    Campaign("replaced", "drop replaced while it is claimed", "SIGSTOP at a failpoint", "both print", replaced, 5),
    Campaign("repeated", "the same files again, and a kill", "copies", "one sheet each", repeated, 5),
)
