"""Experiment ``flat``: the cost of a step as earlier conditions pile up, and of sampling them in accuracy.

Step time and peak memory at 1, 10, 100 and 500 earlier conditions: for the closed form at the root, for our
defaults (a sample of conditions, compared at the solver), for our recipe on a chain three deep, and for the
plain sum over all. Then split MNIST with the sample against the full sum.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Any

import torch
from msgspec.structs import replace

from hhstudio.core.spec.presets import preset
from hhstudio.core.spec.spec import Consolidation, Link, SolverDefaults, Spec
from hhstudio.core.statistics import Estimate
from hhstudio.experiments import bench_nets
from hhstudio.experiments.context import Context
from hhstudio.experiments.figures import FigurePanel, FigureSeries
from hhstudio.experiments.report import ResultTable
from hhstudio.experiments.speed import our_step, with_defaults
from hhstudio.experiments.timing import interleaved, ratio
from hhstudio.learn.consolidation.condition_sampling import LARGEST_SAMPLE, SMALLEST_SAMPLE
from hhstudio.learn.devices import peak_memory

TITLE = "Cost of a step by earlier conditions"
SOLVER = "resnet32"
WANTED = 1.2
"""Most that a step at 100 earlier conditions may take, over one at 1, that we hold ourselves to."""
PLAIN = "all, at the solver"
LARGEST_PLAIN, PLAIN_ROUNDS = 100, 2
"""The plain sum is not measured beyond this many conditions, which take seconds a step and all memory."""


def _forms() -> dict[str, Spec]:
    single, deep = bench_nets.single_level_spec(SOLVER), bench_nets.deep_spec()
    return {
        "closed form at the root": single,
        "defaults": with_defaults(single),
        "our recipe, depth 3": deep,
        "our recipe, depth 3, sampled by cost": replace(
            deep, consolidation=replace(deep.consolidation, sample=None)
        ),
        PLAIN: replace(
            single, link=Link(), consolidation=bench_nets.quickly_measured(Consolidation(sample=0))
        ),
    }


@dataclass(frozen=True)
class Effort:
    """``earlier`` conditions; ``rounds`` of about ``seconds`` each; ``stream``: steps a task on split MNIST,
    0 leaves it out; ``solver``: of split MNIST, None takes the preset's; ``apart``: memory is measured in a
    process of its own."""

    earlier: tuple[int, ...]
    rounds: int
    seconds: float
    steps: int
    solver: SolverDefaults | None
    forms: tuple[str, ...] = tuple(_forms())
    apart: bool = True


_SMALL = SolverDefaults(architecture="mlp", options={"hidden": (100, 100)})

EFFORT = {
    "smoke": Effort((1, 10), 2, 0.0, 0, None, ("our recipe, depth 3",), apart=False),
    "cpu": Effort((1, 10, 100, 500), 5, 0.6, 120, _SMALL),
    "full": Effort((1, 10, 100, 500), 9, 5.0, 2000, None),
}


def run(context: Context) -> ResultTable:
    effort = EFFORT[context.scale]
    table = ResultTable(
        TITLE,
        ("form", "earlier conditions", "ms a step", "over 1 earlier", "over 1, processor", "peak memory MB"),
        digits=2,
    )
    times, memories = [], []
    for form in effort.forms:
        counts = [n for n in effort.earlier if form != PLAIN or n <= LARGEST_PLAIN]
        measurement = context.measured(
            f"{context.device}/{context.scale}/{form}", partial(measure, form, counts, context.device, effort)
        )
        rows = [measurement[str(n)] for n in counts]
        for earlier, row in zip(counts, rows, strict=True):
            over, spent = row["ratio"], Estimate.of(row["ms"])
            table.add(
                form, earlier, spent, Estimate(over["wall"], over["error"], len(row["ms"])), over["cpu"],
                row["mb"],
            )  # fmt: skip
        times.append(FigureSeries(form, counts, [Estimate.of(row["ms"]) for row in rows]))
        memories.append(FigureSeries(form, counts, [row["mb"] for row in rows]))
        table.notes.append(f"{form}: {measurement['log']}")
    for title, label, series in (("Time", "ms a step", times), ("Memory", "MB at most", memories)):
        table.panels.append(FigurePanel(title, "earlier conditions", label, series, log_x=True, log_y=True))
    if effort.steps:
        for sample in (0, SMALLEST_SAMPLE, LARGEST_SAMPLE):
            reached = _accuracy(context, sample, effort)
            error = "" if reached.error is None else f" ± {100 * reached.error:.2f}"
            name = f"{sample} sampled" if sample else "all earlier conditions"
            shown = f"{100 * reached.mean:.2f}{error} %"
            table.notes.append(f"split MNIST, final average accuracy of {_DEEPEST}, {name}: {shown}")
    table.notes.append(
        f"{SOLVER} solver but for depth 3, in batches of {bench_nets.BATCH}; medians over {effort.rounds} "
        f"interleaved rounds, by the clock and by processor time; wanted: at most {WANTED} at 100."
    )
    return table


def measure(form: str, counts: list[int], device: str, effort: Effort) -> dict[str, Any]:
    """By number of conditions: ms a step of each round, its ratio to that at the fewest, and the most memory
    that was needed for it; ``log``: what was said about the form at the most."""
    spec = _forms()[form]
    steps = {str(n): our_step(spec, n, device) for n in counts}
    rounds = PLAIN_ROUNDS if form == PLAIN else effort.rounds
    rates_by_count = interleaved(steps, rounds, effort.seconds, device)
    first = rates_by_count[str(counts[0])]
    learner, now = bench_nets.learner_after(spec, spec.topology, counts[-1], device)
    line = learner.begin([now])
    if effort.apart:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            peaks = pool.submit(memory, form, counts, device).result()
    else:
        peaks = memory(form, counts, device)
    return {
        str(n): {"ms": [rate.wall for rate in rates], "ratio": ratio(rates, first), "mb": peak}
        for n, rates, peak in zip(counts, rates_by_count.values(), peaks, strict=True)
    } | {"log": line}


def memory(form: str, counts: list[int], device: str) -> list[float]:
    """MB that this process (on CUDA: the device) has used at most, after two steps at each of the rising
    numbers of conditions."""
    peaks = []
    for earlier in counts:
        step = our_step(_forms()[form], earlier, device)
        step()
        step()
        del step
        peaks.append(peak_memory(torch.device(device)) / 2**20)
    return peaks


_DEEPEST = "P2-0"


def _accuracy(context: Context, sample: int, effort: Effort) -> Estimate:
    """Final average accuracy of the deepest path of split MNIST over the context's seeds."""
    averages = []
    for seed in range(context.seeds):
        spec = preset("split-mnist")
        spec = replace(
            spec,
            seed=seed,
            training=replace(spec.training, steps=effort.steps),
            consolidation=replace(spec.consolidation, sample=sample),
            evaluation=replace(spec.evaluation, every=0),
        )
        if effort.solver is not None:
            spec = replace(spec, solver=effort.solver, hypernetwork=replace(spec.hypernetwork, chunk=8000))
        with context.session(f"split-mnist-sample{sample}-seed{seed}", spec) as session:
            average = session.history.summary(_DEEPEST).left
            assert average is not None
            averages.append(average)
    return Estimate.of(averages)
