"""Trainer state: everything from which a run goes on exactly, as plain numbers, no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class TrainerState:
    """A trainer between two steps. ``step``: steps done; ``meta``: JSON-able; ``arrays`` by name.

    Names of arrays have "/" between their parts. Both are the trainer's own business; whoever stores
    them gives them back unchanged.
    """

    step: int
    meta: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
