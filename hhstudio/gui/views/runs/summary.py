"""Summary of a run in words, before it starts."""

from __future__ import annotations

import shutil
from pathlib import Path

from hhstudio.core.formatting import count, rough_duration, size
from hhstudio.core.run import baselines
from hhstudio.core.spec.costs import costs
from hhstudio.core.spec.disk_usage import disk, total_steps
from hhstudio.core.spec.snapshot_policy import snapshot_plan
from hhstudio.core.spec.spec import Spec
from hhstudio.service.run.calibration import Calibration

_LISTED = 6


def title(spec: Spec) -> str:
    """The run in one line."""
    paths, tasks = len(spec.topology.paths), len(spec.stream.parts) or spec.stream.tasks
    steps = total_steps(spec)
    length = f"{spec.training.epochs:g} epochs a task" if steps is None else f"{count(steps)} steps"
    return f"{spec.name}: {paths} path{_s(paths)}, {tasks} task{_s(tasks)}, {length}"


def what_is_trained(spec: Spec) -> str:
    """What is learned, in which order, and what is trained beside it."""
    paths = spec.topology.paths
    names = ", ".join(path.name for path in paths[:_LISTED]) + (" …" if len(paths) > _LISTED else "")
    data = spec.stream.parts[0].dataset if spec.stream.parts else spec.stream.dataset
    if spec.training.mode == "joint":
        order = "each path all tasks at once"
    elif spec.stream.order == "task-major":
        order = "each task on every path before the next"
    else:
        order = "all tasks on one path before the next"
    text = f"{names} on {data}, {order}"
    if spec.baselines:
        also = ", ".join(baselines.TITLES[kind].lower() for kind in baselines.KINDS if kind in spec.baselines)
        text += f"; then its solver without hypernetworks: {also}"
    return text


def what_it_takes(spec: Spec, timed: Calibration | None, problem: str) -> str:
    """Time, memory and disk, as far as they are known."""
    needed = disk(spec)
    parameters = costs(spec).total
    parts = []
    if timed is not None:
        parts.append(f"about {rough_duration(timed.seconds)} on {timed.device}")
        parts.append(f"{size(timed.memory)} of memory")
    elif parameters is not None:
        parts.append(f"{count(parameters.stored)} numbers stored, {count(parameters.generated)} generated")
    if needed is not None:
        snapshots = snapshot_plan(spec)
        of_them = (
            f", {size(snapshots.bytes)} of it {count(snapshots.number)} snapshots"
            if snapshots is not None and snapshots.number
            else ""
        )
        parts.append(f"about {size(needed)} on the disk{of_them}")
    text = " · ".join(parts) or "What it takes cannot be told before the data are read"
    return f"{text}\n{problem[:1].upper()}{problem[1:]}" if problem else text


def free_space(folder: Path) -> int | None:
    """Bytes that the disk of a folder (or of the nearest above it) still takes; None where nobody tells."""
    for place in (folder, *folder.parents):
        if place.exists():
            try:
                return shutil.disk_usage(place).free
            except OSError:
                return None
    return None


def _s(number: int) -> str:
    return "" if number == 1 else "s"
