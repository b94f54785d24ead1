"""Machine memory: what this process may have of it, free or not."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil

_CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


def machine_memory() -> int:
    """Bytes of main memory, or fewer where a container or a limit of the process (``ulimit -v``) says so."""
    limits = [psutil.virtual_memory().total]
    try:
        limits.append(int(_CONTAINER_LIMIT.read_text()))  # "max" where there is none
    except (OSError, ValueError):
        pass
    if sys.platform != "win32":
        import resource

        address_space, _ = resource.getrlimit(resource.RLIMIT_AS)
        if address_space != resource.RLIM_INFINITY:
            limits.append(address_space)
    return min(limits)
