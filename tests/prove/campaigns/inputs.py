"""What orders may hold: naughty strings in every field, any order and almost any, files of every fault, injection."""

import itertools
import random
from collections.abc import Iterator, Sequence

from service.model import Shipment
from tests.prove.any_orders import Spoilt, almost_orders, orders_of_any_kind
from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.hostile_files import Hostile, hostile_files, injections
from tests.prove.inputs import (
    Ends,
    Place,
    Text,
    counted,
    documents,
    facts_missing,
    file_of,
    judge_texts,
    naughty_strings,
    problems_of,
    settled,
    string_fields,
    text_in,
    text_of,
)
from tests.prove.oracle import Tally
from tests.prove.orders import Dropped
from tests.prove.rig import Rig, Scene
from tests.prove.traps import Traps

NEIGHBOUR_S = 15.0  # a neighbour of a file full of texts prints within this, after the batch that it came with
IN_A_FILE, FILES, BATCHES = 12, 3, 8  # orders in a file, files in a batch, batches for one spool
BATCH_S = 6.0


# Naughty strings -----------------------------------------------------------------------------------------------------


def naughty_texts(rig: Rig, allowance: Allowance) -> Tally:
    """Each naughty string in each string field of an order: on the sheet as it was sent, or refused, or held."""
    tally, ends = Tally(), Ends()
    with rig.scene() as first:
        fields = string_fields(first.orders)
    strings = naughty_strings()
    plan = _mixed(rig.chance_of("naughty"), fields, strings)
    compared = 0
    while allowance.has_room(tally.runs, BATCH_S):
        batches = list(itertools.islice(plan, FILES * IN_A_FILE * BATCHES))
        if not batches:
            break
        compared += _texts_in_a_scene(rig, allowance, batches, (tally, ends))
    tally.remarks.append(f"{tally.runs} of {len(fields) * len(strings)}: {len(strings)} strings, {len(fields)} fields")
    counted(ends, tally, f"{compared} compared on paper")
    return tally


def _mixed(chance: random.Random, fields: Sequence[Place], strings: Sequence[str]) -> Iterator[tuple[Place, str]]:
    """All pairs, so that any part of them has as many of each field."""
    columns = [chance.sample([(place, text) for text in strings], len(strings)) for place in fields]
    return itertools.chain.from_iterable(zip(*columns, strict=True))


def _texts_in_a_scene(
    rig: Rig, allowance: Allowance, pairs: Sequence[tuple[Place, str]], told: tuple[Tally, Ends]
) -> int:
    tally, ends = told
    texts: list[Text] = []
    with rig.scene(rendering_workers=2) as scene:
        scene.start()
        scene.wait_ready()
        size = FILES * IN_A_FILE
        for start in range(0, len(pairs), size):
            if start and not allowance.has_room(tally.runs, BATCH_S):
                break
            some = [text_in(place, text, scene.orders) for place, text in pairs[start : start + size]]
            for number in range(0, len(some), IN_A_FILE):
                part = some[number : number + IN_A_FILE]
                scene.drop(file_of(part, f"texts-{start + number}.jsonl"))
            scene.drop(scene.orders.one())
            scene.settle()
            texts += some
            tally.runs += len(some)
        settled(scene, ends, tally)
        compared = judge_texts(texts, scene, tally)
        _add_verdict(scene, tally)
    return compared


def _add_verdict(scene: Scene, tally: Tally) -> None:
    verdict = scene.verdict(may_flag=True)
    if verdict.worst_s > NEIGHBOUR_S:
        verdict.find(f"a neighbour waited {verdict.worst_s:.1f} s")
    if scene.restarts:
        verdict.find(f"the service ended {scene.restarts} times: {scene.exits}")
    tally.add(verdict)


# Any order -----------------------------------------------------------------------------------------------------------


def any_orders(rig: Rig, allowance: Allowance) -> Tally:
    """Orders that hypothesis makes up: printed with their facts, or held; with one fault: refused, with its place."""
    tally, ends = Tally(), Ends()
    with rig.scene(rendering_workers=2) as scene:
        scene.start()
        scene.wait_ready()
        sent, spoilt = [], []
        while allowance.has_room(tally.runs, BATCH_S):
            number = rig.seed * 1000 + tally.runs
            valid = orders_of_any_kind(number, 24, scene.orders)
            broken = almost_orders(number, 24, scene.orders)
            scene.drop(*(drop for drop, _ in valid), *(each.drop for each in broken), scene.orders.one())
            scene.settle()
            sent += valid
            spoilt += broken
            tally.runs += len(valid) + len(broken)
        settled(scene, ends, tally)
        _judge_orders(scene, sent, spoilt, tally)
        _add_verdict(scene, tally)
    counted(ends, tally, "valid ones and spoilt ones")
    return tally


def _judge_orders(
    scene: Scene, sent: Sequence[tuple[Dropped, Shipment]], spoilt: Sequence[Spoilt], tally: Tally
) -> None:
    """The facts of each valid order are on its sheet, and the refusal of each other one names the place."""
    printed = documents(scene)
    for drop, shipment in sent:
        if problems := problems_of(scene, drop.name):
            tally.find(f"{drop.name}: a valid order is refused: {problems[0]['code']} {problems[0]['where']}")
        if sheet := printed.get(shipment.note_id):
            for missing in facts_missing(shipment, text_of(sheet)):
                tally.find(f"{shipment.note_id}: the sheet does not say {missing}")
    for each in spoilt:
        wheres = [problem["where"] for problem in problems_of(scene, each.drop.name)]
        if not any(each.pointer in where for where in wheres):
            tally.find(f"{each.drop.name}: {each.what} at {each.pointer}: refused at {wheres}")


# Files of every fault, and text that wants to be more than text ------------------------------------------------------


def files_of_every_fault(rig: Rig, allowance: Allowance) -> Tally:
    """JSON, CSV and feeds with every fault of the matrix: each ends as it must, and nobody waits for it."""
    tally = Tally()
    with rig.scene(rendering_workers=2) as scene:
        scene.start()
        scene.wait_ready()
        made = hostile_files(scene.orders)
        tally.runs = len(made)
        _send(scene, made)
        _judge_files(scene, made, tally)
    return tally


def _send(scene: Scene, made: Sequence[Hostile]) -> None:
    """Some at a time, an ordinary order after each few."""
    for start in range(0, len(made), 8):
        scene.drop(*(each.drop for each in made[start : start + 8]), scene.orders.one())
        scene.settle()


def _judge_files(scene: Scene, made: Sequence[Hostile], tally: Tally) -> None:
    ends = Ends()
    settled(scene, ends, tally, frozenset({*(end for each in made for end in each.ends), "order-changed"}))
    for each in made:
        receipt = scene.oracle.receipt(each.drop.name) or {"notes": [], "problems": []}
        came = {problem["code"] for problem in receipt["problems"]}
        came |= {note["code"] or note["state"] for note in receipt["notes"]}
        if not came or came - set(each.ends):
            tally.find(f"{each.what}: {sorted(came)}, not {each.ends}")
    _add_verdict(scene, tally)
    counted(ends, tally, f"{len(made)} files")


def injected(rig: Rig, allowance: Allowance) -> Tally:
    """Texts that name files, addresses, markup and code: they are on the sheet as they are, and nothing was opened."""
    tally = Tally()
    with rig.scene(rendering_workers=2) as scene, Traps(scene.home) as traps:
        library = scene.home / "library"
        library.mkdir()
        scene.environ["SLIPWAY_IMAGE_CACHE"] = str(library)
        scene.start()
        scene.wait_ready()
        traps.prove_that_they_work(tally)
        texts = [text_in(place, text, scene.orders) for place, text in injections(traps)]
        for number in range(0, len(texts), IN_A_FILE):
            part = texts[number : number + IN_A_FILE]
            scene.drop(file_of(part, f"injected-{number}.jsonl"), scene.orders.one())
            scene.settle()
        tally.runs = len(texts)
        ends = Ends()
        settled(scene, ends, tally)
        compared = judge_texts(texts, scene, tally)
        for sprung in traps.sprung():
            tally.find(f"opened: {sprung}")
        _add_verdict(scene, tally)
    counted(ends, tally, f"{compared} compared on paper, nothing opened or called")
    return tally


CAMPAIGNS = (
    Campaign(
        "naughty",
        "naughty strings in every string field",
        "blns in orders",
        "on paper as sent, refused, or held",
        naughty_texts,
        45,
        ("corpora", "poppler"),
    ),
    Campaign(
        "any-order",
        "any order, and almost any",
        "hypothesis",
        "its facts on paper; refused with the place",
        any_orders,
        35,
        ("poppler",),
    ),
    Campaign("files", "JSON, CSV, feeds with every fault", "as named", "refused, or printed", files_of_every_fault, 20),
    Campaign(
        "injected", "markup, paths, addresses, code", "texts, traps", "only text", injected, 20, ("poppler", "inotify")
    ),
)
