"""A journald that does not read, or is gone: events are lost then, and counted; no note waits for the log."""

from pathlib import Path

from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.journal_double import JournalDouble
from tests.prove.oracle import Tally
from tests.prove.rig import Rig, Scene

NOTES = 12  # they say more than the kernel keeps for a journal that does not read (net.unix.max_dgram_qlen)


def without_a_journal(rig: Rig, _: Allowance) -> Tally:
    """Orders while it reads, does not, is gone without its socket and with it; then it is back, and hears of that."""
    address = rig.home / "journal"
    with rig.scene(nursery=rig.nursery_with({"PROVE_JOURNAL": str(address)})) as scene:
        journal = told_to_the_journal(scene, address)
        scene.start()
        scene.wait_ready()
        for fails in (lambda: None, journal.pause, journal.stop, address.unlink):
            fails()
            scene.drop_beside(*scene.orders.some(NOTES))
            scene.settle()
        JournalDouble(address, scene.home / "journal.log", scene.log)
        scene.drop(scene.orders.one())
        tally = scene.verdict()
        tally.runs = 4
        missed = max((int(str(said["events"])) for said in scene.logged("log.lost")), default=0)
        if missed < 2 * NOTES:
            tally.find(f"{missed} events are lost, says the log, of what {2 * NOTES} notes had to say to nobody")
        tally.remarks = [f"{missed} events lost, and said so"]
        return tally


def told_to_the_journal(scene: Scene, address: Path) -> JournalDouble:
    """A journal at this address, to which the service of the scene will speak; the log is what it has heard."""
    journal = JournalDouble(address, scene.home / "journal.log", scene.log)
    scene.log.touch()
    status = scene.log.stat()
    scene.environ["JOURNAL_STREAM"] = f"{status.st_dev}:{status.st_ino}"
    return journal


CAMPAIGNS = (
    Campaign("journal", "a journald that is slow, or away", "its socket", "as ever; told later", without_a_journal, 15),
)
