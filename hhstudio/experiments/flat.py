"""``flat``: what a step costs as earlier conditions pile up, and whether sampling them costs accuracy.

Step time and peak memory at 1, 10, 100 and 500 earlier conditions, for the closed form at the root, a
sample of four at the solver, and the plain sum over all; each in a process of its own. Then split MNIST
with a sample against the full sum.
"""

from __future__ import annotations

import statistics
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import psutil
import torch
from msgspec.structs import replace

from hhstudio.core.presets import preset
from hhstudio.core.spec import Consolidation, Link, Spec
from hhstudio.experiments import bench_nets
from hhstudio.experiments.context import Context
from hhstudio.experiments.report import Estimate, Table
from hhstudio.experiments.speed import timed
from hhstudio.learn.devices import peak_memory

TITLE = "Cost of a step by earlier conditions"
SOLVER = "resnet32"
LARGEST_PLAIN = 100
"""The plain sum is not measured beyond this many conditions: it keeps all their graphs at once."""

FORMS: dict[str, tuple[Link, Consolidation]] = {
    "closed form at the root": (
        Link(mode="direct", residual=False),
        Consolidation(beta=bench_nets.BETA, level="root", reduction="sum", sample=0),
    ),
    "4 sampled, at the solver": (Link(), Consolidation(level="solver", sample=4)),
    "all, at the solver": (Link(), Consolidation(level="solver", sample=0)),
}


@dataclass(frozen=True)
class Effort:
    earlier: tuple[int, ...]
    rounds: int
    seconds: float
    stream: dict[str, int]


EFFORT = {
    "smoke": Effort((1, 10), 2, 0.2, {}),
    "cpu": Effort((1, 10, 100, 500), 5, 2.0, {"steps": 600}),
    "full": Effort((1, 10, 100, 500), 9, 5.0, {"steps": 2000}),
}


def run(context: Context) -> Table:
    effort = EFFORT[context.scale]
    table = Table(TITLE, ("form", "earlier conditions", "ms a step", "over 1 earlier", "peak memory MB"))
    table.digits = 2
    for form in FORMS:
        first: float | None = None
        for earlier in effort.earlier:
            if form.startswith("all") and earlier > LARGEST_PLAIN:
                continue
            found = context.measured(
                f"{context.device}/{context.scale}/{form}/{earlier}",
                partial(_apart, form, earlier, context.device, effort),
            )
            first = first or found["ms"]
            table.add(form, earlier, found["ms"], found["ms"] / first, found["mb"])
    if effort.stream:
        for sample, name in ((0, "all earlier conditions"), (4, "4 sampled")):
            table.notes.append(f"split MNIST, {name}: {table.shown(_accuracy(context, sample, effort))}")
    return table


def measure(form: str, earlier: int, device: str, effort: Effort) -> dict[str, float]:
    """Median milliseconds a step, and the most memory that the process (on CUDA: the device) used, in MB."""
    torch.set_num_threads(max(1, (psutil.cpu_count(logical=False) or 2)))
    link, consolidation = FORMS[form]
    spec = replace(bench_nets.single_level_spec(SOLVER), link=link, consolidation=consolidation)
    learner, condition = bench_nets.learner_after(spec, spec.topology, earlier, device)
    counter = iter(range(1_000_000_000))

    def step() -> None:
        number = next(counter)
        learner.step(condition, number, 1.0, number)

    timed(step, 0.0, device)
    rates = [timed(step, effort.seconds, device) for _ in range(effort.rounds)]
    memory = peak_memory(torch.device(device))
    return {"ms": 1000 / statistics.median(rates), "mb": memory / 2**20}


def _apart(form: str, earlier: int, device: str, effort: Effort) -> dict[str, float]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, form, earlier, device, effort).result()


def _accuracy(context: Context, sample: int, effort: Effort) -> Estimate:
    """Final average accuracy of the deepest path of split MNIST over the context's seeds."""
    found = []
    for seed in range(context.seeds):
        spec: Spec = preset("split-mnist")
        spec = replace(
            spec,
            seed=seed,
            training=replace(spec.training, **effort.stream),
            consolidation=replace(spec.consolidation, sample=sample),
        )
        with context.session(f"split-mnist-sample{sample}-seed{seed}", spec) as session:
            average = session.history.summary(session.paths[-1]).average
            assert average is not None
            found.append(average)
    return Estimate.of(found)
