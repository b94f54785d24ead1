"""Experiment ``depth``: the cost of recursion, by recipe.

Six ten-class CIFAR-100 tasks on each of P1, P2-0, P3-00. The original design and ours train the same solver,
the same number of steps a task, on the same tree. A control learns the same stream on paths that are all of
depth 1. The same tasks are then trained jointly, depths 1 to 4. The ablation adds one thing at a time, from
the original design to ours. Beside every accuracy: how many points each edge contributes, and how many
numbers are stored.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from hhstudio.core.run import edge_contributions
from hhstudio.core.spec.spec import (
    Consolidation,
    Evaluation,
    HypernetworkDefaults,
    Link,
    Recording,
    SolverDefaults,
    Spec,
    Stream,
    Training,
)
from hhstudio.core.statistics import Estimate
from hhstudio.core.tree import editing
from hhstudio.core.tree.depth_series import nested_paths, single_path
from hhstudio.core.tree.topology import Topology
from hhstudio.experiments.context import Context
from hhstudio.experiments.figures import FigurePanel, FigureSeries
from hhstudio.experiments.report import Cell, ResultTable
from hhstudio.store.session.session import Session

TITLE = "Final average accuracy by depth and recipe"

FINAL, LEARNED = "final average", "just learned"


def flat(paths: int) -> Topology:
    """As many paths, all of depth 1: what position in the stream costs without any depth."""
    topology = editing.single()
    for _ in range(paths - 1):
        assert topology.root is not None
        topology, _ = editing.add_solver(topology, topology.root)
    return topology


@dataclass(frozen=True)
class Recipe:
    """Recipe: links, hypernetworks, consolidation, optimiser, heads."""

    title: str
    link: Link
    hypernetwork: HypernetworkDefaults
    consolidation: Consolidation
    training: Training
    heads: Literal["one", "each"] = "one"


_PLAIN = HypernetworkDefaults(hidden=(64, 64), chunk=1024, task_chunks=False)
_TASK_CODES = replace(_PLAIN, task_chunks=True)
_STEPS = Training(batch_size=32, lr=1e-3, embedding_lr=None)
_RATES = replace(_STEPS, embedding_lr=1e-2)
_DIRECT = Link(mode="direct", alpha=0.1, anchor="learned", residual=False)
_OWN_ANCHORS = Link(alpha=0.1, solver_alpha=0.3, anchor="learned", residual=True)
_SHARED = Link(alpha=0.3, anchor="parent", solver_anchor="shared", residual=False)
_ROOT_KEPT = Consolidation(beta=0.05, level="root", reduction="sum", sample=0, share=True, curvature=0.0)
_KEPT = Consolidation(beta=10.0, sample=4, curvature=0.0)
_CURVED = replace(_KEPT, beta=1.0, curvature=2.0)
_UNCODED = replace(_PLAIN, encoding="plain")
_UNCLIPPED = replace(_STEPS, clip=0.0)

RECIPES: dict[str, Recipe] = {
    "direct-each": Recipe(
        "direct links, root's output kept, a head a task", _DIRECT, _UNCODED, _ROOT_KEPT, _UNCLIPPED, "each"
    ),
    "direct": Recipe(
        "direct links, root's output kept (original)", _DIRECT, _UNCODED, _ROOT_KEPT, _UNCLIPPED
    ),
    "anchored": Recipe(
        "+ own anchors, residual, solver kept", _OWN_ANCHORS, _PLAIN, replace(_KEPT, share=True), _STEPS
    ),
    "task-codes": Recipe(
        "+ chunk codes for each task", _OWN_ANCHORS, _TASK_CODES, replace(_KEPT, share=True), _RATES
    ),
    "weighed": Recipe("+ every earlier condition weighs beta", _OWN_ANCHORS, _TASK_CODES, _KEPT, _RATES),
    "shared": Recipe("+ parent anchors, one solver anchor", _SHARED, _TASK_CODES, _KEPT, _RATES),
    "ours": Recipe("ours: + drift weighed by curvature", _SHARED, _TASK_CODES, _CURVED, _RATES),
    "ours-each": Recipe("ours with a head a task", _SHARED, _TASK_CODES, _CURVED, _RATES, "each"),
}


@dataclass(frozen=True)
class Effort:
    """``sequential``, ``joint``, ``ablation``: the recipes trained that way; the last of ``sequential`` has
    the control beside it. ``steps`` a task; ``ablated``: tasks and steps a task of the ablation, which has
    one seed."""

    stream: Stream
    solver: SolverDefaults
    steps: int
    sequential: tuple[str, ...]
    joint: tuple[str, ...]
    depths: int
    joint_depths: int
    ablation: tuple[str, ...] = ()
    ablated: tuple[int, int] = (0, 0)


_CIFAR = Stream(dataset="cifar100", tasks=6, classes_per_task=10)
_CNN = SolverDefaults(options={"channels": (16, 28, 28)})

EFFORT = {
    "smoke": Effort(
        Stream(dataset="digits", tasks=3, classes_per_task=2),
        SolverDefaults(options={"channels": (8, 16)}),
        20,
        ("direct", "ours"),
        ("ours",),
        2,
        2,
        ("ours-each",),
        (2, 20),
    ),
    "cpu": Effort(
        _CIFAR, _CNN, 300, ("direct", "ours-each", "ours"), ("direct", "ours"), 3, 4, tuple(RECIPES), (3, 200)
    ),
    "full": Effort(_CIFAR, _CNN, 1000, tuple(RECIPES), ("direct", "ours"), 3, 4),
}


def run(context: Context) -> ResultTable:
    effort = EFFORT[context.scale]
    paths = [path.name for path in nested_paths(max(effort.depths, effort.joint_depths)).paths]
    table = ResultTable(
        TITLE,
        ("recipe", "training", "measure", *paths, "numbers stored", "kept for consolidation", "generated"),
    )
    seeds = range(context.seeds)
    curves: list[FigureSeries] = []
    contributions: list[FigureSeries] = []
    for name in effort.sequential:
        results = _RecipeResults(context, paths)
        results.nested([spec_of(effort, RECIPES[name], nested_paths(effort.depths), s, "sequential")
                      for s in seeds],
                   [f"{name}-seed{s}" for s in seeds])  # fmt: skip
        results.tell(table, RECIPES[name].title, "in sequence")
        curves.append(results.curve(RECIPES[name].title, len(curves)))
        contributions = results.bars(effort.depths)
    for name in effort.sequential[-1:]:
        results = _RecipeResults(context, paths)
        results.nested([spec_of(effort, RECIPES[name], flat(effort.depths), s, "sequential") for s in seeds],
                   [f"{name}-flat-seed{s}" for s in seeds])  # fmt: skip
        results.tell(table, RECIPES[name].title, "in sequence, all paths of depth 1 (control)")
        curves.append(results.curve("control: all of depth 1", len(curves) - 1, dashed=True))
    together: list[FigureSeries] = []
    for name in effort.joint:
        results = _RecipeResults(context, paths)
        for depth in range(1, effort.joint_depths + 1):
            results.column(
                depth - 1,
                [spec_of(effort, RECIPES[name], single_path(depth), s, "joint") for s in seeds],
                [f"{name}-joint{depth}-seed{s}" for s in seeds],
            )
        results.tell(table, RECIPES[name].title, "jointly")
        together.append(results.curve(RECIPES[name].title, effort.sequential.index(name)))
    if effort.ablation:
        tasks, steps = effort.ablated
        less = dataclasses.replace(effort, stream=replace(effort.stream, tasks=tasks), steps=steps)
        for name in effort.ablation:
            results = _RecipeResults(context, paths)
            results.nested([spec_of(less, RECIPES[name], nested_paths(effort.depths), 0, "sequential")],
                       [f"ablation-{name}"])  # fmt: skip
            results.tell(table, RECIPES[name].title, f"ablation: {tasks} tasks of {steps} steps, one seed")
    table.panels = _panels(curves, together, contributions)
    table.notes += [_setting(effort, context.seeds), *_HOW_TO_READ]
    return table


def spec_of(effort: Effort, recipe: Recipe, topology: Topology, seed: int, mode: str) -> Spec:
    """The spec of one run; ``mode``: sequential or joint."""
    return Spec(
        seed=seed,
        topology=topology,
        stream=replace(effort.stream, heads=recipe.heads),
        solver=effort.solver,
        link=recipe.link,
        hypernetwork=recipe.hypernetwork,
        consolidation=recipe.consolidation,
        training=replace(recipe.training, steps=effort.steps, mode=mode),
        evaluation=Evaluation(every=0),
        recording=Recording(metrics_every=10),
    )


class _RecipeResults:
    """Results of one recipe's sessions, by measure and path: a value for each seed. Sessions are closed as
    soon as they are read. ``paths``: names of the columns, by depth."""

    def __init__(self, context: Context, paths: Sequence[str]) -> None:
        self._context, self._paths = context, paths
        self._values: dict[str, list[list[float]]] = {}
        self._counts: tuple[Cell, ...] = (None, None, None)
        self._diverged: list[str] = []

    def nested(self, specs: Sequence[Spec], names: Sequence[str]) -> None:
        """Sessions whose paths are the columns, in order."""
        for spec, name in zip(specs, names, strict=True):
            with self._session(name, spec) as session:
                for at, path in enumerate(session.paths):
                    self._read(session, path, at)
                self._counts = _counts(session)

    def column(self, at: int, specs: Sequence[Spec], names: Sequence[str]) -> None:
        """Sessions of a single path, which is column ``at``."""
        for spec, name in zip(specs, names, strict=True):
            with self._session(name, spec) as session:
                self._read(session, session.paths[0], at)

    def tell(self, table: ResultTable, recipe: str, training: str) -> None:
        """One row a measure; what is stored, kept and generated beside the first."""
        for measure in sorted(self._values, key=lambda name: name == _ALL):
            counts = self._counts if measure == FINAL else (None, None, None)
            table.add(recipe, training, measure, *self._estimates(measure), *counts)
        if self._diverged:
            note = "diverged; accuracies are those of the tasks learned before, as they were last measured."
            table.notes.append(f"{recipe}, {training}: {', '.join(self._diverged)} {note}")

    def curve(self, label: str, color: int, dashed: bool = False) -> FigureSeries:
        """Final average by depth."""
        cells = self._estimates(FINAL)
        depths = [at + 1 for at, cell in enumerate(cells) if cell is not None]
        return FigureSeries(label, depths, [c for c in cells if c is not None], color=color, dashed=dashed)

    def bars(self, depths: int) -> list[FigureSeries]:
        """Contribution of each edge, by path."""
        measures = [m for m in self._values if m.startswith(_EDGE)]
        return [
            FigureSeries(
                measure.removeprefix("lost without "),
                list(self._paths[:depths]),
                self._estimates(measure)[:depths],
            )
            for measure in measures
        ]

    def _estimates(self, measure: str) -> list[Estimate | None]:
        return [Estimate.of(values) if values else None for values in self._values.get(measure, [])]

    def _session(self, name: str, spec: Spec) -> Session:
        return self._context.session(name, spec, may_diverge=spec.link.mode == "direct")

    def _read(self, session: Session, path: str, at: int) -> None:
        if session.state == "failed" and session.path.stem not in self._diverged:
            self._diverged.append(session.path.stem)
        self._keep(FINAL, at, session.history.summary(path).left)
        if session.spec.training.mode == "sequential":
            self._keep(LEARNED, at, _mean(session.accuracy(path).diagonal().tolist()))
        edges = residuals = 0
        for contribution in edge_contributions.contributions(session.history, path):
            if contribution.key == edge_contributions.ALL:
                self._keep(_ALL, at, contribution.lost)
            elif "@" in contribution.key:
                residuals += 1
                self._keep(f"lost without residual {residuals}", at, contribution.lost)
            else:
                edges += 1
                self._keep(f"{_EDGE} {edges}", at, contribution.lost)

    def _keep(self, measure: str, at: int, value: float | None) -> None:
        columns = self._values.setdefault(measure, [[] for _ in self._paths])
        if value is not None and not math.isnan(value):
            columns[at].append(value)


_EDGE = "lost without edge"
_ALL = "lost without everything generated"


def _mean(values: Sequence[float]) -> float | None:
    measured = [value for value in values if not math.isnan(value)]
    return math.fsum(measured) / len(measured) if measured else None


def _counts(session: Session) -> tuple[Cell, ...]:
    """Numbers stored for all paths, kept for consolidation beside them, and generated for all conditions."""
    whole = next(count for count in session.history.parameters if not count.path)
    return whole.stored, whole.targets, whole.generated


def _panels(
    curves: list[FigureSeries], together: list[FigureSeries], contributions: list[FigureSeries]
) -> list[FigurePanel]:
    """Accuracy by depth, in sequence and jointly, and edge contributions with the last recipe."""
    panels = [FigurePanel("Learned in sequence", "depth", "final average accuracy", curves, percent=True)]
    if together:
        panels.append(FigurePanel("Learned jointly", "depth", "average accuracy", together, percent=True))
    if contributions:
        title = "Accuracy lost without an edge's output"
        panels.append(FigurePanel(title, "path", "accuracy lost", contributions, bars=True, percent=True))
    return panels


def _setting(effort: Effort, seeds: int) -> str:
    return (
        f"{effort.stream.tasks} tasks of {effort.stream.classes_per_task} classes of "
        f"{effort.stream.dataset}, {effort.steps} steps a task in batches of 32, {seeds} seeds; mean ± "
        "standard error over seeds."
    )


_HOW_TO_READ = (
    "In sequence: one root learns all tasks on P1, then on P2-0, then on P3-00; the control learns them on "
    "as many paths of depth 1, which tells what comes with the place in the stream from what comes with "
    "depth.",
    "Lost without edge k: accuracy lost when the output of the k-th hypernetwork from the root is taken out "
    "of a finished path, so that its target is left with its anchor (with zeros, in a direct link). It tells "
    "that an edge is used, not that the tree gains from having it: for that compare with the control.",
    "Numbers stored: root, embeddings, codes and anchors. Kept for consolidation: what was generated for "
    "earlier conditions, needed only while learning goes on. Generated: the solvers of all conditions.",
)
