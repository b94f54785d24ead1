"""Snapshot policy: weights kept while a run goes on, every so many steps, within a budget of the disk."""

from __future__ import annotations

import math
from typing import NamedTuple

from hhstudio.core.spec.costs import costs, steps
from hhstudio.core.spec.spec import Recording, Spec


class SnapshotPlan(NamedTuple):
    """``number`` of snapshots in the whole run; one ``every`` so many steps of a condition (0: only at task
    ends), and their ``bytes`` before compression.
    """

    number: int
    every: int
    bytes: int


def interval(recording: Recording, steps: int, conditions: int, each: float) -> int:
    """Steps between the snapshots of one condition that is learned in ``steps`` steps; 0 for none.

    With a budget, each of the ``conditions`` has an equal share. Where snapshots of ``each`` bytes every
    ``recording.snapshot_every`` steps would exceed that share, only every second, third, … is taken, as many
    as fit, evenly from the first step to the last. So nothing that was kept is ever deleted, and a run that
    is resumed goes on in the same rhythm. Snapshots at task ends are taken in any case.
    """
    every, budget = recording.snapshot_every, recording.snapshot_budget
    if not every or budget is None:
        return every
    wanted, room = (steps - 1) // every, int(budget * 1e6 / max(conditions, 1) / max(each, 1.0))
    if wanted <= room:
        return every
    return every * math.ceil(wanted / room) if room else 0


def snapshot_plan(spec: Spec) -> SnapshotPlan | None:
    """Snapshots of a run; None where what is generated cannot be counted before the data are read."""
    total, taken, recording = costs(spec).total, steps(spec), spec.recording
    if total is None or taken is None:
        return None
    tasks = len(spec.stream.parts) or spec.stream.tasks
    conditions = sum(len(own) for own in spec.topology.assigned(tasks).values())
    each = total.generated / max(conditions, 1) * (2 if recording.snapshot_dtype == "float16" else 4)
    alone = taken // max(conditions, 1)
    every = interval(recording, alone, conditions, each)
    number = conditions * ((alone - 1) // every) if every else 0
    ends = "own" if recording.snapshot_every and recording.at_task_ends == "none" else recording.at_task_ends
    number += {"none": 0, "own": conditions, "all": conditions * (conditions + 1) // 2}[ends]
    return SnapshotPlan(number, every, int(number * each))
