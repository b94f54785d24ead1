"""Environment of a run: versions, device and threads, on which the bits of its numbers depend."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

import hhstudio

PACKAGES = ("torchvision", "numpy", "h5py")


def environment(device: str) -> dict[str, str]:
    """Versions, device and threads, as texts by name; device and threads as they are set now.

    Parameters
    ----------
    device : str

    Returns
    -------
    dict of str to str
    """
    return {
        **_fixed(),
        "device": device,
        "device_name": _device_name(device),
        "threads": str(torch.get_num_threads()),
    }


@cache
def _fixed() -> dict[str, str]:
    """Entries that do not change while a process runs."""
    versions = {
        "hhstudio": hhstudio.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "torch": str(torch.__version__),
        "cpu": torch.backends.cpu.get_cpu_capability(),
    }
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    if torch.version.cuda and torch.cuda.is_available():
        versions["cuda"] = str(torch.version.cuda)
    return versions | _checkout(Path(hhstudio.__file__).parents[1])


def _device_name(device: str) -> str:
    if device.startswith("cuda"):
        return torch.cuda.get_device_name(torch.device(device))
    return platform.processor() or platform.machine()


def _checkout(folder: Path) -> dict[str, str]:
    """``commit``, and whether files differ from it (``changes``), where the program runs from a checkout."""
    if not (folder / ".git").exists():
        return {}
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return {}
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return (
        {"commit": commit} if changed is None else {"commit": commit, "changes": "yes" if changed else "no"}
    )


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
