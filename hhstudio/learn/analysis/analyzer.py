"""The workshop: a session's hierarchy, rebuilt as a resumed run would have it, and tried out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from hhstudio.core.analysis import answers
from hhstudio.core.analysis.weight_statistics import digest, tensor_row
from hhstudio.core.errors import SessionError
from hhstudio.core.run.trainer_state import TrainerState
from hhstudio.core.spec.datasets import default_data_root
from hhstudio.core.spec.spec import Spec
from hhstudio.core.spec.tasks import TaskInfo
from hhstudio.learn.analysis import chain_health as health
from hhstudio.learn.analysis import deployable as ready
from hhstudio.learn.analysis import embeddings as codes
from hhstudio.learn.analysis import interpolation, predictions
from hhstudio.learn.analysis.loaded_model import Bench
from hhstudio.learn.analysis.predictions import Picture
from hhstudio.learn.training.snapshot_extras import generated


class Workshop:
    """Generates weights for any condition, for mixtures of conditions and for disturbed chains, and tries
    them on test images. Answers are plain records (:mod:`hhstudio.core.analysis.answers`).

    ``data``: folder of the data sets, None the usual one; without data everything but accuracies works.
    Raises SessionError for a state that belongs to another spec, SpecError for one that cannot be built.
    """

    def __init__(
        self,
        spec: Spec,
        state: TrainerState,
        tasks: tuple[TaskInfo, ...],
        image_shape: tuple[int, int, int],
        data: Path | None = None,
        allow_unverified: bool = False,
        device: str = "cpu",
    ) -> None:
        self._bench = Bench(
            spec, state, tasks, image_shape, data or default_data_root(), allow_unverified, device
        )

    @property
    def step(self) -> int:
        """Of the trainer's state that is inspected."""
        return self._bench.step

    def overview(self) -> answers.Overview:
        """What there is to inspect."""
        bench = self._bench
        paths = []
        for path in bench.paths:
            chain = bench.chain(path)
            nodes = [bench.node_name(node) for node in (*chain.nodes, chain.solver)]
            paths.append(
                answers.PathInfo(
                    name=path,
                    nodes=tuple(nodes[:-1]),
                    levels=tuple(f"{a} → {b}" for a, b in itertools.pairwise(nodes)),
                    tensors=tuple(t.name for t in chain.last.spec.tensors),
                    tasks=bench.tasks_on(path),
                    solver=nodes[-1],
                )
            )
        return answers.Overview(
            step=bench.step,
            paths=tuple(paths),
            image_shape=bench.image_shape,
            images=bench.missing_images(),
            test_images=tuple(task.test_images for task in bench.tasks),
            classes=tuple(bench.outputs(task) for task in range(len(bench.tasks))),
        )

    def weights(self, path: str, task: int) -> dict[str, np.ndarray]:
        """The solver's tensors of a condition, generated now."""
        found = self._bench.learner.arrays_of(self._bench.condition(path, task))
        return {name: array.copy() for name, array in found.items()}

    def tensors(self, path: str, task: int, level: int = -1) -> answers.Tensors:
        """A table of a condition's tensors, with their scale against the wanted fan-in scale; ``level`` 0, 1,
        …: of the hypernetwork that is generated there, -1: of the solver."""
        chain = self._bench.chain(path)
        edge = chain.last
        if level < 0:
            weights = self.weights(path, task)
        else:
            weights, edge = self._level(path, task, level), chain.edges[level]
        rows = [tensor_row(t.name, weights[t.name], t.role, t.sigma, t.mean) for t in edge.spec.tensors]
        return answers.Tensors(path=path, task=task, level=level, rows=tuple(rows))

    def level_digests(self, path: str, task: int, level: int) -> dict[str, np.ndarray]:
        """Digests (:func:`hhstudio.core.analysis.weight_statistics.digest`) of a generated hypernetwork's
        tensors."""
        return {name: digest(values) for name, values in self._level(path, task, level).items()}

    def _level(self, path: str, task: int, level: int) -> dict[str, np.ndarray]:
        condition, depth = self._bench.condition(path, task), self._bench.chain(path).depth
        if not 0 <= level < depth - 1:
            raise SessionError(f"{path} generates {depth - 1} hypernetworks; there is no level {level}")
        made = generated(self._bench.learner, condition)
        return {name: values for at, name, values in made if at == level}

    def embeddings(
        self, nearby: bool = False, recorded: codes.Stored | None = None, step: int | None = None
    ) -> answers.Embeddings:
        """Task, slot and chunk embeddings as maps; ``nearby``: with t-SNE where scikit-learn is installed.
        ``recorded``: as they were at a ``step``."""
        return codes.embeddings(self._bench, nearby, recorded, step)

    def interpolate(
        self,
        path: str,
        shares: Mapping[int, float],
        on: Sequence[int] | None = None,
        images: int = 200,
        tensors: Sequence[str] = (),
    ) -> answers.Mixture:
        """Weights from a mixture of the embeddings of a path's tasks; shares by task sum to 1."""
        return interpolation.mixture(self._bench, path, shares, on, images, tensors)

    def walk(
        self,
        path: str,
        component: int,
        amount: float,
        start: int | None = None,
        on: Sequence[int] | None = None,
        images: int = 200,
        tensors: Sequence[str] = (),
    ) -> answers.Mixture:
        """Weights along a principal direction of a path's task embeddings, ``amount`` in standard
        deviations from a task, or from the mean of all."""
        shares, _ = interpolation.walk(self._bench, path, component, amount, start)
        measured = on if on is not None else list(shares) if start is None else [start]
        return interpolation.mixture(self._bench, path, shares, measured, images, tensors)

    def health(
        self,
        path: str,
        task: int | None = None,
        images: int = 200,
        samples: int = 3,
        epsilons: Sequence[float] = health.EPSILONS,
    ) -> answers.Health:
        """Scales, gradients, amplification of errors and worth of every level of a path's chain."""
        return health.health(self._bench, path, task, images, samples, epsilons)

    def predict(self, image: Picture, path: str | None = None, task: int | None = None) -> answers.Prediction:
        """What every condition makes of an image: an array, or (task, index) of a test image."""
        with torch.no_grad():
            return predictions.predict(self._bench, image, path, task)

    def features(self, image: Picture, path: str, task: int) -> answers.FeatureMaps:
        """Outputs of every convolution of a condition's solver."""
        return predictions.features(self._bench, image, path, task)

    def units(self, path: str, task: int, images: int = 500) -> answers.Units:
        """Dead and saturated units of every hidden layer."""
        return predictions.units(self._bench, path, task, images)

    def confusion(self, path: str, task: int, images: int | None = None) -> answers.Confusion:
        """Test images of a task by class and prediction."""
        return predictions.confusion(self._bench, path, task, images)

    def task_confusion(self, path: str, images: int = 200) -> answers.TaskConfusion:
        """Which task the entropy picks for images of each task of a path."""
        return predictions.task_confusion(self._bench, path, images)

    def images(self, task: int, indices: Sequence[int]) -> answers.Images:
        """Test images of a task."""
        return predictions.images(self._bench, task, indices)

    def write_onnx(self, solver: nn.Module, path: str, task: int, file: Path) -> None:
        """A path's solver, its weights set, as an ONNX model that takes images from 0 to 1."""
        ready.write_onnx(ready.ready(self._bench, solver, path, task), self._bench.image_shape, str(file))

    def ready(self, solver: nn.Module, path: str, task: int) -> nn.Module:
        """A path's solver, its weights set, with its input normalisation inside: images from 0 to 1 in,
        logits of the task's classes out."""
        return ready.ready(self._bench, solver, path, task)
