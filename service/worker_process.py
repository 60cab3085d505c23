"""What every worker process of ours does first: it limits its memory, and ends when its parent does.

Workers are started by a fork server and outlive a parent that is killed, unless they watch it themselves.
"""

import os
import resource
import select
import threading

PARENT_DIED = 76  # exit code


def limit_memory(memory_mb: int) -> None:
    """Let this process have at most `memory_mb` of address space; beyond it, MemoryError."""
    limit_bytes = memory_mb * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))


def end_with(parent: int) -> None:
    """End this process as soon as the process with pid `parent` has ended: nobody is left to work for."""
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    try:
        watch = select.poll()
        watch.register(os.pidfd_open(parent), select.POLLIN)
        watch.poll()
    except ProcessLookupError:
        pass
    os._exit(PARENT_DIED)
