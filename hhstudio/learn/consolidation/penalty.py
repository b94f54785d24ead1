"""Consolidation: keeping what was generated for earlier conditions (von Oswald et al. 2019, eq. 2).

Two forms of the same penalty. *Targets*: weights are fixed once a condition's task has ended (or, where there
are too many, at the start of each task: :mod:`hhstudio.learn.consolidation.task_start`), and a sample of
earlier conditions is generated anew at every step and compared. *Gram*
(:mod:`hhstudio.learn.consolidation.closed_form`): the change since the task's start of the root's raw output
for all earlier conditions, in closed form. :meth:`Consolidation.begin` takes the cheaper of those that apply
and says why."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from hhstudio.core.spec import spec as specs
from hhstudio.learn.consolidation.closed_form import RootGram
from hhstudio.learn.consolidation.condition_sampling import MOST, PASSES, affordable
from hhstudio.learn.consolidation.kronecker import Curvature, Factors
from hhstudio.learn.consolidation.squared_drift import Bend, drift
from hhstudio.learn.consolidation.task_start import Start, takes_copy
from hhstudio.nets.build import Chain, Edge
from hhstudio.nets.hierarchy import Condition, Generated, Hierarchy
from hhstudio.nets.seeding import derived_seed

GRAM_PASSES = 64
"""What passing one number of the root's last layer through memory costs in a step, in multiplications:
measured in float32 on a CPU."""


class Consolidation:
    """The penalty of a run.

    ``head_of``: the head of a task, or None where all heads serve all tasks. ``measure``: curvature
    factors of a condition's solver with given (size,) weights, on images of a task. ``batch``: images a
    step.
    """

    def __init__(
        self,
        settings: specs.Consolidation,
        hierarchy: Hierarchy,
        seed: int,
        head_of: Callable[[int], int | None],
        measure: Callable[[Condition, Tensor, int], Factors],
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
        self._measure = measure
        self._batch = batch
        self._most = settings.sample or 0
        self._curvature = Curvature() if settings.curvature > 0 and settings.level == "solver" else None
        self._gram: RootGram | None = None
        self._start: Start | None = None
        self._kept_start: dict[str, np.ndarray] = {}

    # before a task -------------------------------------------------------------------------------------

    def begin(self, earlier: Sequence[Condition], learning: Condition, closed: bool | None = None) -> str:
        """Prepare to learn a condition after these. Returns one line: the form chosen, and why.

        ``closed``: whether to take the closed form, which a run that goes on within a task has chosen
        already; None chooses.
        """
        self._earlier, self._learning, self._gram = tuple(earlier), learning.solver, None
        if not earlier or self.settings.beta <= 0:
            return "no earlier conditions to keep" if not earlier else "no consolidation: beta is 0"
        self._most = self._choose_most(learning)
        count = len(self.sample(0))
        taken = f"{count} of {len(earlier)}" if count < len(earlier) else f"all {count}"
        why_not = self._gram_refused()
        if why_not is None:
            gram, direct = self._costs()
            if gram < direct if closed is None else closed:
                self._gram, self._start = self._make_gram(), None
                self.targets.clear()
                return (
                    f"closed form at the root over all {len(earlier)} earlier conditions: about "
                    f"{gram / direct:.2g} times the work of generating {taken} anew"
                )
            why_not = f"the closed form would be {gram / direct:.2g} times the work"
        self._begin_targets()
        if self._curvature is not None:
            self._measure_curvature(self._curvature, learning.task)
        level = {"solver": "the solvers' weights", "root": "the root's targets", "all": "every level"}
        copied = "" if self._start is None else (
            f", generated again from a copy of the {self._start.numbers} numbers stored at the task's start"
        )  # fmt: skip
        fewer = self.settings.sample is None and count < min(MOST, len(earlier))
        dear = ", as more would cost over a fifth of it" if fewer else ""
        return (
            f"targets at {level[self.settings.level]}, {taken} earlier conditions a step{dear}{copied}; "
            f"{why_not}"
        )

    def _choose_most(self, learning: Condition) -> int:
        """Earlier conditions a step at most; 0 is all of them. What is chosen depends on the path alone."""
        if self.settings.sample is not None:
            return self.settings.sample
        if self._hierarchy.device.type != "cpu":
            return MOST  # there a step costs what it has to start, not what it multiplies
        tree = self._hierarchy.tree
        return affordable(tree, tree.chains[learning.solver], self._batch, self._curvature is not None)

    @torch.no_grad()
    def _begin_targets(self) -> None:
        """Fix the weights with which those of earlier conditions are compared.

        Nothing is trained between the end of a condition's task and here: what is generated now are its
        weights then.
        """
        hierarchy, chains = self._hierarchy, self._hierarchy.tree.chains
        missing = [c for c in self._earlier if c not in self.targets]
        kept = sum(
            chains[c.solver].edges[level].spec.size
            for c in self._earlier
            for level in self._levels(chains[c.solver])
        )
        copied = sum(tensor.numel() for tensor in hierarchy.stored.values())
        if self._kept_start or (missing and takes_copy(self.settings.reference, kept, copied)):
            self._start = Start(hierarchy)
            if self._kept_start:
                self._start.load(self._kept_start)
            self._kept_start = {}
            self.targets.clear()
            return
        self._start = None
        for condition in missing:
            generated = hierarchy.generate([condition])[condition.solver]
            levels = self._levels(generated.chain)
            self.targets[condition] = tuple(generated.levels[i][0].clone() for i in levels)

    @property
    def closed_form(self) -> bool:
        return self._gram is not None

    def forget_others(self, learning: Condition | None) -> None:
        """Keep only what was generated for paths that the tree still has. ``learning``: the condition that is
        learned meanwhile; not in the closed form, which covers all paths until its task ends."""
        chains, edges = self._hierarchy.tree.chains, self._hierarchy.tree.edges
        if all(c.solver in chains for c in (*self._earlier, *self.targets)):
            return
        self._earlier = tuple(c for c in self._earlier if c.solver in chains)
        self.targets = {c: kept for c, kept in self.targets.items() if c.solver in chains}
        self._weights = {key: weight for key, weight in self._weights.items() if key[0] in edges}
        if self._curvature is not None:
            self._curvature.keep(chains)
            if learning is not None and self._earlier:
                self._measure_curvature(self._curvature, learning.task)

    # at a step -----------------------------------------------------------------------------------------

    def sample(self, step: int) -> dict[Condition, float]:
        """Earlier conditions to be generated at this step, with their weights in the penalty.

        Depends on the seed and the step alone. Half of a sample comes from the path that is learned,
        whose tasks share most with it, half from the others; weights make the sum over the sample an
        unbiased estimate of the sum over all.
        """
        if self._gram is not None or self.settings.beta <= 0 or not self._earlier:
            return {}
        share = 1.0 / len(self._earlier) if self.settings.share else 1.0
        own = [c for c in self._earlier if c.solver == self._learning]
        others = [c for c in self._earlier if c.solver != self._learning]
        count = self._most or len(self._earlier)
        if count >= len(self._earlier):
            return dict.fromkeys(self._earlier, share)
        draw = random.Random(derived_seed(self._seed, "sample", step))
        if count == 1 and own and others:
            group = draw.choice((own, others))
            return {draw.choice(group): 2 * share * len(group)}
        from_others = min(len(others), max(count // 2, count - len(own)))
        found: dict[Condition, float] = {}
        for group, wanted in ((own, count - from_others), (others, from_others)):
            if wanted:
                found |= dict.fromkeys(draw.sample(group, wanted), share * len(group) / wanted)
        return found

    def penalty(self, generated: Mapping[str, Generated], chosen: Mapping[Condition, float]) -> Tensor | None:
        """Weighted sum over the chosen conditions, not yet times beta; None when there is nothing to keep."""
        if self._gram is not None:
            return self._gram.penalty()
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
                sizes = drift(
                    [weights[i] for i in rows],
                    [targets[c][place] for c in conditions],
                    self._scale(edge, conditions),
                    self._bend(edge, conditions),
                )
                part = _weighed(sizes, [chosen[c] for c in conditions])
                total = part if total is None else total + part
        return total

    def uncovered(self, chain: Chain) -> set[str]:
        """Names of stored tensors on a path, shared between its tasks, that the penalty does not keep.

        With the root's level these are anchors, slots and codes below it, and residual contributions.
        """
        if self.settings.level != "root":
            return set()
        names = set()
        for at, edge in enumerate(chain.edges):
            if at:
                names |= {edge.anchor} if edge.link.stored else set()
                for contribution in edge.contributions:
                    names |= {f"slot/{contribution.key}", f"code/{contribution.key}"}
        return names & self._hierarchy.stored.keys()

    # saving --------------------------------------------------------------------------------------------

    def arrays(self) -> dict[str, np.ndarray]:
        found = {
            f"target/{c.solver}/{c.task}/{i}": level.cpu().numpy().copy()
            for c, levels in self.targets.items()
            for i, level in enumerate(levels)
        }
        if self._curvature is not None:
            found |= {f"curvature/{name}": array for name, array in self._curvature.arrays().items()}
        if self._start is not None:
            found |= {f"start/{name}": array for name, array in self._start.arrays().items()}
        if self._gram is not None:
            found |= {f"gram/{name}": array for name, array in self._gram.arrays().items()}
        return found

    def load(self, arrays: Mapping[str, np.ndarray], done: Sequence[Condition], within: bool) -> None:
        """Take targets back; to be called before :meth:`begin`. ``within`` a task that was begun."""
        for condition in done:
            levels = []
            while (name := f"target/{condition.solver}/{condition.task}/{len(levels)}") in arrays:
                value = torch.from_numpy(np.array(arrays[name]))
                levels.append(value.to(self._hierarchy.device, self._hierarchy.dtype))
            if levels:
                self.targets[condition] = tuple(levels)
        if within:
            start = "start/"
            self._kept_start = {n.removeprefix(start): a for n, a in arrays.items() if n.startswith(start)}
        if self._curvature is not None:
            start = "curvature/"
            kept = {name[len(start) :]: a for name, a in arrays.items() if name.startswith(start)}
            self._curvature.load(
                kept, torch.empty(0, device=self._hierarchy.device, dtype=self._hierarchy.dtype)
            )

    def load_gram(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take the closed form's reference back; to be called after :meth:`begin`."""
        if self._gram is not None and "gram/last" in arrays:
            self._gram.load({name: arrays[f"gram/{name}"] for name in ("last", "hidden")})

    def _targets(self, conditions: Iterable[Condition]) -> Mapping[Condition, tuple[Tensor, ...]]:
        """(size,) weights at each kept level with which those of these conditions are compared."""
        if self._start is None:
            return self.targets
        return {
            condition: tuple(group.rows(level)[row] for level in self._levels(group.chain))
            for group in self._start.generate(conditions).values()
            for row, condition in enumerate(group.conditions)
        }

    def _measure_curvature(self, curvature: Curvature, task: int) -> None:
        """G of conditions that have none yet; A of every kind of solver, on the images of ``task``."""
        last: dict[str, Condition] = {}
        for condition in self._earlier:
            last[self._hierarchy.tree.chains[condition.solver].last.spec.kind] = condition
            if condition not in curvature:
                weights = self._targets([condition])[condition][0]
                curvature.add(condition, self._measure(condition, weights, condition.task))
        for kind, condition in last.items():
            weights = self._targets([condition])[condition][0]
            curvature.set_inputs(kind, self._measure(condition, weights, task))

    # parts ---------------------------------------------------------------------------------------------

    def _levels(self, chain: Chain) -> list[int]:
        last = len(chain.edges) - 1
        return {"solver": [last], "root": [0], "all": list(range(last + 1))}[self.settings.level]

    def _bend(self, edge: Edge, conditions: Sequence[Condition]) -> Bend | None:
        """What the curvature adds to the squared changes, where it is weighed."""
        if self._curvature is None:
            return None
        return partial(self._curvature.bend, self.settings.curvature, edge.spec, conditions)

    def _uncounted(self, edge: Edge, head: int | None) -> Tensor:
        solver = self._hierarchy.tree.solvers.get(edge.target)
        if solver is None:
            return torch.zeros(edge.spec.size, dtype=torch.bool)
        return solver.uncounted(head)

    def _factor(self, edge: Edge, head: int | None) -> float:
        """Weight of a squared change: 1, or one over the counted numbers."""
        if self.settings.reduction == "sum":
            return 1.0
        return 1.0 / int((~self._uncounted(edge, head)).sum())

    def _scale(self, edge: Edge, conditions: Sequence[Condition]) -> Tensor:
        """(size,) or (conditions, size): factor on changes before they are squared and summed."""
        heads = [self._head_of(c.task) if edge.target in self._hierarchy.tree.solvers else None
                 for c in conditions]  # fmt: skip
        found = []
        for head in heads:
            if (edge.slot, head) not in self._weights:
                counted = (~self._uncounted(edge, head)).double()
                if self.settings.reduction == "mean":
                    counted = counted / edge.spec.sigma()
                counted = counted * self._factor(edge, head) ** 0.5
                self._weights[edge.slot, head] = counted.to(self._hierarchy.device, self._hierarchy.dtype)
            found.append(self._weights[edge.slot, head])
        return found[0] if len(set(heads)) == 1 else torch.stack(found)

    def _gram_refused(self) -> str | None:
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

    def _make_gram(self) -> RootGram:
        factors, masks = [], []
        for condition in self._earlier:
            edge = self._hierarchy.tree.chains[condition.solver].edges[0]
            own = edge.contributions[-1]
            head = self._head_of(condition.task)
            change = edge.link.alpha * self._hierarchy.gains[own.key] if edge.link.anchored else 1.0
            share = len(self._earlier) if self.settings.share else 1
            factors.append(self._factor(edge, head) * change**2 / share)
            masks.append(self._uncounted(edge, head))
        return RootGram(self._hierarchy, self._earlier, factors, masks)

    def _costs(self) -> tuple[float, float]:
        """Work of a step in the closed form, and in generating the sampled conditions and comparing them.

        In multiplications, with what memory costs as :data:`PASSES` says.
        """
        tree = self._hierarchy.tree
        root = tree.generators[tree.root]
        width = (root.hidden or root.widths[:1])[-1] + 1
        chunks = [tree.chains[c.solver].edges[0].contributions[-1].layout.chunks for c in self._earlier]
        rows = float(sum(chunks))
        gram = root.chunk * width * (4 * width + GRAM_PASSES) + 6 * rows * width**2
        share = min(1.0, (self._most or len(chunks)) / len(chunks))
        return gram, rows * share * root.chunk * (3 * width + PASSES)


def _weighed(sizes: Tensor, weights: Sequence[float]) -> Tensor:
    """Sum of sizes (B,) times weights, which stay numbers: moving them to a device would wait for it."""
    if len(set(weights)) == 1:
        return weights[0] * sizes.sum()
    return torch.stack([weight * size for size, weight in zip(sizes.unbind(0), weights, strict=True)]).sum()
