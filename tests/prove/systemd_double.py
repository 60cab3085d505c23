"""Who is told what the service does, in the place of systemd: its notices, and when the last sign of life came."""

import socket
import threading
import time
from pathlib import Path


class SystemdDouble:
    """Listens at a Unix socket; `environ` names it to the service, which is to be fed every `watchdog_s`."""

    def __init__(self, address: Path, watchdog_s: float) -> None:
        self.environ = {"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": f"{watchdog_s * 1e6:.0f}"}
        self.last_sign_at = time.monotonic()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(address))
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def silent_s(self) -> float:
        """How long the service has given no sign of life."""
        return time.monotonic() - self.last_sign_at

    def _listen(self) -> None:
        while notice := self._socket.recv(4096):
            if notice == b"WATCHDOG=1":
                self.last_sign_at = time.monotonic()
