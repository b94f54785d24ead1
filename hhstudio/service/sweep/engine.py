"""Engines that carry out the runs of a sweep: threads here with a worker process each, or a cluster."""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import psutil

from hhstudio.service.sweep.attempt import carry_out
from hhstudio.service.sweep.job import Job, Outcome, Update

WORKER_MEMORY = 1 << 30
"""Bytes that a worker is expected to need (PyTorch alone takes half of it)."""

Tell = Callable[[str, Update], None]
Done = Callable[[str, Outcome], None]


class Engine(Protocol):
    """Carries out jobs. ``tell`` and ``done`` are called from any thread, ``done`` once for every job."""

    title: str
    slots: int

    def start(self, jobs: Sequence[Job], tell: Tell, done: Done) -> None:
        """Begin; returns at once."""

    def wait(self, seconds: float) -> bool:
        """Until all jobs are done; False when they are not within that time."""

    def stop(self) -> None:
        """Running jobs write a checkpoint and end; waiting ones are done as stopped. Returns at once."""

    def kill(self) -> None:
        """End everything now; what checkpoints hold is kept."""


class LocalPool:
    """Worker processes on this machine, ``jobs`` at a time, each with its share of cores and one GPU.

    ``gpus``: ids as CUDA_VISIBLE_DEVICES has them, given to the workers in turn; empty: none are
    assigned, and workers see what this process sees.
    """

    def __init__(self, jobs: int, threads: int, gpus: Sequence[str] = ()) -> None:
        self.slots, self.threads, self.gpus = jobs, threads, tuple(gpus)
        self.title = f"{jobs} worker{'s' if jobs > 1 else ''} × {threads} thread{'s' if threads > 1 else ''}"
        if gpus:
            self.title += f" on {len(gpus)} GPU{'s' if len(gpus) > 1 else ''}"
        self._stopping, self._killing = threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, jobs: Sequence[Job], tell: Tell, done: Done) -> None:
        waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
        for job in jobs:
            waiting.put(job)
        for slot in range(min(self.slots, len(jobs))):
            thread = threading.Thread(
                target=self._work,
                args=(slot, waiting, tell, done),
                name=f"hhstudio-sweep-{slot}",
                daemon=True,
            )
            self._threads.append(thread)
            thread.start()

    def wait(self, seconds: float) -> bool:
        for thread in self._threads:
            if thread.is_alive():
                thread.join(seconds)  # Ctrl-C is heard after at most that long
                return not any(thread.is_alive() for thread in self._threads)
        return True

    def stop(self) -> None:
        self._stopping.set()

    def kill(self) -> None:
        self._stopping.set()
        self._killing.set()

    def environment(self, slot: int) -> dict[str, str]:
        """What the worker in a slot gets on top of our environment."""
        variables = {"OMP_NUM_THREADS": str(self.threads), "MKL_NUM_THREADS": str(self.threads)}
        if self.gpus:
            variables["CUDA_VISIBLE_DEVICES"] = self.gpus[slot % len(self.gpus)]
        return variables

    def _work(self, slot: int, waiting: queue.SimpleQueue[Job], tell: Tell, done: Done) -> None:
        while True:
            try:
                job = waiting.get_nowait()
            except queue.Empty:
                return
            outcome = carry_out(
                job,
                lambda update, name=job.name: tell(name, update),  # type: ignore[misc]
                self._stopping.is_set,
                self.environment(slot),
                self._killing.is_set,
            )
            done(job.name, outcome)


def local_pool(
    runs: int,
    *,
    jobs: int | None = None,
    threads: int = 0,
    gpus: Sequence[str] | None = None,
    cpu: bool = False,
) -> LocalPool:
    """A pool for so many runs.

    Parameters
    ----------
    runs
        How many there are in all.
    jobs
        How many at a time; None a run a GPU where there are GPUs, else as many runs of ``threads`` (0: one)
        as there are cores, and memory for them.
    threads
        Of each run; 0 shares the cores out.
    gpus
        Ids as CUDA_VISIBLE_DEVICES has them, None those that this process may use.
    cpu
        The runs do not use a GPU anyway.
    """
    cores = available_cores()
    usable = () if cpu else tuple(visible_gpus() if gpus is None else gpus)
    if jobs is None:
        room = max(1, psutil.virtual_memory().available // WORKER_MEMORY)
        jobs = len(usable) or max(1, min(cores // max(threads, 1), room))
    jobs = max(1, min(jobs, runs))
    return LocalPool(jobs, threads or max(1, cores // jobs), usable)


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def visible_gpus() -> list[str]:
    """Ids of the CUDA GPUs that this process may use, without loading PyTorch; none where none are found."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [gpu.strip() for gpu in named.split(",") if gpu.strip() not in ("", "-1")]
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    try:
        listed = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [str(at) for at, line in enumerate(listed.stdout.splitlines()) if line.startswith("GPU ")]
