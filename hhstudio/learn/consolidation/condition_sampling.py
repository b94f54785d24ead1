"""Sample size: how many earlier conditions a step can afford to generate.

Where a solver's own pass is the larger part of a step, generating four earlier conditions with it costs
little. Where the solver is small and the chain long, each of them costs as much as a third of the rest:
there a step looks at two, one of the path that is learned and one of the others, with weights that keep
the penalty's mean what it is. That is not free: on six ten-class CIFAR-100 tasks a path (the experiment
depth, seed 0), two instead of four ended at 45.0, 45.6 and 45.1 % at depths 1 to 3 instead of 45.7, 47.0 and
46.4 %, in about three quarters of the time; on split MNIST (the experiment flat) at 97.3 instead of 98.3 %.
So a spec that does not say takes four; this is for those that ask for it (``sample`` null).
"""

from __future__ import annotations

import itertools

from hhstudio.learn.consolidation.kronecker import covered_layers
from hhstudio.nets.build import Chain, Tree
from hhstudio.nets.generators import MLPGenerator

LARGEST_SAMPLE, SMALLEST_SAMPLE = 4, 2
SHARE = 0.2
"""Of a step with one earlier condition: what further ones may add to it."""

PASSES = 400
"""Cost of passing one generated number through memory in a step, in multiplications: measured in
float32 on a CPU."""

BACK = 3
"""Cost of a forward and a backward pass, in forward passes."""


def affordable_sample(tree: Tree, chain: Chain, batch: int, curved: bool) -> int:
    """Earlier conditions a step, so many as add no more than :data:`SHARE` to it.

    Parameters
    ----------
    tree : Tree
    chain : Chain
        The path that is learned.
    batch : int
        Images a step.
    curved : bool
        Whether drift is weighted by curvature.

    Returns
    -------
    int
        From :data:`SMALLEST_SAMPLE` to :data:`LARGEST_SAMPLE`.
    """
    own = sum(
        _generation_cost(tree.generators[n], e.spec.size)
        for n, e in zip(chain.nodes, chain.edges, strict=True)
    )
    each = own + (_curvature_cost(tree, chain) if curved else 0.0)
    step = BACK * batch * tree.solvers[chain.solver].multiplications + own + each
    return max(SMALLEST_SAMPLE, min(LARGEST_SAMPLE, 1 + int(SHARE * step / each)))


def _generation_cost(generator: MLPGenerator, numbers: int) -> float:
    """Multiplications of generating so many numbers, forth and back, with what memory costs."""
    rows = -(-numbers // generator.chunk)
    row = sum(inputs * outputs for inputs, outputs in itertools.pairwise(generator.widths))
    return float(BACK * rows * row + PASSES * numbers)


def _curvature_cost(tree: Tree, chain: Chain) -> float:
    """Multiplications of G D A for every layer of the solver."""
    shapes = [
        (len(layer.weight), layer.weight[0].numel() + 1)
        for layer in covered_layers(tree.solvers[chain.solver]).values()
    ]
    return float(sum(out * width * (out + width) for out, width in shapes))
