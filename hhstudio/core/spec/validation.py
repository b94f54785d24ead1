"""The rules of a spec's settings: ranges of numbers, the stream against its data set, solver and data.

Used through :func:`hhstudio.core.spec.rules.issues`; every message names the dotted field.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hhstudio.core.errors import HHStudioError
from hhstudio.core.issues import Issue
from hhstudio.core.spec.architectures import ARCHITECTURES, is_import_path, option, option_problem
from hhstudio.core.spec.datasets import DATASETS, FOLDER, DatasetInfo, dataset_names
from hhstudio.core.spec.spec import Spec, Stream
from hhstudio.core.spec.tasks import plan
from hhstudio.core.tree.topology import Solver

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d{1,3})?")


class Range(NamedTuple):
    """Numbers that a field may have. ``above``: the lower end itself is excluded, ``below`` likewise."""

    low: float
    high: float = math.inf
    above: bool = False
    below: bool = False

    def holds(self, value: float) -> bool:
        if not math.isfinite(value):
            return False
        low = value > self.low if self.above else value >= self.low
        return low and (value < self.high if self.below else value <= self.high)

    def __str__(self) -> str:
        low = f"above {self.low:g}" if self.above else f"{self.low:g} or more"
        if self.high == math.inf:
            return low
        if self.above or self.below:
            return f"{low} and {'below' if self.below else 'at most'} {self.high:g}"
        return f"from {self.low:g} to {self.high:g}"


_COUNT = Range(1)
_SIZE = Range(0)
_POSITIVE = Range(0, above=True)
RANGES: dict[str, Range] = {
    "seed": Range(-(2**63), 2**63 - 1),
    "stream.tasks": Range(1, 10_000),
    "stream.classes_per_task": _COUNT,
    "stream.validation": Range(0, 0.5),
    "stream.image_size": Range(4, 1024),
    "stream.train_limit": _COUNT,
    "stream.test_limit": _COUNT,
    "training.steps": Range(1, 10**9),
    "training.epochs": Range(0, 10**6),
    "training.batch_size": Range(1, 10**6),
    "training.lr": _POSITIVE,
    "training.embedding_lr": _POSITIVE,
    "training.betas": Range(0, 1, below=True),
    "training.weight_decay": _SIZE,
    "training.clip": _SIZE,
    "training.warmup": _SIZE,
    "training.threads": Range(0, 1024),
    "training.early_stopping.patience": Range(0, 10**6),
    "training.early_stopping.min_delta": Range(0, 1),
    "consolidation.beta": _SIZE,
    "consolidation.sample": _SIZE,
    "link.alpha": _SIZE,
    "link.solver_alpha": _SIZE,
    "hypernetwork.hidden": Range(1, 10**6),
    "hypernetwork.chunk": Range(1, 10**9),
    "hypernetwork.task_embedding": Range(1, 10**6),
    "hypernetwork.slot_embedding": Range(1, 10**6),
    "hypernetwork.chunk_embedding": Range(1, 10**6),
    "evaluation.every": _SIZE,
    "evaluation.batch_size": Range(1, 10**6),
    "evaluation.limit": _COUNT,
    "recording.checkpoint_seconds": _POSITIVE,
    "recording.snapshot_every": _SIZE,
    "recording.snapshot_budget": _POSITIVE,
    "recording.metrics_every": _COUNT,
    "growth.tasks": _COUNT,
    "growth.threshold": Range(0, 1),
    "growth.depth": Range(2, 12),
    "growth.limit": Range(0, 1000),
}
"""What the numeric fields may be; None is always allowed where the field's type has it. For a tuple,
every number in it."""


def settings_issues(spec: Spec) -> list[Issue]:
    """Everything that is wrong outside the tree's own shape."""
    stream = [*_stream_issues(spec.stream)]
    if not any(issue.severity == "error" for issue in stream):
        stream += _plan_issues(spec)
    return [*_range_issues(spec), *stream, *_solver_issues(spec), *_other_issues(spec)]


def range_problem(field: str, value: Any) -> str:
    """What is wrong with a number for that dotted field; empty when nothing is, or no range is known."""
    wanted = RANGES.get(field)
    if wanted is None or value is None:
        return ""
    numbers = value if isinstance(value, tuple) else (value,)
    if all(wanted.holds(number) for number in numbers):
        return ""
    each = "every number must be" if isinstance(value, tuple) else "must be"
    shown = list(value) if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else value
    return f"{field} is {shown}, {each} {wanted}"


def _error(field: str, message: str, node: str | None = None, code: str = "") -> Issue:
    return Issue("error", node, message, field, code)


def _range_issues(spec: Spec) -> Iterator[Issue]:
    for field in RANGES:
        value: Any = spec
        for name in field.split("."):
            value = getattr(value, name)
        problem = range_problem(field, value)
        if problem:
            yield _error(field, problem, code="range")


def _stream_issues(stream: Stream) -> Iterator[Issue]:
    if stream.parts:
        yield from _part_issues(stream)
        return
    yield from _dataset_issues("stream.dataset", stream.dataset, stream)
    info = DATASETS.get(stream.dataset)
    if stream.kind == "permuted" or stream.tasks < 1 or stream.classes_per_task < 1:
        return
    wanted = stream.tasks * stream.classes_per_task
    if info is not None and wanted > info.classes:
        most = info.classes // stream.classes_per_task
        advice = f"use at most {most} tasks" if most else f"use at most {info.classes} classes a task"
        yield _error(
            "stream.tasks",
            f"stream: {stream.tasks} tasks × {stream.classes_per_task} classes need {wanted} classes, "
            f"but {info.title} has {info.classes}; {advice}",
            code="classes",
        )
    if stream.classes_per_task == 1 and stream.scenario == "task":
        yield Issue(
            "warning",
            None,
            "stream.classes_per_task is 1: with the task known, every answer is right",
            "stream.classes_per_task",
        )


def _plan_issues(spec: Spec) -> Iterator[Issue]:
    """Whatever else the planning of tasks would refuse; a folder of images is not looked into here."""
    if FOLDER in dataset_names(spec.stream) or range_problem("stream.validation", spec.stream.validation):
        return
    try:
        plan(spec.stream, spec.seed)
    except HHStudioError as error:
        yield _error("stream", str(error))


def _dataset_issues(field: str, name: str, stream: Stream) -> Iterator[Issue]:
    if name == FOLDER:
        if not stream.folder:
            yield _error(
                "stream.folder",
                f"{field} is 'folder', so stream.folder must name a folder with one sub-folder a class",
            )
        elif not Path(stream.folder).expanduser().is_dir():
            yield _error("stream.folder", f"stream.folder: {stream.folder} is not a folder")
    elif name not in DATASETS:
        known = ", ".join([*DATASETS, FOLDER])
        yield _error(field, f"{field}: there is no data set {name!r}; known: {known}")


def _part_issues(stream: Stream) -> Iterator[Issue]:
    shapes: dict[tuple[int, int, int], str] = {}
    for at, part in enumerate(stream.parts):
        field = f"stream.parts[{at}]"
        yield from _dataset_issues(f"{field}.dataset", part.dataset, stream)
        if not part.classes:
            yield _error(f"{field}.classes", f"{field}.classes is empty: name the classes of the task")
        if len(set(part.classes)) < len(part.classes):
            yield _error(f"{field}.classes", f"{field}.classes names a class twice")
        info = DATASETS.get(part.dataset)
        most = info.classes if info else math.inf
        wrong = [label for label in part.classes if not 0 <= label < most]
        if wrong:
            end = f"; {info.title} has the classes 0 to {info.classes - 1}" if info else ""
            yield _error(f"{field}.classes", f"{field}.classes: there is no class {wrong[0]}{end}")
        if info:
            shapes.setdefault(info.shape, part.dataset)
    if len(shapes) > 1:
        listed = ", ".join(f"{name} {_size(shape)}" for shape, name in shapes.items())
        yield _error("stream.parts", f"stream.parts mix images of different shapes: {listed}")
    if stream.scenario == "domain" and len({len(part.classes) for part in stream.parts}) > 1:
        yield _error(
            "stream.parts", "stream.parts: in the domain scenario every task has equally many classes"
        )


def _solver_issues(spec: Spec) -> Iterator[Issue]:
    names = {part.dataset for part in spec.stream.parts} or {spec.stream.dataset}
    data = [DATASETS[name] for name in sorted(names) if name in DATASETS]
    solvers = [node for node in spec.topology.nodes if isinstance(node, Solver)]
    yield from _architecture_issues(
        spec, data, None, spec.solver.architecture, any(not s.architecture for s in solvers)
    )
    yield from _option_issues(None, spec.solver.architecture, spec.solver.options)
    for node in solvers:
        if node.options:
            yield from _option_issues(node, node.architecture or spec.solver.architecture, node.options)
        if node.architecture is not None:
            yield from _architecture_issues(spec, data, node, node.architecture, True)


def _architecture_issues(
    spec: Spec, data: list[DatasetInfo], node: Solver | None, architecture: str, used: bool
) -> Iterator[Issue]:
    field = f"{node.name}.architecture" if node else "solver.architecture"
    where = node.id if node else None
    info = ARCHITECTURES.get(architecture)
    if info is None:
        if not is_import_path(architecture):
            known = ", ".join(ARCHITECTURES)
            yield _error(
                field,
                f"{field}: there is no solver {architecture!r}; known: {known}, or package.module:Class",
                where,
                "architecture",
            )
        return
    for dataset in data:
        if used and min(dataset.shape[1:]) < info.smallest:
            yield _error(
                field,
                f"{field}: {info.title} needs images of at least {info.smallest}×{info.smallest} pixels, but "
                f"{dataset.name} has {_size(dataset.shape)}; choose small-cnn or mlp",
                where,
                "architecture",
            )


def _option_issues(node: Solver | None, architecture: str, options: Mapping[str, Any]) -> Iterator[Issue]:
    """Options of a built-in solver; what a class from an import path takes only it knows."""
    info = ARCHITECTURES.get(architecture)
    if info is None:
        return
    where = f"{node.name}.options" if node else "solver.options"
    for name, value in options.items():
        known = option(architecture, name)
        if known is None:
            names = ", ".join(o.name for o in info.options)
            problem = f"{where}.{name}: {info.title} has no such option; it has {names}"
        else:
            wrong = option_problem(known, value)
            if not wrong:
                continue
            problem = f"{where}.{name} is {list(value) if isinstance(value, tuple) else value}, {wrong}"
        yield _error(f"{where}.{name}", problem, node.id if node else None, "option")


def _other_issues(spec: Spec) -> Iterator[Issue]:
    if not _DEVICE.fullmatch(spec.device):
        yield _error("device", f"device: {spec.device!r} is not a device; use auto, cpu, cuda, cuda:0 or mps")
    if spec.link.mode == "anchored" and spec.link.alpha == 0:
        yield Issue("warning", None, "link.alpha is 0: children will stay at their anchors", "link.alpha")
    if spec.link.mode == "anchored" and spec.link.solver_alpha == 0:
        yield Issue(
            "warning", None, "link.solver_alpha is 0: solvers stay at their anchors", "link.solver_alpha"
        )
    yield from _growth_issues(spec)
    yield from _stopping_issues(spec)
    steps = spec.training.steps
    if 0 < steps <= spec.training.warmup and not spec.training.epochs:
        yield Issue(
            "warning",
            None,
            f"training.warmup of {spec.training.warmup} steps is not over when a task's {steps} steps are",
            "training.warmup",
        )


def _growth_issues(spec: Spec) -> Iterator[Issue]:
    policy = spec.growth.policy
    if policy != "none" and spec.training.mode == "joint":
        yield _error(
            "growth.policy",
            "growth.policy needs tasks that come one after the other: set training.mode to sequential",
        )
    if policy == "accuracy" and spec.stream.validation == 0:
        yield _error(
            "stream.validation",
            "growth.policy accuracy looks at validation images, and none are held out: set "
            "stream.validation, as to 0.1",
            code="held out",
        )


def _stopping_issues(spec: Spec) -> Iterator[Issue]:
    if spec.training.early_stopping.patience <= 0:
        return
    if spec.stream.validation == 0:
        yield _error(
            "stream.validation",
            "training.early_stopping looks at validation images, and none are held out: set "
            "stream.validation, as to 0.1",
            code="held out",
        )
    if spec.evaluation.every == 0:
        yield _error(
            "evaluation.every",
            "training.early_stopping looks when accuracy is measured in between: set evaluation.every, "
            "as to 50",
            code="in between",
        )


def _size(shape: tuple[int, int, int]) -> str:
    return f"{shape[1]}×{shape[2]}"
