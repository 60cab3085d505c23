"""A reload: the configuration is read again while the service runs, for the notes that come next.

    takes effect      shops, sites, languages, messages, routes, feeds, campaigns; the layouts, in new render workers
    needs a restart   spool, image_cache, layouts (where they are), intake, rendering, printing, metrics; printers.toml

It comes with a signal, or is asked for by a file in the spool's decisions/, which is answered beside it. The content
packs that were activated are part of it. It is taken whole or not at all: one with a fault, or with a change that needs
a restart, leaves everything as it was, and the log says what is wrong, with file, line and key. It gets ready in a
thread of its own; notes go on meanwhile.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.config import Config, read_again, without_campaigns
from service.content.shelf import packs_of
from service.errors import CampaignsInvalid, ConfigInvalid, OwnFault, SlipwayError
from service.faults import contained
from service.intake import asked
from service.intake.feeds import Feeds, compile_feeds
from service.intake.spool import Spool
from service.log import log
from service.planning.house import House, compile_house, faulty_campaigns
from service.rendering.pool import RenderPool
from service.systemd import Manager

FOR_RESTART = ("spool", "image_cache", "layouts", "intake", "rendering", "printing", "metrics")
GET_READY_S = 10.0
ASKED, ANSWERED = ".reload-asked.json", ".answered.json"


def ask_for_reload(spool: Spool, request: str) -> None:
    """Ask the service to reload, durably; a service that does not run reads everything when it starts."""
    asked.put_asked(spool.decisions / f"{request}{ASKED}", {})


def reload_answer(spool: Spool, request: str) -> str | None:
    """Why the service kept what it had, empty if it has not; None until it has answered."""
    answer = asked.take_answer(spool.decisions / f"{request}{ANSWERED}")
    return None if answer is None else str(answer["refused"])


@dataclass(frozen=True, slots=True)
class Furnishing:
    """What a configuration brings that can change while the service runs."""

    house: House
    feeds: Feeds
    renderer: RenderPool


def furnish(config: Config) -> Furnishing:
    """Compile a configuration; its render workers are not started yet. Raises ConfigInvalid, CampaignsInvalid."""
    settings = config.settings
    layouts = {shop.layout for shop in settings.shops.values()}
    return Furnishing(
        compile_house(config, packs_of(config)),
        compile_feeds(config),
        RenderPool(settings.layouts, layouts, settings.rendering),
    )


def furnish_for_start(config: Config) -> Furnishing:
    """The same; campaigns with a fault are left out: a service that starts prints, whatever marketing wrote."""
    try:
        return furnish(config)
    except CampaignsInvalid as error:
        faults = faulty_campaigns(config)
        for name, fault in faults.items():
            log.error("campaigns.refused", campaign=name or "all", code=error.code, reason=fault)
        return furnish(without_campaigns(config, faults))


class Reload:
    """Reads again what a service was started with; `adopt` is called with what is good."""

    def __init__(self, config: Config, spool: Spool, manager: Manager, adopt: Callable[[Furnishing], None]) -> None:
        self._config = config
        self._spool = spool
        self._manager = manager
        self._adopt = adopt
        self._is_asked = threading.Event()
        self._thread = threading.Thread()

    def ask(self) -> None:
        """Reload soon; safe in a signal handler."""
        self._is_asked.set()

    def begin_if_asked(self) -> None:
        """Called by the scan. Who asks while a reload is under way gets another one after it."""
        if self._thread.is_alive():
            return
        requests = sorted(self._spool.decisions.glob(f"*{ASKED}"))
        if self._is_asked.is_set() or requests:
            self._is_asked.clear()
            self._thread = threading.Thread(target=self._run, args=(requests,), name="reload", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Wait for one that is under way."""
        if self._thread.is_alive():
            self._thread.join(GET_READY_S)

    def _run(self, requests: Sequence[Path]) -> None:
        refused = self._reload()
        for request in requests:
            asked.put_answer(request.with_name(request.name.removesuffix(ASKED) + ANSWERED), {"refused": refused})
            asked.remove_asked(request)

    def _reload(self) -> str:
        """Take what the files say; or why not."""
        began = time.monotonic()
        self._manager.reloading()
        try:
            with contained(OwnFault):
                furnishing = furnish(read_for_reload(self._config))
                furnishing.renderer.start()
                self._adopt(furnishing)
        except SlipwayError as error:
            log.error("config.refused", code=error.code, reason=str(error))
            return str(error)
        else:
            log.info("config.reloaded", elapsed_ms=round((time.monotonic() - began) * 1000, 1))
            return ""
        finally:
            self._manager.ready()


def read_for_reload(old: Config) -> Config:
    """What the files say now; ConfigInvalid if it has a fault, or needs a restart."""
    new = read_again(old)
    changed = [
        f"{new.folder / 'slipway.toml'}: {name}"
        for name in FOR_RESTART
        if getattr(old.settings, name) != getattr(new.settings, name)
    ]
    if old.printers != new.printers:
        changed.append(f"{new.folder / 'printers.toml'}")
    if changed:
        raise ConfigInvalid(f"takes effect with a restart: {', '.join(changed)}", hint="`systemctl restart slipway`")
    return new
