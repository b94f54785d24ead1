"""Consolidation penalty: squared change of the weights generated for earlier conditions.

Two forms of the same penalty. *Targets*: weights are fixed once a condition's task has ended (or, where there
are too many, at the start of each task: :mod:`hhstudio.learn.consolidation.task_start`), and a sample of
earlier conditions is generated anew at every step and compared. *Closed form*
(:mod:`hhstudio.learn.consolidation.closed_form`): the change since the task's start of the root's raw output
for all earlier conditions. :meth:`ConsolidationPenalty.begin` takes the cheaper of those that apply and says
why.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from hhstudio.core.spec import spec as specs
from hhstudio.learn.consolidation.closed_form import ClosedFormPenalty
from hhstudio.learn.consolidation.condition_sampling import LARGEST_SAMPLE, PASSES, affordable_sample
from hhstudio.learn.consolidation.kronecker import MeasuresCurvature, SolverCurvature
from hhstudio.learn.consolidation.squared_drift import CurvatureTerm, squared_drift
from hhstudio.learn.consolidation.task_start import TaskStartReference, uses_task_start
from hhstudio.nets.build import Chain, Edge
from hhstudio.nets.hierarchy import Generated, Hierarchy
from hhstudio.nets.seeding import derived_seed
from hhstudio.nets.stored import Condition

CLOSED_FORM_PASSES = 64
"""Cost of passing one number of the root's last layer through memory in a step, in multiplications:
measured in float32 on a CPU."""

NAMED = 4
"""Tensors that the log names one by one."""


class ConsolidationPenalty:
    """Consolidation penalty of a run.

    Parameters
    ----------
    settings : specs.Consolidation
    hierarchy : Hierarchy
    seed : int
        Of the run; with the step it decides which conditions are sampled.
    head_of : callable
        int -> int or None: the head of a task, None where all heads serve all tasks.
    curvature : MeasuresCurvature
        Measures curvature factors of a condition's solver.
    batch : int
        Images a step.

    Attributes
    ----------
    targets : dict of Condition to tuple of Tensor
        (size,) weights at each consolidated level, as they were when the condition's task ended.

    References
    ----------
    von Oswald et al. 2019, Continual learning with hypernetworks, eq. 2.
    """

    def __init__(
        self,
        settings: specs.Consolidation,
        hierarchy: Hierarchy,
        seed: int,
        head_of: Callable[[int], int | None],
        curvature: MeasuresCurvature,
        batch: int,
    ) -> None:
        self.settings = settings
        self.targets: dict[Condition, tuple[Tensor, ...]] = {}
        self._hierarchy = hierarchy
        self._seed = seed
        self._head_of = head_of
        self._weights: dict[tuple[str, int | None], Tensor] = {}
        self._earlier: tuple[Condition, ...] = ()
        self._learning = ""
        self._measure = curvature
        self._batch = batch
        self._sample_size = settings.sample or 0
        self._curvature = SolverCurvature() if settings.curvature > 0 and settings.level == "solver" else None
        self._closed_form: ClosedFormPenalty | None = None
        self._start: TaskStartReference | None = None
        self._saved_start: dict[str, np.ndarray] = {}

    # before a task -------------------------------------------------------------------------------------

    def begin(self, earlier: Sequence[Condition], learning: Condition, closed: bool | None = None) -> str:
        """Prepare to learn a condition after others.

        Parameters
        ----------
        earlier : sequence of Condition
            Learned before, to be kept.
        learning : Condition
            The one that is learned next, or the first of several.
        closed : bool, optional
            Whether to take the closed form, which a run that goes on within a task has chosen already; by
            default the cheaper form is taken.

        Returns
        -------
        str
            One line: the form chosen, and why.
        """
        self._earlier, self._learning, self._closed_form = tuple(earlier), learning.solver, None
        if not earlier or self.settings.beta <= 0:
            return "no earlier conditions to keep" if not earlier else "no consolidation: beta is 0"
        self._sample_size = self._choose_sample_size(learning)
        count = len(self.sample(0))
        sampled = f"{count} of {len(earlier)}" if count < len(earlier) else f"all {count}"
        why_not = self._closed_form_refused()
        if why_not is None:
            closed_cost, sampled_cost = self._costs()
            if closed_cost < sampled_cost if closed is None else closed:
                self._closed_form, self._start = self._make_closed_form(), None
                self.targets.clear()
                return (
                    f"closed form at the root over all {len(earlier)} earlier conditions: about "
                    f"{closed_cost / sampled_cost:.2g} times the work of generating {sampled} anew"
                )
            why_not = f"the closed form would be {closed_cost / sampled_cost:.2g} times the work"
        self._begin_targets()
        if self._curvature is not None:
            self._measure_curvature(self._curvature, learning.task)
        level = {"solver": "the solvers' weights", "root": "the root's targets", "all": "every level"}
        copied = "" if self._start is None else (
            f", generated again from a copy of the {self._start.numbers} numbers stored at the task's start"
        )  # fmt: skip
        fewer = self.settings.sample is None and count < min(LARGEST_SAMPLE, len(earlier))
        limited = ", as more would cost over a fifth of it" if fewer else ""
        return (
            f"targets at {level[self.settings.level]}, {sampled} earlier conditions a step{limited}{copied}; "
            f"{why_not}{self._unseen_by_curvature()}"
        )

    def _choose_sample_size(self, learning: Condition) -> int:
        """Earlier conditions a step at most; 0 is all of them. What is chosen depends on the path alone."""
        if self.settings.sample is not None:
            return self.settings.sample
        if self._hierarchy.device.type != "cpu":
            return LARGEST_SAMPLE  # there a step costs what it has to start, not what it multiplies
        tree = self._hierarchy.tree
        return affordable_sample(tree, tree.chains[learning.solver], self._batch, self._curvature is not None)

    @torch.no_grad()
    def _begin_targets(self) -> None:
        """Fix the weights with which those of earlier conditions are compared.

        Nothing is trained between the end of a condition's task and here: what is generated now are its
        weights then.
        """
        hierarchy, chains = self._hierarchy, self._hierarchy.tree.chains
        missing = [c for c in self._earlier if c not in self.targets]
        target_numbers = sum(
            chains[c.solver].edges[level].spec.size
            for c in self._earlier
            for level in self._levels(chains[c.solver])
        )
        stored_numbers = sum(tensor.numel() for tensor in hierarchy.stored.values())
        if self._saved_start or (
            missing and uses_task_start(self.settings.reference, target_numbers, stored_numbers)
        ):
            self._start = TaskStartReference(hierarchy)
            if self._saved_start:
                self._start.load(self._saved_start)
            self._saved_start = {}
            self.targets.clear()
            return
        self._start = None
        for condition in missing:
            generated = hierarchy.generate([condition])[condition.solver]
            levels = self._levels(generated.chain)
            self.targets[condition] = tuple(generated.levels[i][0].clone() for i in levels)

    @property
    def closed_form(self) -> bool:
        """Whether the closed form is in use."""
        return self._closed_form is not None

    def forget_others(self, learning: Condition | None) -> None:
        """Forget paths that the tree no longer has (growth).

        Parameters
        ----------
        learning : Condition or None
            The condition that is being learned. Not to be called while the closed form is in use, which
            covers all paths until its task ends.
        """
        chains, edges = self._hierarchy.tree.chains, self._hierarchy.tree.edges
        if all(c.solver in chains for c in (*self._earlier, *self.targets)):
            return
        self._earlier = tuple(c for c in self._earlier if c.solver in chains)
        self.targets = {c: targets for c, targets in self.targets.items() if c.solver in chains}
        self._weights = {key: weight for key, weight in self._weights.items() if key[0] in edges}
        if self._curvature is not None:
            self._curvature.keep(chains)
            if learning is not None and self._earlier:
                self._measure_curvature(self._curvature, learning.task)

    # at a step -----------------------------------------------------------------------------------------

    def sample(self, step: int) -> dict[Condition, float]:
        """Earlier conditions to be generated at a step.

        Half of a sample comes from the path that is learned, whose tasks share most with it, half from the
        others; weights make the sum over the sample an unbiased estimate of the sum over all.

        Parameters
        ----------
        step : int
            Global step; with the seed it decides the sample.

        Returns
        -------
        dict of Condition to float
            The weight of each in the penalty; empty where nothing is generated for it (closed form, beta 0).
        """
        if self._closed_form is not None or self.settings.beta <= 0 or not self._earlier:
            return {}
        share = 1.0 / len(self._earlier) if self.settings.share else 1.0
        own = [c for c in self._earlier if c.solver == self._learning]
        others = [c for c in self._earlier if c.solver != self._learning]
        count = self._sample_size or len(self._earlier)
        if count >= len(self._earlier):
            return dict.fromkeys(self._earlier, share)
        draw = random.Random(derived_seed(self._seed, "sample", step))
        if count == 1 and own and others:
            group = draw.choice((own, others))
            return {draw.choice(group): 2 * share * len(group)}
        from_others = min(len(others), max(count // 2, count - len(own)))
        weights: dict[Condition, float] = {}
        for group, wanted in ((own, count - from_others), (others, from_others)):
            if wanted:
                weights |= dict.fromkeys(draw.sample(group, wanted), share * len(group) / wanted)
        return weights

    def penalty(self, generated: Mapping[str, Generated], chosen: Mapping[Condition, float]) -> Tensor | None:
        """Weighted sum over the sampled conditions, not yet times beta.

        Parameters
        ----------
        generated : mapping of str to Generated
            By solver id, with the sampled conditions among others.
        chosen : mapping of Condition to float
            From :meth:`sample`.

        Returns
        -------
        Tensor, shape (), or None
            None when there is nothing to keep. Differentiable once.
        """
        if self._closed_form is not None:
            return self._closed_form.penalty()
        if not chosen:
            return None
        total: Tensor | None = None
        targets = self._targets(chosen)
        for group in generated.values():
            rows = [i for i, c in enumerate(group.conditions) if c in chosen]
            if not rows:
                continue
            conditions = [group.conditions[i] for i in rows]
            for place, level in enumerate(self._levels(group.chain)):
                edge = group.chain.edges[level]
                weights = group.rows(level)
                sizes = squared_drift(
                    [weights[i] for i in rows],
                    [targets[c][place] for c in conditions],
                    self._scale(edge, conditions),
                    self._curvature_term(edge, conditions),
                )
                part = _weighed(sizes, [chosen[c] for c in conditions])
                total = part if total is None else total + part
        return total

    def uncovered(self, chain: Chain) -> set[str]:
        """Names of stored tensors on a path, shared between its tasks, that the penalty does not keep.

        With the root's level these are anchors, slots and codes below it, and residual contributions.

        Parameters
        ----------
        chain : Chain

        Returns
        -------
        set of str
        """
        if self.settings.level != "root":
            return set()
        names: set[str] = set()
        stored = self._hierarchy.stored
        for at, edge in enumerate(chain.edges):
            if at:
                names |= {edge.anchor} if edge.link.stored else set()
                for contribution in edge.contributions:
                    names.update(stored.owned_by(contribution.key))
        return names

    # saving --------------------------------------------------------------------------------------------

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything to be saved that cannot be computed again, by name.

        Returns
        -------
        dict of str to ndarray
            ``target/SOLVER/TASK/LEVEL``, ``curvature/…``, ``start/…``, ``gram/…`` (the closed form).
        """
        arrays = {
            f"target/{c.solver}/{c.task}/{i}": level.cpu().numpy().copy()
            for c, levels in self.targets.items()
            for i, level in enumerate(levels)
        }
        if self._curvature is not None:
            arrays |= {f"curvature/{name}": array for name, array in self._curvature.arrays().items()}
        if self._start is not None:
            arrays |= {f"start/{name}": array for name, array in self._start.arrays().items()}
        if self._closed_form is not None:
            arrays |= {f"gram/{name}": array for name, array in self._closed_form.arrays().items()}
        return arrays

    def load(self, arrays: Mapping[str, np.ndarray], done: Sequence[Condition], within: bool) -> None:
        """Take targets back; to be called before :meth:`begin`.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            From :meth:`arrays`.
        done : sequence of Condition
            Those whose task has ended.
        within : bool
            Whether a task is under way.
        """
        for condition in done:
            levels: list[Tensor] = []
            while (name := f"target/{condition.solver}/{condition.task}/{len(levels)}") in arrays:
                value = torch.from_numpy(np.array(arrays[name]))
                levels.append(value.to(self._hierarchy.device, self._hierarchy.dtype))
            if levels:
                self.targets[condition] = tuple(levels)
        if within:
            start = "start/"
            self._saved_start = {n.removeprefix(start): a for n, a in arrays.items() if n.startswith(start)}
        if self._curvature is not None:
            start = "curvature/"
            factors = {name[len(start) :]: a for name, a in arrays.items() if name.startswith(start)}
            self._curvature.load(
                factors, torch.empty(0, device=self._hierarchy.device, dtype=self._hierarchy.dtype)
            )

    def load_closed_form(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take the closed form's reference back; to be called after :meth:`begin`.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            From :meth:`arrays`.
        """
        if self._closed_form is not None and "gram/last" in arrays:
            self._closed_form.load({name: arrays[f"gram/{name}"] for name in ("last", "hidden")})

    def _targets(self, conditions: Iterable[Condition]) -> Mapping[Condition, tuple[Tensor, ...]]:
        """(size,) weights at each kept level with which those of these conditions are compared."""
        if self._start is None:
            return self.targets
        return {
            condition: tuple(group.rows(level)[row] for level in self._levels(group.chain))
            for group in self._start.generate(conditions).values()
            for row, condition in enumerate(group.conditions)
        }

    def _measure_curvature(self, curvature: SolverCurvature, task: int) -> None:
        """G of conditions that have none yet; A of every kind of solver, on the images of ``task``."""
        last: dict[str, Condition] = {}
        for condition in self._earlier:
            last[self._hierarchy.tree.chains[condition.solver].last.spec.kind] = condition
            if condition not in curvature:
                weights = self._targets([condition])[condition][0]
                curvature.add(condition, self._measure.curvature_outputs(condition, weights))
        for kind, condition in last.items():
            weights = self._targets([condition])[condition][0]
            curvature.set_inputs(kind, self._measure.curvature_inputs(condition, weights, task))

    def _unseen_by_curvature(self) -> str:
        """Which tensors are weighed by their scale alone, where that is more than vectors."""
        if self._curvature is None:
            return ""
        chains = self._hierarchy.tree.chains
        specs_by_kind = {chains[c.solver].last.spec.kind: chains[c.solver].last.spec for c in self._earlier}
        names = list(dict.fromkeys(n for s in specs_by_kind.values() for n in self._curvature.unseen(s)))
        if not names:
            return ""
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        return f"; curvature does not see {', '.join(names[:NAMED])}{more}: kept by scale alone"

    # parts ---------------------------------------------------------------------------------------------

    def _levels(self, chain: Chain) -> list[int]:
        last = len(chain.edges) - 1
        return {"solver": [last], "root": [0], "all": list(range(last + 1))}[self.settings.level]

    def _curvature_term(self, edge: Edge, conditions: Sequence[Condition]) -> CurvatureTerm | None:
        """Curvature term beside the squared changes, where there is one."""
        if self._curvature is None:
            return None
        return partial(self._curvature.curvature_term, self.settings.curvature, edge.spec, conditions)

    def _other_heads(self, edge: Edge, head: int | None) -> Tensor:
        solver = self._hierarchy.tree.solvers.get(edge.target)
        if solver is None:
            return torch.zeros(edge.spec.size, dtype=torch.bool)
        return solver.other_heads(head)

    def _factor(self, edge: Edge, head: int | None) -> float:
        """Weight of a squared change: 1, or one over the counted numbers."""
        if self.settings.reduction == "sum":
            return 1.0
        return 1.0 / int((~self._other_heads(edge, head)).sum())

    def _scale(self, edge: Edge, conditions: Sequence[Condition]) -> Tensor:
        """(size,) or (conditions, size): factor on changes before they are squared and summed."""
        heads = [self._head_of(c.task) if edge.target in self._hierarchy.tree.solvers else None
                 for c in conditions]  # fmt: skip
        scales = []
        for head in heads:
            if (edge.slot, head) not in self._weights:
                counted = (~self._other_heads(edge, head)).double()
                if self.settings.reduction == "mean":
                    counted = counted / edge.spec.sigma()
                counted = counted * self._factor(edge, head) ** 0.5
                self._weights[edge.slot, head] = counted.to(self._hierarchy.device, self._hierarchy.dtype)
            scales.append(self._weights[edge.slot, head])
        return scales[0] if len(set(heads)) == 1 else torch.stack(scales)

    def _closed_form_refused(self) -> str | None:
        """Why the closed form would not be exact here; None when it is."""
        chains = [self._hierarchy.tree.chains[s] for s in dict.fromkeys(c.solver for c in self._earlier)]
        if any(0 not in self._levels(c) or len(self._levels(c)) > 1 for c in chains):
            return "the closed form covers only what the root generates"
        if self._curvature is not None:
            return "the closed form knows no curvature"
        edges = [c.edges[0] for c in chains]
        for edge in edges:
            moves = edge.link.stored and self._hierarchy.stored[edge.anchor].requires_grad
            if edge.link.anchored and (moves or edge.link.anchor == "parent"):
                return "anchors are trained along with what the root generates"
            if edge.link.anchored and self.settings.reduction == "sum":
                return "the closed form of an anchored link needs consolidation.reduction mean"
            if not edge.link.anchored and self.settings.reduction == "mean":
                return "the closed form of a direct link needs consolidation.reduction sum"
        return None

    def _make_closed_form(self) -> ClosedFormPenalty:
        factors, masks = [], []
        for condition in self._earlier:
            edge = self._hierarchy.tree.chains[condition.solver].edges[0]
            own = edge.contributions[-1]
            head = self._head_of(condition.task)
            change = edge.link.alpha * self._hierarchy.gains[own.key] if edge.link.anchored else 1.0
            share = len(self._earlier) if self.settings.share else 1
            factors.append(self._factor(edge, head) * change**2 / share)
            masks.append(self._other_heads(edge, head))
        return ClosedFormPenalty(self._hierarchy, self._earlier, factors, masks)

    def _costs(self) -> tuple[float, float]:
        """Work of a step in the closed form, and in generating the sampled conditions and comparing them.

        In multiplications, with what memory costs as :data:`PASSES` says.
        """
        tree = self._hierarchy.tree
        root = tree.generators[tree.root]
        width = (root.hidden or root.widths[:1])[-1] + 1
        chunks = [tree.chains[c.solver].edges[0].contributions[-1].layout.chunks for c in self._earlier]
        rows = float(sum(chunks))
        closed_form = root.chunk * width * (4 * width + CLOSED_FORM_PASSES) + 6 * rows * width**2
        share = min(1.0, (self._sample_size or len(chunks)) / len(chunks))
        return closed_form, rows * share * root.chunk * (3 * width + PASSES)


def _weighed(sizes: Tensor, weights: Sequence[float]) -> Tensor:
    """Sum of sizes (B,) times weights, which stay numbers: moving them to a device would wait for it."""
    if len(set(weights)) == 1:
        return weights[0] * sizes.sum()
    return torch.stack([weight * size for size, weight in zip(sizes.unbind(0), weights, strict=True)]).sum()
