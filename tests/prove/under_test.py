"""The nursery: starts the real service, or a command, as often as it is told, with the failpoints woven in.

`python -m tests.prove.under_test`, spoken to in lines of JSON: {"start": {...}} is answered by {"started": pid}; when
that process ends, {"ended": pid, "status": ...} follows. It imports the service once, its modules rewritten on the way
in, and forks for each start: what a start costs is then the start, not the imports. Each service is a session of its
own, with the real command line, signals, ledger, workers and exit code; a mutant is put into the fork (mutants.py).

{"warm": FOLDER} gets that configuration ready for lives that begin warm (warm.py). Render workers import this module
too: so it imports little at its top.
"""

import ast
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import select
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

LOOK_EVERY_S = 0.005
SERVICE = Path(__file__).parent.parent.parent / "service"

if __name__ == "__mp_main__" and os.environ.get("PROVE_POISON"):  # we are a render worker
    from tests.prove.poison import poison_drawing

    poison_drawing()


class Weaver(importlib.machinery.SourceFileLoader):
    """Loads a module of the service with its effects wrapped; never from or into a cache."""

    def get_code(self, fullname: str) -> CodeType:
        from tests.prove.effects import ROOMS, instrumented

        room = fullname.removeprefix("service.").replace(".", "/")
        path = self.get_filename(fullname)
        tree = ast.parse(Path(path).read_text(encoding="utf-8"))
        return compile(instrumented(tree, room) if room in ROOMS else tree, path, "exec")


class Finder(importlib.abc.MetaPathFinder):
    """Gives the modules of the service to the weaver."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not fullname.startswith("service."):
            return None
        place = SERVICE / Path(*fullname.split(".")[1:])
        if place.is_dir():
            file = str(place / "__init__.py")
            return importlib.util.spec_from_file_location(
                fullname, file, loader=Weaver(fullname, file), submodule_search_locations=[str(place)]
            )
        file = f"{place}.py"
        return importlib.util.spec_from_file_location(fullname, file, loader=Weaver(fullname, file))


@dataclass(frozen=True, slots=True)
class Start:
    """How one service is started."""

    arguments: list[str]
    environ: dict[str, str]
    log: str
    trace: str
    commands: str
    strikes: list[dict[str, Any]]
    traces_all: bool = False
    mutant: str = ""
    is_warm: bool = False


def main() -> None:
    sys.meta_path.insert(0, Finder())
    warm_up()
    say({"ready": os.getpid()})
    serve()


def warm_up() -> None:
    """Import all that a service imports, and start the server that its render workers are forked from."""
    from multiprocessing import forkserver

    if clock := os.environ.get("PROVE_CLOCK"):
        shift_clock(Path(clock))

    import service.cli.campaigns
    import service.cli.content
    import service.cli.decisions
    import service.cli.drops
    import service.cli.erasing
    import service.cli.recommend
    import service.cli.scan
    import service.cli.service
    import service.cli.vouchers
    import service.journal
    import service.rendering.pool

    if journal := os.environ.get("PROVE_JOURNAL"):
        service.journal.Journal.__init__.__defaults__ = (Path(journal),)  # in the place of journald's own

    if os.environ.get("PROVE_POISON"):
        from tests.prove.poison import poison_reading

        poison_reading()
    if poisoned := os.environ.get("PROVE_POISON_LATER"):
        from tests.prove.poison import poison_reading_again

        poison_reading_again(Path(poisoned))
    service.rendering.pool.warm_up_ahead()
    # it runs; a service that was forked from here can't wait for it, and need not
    forkserver.ensure_running = lambda: None
    forkserver._forkserver.ensure_running = lambda: None  # type: ignore[attr-defined]


def shift_clock(shift: Path) -> None:
    """The wall clock is as many seconds off as the file says, from one look at it to the next."""
    import service.clock

    true_now = service.clock.utc_now
    service.clock.utc_now = lambda: true_now() + timedelta(seconds=float(shift.read_text() or 0))


def serve() -> None:
    """Start what is asked for until nobody asks any more; then end what is left."""
    running: set[int] = set()
    unread = b""
    while True:
        readable, _, _ = select.select([0], [], [], LOOK_EVERY_S)
        if readable:
            more = os.read(0, 1 << 16)
            if not more:
                break
            *lines, unread = (unread + more).split(b"\n")
            for line in lines:
                told = json.loads(line)
                if "warm" in told:
                    get_warm(Path(told["warm"]))
                    continue
                pid = started(Start(**told["start"]))
                running.add(pid)
                say({"started": pid})
        for pid in tuple(running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                running.discard(pid)
                say({"ended": pid, "status": status})
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def get_warm(folder: Path) -> None:
    from tests.prove.warm import compile_ahead

    compile_ahead(folder)
    gc.freeze()  # what stands here is not looked through again in every life
    say({"ready": os.getpid()})


def started(start: Start) -> int:
    """The pid of a service that was started so."""
    pid = os.fork()
    if pid:
        return pid
    from tests.prove.failpoints import Strike, arm

    status = 70
    try:
        os.setsid()
        log = os.open(start.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor, target in ((nothing, 0), (log, 1), (log, 2)):  # commands answer on 1
            os.dup2(descriptor, target)
        for name in [name for name in os.environ if name.startswith("SLIPWAY_")]:
            del os.environ[name]
        os.environ.update(start.environ)
        if start.is_warm:
            from tests.prove.warm import begin_warm

            begin_warm()
        if start.mutant:
            from tests.prove.mutants import put_in

            put_in(start.mutant)
        strikes = [Strike(**strike) for strike in start.strikes]
        arm(strikes, start.trace, start.commands, traces_all=start.traces_all)

        from service.cli.main import main as slipway

        status = slipway(start.arguments)
    finally:
        os._exit(status)


def say(said: dict[str, Any]) -> None:
    os.write(1, json.dumps(said).encode() + b"\n")


if __name__ == "__main__":
    main()
