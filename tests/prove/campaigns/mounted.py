"""The hot folder on another file system: mounted, gone, back, empty for a moment; and without inotify."""

import threading

from tests.prove.campaigns.arrivals import make_hostile
from tests.prove.campaigns.campaign import Allowance, Campaign
from tests.prove.mounts import bound, mount_bound, tmpfs, unmount_bound
from tests.prove.oracle import Tally
from tests.prove.orders import Dropped
from tests.prove.rig import Rig

BACK_S = 5.0  # so soon after its folder is back the next file prints
BLINKS = 4
WITHOUT_INOTIFY = ("unshare", "--user", "--map-root-user", "sh", "-c")
NO_INSTANCES = 'echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"'


def unmounted(rig: Rig, allowance: Allowance) -> Tally:
    """What is mounted at the hot folder goes, and comes back: loud, not taken for empty, and the next file prints."""
    tally = Tally()
    while allowance.has_room(tally.runs, 6) and tally.runs < 20:
        with tmpfs(rig.home, "size=32m") as share, rig.scene() as scene:
            incoming = scene.spool / "incoming"
            with bound(share, incoming):
                scene.drop(scene.orders.one())
                scene.settle()
                unmount_bound(incoming)
                scene.wait(lambda: bool(scene.logged("folder.lost")), "folder.lost", BACK_S)
                scene.drop(scene.orders.one())  # by somebody of this machine, into the folder below
                scene.settle()
                mount_bound(share, incoming)
                last = scene.orders.one()
                scene.drop(last)
                verdict = scene.verdict()
            last_s = dict(scene.oracle.delays()).get(last.note_ids[0], 0.0)
            if not scene.logged("folder.back"):
                verdict.find("nothing said that the folder is back")
            if last_s > BACK_S:
                verdict.find(f"the next file took {last_s:.1f} s")
            if scene.restarts:
                verdict.find(f"the service ended: {scene.exits}")
            tally.add(verdict)
            tally.runs += 1
    return tally


def blinks(rig: Rig, allowance: Allowance) -> Tally:
    """A share that is empty for moments, while files lie in it and more come: each prints once."""
    chance = rig.chance_of("blinks")
    with tmpfs(rig.home, "size=32m") as share, rig.scene() as scene:
        incoming = scene.spool / "incoming"
        with bound(share, incoming):
            scene.start()
            scene.wait_ready()
            for _ in range(BLINKS):
                scene.drop(*scene.orders.some(6))
                threading.Event().wait(chance.uniform(0.0, 0.1))
                unmount_bound(incoming)
                threading.Event().wait(chance.uniform(0.05, 0.8))
                mount_bound(share, incoming)
            scene.drop(scene.orders.one())
            tally = scene.verdict()
    tally.runs = BLINKS
    return tally


def across_file_systems(rig: Rig, allowance: Allowance) -> Tally:
    """The hot folder is a link to another file system: nothing can be renamed out of it, whatever lies there."""
    with tmpfs(rig.home, "size=32m") as elsewhere, rig.scene() as scene:
        (scene.spool / "incoming").rmdir()
        (scene.spool / "incoming").symlink_to(elsewhere)
        scene.start()
        scene.wait_ready()
        outside = scene.home / "outside.json"
        outside.write_bytes(b"{}")
        made = make_hostile(scene.spool / "incoming", outside)
        for name in made:
            scene.oracle.expect(Dropped(name, b"", (), is_refused=True))
        scene.drop_beside(*scene.orders.assortment())
        scene.settle()
        scene.drop(*scene.orders.assortment())
        scene.kill()
        tally = scene.verdict()
        tally.runs = 2 + len(made)
    return tally


def without_inotify(rig: Rig, allowance: Allowance) -> Tally:
    """There are no inotify instances left: the service warns, and the scan alone finds every file."""
    nursery = rig.nursery_with({}, (*WITHOUT_INOTIFY, NO_INSTANCES, "sh"))
    with rig.scene(nursery=nursery) as scene:
        scene.start()
        scene.wait_ready()
        scene.drop(*scene.orders.assortment())
        scene.settle()
        scene.drop(*scene.orders.some(5))
        tally = scene.verdict()
        tally.runs = 1
        if not scene.logged("folder.watch-lost"):
            tally.find("nothing said that the watch is lost")
    return tally


CAMPAIGNS = (
    Campaign(
        "unmounted", "hot folder unmounted, and back", "umount", "loud; then as ever", unmounted, 6, ("root", "tmpfs")
    ),
    Campaign("blinks", "a share that is empty for moments", "umount", "one sheet each", blinks, 6, ("root", "tmpfs")),
    Campaign(
        "elsewhere",
        "hot folder on another file system",
        "tmpfs",
        "as ever",
        across_file_systems,
        6,
        ("root", "tmpfs"),
    ),
    Campaign(
        "no-inotify", "no inotify instances", "user namespace", "warned; as ever", without_inotify, 18, ("namespace",)
    ),
)
