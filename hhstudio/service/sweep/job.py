"""Jobs of a sweep, their updates and outcomes: plain records, which travel between machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Job:
    """One run: its spec (JSON), its session file, and how to run it. Paths are the same on every machine."""

    name: str
    spec: bytes
    out: str
    data: str | None = None
    device: str | None = None
    allow_unverified: bool = False
    allow_imports: tuple[str, ...] = ()


@dataclass(frozen=True)
class Update:
    """Where a run is. ``eta``: seconds, None while unknown. ``checkpointed``: a checkpoint was just written,
    so that the file has new figures. ``pid``: of the worker, on machine ``host``."""

    step: int = 0
    total_steps: int = 0
    detail: str = ""
    eta: float | None = None
    losses: int = 0
    checkpointed: bool = False
    pid: int | None = None
    host: str = ""


@dataclass(frozen=True)
class Outcome:
    """How a run ended. ``losses``: how often its worker was lost and the run went on from a checkpoint."""

    state: Literal["finished", "failed", "stopped"]
    message: str = ""
    losses: int = 0
