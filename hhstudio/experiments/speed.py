"""``speed``: steps a second against hypnettorch 0.0.4, on the same nets, in one interleaved run.

Both train one root hypernetwork that generates a solver of the same architecture from embeddings of the
same sizes, batch 32, Adam, with the penalty on everything generated for all earlier tasks.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from msgspec.structs import replace

from hhstudio.core.spec import Spec
from hhstudio.experiments import bench_nets, rival
from hhstudio.experiments.context import Context
from hhstudio.experiments.report import Table

TITLE = "Training steps a second against hypnettorch 0.0.4"
EARLIER = (0, 1, 5, 20)
WANTED = {1: 1.3, 5: 2.0, 20: 4.0}
"""Least ratio of our steps a second to hypnettorch's that we hold ourselves to, by earlier tasks."""

Step = Callable[[], Any]


@dataclass(frozen=True)
class Effort:
    """``rounds`` of interleaved timings, each of about ``seconds`` an implementation."""

    solvers: tuple[str, ...]
    earlier: tuple[int, ...]
    rounds: int
    seconds: float


EFFORT = {
    "smoke": Effort(("resnet32",), (0, 5), 2, 0.3),
    "cpu": Effort(("zenke", "resnet32"), EARLIER, 7, 2.0),
    "full": Effort(("zenke", "resnet32"), EARLIER, 11, 5.0),
}


def run(context: Context) -> Table:
    """The table. Raises :class:`~hhstudio.core.errors.DataError` where hypnettorch is missing."""
    rival.require()
    effort = EFFORT[context.scale]
    table = Table(
        TITLE,
        (
            "solver",
            "earlier tasks",
            "hypnettorch",
            "exact",
            "sampled",
            "exact ratio",
            "sampled ratio",
            "wanted",
        ),
        digits=2,
    )
    for solver in effort.solvers:
        for earlier in effort.earlier:
            rates = context.measured(
                f"{context.device}/{context.scale}/{solver}/{earlier}",
                partial(measure, solver, earlier, context.device, effort),
            )
            theirs, exact, sampled = (rates[name] for name in ("hypnettorch", "exact", "sampled"))
            table.add(
                solver, earlier, theirs, exact, sampled, exact / theirs, sampled / theirs, WANTED.get(earlier)
            )
    table.notes += [
        f"Medians of {effort.rounds} interleaved rounds; batch {bench_nets.BATCH}, "
        f"{torch.get_num_threads()} threads.",
        "exact: the same penalty, over all earlier tasks; sampled: over 4 of them a step.",
    ]
    return table


def measure(solver: str, earlier: int, device: str, effort: Effort) -> dict[str, float]:
    """Median steps a second of each implementation; one round times each of them once, in turn."""
    steps = {
        "hypnettorch": _theirs(solver, earlier, device),
        "exact": _ours(bench_nets.single_level_spec(solver), earlier, device),
        "sampled": _ours(_sampled(bench_nets.single_level_spec(solver)), earlier, device),
    }
    for step in steps.values():
        timed(step, 0.0, device)
    rates: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(effort.rounds):
        for name, step in steps.items():
            rates[name].append(timed(step, effort.seconds, device))
    return {name: statistics.median(found) for name, found in rates.items()}


def timed(step: Step, seconds: float, device: str) -> float:
    """Steps a second over at least ``seconds``, and at least two steps."""
    _wait(device)
    start, count = time.perf_counter(), 0
    while count < 2 or time.perf_counter() - start < seconds:
        step()
        count += 1
    _wait(device)
    return count / (time.perf_counter() - start)


def _wait(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def _sampled(spec: Spec) -> Spec:
    return replace(spec, consolidation=replace(spec.consolidation, sample=4))


def _ours(spec: Spec, earlier: int, device: str) -> Step:
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
