"""What every command needs that asks something of the service: an id for it, and who asks."""

import getpass
import os
import secrets
import time


def new_decision_id() -> str:
    """Later ones sort behind earlier ones."""
    return f"{time.time_ns():x}-{secrets.token_hex(4)}"


def person() -> str:
    """Who sits at the terminal, also behind sudo."""
    return os.environ.get("SUDO_USER") or getpass.getuser()
