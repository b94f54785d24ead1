"""Overview of a loaded model: its paths and tasks, and tables of the tensors that it generates."""

from __future__ import annotations

import itertools

import numpy as np

from hhstudio.core.analysis import answers
from hhstudio.core.analysis import questions as q
from hhstudio.core.analysis.registry import answers as answering
from hhstudio.core.analysis.weight_statistics import digest, tensor_row
from hhstudio.learn.analysis.loaded_model import LoadedModel


@answering(q.Overview)
def overview(model: LoadedModel) -> answers.Overview:
    """Everything there is to ask about, from the rebuilt model.

    Parameters
    ----------
    model : LoadedModel

    Returns
    -------
    Overview
    """
    paths = []
    for path in model.paths:
        chain = model.chain(path)
        nodes = [model.node_name(node) for node in (*chain.nodes, chain.solver)]
        paths.append(
            answers.PathInfo(
                name=path,
                nodes=tuple(nodes[:-1]),
                levels=tuple(f"{a} → {b}" for a, b in itertools.pairwise(nodes)),
                tensors=tuple(t.name for t in chain.last.spec.tensors),
                tasks=model.tasks_on(path),
                solver=nodes[-1],
            )
        )
    return answers.Overview(
        step=model.step,
        paths=tuple(paths),
        image_shape=model.image_shape,
        images=model.missing_images(),
        test_images=tuple(task.test_images for task in model.tasks),
        classes=tuple(model.outputs(task) for task in range(len(model.tasks))),
    )


@answering(q.Tensors)
def tensors(model: LoadedModel, path: str, task: int, level: int) -> answers.Tensors:
    """A row for each tensor of a generated network, generated now.

    Parameters
    ----------
    model : LoadedModel
    path : str
    task : int
    level : int
        -1: of the solver; 0, 1, …: of the hypernetwork that is generated there.

    Returns
    -------
    Tensors

    Raises
    ------
    SessionError
        For a condition that has not begun to learn, or a level that is not there.
    """
    chain = model.chain(path)
    edge = chain.last if level < 0 else chain.edges[min(level, len(chain.edges) - 1)]
    arrays = model.arrays(path, task) if level < 0 else model.level_arrays(path, task, level)
    rows = [tensor_row(t.name, arrays[t.name], t.role, t.sigma, t.mean) for t in edge.spec.tensors]
    return answers.Tensors(path=path, task=task, level=level, rows=tuple(rows))


def level_digests(model: LoadedModel, path: str, task: int, level: int) -> dict[str, np.ndarray]:
    """Digests (:func:`~hhstudio.core.analysis.weight_statistics.digest`) of a generated hypernetwork.

    Parameters
    ----------
    model : LoadedModel
    path : str
    task : int
    level : int
        0: what the root generates.

    Returns
    -------
    dict of str to ndarray (85,)
        By tensor.

    Raises
    ------
    SessionError
        For a condition that has not begun to learn, or a level that is not there.
    """
    return {name: digest(values) for name, values in model.level_arrays(path, task, level).items()}
