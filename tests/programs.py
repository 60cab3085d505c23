"""Programs that a test starts: wait for them, end them by their own process id, always within a time."""

import signal
import socket
import subprocess
import time
from collections.abc import Callable

PATIENCE_S = 30.0  # on a machine that is busy with other things


def until(condition: Callable[[], bool], what: str, program: "subprocess.Popen[bytes] | None" = None) -> None:
    """Wait for `condition`, PATIENCE_S at most, and not for a program that died."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if program and program.poll() is not None:
            raise RuntimeError(f"{what} ended with {program.returncode}")
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come in {PATIENCE_S:.0f} s")
        time.sleep(0.005)


def end(program: "subprocess.Popen[bytes] | None", number: int = signal.SIGTERM) -> None:
    """Signal a program of ours and wait for its end; one that won't go is killed."""
    if program is None:
        return
    program.send_signal(number)
    try:
        program.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait(PATIENCE_S)


def answers(address: str | tuple[str, int]) -> bool:
    with socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET) as probe:
        return probe.connect_ex(address) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
