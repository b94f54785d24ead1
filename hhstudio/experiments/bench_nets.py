"""Benchmark learners at a chosen point of a stream, on random images, for the speed experiments.

What a step costs does not depend on the images, so these need no data.
"""

from __future__ import annotations

import torch
from msgspec.structs import replace

from hhstudio.core.spec.spec import (
    Consolidation,
    HypernetworkDefaults,
    Link,
    SolverDefaults,
    Spec,
    Stream,
    Training,
)
from hhstudio.core.spec.tasks import TaskInfo
from hhstudio.core.tree import editing
from hhstudio.core.tree.depth_series import single_path
from hhstudio.core.tree.topology import Topology
from hhstudio.experiments.depth import RECIPES
from hhstudio.learn.data import TaskData, TaskStream
from hhstudio.learn.training.learner import Learner
from hhstudio.nets.stored import Condition

SHAPE = (3, 32, 32)
CLASSES = 10
BETA, LR, BATCH = 0.01, 1e-3, 32

#: solver -> numbers a chunk, so that the hypernetwork is about as large as its solver
CHUNKS = {"zenke": 19_000, "resnet32": 7_000}
HIDDEN = (60, 60)
TASK_EMBEDDING = CODE = 32


def random_stream(tasks: int, images: int = 256) -> TaskStream:
    """A stream whose tasks share the same random images; one head for all, as in domain-IL."""
    source = torch.Generator().manual_seed(0)
    pictures = torch.randint(0, 256, (images, *SHAPE), dtype=torch.uint8, generator=source)
    labels = torch.randint(0, CLASSES, (images,), generator=source)
    none = slice(0, 0)
    data = TaskData(
        pictures, labels, pictures[none], labels[none], pictures, labels, torch.full((3,), 0.5), torch.ones(3)
    )
    info = TaskInfo(name="random", dataset="cifar10", classes=tuple(range(CLASSES)))
    return TaskStream((info,) * tasks, SHAPE, "domain", False, (), (data,) * tasks, (CLASSES,) * tasks)


def single_level_spec(solver: str) -> Spec:
    """A root that generates one solver directly, penalised at its output by a sum over all earlier tasks:
    what hypnettorch does."""
    return Spec(
        topology=editing.single(),
        stream=Stream(dataset="cifar10", tasks=1, classes_per_task=CLASSES, scenario="domain"),
        solver=SolverDefaults(architecture=solver),
        hypernetwork=HypernetworkDefaults(
            hidden=HIDDEN,
            chunk=CHUNKS[solver],
            task_embedding=TASK_EMBEDDING,
            chunk_embedding=CODE,
            task_chunks=False,
        ),
        link=Link(mode="direct", residual=False),
        training=Training(batch_size=BATCH, lr=LR, embedding_lr=None, clip=0.0),
        consolidation=Consolidation(beta=BETA, level="root", reduction="sum", sample=0),
    )


def deep_spec() -> Spec:
    """Our recipe on a root, a child and its child, which generates a small convolutional solver."""
    recipe = RECIPES["ours"]
    return Spec(
        topology=single_path(3),
        stream=Stream(dataset="cifar10", tasks=1, classes_per_task=CLASSES, scenario="domain"),
        solver=SolverDefaults(options={"channels": (16, 28, 28)}),
        hypernetwork=recipe.hypernetwork,
        link=recipe.link,
        training=replace(recipe.training, batch_size=BATCH),
        consolidation=quickly_measured(recipe.consolidation),
    )


def quickly_measured(consolidation: Consolidation) -> Consolidation:
    """The same with curvature from few images: measured once a task, its cost is none of a step's."""
    return replace(consolidation, curvature_images=2)


def learner_after(spec: Spec, topology: Topology, earlier: int, device: str) -> tuple[Learner, Condition]:
    """A learner that has ``earlier`` conditions behind it, and the condition that it is learning now.

    The earlier ones are fixed as they were made: a penalty costs the same whatever was learned.
    """
    learner = Learner(replace(spec, topology=topology), topology, random_stream(earlier + 1), device)
    solver = topology.paths[-1].solver
    *before, now = [Condition(solver, task) for task in range(earlier + 1)]
    for condition in before:
        learner.hierarchy.add(condition)
    learner.end(before)
    learner.begin([now])
    return learner, now
