"""What can be asked of a session that is open: comparisons of what it keeps, and a workshop on its trainer.

Comparisons read the file and need no torch. Everything that generates weights goes through the workshop,
which loads torch and is built when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from hhstudio.core.analysis import answers
from hhstudio.core.analysis.geometry import Metric
from hhstudio.core.errors import SessionError
from hhstudio.core.spec.datasets import default_data_root
from hhstudio.core.spec.spec import solver_of
from hhstudio.core.tree.topology import Solver
from hhstudio.store.session import level_snapshots, weight_comparison

if TYPE_CHECKING:
    from hhstudio.store.session.session import Session

_WORKSHOP = "hhstudio.learn.analysis"
"""By name, at run time: this layer knows nothing of learning, and a session without torch must still open."""

Picture = np.ndarray | tuple[int, int]
"""An image (uint8), or (task, index) of a test image."""


class Inspectable:
    """A session's questions. Records of :mod:`hhstudio.core.analysis.answers` answer them."""

    _workshop: Any = None

    @property
    def _own(self) -> Session:
        return cast("Session", self)

    def workshop(
        self,
        data: Path | str | None = None,
        *,
        allow_unverified: bool = False,
        allow_import: bool = False,
    ) -> Any:
        """The :class:`hhstudio.learn.analysis.Workshop` that the questions below go to; made once, and again
        when one of the arguments is given.

        ``data``: folder of the data sets, None the usual one. ``allow_import``: import solvers that the
        session names by import path, which runs their code. Raises SessionError.
        """
        if self._workshop is None or data is not None or allow_unverified or allow_import:
            self._workshop = _workshop(self._own, data, allow_unverified, allow_import)
        return self._workshop

    # from the file -------------------------------------------------------------------------------------

    def distances(self, metric: Metric = "euclidean", path: str | None = None) -> answers.Distances:
        """Between the generated weights of all conditions (of one path if given), by layer and whole."""
        return weight_comparison.distances(self._own, metric, path)

    def distances_in_time(
        self, path: str, task: int, metric: Metric = "euclidean", most: int = weight_comparison.MOST
    ) -> answers.Distances:
        """Between the snapshots of one condition, at most so many."""
        return weight_comparison.distances_in_time(self._own, path, task, metric, most)

    def drift(self, path: str | None = None) -> answers.Drift:
        """What is generated now against what was generated just after learning."""
        return weight_comparison.drift(self._own, path)

    def weight_map(
        self, path: str | None = None, nearby: bool = False, step: int | None = None
    ) -> answers.VectorMap:
        """The generated weight vectors of all conditions as a map, now or from the snapshots until a step."""
        return weight_comparison.weight_map(self._own, path, nearby, step)

    def histograms(
        self, path: str, task: int, layers: Sequence[str] = (), bins: int = 64, level: int = -1
    ) -> answers.Histograms:
        """Of a condition's tensors over its snapshots. ``level`` 0, 1, …: of the hypernetwork that is
        generated there on the way to the solver (that asks the workshop)."""
        if level < 0:
            return weight_comparison.histograms(self._own, path, task, layers, bins)
        shop = self.workshop()
        now = shop.level_digests(path, task, level)
        return level_snapshots.level_histograms(self._own, path, task, level, now, shop.step, layers, bins)

    # from the workshop ---------------------------------------------------------------------------------

    def tensors(self, path: str, task: int, level: int = -1) -> answers.Tensors:
        """A table of a condition's tensors, with their scale against the wanted one; ``level`` as for
        :meth:`histograms`."""
        return self.workshop().tensors(path, task, level)

    def embeddings(self, nearby: bool = False, step: int | None = None) -> answers.Embeddings:
        """Task, slot and chunk embeddings as maps, now or as the last snapshot until a step kept them."""
        if step is None:
            return self.workshop().embeddings(nearby)
        taken, kept = level_snapshots.embeddings_at(self._own, step)
        return self.workshop().embeddings(nearby, kept, taken)

    def interpolate(self, path: str, shares: Mapping[int, float], **options: Any) -> answers.Mixture:
        """Weights from a mixture of the embeddings of a path's tasks, as ``{0: 0.5, 3: 0.5}``."""
        return self.workshop().interpolate(path, shares, **options)

    def walk(self, path: str, component: int, amount: float, **options: Any) -> answers.Mixture:
        """Weights along a principal direction of a path's task embeddings."""
        return self.workshop().walk(path, component, amount, **options)

    def health(self, path: str, task: int | None = None, **options: Any) -> answers.Health:
        """Scales, gradients, amplification of errors, and worth of every level of a path's chain."""
        return self.workshop().health(path, task, **options)

    def predict(self, image: Picture, path: str | None = None, task: int | None = None) -> answers.Prediction:
        """What every condition makes of an image."""
        return self.workshop().predict(image, path, task)

    def features(self, image: Picture, path: str, task: int) -> answers.FeatureMaps:
        """Outputs of every convolution of a condition's solver for an image."""
        return self.workshop().features(image, path, task)

    def units(self, path: str, task: int, images: int = 500) -> answers.Units:
        """Dead and saturated units of every hidden layer."""
        return self.workshop().units(path, task, images)

    def confusion(self, path: str, task: int, images: int | None = None) -> answers.Confusion:
        """Test images of a task by class and prediction."""
        return self.workshop().confusion(path, task, images)

    def task_confusion(self, path: str, images: int = 200) -> answers.TaskConfusion:
        """Which task the entropy picks for images of each task of a path."""
        return self.workshop().task_confusion(path, images)

    def images(self, task: int, indices: Sequence[int]) -> answers.Images:
        """Test images of a task."""
        return self.workshop().images(task, indices)


def _workshop(session: Session, data: Path | str | None, unverified: bool, allow_import: bool) -> Any:
    state, run = session.trainer_state(), session.history.run
    if state is None:
        raise SessionError(
            f"{session.path}: holds no checkpoint yet; what is generated can be inspected after the first one"
        )
    if run is None or run.image_shape is None:
        raise SessionError(f"{session.path}: does not say which images its solvers take")
    if not allow_import:
        _refuse_imports(session)
    made = import_module(_WORKSHOP).Workshop
    folder = default_data_root() if data is None else Path(data)
    return made(session.spec, state, session.tasks, run.image_shape, folder, unverified)


def _refuse_imports(session: Session) -> None:
    for topology in (session.spec.topology, session.history.topology):
        for node in topology.nodes if topology is not None else ():
            if isinstance(node, Solver):
                architecture, _ = solver_of(session.spec, node)
                if ":" in architecture:
                    raise SessionError(
                        f"{session.path}: the solver of {node.name} is {architecture!r}; inspecting it "
                        "imports that module and runs its code. If you trust it, allow it with "
                        "allow_import=True"
                    )
