"""Devices by name: which there are, their arithmetic, threads and memory."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple

import psutil
import torch

from hhstudio.core.errors import DeviceError
from hhstudio.core.machine_memory import machine_memory
from hhstudio.core.spec.spec import Training


class Arithmetic(NamedTuple):
    """Precision of a run.

    Attributes
    ----------
    dtype : torch.dtype
        Of stored numbers.
    autocast : torch.dtype or None
        Of the products of solvers and generators; None: ``dtype``.
    """

    dtype: torch.dtype
    autocast: torch.dtype | None


def resolve_device(name: str) -> str:
    """Device that is there, for auto, cpu, cuda, cuda:1, mps.

    Parameters
    ----------
    name : str
        ``auto`` takes the first of CUDA, MPS and CPU that there is.

    Returns
    -------
    str

    Raises
    ------
    DeviceError
        For an unknown name, or a device that this machine does not have.
    """
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if name == "auto":
        return "cuda" if cuda else "mps" if mps else "cpu"
    kind, _, index = name.partition(":")
    if kind == "cpu" and not index:
        return name
    if kind == "cuda" and (not index or index.isdigit()):
        if not cuda:
            raise DeviceError(f"device {name!r}: PyTorch finds no CUDA GPU on this machine; use cpu")
        if index and int(index) >= torch.cuda.device_count():
            raise DeviceError(f"device {name!r}: this machine has {torch.cuda.device_count()} CUDA GPU(s)")
        return name
    if kind == "mps" and not index:
        if not mps:
            raise DeviceError("device 'mps': PyTorch finds no Apple GPU on this machine; use cpu")
        return name
    raise DeviceError(f"device {name!r} is unknown; use auto, cpu, cuda, cuda:0 or mps")


def prepare(device: str, training: Training) -> Arithmetic:
    """Set threads and product precision of this process for a run.

    Parameters
    ----------
    device : str
    training : Training
        Its ``threads`` and ``precision``.

    Returns
    -------
    Arithmetic

    Raises
    ------
    DeviceError
        Where the device lacks the precision.
    """
    kind = torch.device(device).type
    torch.set_num_threads(training.threads or _threads())
    torch.set_float32_matmul_precision("high" if training.precision == "tf32" else "highest")
    torch.backends.cudnn.allow_tf32 = training.precision == "tf32"
    if training.precision == "float64":
        if kind == "mps":
            raise DeviceError("device 'mps' has no float64; use another training.precision")
        return Arithmetic(torch.float64, None)
    return Arithmetic(torch.float32, torch.bfloat16 if training.precision == "bfloat16" else None)


def _threads() -> int:
    """Threads that a scheduler or a sweep allows (OMP_NUM_THREADS), or one fewer than there are cores."""
    allowed = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return int(allowed) if allowed.isdigit() and int(allowed) else max(1, (os.cpu_count() or 2) - 1)


def memory_format(device: torch.device, training: Training) -> torch.memory_format:
    """Order in which images lie in memory.

    Channels last is how CPUs convolve and pool fastest (a fifth of a step), and how GPUs do on their tensor
    cores, which float32 does not use.

    Parameters
    ----------
    device : torch.device
    training : Training

    Returns
    -------
    torch.memory_format
    """
    if device.type == "cpu" or (device.type == "cuda" and training.precision in ("tf32", "bfloat16")):
        return torch.channels_last
    return torch.contiguous_format


def whole_memory(device: str) -> int:
    """Memory that a device has, free or not: of the card on CUDA, elsewhere what this process may have.

    Parameters
    ----------
    device : str
        As :func:`resolve_device` returns it.

    Returns
    -------
    int
        Bytes.
    """
    if device.startswith("cuda"):
        return torch.cuda.get_device_properties(device).total_memory
    return machine_memory()


def peak_memory(device: torch.device) -> int:
    """Peak memory: of this run on CUDA, of this process elsewhere.

    Parameters
    ----------
    device : torch.device

    Returns
    -------
    int
        Bytes.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset
    own = _high_water()
    if own is not None:
        return own
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _high_water() -> int | None:
    """Peak resident bytes on Linux; None elsewhere. What getrusage gives is at least the peak of the process
    that started this one, because it is not set back when a program begins."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    kilobytes = next((line.split()[1] for line in lines if line.startswith("VmHWM:")), None)
    return None if kilobytes is None else int(kilobytes) * 1024
