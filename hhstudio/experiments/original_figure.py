"""Experiment ``original-figure``: the three panels of the original project, its numbers beside ours.

Six tasks on each of P1, P2-0 and P3-00, path after path: CIFAR-10, then the classes 0-9 to 40-49 of
CIFAR-100. Learned twice, with the original recipe (direct links, penalty at the root's output) and with
ours, on the same tree, the same solver (with the outputs of all tasks side by side, as the original had
it), hypernetworks of the same sizes and the same number of steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from msgspec.structs import replace

from hhstudio.core.spec.presets import preset
from hhstudio.core.spec.spec import Recording, SolverDefaults, Spec
from hhstudio.core.statistics import Estimate
from hhstudio.experiments.context import Context
from hhstudio.experiments.depth import RECIPES
from hhstudio.experiments.figures import FigurePanel, FigureSeries
from hhstudio.experiments.report import Cell, ResultTable
from hhstudio.store.session.session import Session

TITLE = "The original figure: accuracy at the end, by path and task"

PUBLISHED: dict[str, tuple[float, ...]] = {
    "P1": (0.745, 0.673, 0.649, 0.710, 0.681, 0.743),
    "P2-0": (0.742, 0.543, 0.624, 0.694, 0.615, 0.644),
    "P3-00": (0.759, 0.413, 0.553, 0.645, 0.530, 0.659),
}
"""Final accuracies of the original, tasks in order: 70.0, 64.4 and 59.3 % on average."""

SHOWN = {"original": "original recipe", "ours": "our recipe"}


@dataclass(frozen=True)
class Effort:
    """``stream``, ``hypernetwork``, ``training``, ``evaluation``: fields changed in the preset, for both
    recipes; ``solver`` None keeps the preset's."""

    stream: dict[str, Any]
    solver: SolverDefaults | None
    hypernetwork: dict[str, Any]
    training: dict[str, Any]
    evaluation: dict[str, Any]
    published: bool


_SMALL = {"hidden": (64, 64), "chunk": 1024, "task_embedding": 16, "slot_embedding": 8, "chunk_embedding": 16}

EFFORT = {
    "smoke": Effort(
        {"parts": (), "dataset": "digits", "tasks": 3, "classes_per_task": 2},
        SolverDefaults(options={"channels": (8, 16)}),
        _SMALL | {"hidden": (16, 16), "chunk": 256},
        {"epochs": 0.0, "steps": 20, "batch_size": 32, "lr": 1e-3},
        {"every": 10, "limit": None},
        False,
    ),
    "cpu": Effort(
        {},
        SolverDefaults(options={"channels": (16, 28, 28)}),
        _SMALL,
        {"epochs": 0.0, "steps": 600, "batch_size": 32, "lr": 3e-4},
        {"every": 100, "limit": 500},
        True,
    ),
    "full": Effort({}, None, {}, {}, {"every": 500, "limit": 1000}, True),
}


def run(context: Context) -> ResultTable:
    effort = EFFORT[context.scale]
    specs = {"original": _original(effort), "ours": _ours(effort)}
    paths = tuple(path.name for path in specs["ours"].topology.paths)
    sessions_by_recipe: dict[str, list[Session]] = {}
    try:
        for name, spec in specs.items():
            sessions_by_recipe[name] = []
            for seed in range(context.seeds):
                session = context.session(f"{name}-seed{seed}", replace(spec, seed=seed), may_diverge=True)
                sessions_by_recipe[name].append(session)
        return _table(context, effort, paths, sessions_by_recipe)
    finally:
        for session in (s for sessions in sessions_by_recipe.values() for s in sessions):
            session.close()


def _original(effort: Effort) -> Spec:
    """The preset, which holds the original recipe, at the scale of ``effort``."""
    spec = preset("original-figure")
    return replace(
        spec,
        notes="",
        stream=replace(spec.stream, **effort.stream),
        solver=effort.solver or spec.solver,
        hypernetwork=replace(spec.hypernetwork, **effort.hypernetwork),
        training=replace(spec.training, **effort.training),
        evaluation=replace(spec.evaluation, **effort.evaluation),
        recording=Recording(metrics_every=10),
    )


def _ours(effort: Effort) -> Spec:
    """The same with the links, embeddings, consolidation and rates of our recipe in ``depth``."""
    spec, recipe = _original(effort), RECIPES["ours"]
    sizes = ("hidden", "chunk", "task_embedding", "slot_embedding", "chunk_embedding")
    same = {name: getattr(spec.hypernetwork, name) for name in sizes}
    steps = {name: getattr(spec.training, name) for name in ("steps", "epochs", "batch_size")}
    return replace(
        spec,
        link=recipe.link,
        hypernetwork=replace(recipe.hypernetwork, **same),
        consolidation=recipe.consolidation,
        training=replace(recipe.training, **steps),
    )


def _table(
    context: Context, effort: Effort, paths: tuple[str, ...], sessions_by_recipe: dict[str, list[Session]]
) -> ResultTable:
    tasks = [task.name or f"task {i + 1}" for i, task in enumerate(sessions_by_recipe["ours"][0].tasks)]
    table = ResultTable(TITLE, ("recipe", "path", *tasks, "average", "just learned"), share_y=True)
    if effort.published:
        for path in paths:
            values = PUBLISHED[path]
            table.add("published", path, *values, sum(values) / len(values), None)
    for name, sessions in sessions_by_recipe.items():
        for path in paths:
            last = [_last(session, path) for session in sessions]
            cells: list[Cell] = [_mean([row[k] for row in last]) for k in range(len(tasks))]
            learned = [float(session.accuracy(path).diagonal().mean()) for session in sessions]
            average = [float(row.mean()) for row in last]
            table.add(SHOWN[name], path, *cells, _mean(average), _mean(learned))
        table.panels += [_panel(name, sessions[0], path, tasks, effort.published) for path in paths]
        table.notes += [_cost(session) for session in sessions]
    training = sessions_by_recipe["ours"][0].spec.training
    effort_shown = (
        f"{training.epochs:g} epochs" if training.epochs > 0 else f"{training.steps} steps"
    ) + f" a task in batches of {training.batch_size}"
    table.notes += [
        f"Both recipes: {effort_shown}, {context.seeds} seeds; mean ± standard error. Accuracy of all tasks "
        "after the last one of the path; just learned: mean over tasks, each right after it was learned.",
        "The figure shows the first seed. Both have a head a task in every solver, as the original had; for "
        "one head a condition, our default, see the experiment depth.",
    ]
    if effort.published and context.scale != "full":
        table.notes.append(
            "The published numbers are of the ZenkeNet solver and 100 epochs a task: only their order by "
            "depth can be compared with this scale."
        )
    return table


def _last(session: Session, path: str) -> np.ndarray:
    """(tasks,) accuracies on a path at its end; NaN for what was not learned before the run diverged."""
    matrix = session.accuracy(path)
    measured = [row for row in matrix if not np.isnan(row).all()]
    return measured[-1] if measured else matrix[-1]


def _mean(values: Sequence[float]) -> Estimate | None:
    """Over the runs that have a value."""
    measured = [float(value) for value in values if not np.isnan(value)]
    return Estimate.of(measured) if measured else None


def _panel(name: str, session: Session, path: str, tasks: list[str], published: bool) -> FigurePanel:
    """Accuracy of each task while its path learns; steps counted from where the path begins."""
    marks = [mark for mark in session.history.marks if mark.path == path]
    start = min((mark.start for mark in marks), default=0)
    stop = max((mark.stop or session.history.step for mark in marks), default=0)
    series = []
    for task, title in enumerate(tasks):
        curve = session.history.series.get((path, task, "accuracy"))
        if curve is None:
            continue
        within = (curve.steps >= start) & (curve.steps <= stop)
        series.append(
            FigureSeries(title if path == "P1" else "", (curve.steps[within] - start).tolist(),
                   curve.values[within].tolist(), color=task, marked=False)
        )  # fmt: skip
    mean = [("published average", sum(PUBLISHED[path]) / 6)] if published else []
    return FigurePanel(
        f"{path}, {SHOWN[name]}", "step", "accuracy", series, percent=True, limits=(0, 1.02),
        references=mean, marks=[mark.start - start for mark in marks[1:]],
    )  # fmt: skip


def _cost(session: Session) -> str:
    """Wall time and peak memory of a session, and where it diverged."""
    history = session.history
    memory = f", {history.peak_memory / 2**20:.0f} MB at most" if history.peak_memory else ""
    ended = ""
    if session.state == "failed" and history.end is not None:
        ended = f"; diverged: {history.end.message.partition(';')[0]}"
    return f"{session.path.stem}: {history.seconds:.0f} s{memory}{ended}"
