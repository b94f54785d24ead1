"""Experiment ``speed``: steps a second against hypnettorch 0.0.4, on the same nets, in one interleaved run.

Both train one root hypernetwork that generates a solver of the same architecture from embeddings of the
same sizes, batch 32, Adam, with the penalty on everything generated for all earlier tasks (*exact*). Beside
it the step that our defaults take: anchored links, the solver's weights kept for a sample of the tasks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from msgspec.structs import replace

from hhstudio.core.spec.spec import Consolidation, Link, Spec
from hhstudio.core.statistics import Estimate
from hhstudio.experiments import bench_nets, rival
from hhstudio.experiments.context import Context
from hhstudio.experiments.figures import FigurePanel, FigureSeries
from hhstudio.experiments.report import ResultTable
from hhstudio.experiments.timing import Step, interleaved, rates, ratio

TITLE = "Training steps a second against hypnettorch 0.0.4"
EARLIER = (0, 1, 5, 20)
WANTED = {1: 1.3, 5: 2.0, 20: 4.0}
"""Least ratio of our steps a second to hypnettorch's that we hold ourselves to, by earlier tasks."""

OURS = ("exact", "defaults")


@dataclass(frozen=True)
class Effort:
    """``rounds`` of interleaved timings, each of about ``seconds`` an implementation."""

    solvers: tuple[str, ...]
    earlier: tuple[int, ...]
    rounds: int
    seconds: float


EFFORT = {
    "smoke": Effort(("resnet32",), (0, 5), 2, 0.0),
    "cpu": Effort(("zenke", "resnet32"), EARLIER, 7, 1.0),
    "full": Effort(("zenke", "resnet32"), EARLIER, 11, 5.0),
}


def run(context: Context) -> ResultTable:
    """The table. Raises :class:`~hhstudio.core.errors.DataError` where hypnettorch is missing."""
    rival.require()
    effort = EFFORT[context.scale]
    table = ResultTable(
        TITLE,
        (
            *("solver", "earlier tasks", "hypnettorch", "exact", "defaults"),
            *("exact ratio", "exact ratio, processor", "defaults ratio", "wanted"),
        ),
        digits=2,
    )
    threads = set()
    for solver in effort.solvers:
        measurements = []
        for earlier in effort.earlier:
            measurement = context.measured(
                f"{context.device}/{context.scale}/{solver}/{earlier}",
                partial(measure, solver, earlier, context.device, effort),
            )
            measurements.append(measurement)
            threads.add(measurement["threads"])
            speeds = [Estimate.of(measurement["rates"][name]) for name in ("hypnettorch", *OURS)]
            exact, defaults = (measurement["ratios"][name] for name in OURS)
            of_exact = Estimate(exact["wall"], exact["error"], effort.rounds)
            of_defaults = Estimate(defaults["wall"], defaults["error"], effort.rounds)
            table.add(solver, earlier, *speeds, of_exact, exact["cpu"], of_defaults, WANTED.get(earlier))
        table.panels.append(_panel(solver, effort.earlier, measurements))
    table.notes += [
        f"Steps a second, mean ± standard error over {effort.rounds} interleaved rounds, in batches of "
        f"{bench_nets.BATCH}, {', '.join(map(str, sorted(threads)))} thread(s); ratios are medians over the "
        "rounds, by the clock and, for exact, by processor time, which other programs disturb less.",
        "exact: the same penalty as hypnettorch's, over all earlier tasks. defaults: anchored links, weights "
        "of 4 earlier tasks a step compared at the solver.",
    ]
    return table


def measure(solver: str, earlier: int, device: str, effort: Effort) -> dict[str, Any]:
    """Rates of each implementation and ratios to hypnettorch's; all with as many threads as we choose."""
    spec = bench_nets.single_level_spec(solver)
    steps = {
        "exact": our_step(spec, earlier, device),
        "defaults": our_step(with_defaults(spec), earlier, device),
        "hypnettorch": _theirs(solver, earlier, device),
    }
    timings = interleaved(steps, effort.rounds, effort.seconds, device)
    return {
        "rates": {name: rates(rounds) for name, rounds in timings.items()},
        "ratios": {name: ratio(timings["hypnettorch"], timings[name]) for name in OURS},
        "threads": torch.get_num_threads(),
    }


def with_defaults(spec: Spec) -> Spec:
    """The same nets with the links and the consolidation that a spec has when it says nothing."""
    return replace(spec, link=Link(), consolidation=bench_nets.quickly_measured(Consolidation()))


def our_step(spec: Spec, earlier: int, device: str) -> Step:
    """A step of a learner that has so many conditions behind it."""
    learner, condition = bench_nets.learner_after(spec, spec.topology, earlier, device)
    counter = iter(range(1_000_000_000))

    def step() -> None:
        number = next(counter)
        learner.step(condition, number, 1.0, number)

    return step


def _theirs(solver: str, earlier: int, device: str) -> Step:
    other = rival.Rival(
        solver,
        bench_nets.HIDDEN,
        bench_nets.CHUNKS[solver],
        bench_nets.TASK_EMBEDDING,
        bench_nets.CODE,
        earlier,
        bench_nets.BETA,
        bench_nets.LR,
        device,
    )
    source = torch.Generator().manual_seed(0)
    images = torch.randn(bench_nets.BATCH, *bench_nets.SHAPE, generator=source).to(device)
    labels = torch.randint(0, bench_nets.CLASSES, (bench_nets.BATCH,), generator=source).to(device)
    return lambda: other.step(images, labels)


def _panel(solver: str, earlier: Sequence[int], measurements: Sequence[dict[str, Any]]) -> FigurePanel:
    named = {
        "hypnettorch": "hypnettorch 0.0.4",
        "exact": "hhstudio, same penalty",
        "defaults": "hhstudio, defaults",
    }
    series = [
        FigureSeries(title, earlier, [Estimate.of(m["rates"][name]) for m in measurements])
        for name, title in named.items()
    ]
    return FigurePanel(
        f"{solver}, batches of {bench_nets.BATCH}",
        "earlier tasks",
        "steps a second",
        series,
        limits=(0, None),
    )
