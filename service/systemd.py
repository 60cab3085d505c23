"""What the service tells systemd: that it is ready, what it is at, and that it gets on. Without systemd, nothing.

The watchdog is fed from the scan and from nowhere else, and only while every other part gets on too: a part is idle,
or not too long at the step it is at. So a service that hangs anywhere is ended and started again; no thread of its own
keeps it looking alive. The protocol: sd_notify(3).
"""

import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

Busy = Callable[[], float | None]  # since when (monotonic) a part is at its present step; None: it is idle
NOBODY_WATCHES_S = 3600.0


class Manager:
    """systemd, as $NOTIFY_SOCKET names it; an empty address: there is none."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        self.watchdog_s = int(environ.get("WATCHDOG_USEC", 0)) / 1e6  # 0: nobody watches

    @property
    def is_there(self) -> bool:
        """True when systemd started us, and wants to be told."""
        return bool(self._address)

    def ready(self) -> None:
        self._tell("READY=1")

    def reloading(self) -> None:
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        self._tell("STOPPING=1")

    def status(self, line: str) -> None:
        """The line that `systemctl status` shows."""
        self._tell(f"STATUS={line}")

    def gets_on(self) -> None:
        """Put off the watchdog."""
        self._tell("WATCHDOG=1")

    def _tell(self, message: str) -> None:
        if not self.is_there:
            return
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notices, suppress(OSError):
            notices.settimeout(1.0)  # a manager that is being started again: nothing is owed to it
            notices.sendto(message.encode(), address)


class Heartbeat:
    """Feeds the watchdog while every part gets on. `beat` is called by the scan, as often as it likes."""

    def __init__(self, manager: Manager, parts: Mapping[str, Busy], patience_s: float) -> None:
        self._manager = manager
        self._parts = parts
        self._patience_s = patience_s
        self._next_at = 0.0

    @property
    def every_s(self) -> float:
        """How often the scan must beat at least: four times while the watchdog waits once."""
        return self._manager.watchdog_s / 4 or NOBODY_WATCHES_S

    def beat(self) -> tuple[str, ...]:
        """Feed the watchdog if its time has come; the parts that hang, and keep it from being fed."""
        now = time.monotonic()
        if now < self._next_at:
            return ()
        hanging = tuple(name for name, busy in self._parts.items() if now - (busy() or now) > self._patience_s)
        if not hanging:
            self._next_at = now + self.every_s / 2
            self._manager.gets_on()
        return hanging
