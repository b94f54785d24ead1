"""``depth``: what recursion costs, by recipe. Six ten-class CIFAR-100 tasks on each of P1, P2-0, P3-00.

Each recipe adds one thing to the one before it, from the original design to ours; all train the same
solver, the same number of steps a task, on the same tree. A control learns the same stream on paths that
are all of depth 1. The same tasks are then trained jointly, depths 1 to 4. Beside the accuracies: how many
points each edge's generated part is worth, and what is stored.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from hhstudio.core import edits, utilisation
from hhstudio.core.chains import alone, line
from hhstudio.core.spec import (
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
from hhstudio.core.topology import Topology
from hhstudio.experiments.context import Context
from hhstudio.experiments.report import Cell, Estimate, Table
from hhstudio.store.session import Session

TITLE = "Final average accuracy by depth and recipe"


def flat(paths: int) -> Topology:
    """As many paths, all of depth 1: what position in the stream costs without any depth."""
    topology = edits.single()
    for _ in range(paths - 1):
        assert topology.root is not None
        topology, _ = edits.add_solver(topology, topology.root)
    return topology


@dataclass(frozen=True)
class Recipe:
    """What a recipe changes: links, hypernetworks, consolidation, optimiser."""

    title: str
    link: Link
    hypernetwork: HypernetworkDefaults
    consolidation: Consolidation
    training: Training


_PLAIN = HypernetworkDefaults(hidden=(64, 64), chunk=1024)
_TASK_CODES = replace(_PLAIN, task_chunks=True)
_STEPS = Training(batch_size=32, lr=1e-3)
_RATES = replace(_STEPS, embedding_lr=1e-2)
_OWN_ANCHORS = Link(alpha=0.1, solver_alpha=0.3)
_SHARED = Link(alpha=0.3, anchor="parent", solver_anchor="shared", residual=False)
_KEPT = Consolidation(beta=10.0, sample=4)

RECIPES: dict[str, Recipe] = {
    "direct": Recipe(
        "direct links, root's output kept (original)",
        Link(mode="direct", residual=False),
        replace(_PLAIN, encoding="plain"),
        Consolidation(beta=0.05, level="root", reduction="sum", sample=0, share=True),
        replace(_STEPS, clip=0.0),
    ),
    "anchored": Recipe(
        "+ own anchors, residual, solver kept", _OWN_ANCHORS, _PLAIN, replace(_KEPT, share=True), _STEPS
    ),
    "task-codes": Recipe(
        "+ chunk codes for each task", _OWN_ANCHORS, _TASK_CODES, replace(_KEPT, share=True), _RATES
    ),
    "weighed": Recipe("+ every earlier condition weighs beta", _OWN_ANCHORS, _TASK_CODES, _KEPT, _RATES),
    "shared": Recipe("+ parent anchors, one solver anchor", _SHARED, _TASK_CODES, _KEPT, _RATES),
    "ours": Recipe(
        "+ drift weighed by curvature (ours)",
        _SHARED,
        _TASK_CODES,
        replace(_KEPT, beta=1.0, curvature=3.0),
        _RATES,
    ),
}


@dataclass(frozen=True)
class Effort:
    """``sequential`` and ``joint``: the recipes trained that way; ``steps`` a task."""

    stream: Stream
    solver: SolverDefaults
    steps: int
    sequential: tuple[str, ...]
    joint: tuple[str, ...]
    depths: int
    joint_depths: int


_CIFAR = Stream(dataset="cifar100", tasks=6, classes_per_task=10)
_CNN = SolverDefaults(options={"channels": (16, 28, 28)})

EFFORT = {
    "smoke": Effort(
        Stream(dataset="digits", tasks=3, classes_per_task=2),
        SolverDefaults(options={"channels": (8, 16)}),
        30,
        ("direct", "ours"),
        (),
        2,
        0,
    ),
    "cpu": Effort(_CIFAR, _CNN, 300, ("direct", "ours"), ("direct", "ours"), 3, 4),
    "full": Effort(_CIFAR, _CNN, 1000, tuple(RECIPES), ("direct", "ours"), 3, 4),
}


def run(context: Context) -> Table:
    effort = EFFORT[context.scale]
    paths = [path.name for path in line(max(effort.depths, effort.joint_depths)).paths]
    table = Table(TITLE, ("recipe", *paths, "numbers stored"))
    for name in effort.sequential:
        sessions = [_sequential(context, effort, name, seed) for seed in range(context.seeds)]
        table.add(RECIPES[name].title, *_averages(sessions, paths), _stored(sessions[0]))
        table.notes += _worth(RECIPES[name].title, sessions)
        for session in sessions:
            session.close()
    for name in effort.sequential[-1:]:
        sessions = [_flat(context, effort, name, seed) for seed in range(context.seeds)]
        cells = _averages(sessions, list(sessions[0].paths))
        cells += [None] * (len(paths) - len(cells))
        table.add(f"{RECIPES[name].title}, all paths of depth 1 (control)", *cells, _stored(sessions[0]))
        for session in sessions:
            session.close()
    for name in effort.joint:
        cells = []
        for depth in range(1, len(paths) + 1):
            sessions = [_joint(context, effort, name, depth, seed) for seed in range(context.seeds)]
            cells += _averages(sessions, [sessions[0].paths[0]])
            for session in sessions:
                session.close()
        table.add(f"{RECIPES[name].title}, trained jointly", *cells, None)
    table.notes.append(
        f"{effort.stream.tasks} tasks of {effort.stream.classes_per_task} classes "
        f"of {effort.stream.dataset}, "
        f"{effort.steps} steps a task, {context.seeds} seeds; mean ± standard error. In sequence: one root "
        "learns all tasks on P1, then on P2-0, then on P3-00; the control learns them on three paths of "
        "depth 1, which tells what comes with the place in the stream from what comes with depth."
    )
    return table


def spec_of(effort: Effort, recipe: Recipe, topology: Topology, seed: int, mode: str) -> Spec:
    """The spec of one run; ``mode``: sequential or joint."""
    return Spec(
        seed=seed,
        topology=topology,
        stream=effort.stream,
        solver=effort.solver,
        link=recipe.link,
        hypernetwork=recipe.hypernetwork,
        consolidation=recipe.consolidation,
        training=replace(recipe.training, steps=effort.steps, mode=mode),
        evaluation=Evaluation(every=0),
        recording=Recording(metrics_every=10),
    )


def _sequential(context: Context, effort: Effort, name: str, seed: int) -> Session:
    spec = spec_of(effort, RECIPES[name], line(effort.depths), seed, "sequential")
    return context.session(f"{name}-seed{seed}", spec)


def _flat(context: Context, effort: Effort, name: str, seed: int) -> Session:
    spec = spec_of(effort, RECIPES[name], flat(effort.depths), seed, "sequential")
    return context.session(f"{name}-flat-seed{seed}", spec)


def _joint(context: Context, effort: Effort, name: str, depth: int, seed: int) -> Session:
    spec = spec_of(effort, RECIPES[name], alone(depth), seed, "joint")
    return context.session(f"{name}-joint{depth}-seed{seed}", spec)


def _averages(sessions: list[Session], paths: list[str]) -> list[Cell]:
    """The final average accuracy of each path over the sessions; None where there is no such path."""
    found: list[Cell] = []
    for path in paths:
        values = [s.history.summary(path).average for s in sessions if path in s.paths]
        measured = [value for value in values if value is not None]
        found.append(Estimate.of(measured) if measured else None)
    return found


def _stored(session: Session) -> int:
    return next(count.stored for count in session.history.parameters if not count.path)


def _worth(title: str, sessions: list[Session]) -> list[str]:
    """One line a path: points of accuracy lost when an edge's generated part is taken out."""
    lines = []
    for path in sessions[0].paths:
        found = [utilisation.contributions(session.history, path) for session in sessions]
        lost = {worth.title: [] for worth in found[0]}
        for worth in (worth for session in found for worth in session):
            lost.setdefault(worth.title, []).append(100 * worth.lost)
        shown = ", ".join(f"{edge} {Estimate.of(values).mean:.1f}" for edge, values in lost.items())
        lines.append(f"{title}, {path}: points lost without {shown}")
    return lines
