"""A reload: the configuration is read again while the service runs, for the notes that come next.

    takes effect      shops, sites, languages, messages, routes, feeds; the layouts, in new render workers
    needs a restart   spool, image_cache, layouts (where they are), intake, rendering, printing, metrics; printers.toml

It is taken whole or not at all: one with a fault, or with a change that needs a restart, leaves everything as it was,
and the log says what is wrong, with file, line and key. It gets ready in a thread of its own; notes go on meanwhile.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from service.config import Config, read_again
from service.errors import ConfigInvalid, OwnFault, SlipwayError
from service.faults import contained
from service.intake.feeds import Feeds, compile_feeds
from service.log import log
from service.planning.house import House, compile_house
from service.rendering.pool import RenderPool
from service.systemd import Manager

FOR_RESTART = ("spool", "image_cache", "layouts", "intake", "rendering", "printing", "metrics")
GET_READY_S = 10.0


@dataclass(frozen=True, slots=True)
class Furnishing:
    """What a configuration brings that can change while the service runs."""

    house: House
    feeds: Feeds
    renderer: RenderPool


def furnish(config: Config) -> Furnishing:
    """Compile a configuration; its render workers are not started yet. Raises ConfigInvalid."""
    settings = config.settings
    layouts = {shop.layout for shop in settings.shops.values()}
    return Furnishing(
        compile_house(config), compile_feeds(config), RenderPool(settings.layouts, layouts, settings.rendering)
    )


class Reload:
    """Reads again what a service was started with; `adopt` is called with what is good."""

    def __init__(self, config: Config, manager: Manager, adopt: Callable[[Furnishing], None]) -> None:
        self._config = config
        self._manager = manager
        self._adopt = adopt
        self._is_asked = threading.Event()
        self._thread = threading.Thread()

    def ask(self) -> None:
        """Reload soon; safe in a signal handler."""
        self._is_asked.set()

    def begin_if_asked(self) -> None:
        """Called by the scan. Who asks while a reload is under way gets another one after it."""
        if self._is_asked.is_set() and not self._thread.is_alive():
            self._is_asked.clear()
            self._thread = threading.Thread(target=self._run, name="reload", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Wait for one that is under way."""
        if self._thread.is_alive():
            self._thread.join(GET_READY_S)

    def _run(self) -> None:
        began = time.monotonic()
        self._manager.reloading()
        try:
            with contained(OwnFault):
                furnishing = furnish(read_for_reload(self._config))
                furnishing.renderer.start()
                self._adopt(furnishing)
        except SlipwayError as error:
            log.error("config.refused", code=error.code, reason=str(error))
        else:
            log.info("config.reloaded", elapsed_ms=round((time.monotonic() - began) * 1000, 1))
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
