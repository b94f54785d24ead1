"""A disk of a few hundred kilobytes, and a folder that an ordinary user cannot write."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of that size at ``folder``; skips the test where none can be mounted."""
    if not shutil.which("mount") or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill_up(folder: Path, but: int) -> Path:
    """A file that leaves ``but`` bytes of the disk free."""
    filler = folder / "filler"
    status = os.statvfs(folder)
    filler.write_bytes(bytes(max(0, status.f_bavail * status.f_frsize - but)))
    return filler


@contextlib.contextmanager
def ordinary_user() -> Iterator[None]:
    """Without root's right to write anywhere; skips where that cannot be given up."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("giving up rights needs root")
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
