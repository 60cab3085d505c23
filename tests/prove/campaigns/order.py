"""The order of effects: what must be on disk, or at the printer, before what; read from the trace of one order."""

from collections.abc import Iterable, Sequence

from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.failpoints import Strike
from tests.prove.oracle import Tally
from tests.prove.rig import Rig

COMMIT = "after ledger.writer.Writer._commit.commit"
DURABLE = ("after files.write_aside.write", "after files.write_aside.fsync", "after files.write_aside.replace")
NAMES = "after files.fsync_folder.fsync"
STORY = (
    # our own copy is durable, content and name, before the ledger says that we have it
    *("before intake.copies.write_copy.write_aside", *DURABLE, NAMES),
    # the ledger has it before it leaves the hot folder
    *("before ledger.ledger.record_drop.write", COMMIT, "before intake.hot_folder.HotFolder._remove.unlink"),
    # the intent is on disk before CUPS hears of it, the job's id before anything can print
    *("before ledger.ledger.intend.move", COMMIT, "before printing.cupsd.Cupsd.submit.ask"),
    *("before ledger.ledger.note_job.write", COMMIT, "before printing.cupsd.Cupsd.let_go.ask"),
    *("before ledger.ledger.accept.move", COMMIT, "before ledger.ledger.complete.move", COMMIT),
    # the last receipt is durable before our copy leaves working/, and that is durable too
    *(
        "before intake.receipts.write_receipt.write_aside",
        *DURABLE,
        "before drops.Drops._flush.fsync_folder",
    ),
    *(NAMES, "before intake.archive.archive.rename", "before drops.Drops._flush.fsync_folder-2", NAMES),
)
REFUSAL = (
    # the report is durable before the file that it is about is put beside it
    *("before ledger.ledger.record_drop.write", COMMIT, "before intake.archive.refuse.write_whole", *DURABLE, NAMES),
    *("before intake.archive.refuse.rename", "before drops.Drops._flush.fsync_folder-2", NAMES),
)


def order_of_effects(rig: Rig, _: Allowance) -> Tally:
    """One order that prints, then one file that is refused: each effect comes after those that it relies on."""
    with rig.scene() as scene:
        life = scene.start(trace=True)
        scene.wait_ready()
        scene.drop(scene.orders.one())
        scene.wait(lambda: bool(scene.logged("drop.archived")), "the order in done/")
        printed = len(life.passed())
        scene.drop(scene.orders.broken())
        scene.wait(lambda: len(scene.logged("drop.archived")) > 1, "the file in problem/")
        passed = life.passed()
        tally = scene.verdict()
    tally.runs = 2
    for story, part in ((STORY, passed[:printed]), (REFUSAL, passed[printed:])):
        if missing := first_missing(story, part):
            tally.find(f"not in its place: {missing}")
    return tally


def first_missing(story: Sequence[str], passed: Iterable[Strike]) -> str:
    """The first moment of the story that does not come after the one before it; empty if all do."""
    told = iter(story)
    awaited = next(told, "")
    for strike in passed:
        if f"{strike.moment} {strike.name}" == awaited:
            awaited = next(told, "")
    return awaited


CAMPAIGNS = (
    Campaign("order", "an effect before what it relies on", "nothing: the trace is read", "none", order_of_effects, 5),
)
