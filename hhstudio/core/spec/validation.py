"""Validation of a spec's settings: ranges of numbers, the stream against its data set, solver and data.

Used through :func:`hhstudio.core.spec.rules.issues`; every message names the dotted field. Ranges stand where
the settings are typed (:mod:`hhstudio.core.spec.setting`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hhstudio.core.errors import HHStudioError
from hhstudio.core.issues import Issue
from hhstudio.core.spec.architectures import ARCHITECTURES, is_import_path
from hhstudio.core.spec.datasets import DATASETS, FOLDER, DatasetInfo
from hhstudio.core.spec.fields import all_fields, option_fields
from hhstudio.core.spec.setting import message_text, out_of_range
from hhstudio.core.spec.spec import Spec, Stream
from hhstudio.core.spec.stream_data import dataset_names
from hhstudio.core.spec.tasks import plan
from hhstudio.core.tree.topology import Solver


def settings_issues(spec: Spec) -> list[Issue]:
    """Everything that is wrong outside the tree's own shape."""
    stream = [*_stream_issues(spec.stream)]
    if not any(issue.severity == "error" for issue in stream):
        stream += _plan_issues(spec)
    return [*_range_issues(spec), *stream, *_solver_issues(spec), *_other_issues(spec)]


def _error(field: str, message: str, node: str | None = None, code: str = "") -> Issue:
    return Issue("error", node, message, field, code)


def _range_issues(spec: Spec) -> Iterator[Issue]:
    for field, message in out_of_range(spec):
        yield _error(field.name, message, code="range")


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
    if FOLDER in dataset_names(spec.stream) or any(out_of_range(spec.stream)):
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
    known = {field.name: field for field in option_fields(architecture)}
    for name, value in options.items():
        field = known.get(f"options.{name}")
        if field is None:
            names = ", ".join(info.options.__struct_fields__)
            problem = f"{where}.{name}: {info.title} has no such option; it has {names}"
        elif wrong := field.problem(value):
            problem = f"{where}.{name} is {message_text(value)}, {wrong}"
        else:
            continue
        yield _error(f"{where}.{name}", problem, node.id if node else None, "option")


def _other_issues(spec: Spec) -> Iterator[Issue]:
    device = all_fields()["device"]
    if device.problem(spec.device):
        use = device.choice_text(" or")
        yield _error("device", f"device: {spec.device!r} is not a device; use {use}")
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
