"""Where customers are named while everything goes wrong: the journal, what commands say, what processes are called.

The other campaigns search ledger, log, receipts, reports, metrics and CUPS after each of their scenes; here the service
speaks to a journal, and people ask every command about the orders, also about those that fail.
"""

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.campaigns.journals import told_to_the_journal
from tests.prove.campaigns.printer_faults import printer_of
from tests.prove.campaigns.workers import poisonous
from tests.prove.oracle import Tally
from tests.prove.orders import GREETING, MARKER, PERSONAL, Dropped
from tests.prove.poison import CRASHES, HANGS
from tests.prove.privacy import leaks, words_in
from tests.prove.rig import Rig, Scene
from tests.prove.sampling import workers_of
from tests.shop import order_file

COMMAND_S = 60


def nothing_personal(rig: Rig, allowance: Allowance) -> Tally:
    """Orders that print, are held, are refused, kill workers: then what was written and said of them is searched."""
    address = rig.home / "journal"
    nursery = rig.nursery_with({"PROVE_POISON": "1", "PROVE_JOURNAL": str(address)})
    settings: dict[str, object] = {"rendering_deadline_s": 1.5, "rendering_attempts": 2}
    with rig.scene(nursery=nursery, **settings) as scene:
        told_to_the_journal(scene, address)
        scene.start()
        scene.wait_ready()
        printer = printer_of(scene)
        scene.drop(*scene.orders.assortment(), *(poisonous(scene.orders, kind) for kind in (CRASHES, HANGS)))
        printer.aborts = True
        scene.drop(*(scene.orders.one("en") for _ in range(2)))
        scene.drop(*_odd_ones(scene))
        scene.settle()
        printer.aborts = False
        found = list(_in_processes(scene, nursery.pid))
        _ask_every_command(scene)
        scene.start_if_ended().signal(signal.SIGABRT)
        scene.drop(scene.orders.one())
        tally = scene.verdict(may_flag=True)
        tally.runs = 1 + len(_questions(scene, Path("x"), Path("y")))
        tally.findings += [f"personal: {what}" for what in found]
        if not (scene.home / "journal.log").read_bytes().count(b"EVENT=note.completed"):
            tally.find("the journal was told nothing")
        if not leaks([scene.spool / "done"]):
            tally.find("the search finds nothing where the names must stand")
        if not all(path.stat().st_size for path in scene.home.glob("said-*.log")):
            tally.find(
                f"said nothing: {[path.name for path in scene.home.glob('said-*.log') if not path.stat().st_size]}"
            )
    return tally


def _odd_ones(scene: Scene) -> Iterator[Dropped]:
    """Orders of which something is refused or held, at a place where a customer is named."""
    spoilt = scene.orders.one("en")
    for old, new in ((f'"{MARKER}', f'"\\u0000{MARKER}'), ('"country": "GB"', f'"country": "{MARKER}"')):
        content = spoilt.content.replace(old.encode(), new.encode())
        yield Dropped(f"spoilt-{abs(hash(new))}.json", content, (), is_refused=True)
    cut = scene.orders.one("en").content
    yield Dropped("cut.json", cut[: cut.index(MARKER.encode()) + 5], (), is_refused=True)
    unknown = cut.replace(b'"customer": {', b'"customer": {"%s 7": 1, ' % MARKER.encode())
    yield Dropped("unknown.json", unknown, (), is_refused=True)
    tofu = scene.orders.shipment("en")
    greeting = f"{GREETING} \U000f1234"  # a character that no font has
    tofu = replace(tofu, order=replace(tofu.order, gift=True, gift_message=greeting))
    yield Dropped(f"tofu-{tofu.note_id}.json", order_file(tofu), (tofu,))


def _ask_every_command(scene: Scene) -> None:
    """What people read on their terminals, about good orders and bad ones, into logs of its own."""
    good, bad = scene.home / "good.json", scene.home / "bad.json"
    good.write_bytes(next(drop.content for drop in scene.oracle.dropped.values() if drop.shipments))
    bad.write_bytes(next(drop.content for drop in scene.oracle.dropped.values() if drop.name.startswith("spoilt")))
    for number, question in enumerate(_questions(scene, good, bad)):
        said = scene.home / f"said-{number}-{question[0]}.log"
        life = scene.nursery.start(list(question), scene.environ, said, trace=False)
        if not life.ended.wait(COMMAND_S):
            life.kill()


def _questions(scene: Scene, good: Path, bad: Path) -> list[tuple[str, ...]]:
    note_id = next(drop.note_ids[0] for drop in scene.oracle.dropped.values() if drop.shipments)
    to = str(scene.home / "preview.pdf")
    return [
        ("status", "--json"),
        ("status", note_id),
        ("status", note_id.partition("-")[0]),
        ("receipts", "--json"),
        ("printers",),
        ("explain", str(good)),
        ("explain", str(good), "--json"),
        ("explain", str(bad)),
        ("preview", str(good), "-o", to),
        ("preview", str(bad), "-o", to),
        ("submit", str(bad), "--wait", "--timeout", "20"),
        ("check", "--orders", "5"),
        ("results",),
        ("scan", note_id),
        ("reprint", note_id, "--reason", "torn"),
    ]


def _in_processes(scene: Scene, nursery_pid: int) -> Iterator[str]:
    """What `ps` shows of the service and its workers."""
    assert scene.life
    for pid in (scene.life.pid, *workers_of(scene.life.pid, nursery_pid)):
        for file in ("cmdline", "comm", "environ"):
            for word in words_in(Path(f"/proc/{pid}/{file}").read_bytes(), PERSONAL):
                yield f"{word}, in the {file} of a process"


CAMPAIGNS = (
    Campaign(
        "privacy",
        "names outside orders and notes",
        "refusals, crashes, questions",
        "none",
        nothing_personal,
        35,
    ),
)
