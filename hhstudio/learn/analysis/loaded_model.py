"""Loaded model: a session's hierarchy, rebuilt as a resumed run would have it, with its test images."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

import msgspec
import numpy as np
import torch
from msgspec.structs import replace
from torch import Tensor
from torch.nn import functional

from hhstudio.core.errors import DataError, HHStudioError, SessionError
from hhstudio.core.run.trainer_state import TrainerState
from hhstudio.core.spec import sizes
from hhstudio.core.spec.datasets import default_data_root
from hhstudio.core.spec.spec import Spec, Stream
from hhstudio.core.spec.stream_data import expected_files
from hhstudio.core.spec.tasks import TaskInfo, other_tasks
from hhstudio.core.tree.topology import Topology
from hhstudio.learn.data import TaskData, TaskStream, build_stream
from hhstudio.learn.devices import whole_memory
from hhstudio.learn.task_inference import predicted
from hhstudio.learn.training import checkpoint
from hhstudio.learn.training.learner import Learner
from hhstudio.learn.training.schedule import RunPosition
from hhstudio.learn.training.snapshot_extras import generated
from hhstudio.nets.hierarchy import Chain, Hierarchy
from hhstudio.nets.stored import Condition

RECENT_BYTES = 192 << 20
"""Bytes of generated weights that are kept for the next question, about."""

Weights = Mapping[str, Tensor]


class LoadedModel:
    """A learner that does not learn: it generates weights for any condition, for mixtures of conditions and
    for disturbed chains. Data are read when the first image is asked for; nothing is downloaded.

    Parameters
    ----------
    spec : Spec
        As the run began.
    state : TrainerState
        The checkpoint that is looked at.
    tasks : tuple of TaskInfo
    image_shape : (int, int, int)
        Channels, height, width of the images that the solvers take.
    data : Path or None
        Folder of the data sets, None the usual one. Without data everything but accuracies works.
    allow_unverified : bool
        Accept data files that torchvision's checksums do not know.
    device : str
        Where weights are generated, as ``"cpu"``.
    agreed : collection of str
        Import paths of solvers that the user lets run.

    Raises
    ------
    ConsentError
        For a solver by an import path that was not agreed to.
    SessionError
        For a state that belongs to another spec.
    SpecError
        For a spec that cannot be built.
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
        agreed: Collection[str] = (),
    ) -> None:
        self.spec, self.step, self.tasks, self.image_shape = spec, state.step, tasks, image_shape
        self._data_root, self._allow_unverified = data or default_data_root(), allow_unverified
        try:
            self.topology = msgspec.convert(state.meta["topology"], Topology)
            at = RunPosition.from_json(state.meta["position"], self.topology)
        except (KeyError, TypeError, ValueError, msgspec.ValidationError) as error:
            raise SessionError(f"the saved state cannot be read: {error}") from None
        sizes.check(replace(spec, topology=self.topology), whole_memory(device), training=False)
        stream = outline(spec, tasks, image_shape)
        self.learner = Learner(spec, self.topology, stream, device, agreed=agreed)
        begun = [c for c in at.begun if c.solver in self.hierarchy.tree.chains]
        checkpoint.restore_generation(self.learner, state.arrays, begun)
        self._solvers = {at.name(path.solver): path.solver for path in self.topology.paths}
        self.begun = tuple(begun)
        self._recent: OrderedDict[Condition, Weights] = OrderedDict()
        self._images: HHStudioError | bool = False

    @property
    def hierarchy(self) -> Hierarchy:
        """The rebuilt hierarchy, which generates the weights."""
        return self.learner.hierarchy

    # names ---------------------------------------------------------------------------------------------

    @property
    def paths(self) -> tuple[str, ...]:
        """Names of the paths, as ``("P1", "P2-0")``."""
        return tuple(self._solvers)

    def path_of(self, condition: Condition) -> str:
        """The path that a condition's solver ends.

        Parameters
        ----------
        condition : Condition

        Returns
        -------
        str
            Its name.
        """
        return next(name for name, solver in self._solvers.items() if solver == condition.solver)

    def chain(self, path: str) -> Chain:
        """The chain of hypernetworks from the root to a path's solver.

        Parameters
        ----------
        path : str

        Returns
        -------
        Chain

        Raises
        ------
        SessionError
            For an unknown path.
        """
        if path not in self._solvers:
            raise SessionError(f"there is no path {path!r}; known: {', '.join(self._solvers)}")
        return self.hierarchy.tree.chains[self._solvers[path]]

    def tasks_on(self, path: str) -> tuple[int, ...]:
        """Tasks learned, or being learned, on a path.

        Parameters
        ----------
        path : str

        Returns
        -------
        tuple of int
            In order, counted from 0.

        Raises
        ------
        SessionError
            For an unknown path.
        """
        solver = self.chain(path).solver
        return tuple(sorted(c.task for c in self.begun if c.solver == solver))

    def condition(self, path: str, task: int) -> Condition:
        """A path's solver for a task.

        Parameters
        ----------
        path : str
        task : int

        Returns
        -------
        Condition

        Raises
        ------
        SessionError
            For an unknown path, or a condition that has not begun to learn.
        """
        condition = Condition(self.chain(path).solver, task)
        if condition not in self.begun:
            known = ", ".join(str(t) for t in self.tasks_on(path)) or "none"
            raise SessionError(f"{path} has not begun to learn task {task}; begun (from 0): {known}")
        return condition

    def conditions(self, path: str | None = None, task: int | None = None) -> list[Condition]:
        """Conditions that have begun to learn.

        Parameters
        ----------
        path : str or None
            Of this path only.
        task : int or None
            Of this task only.

        Returns
        -------
        list of Condition
            In the order of paths and tasks.

        Raises
        ------
        SessionError
            For an unknown path.
        """
        names = self.paths if path is None else (path,)
        begun = [Condition(self.chain(name).solver, t) for name in names for t in self.tasks_on(name)]
        return [c for c in begun if task in (None, c.task)]

    def readers(self, condition: Condition, tasks: Sequence[int] | None = None) -> list[Condition]:
        """Conditions that read the images of a condition's task when its accuracy is asked for.

        Parameters
        ----------
        condition : Condition
        tasks : sequence of int or None
            Those of the path's solvers for these tasks; None: as the run measured it, which is the condition
            alone in scenario task, else all that have begun on the path, so that nobody tells the task.

        Returns
        -------
        list of Condition

        Raises
        ------
        SessionError
            For a task that has not begun there, or for no task at all.
        """
        path = self.path_of(condition)
        if tasks is not None:
            if not tasks:
                raise SessionError(f"{path}: somebody has to read the images: name a task's solver")
            return [self.condition(path, task) for task in tasks]
        return [condition] if self.spec.stream.scenario == "task" else self.conditions(path)

    def node_name(self, node: str) -> str:
        """A node's name by its id.

        Parameters
        ----------
        node : str

        Returns
        -------
        str
            The id itself where there is no such node.
        """
        known = self.topology.by_id.get(node)
        return known.name if known is not None else node

    def outputs(self, task: int) -> tuple[str, ...]:
        """Names of the classes that the outputs of a task's head in use stand for.

        Parameters
        ----------
        task : int

        Returns
        -------
        tuple of str
        """
        if self.spec.stream.scenario != "class":
            return _class_names(self.tasks[task])
        names: dict[tuple[int, str, int], str] = {}
        met = self.tasks if self.learner.mixes_tasks else self.tasks[: task + 1]
        for index, info in enumerate(met):
            owner = index if self.spec.stream.kind == "permuted" else 0
            for label, name in zip(info.classes, _class_names(info), strict=True):
                names.setdefault((owner, info.dataset, label), name)
        return tuple(names.values())

    # weights -------------------------------------------------------------------------------------------

    def weights(self, condition: Condition) -> Weights:
        """A condition's generated weights; kept for a while.

        Parameters
        ----------
        condition : Condition

        Returns
        -------
        mapping of str to Tensor
            The solver's tensors by name.
        """
        weights = self._recent.get(condition)
        if weights is None:
            weights = self._recent[condition] = self.learner.solver_weights([condition])[condition]
            size = 4 * self.hierarchy.tree.chains[condition.solver].last.spec.size
            while len(self._recent) > max(1, RECENT_BYTES // size):
                self._recent.popitem(last=False)
        self._recent.move_to_end(condition)
        return weights

    def arrays(self, path: str, task: int) -> dict[str, np.ndarray]:
        """A condition's solver, generated now.

        Parameters
        ----------
        path : str
        task : int

        Returns
        -------
        dict of str to ndarray
            By tensor, in the solver's order, buffers included.

        Raises
        ------
        SessionError
            For a condition that has not begun to learn.
        """
        tensors = self.learner.arrays_of(self.condition(path, task))
        return {name: array.copy() for name, array in tensors.items()}

    def level_arrays(self, path: str, task: int, level: int) -> dict[str, np.ndarray]:
        """The hypernetwork that a level of a condition's chain generates.

        Parameters
        ----------
        path : str
        task : int
        level : int
            0: what the root generates.

        Returns
        -------
        dict of str to ndarray
            By tensor.

        Raises
        ------
        SessionError
            For a condition that has not begun to learn, or a level that generates no hypernetwork.
        """
        condition, depth = self.condition(path, task), self.chain(path).depth
        if not 0 <= level < depth - 1:
            raise SessionError(f"{path} generates {depth - 1} hypernetworks; there is no level {level}")
        return {name: values for at, name, values in generated(self.learner, condition) if at == level}

    @contextlib.contextmanager
    def mixed(self, path: str, shares: Mapping[int, float]) -> Iterator[Condition]:
        """A condition, for a while, whose embeddings are a mixture of those of the path's tasks.

        Statistics of batch norm are mixed by the positive shares.

        Parameters
        ----------
        path : str
        shares : mapping of int to float
            Share by task; they sum to 1.

        Yields
        ------
        Condition

        Raises
        ------
        SessionError
            For a task that has not begun.
        """
        parents = {self.condition(path, task): share for task, share in shares.items() if share}
        own = Condition(self.chain(path).solver, -1)
        stored = self.hierarchy.stored
        names = {c: self.hierarchy.embeddings_of(c) for c in parents}
        self.hierarchy.add(own)
        try:
            with torch.no_grad():
                for at, name in enumerate(self.hierarchy.embeddings_of(own)):
                    parts = [share * stored[names[c][at]] for c, share in parents.items()]
                    stored[name].copy_(parts[0] if len(parts) == 1 else torch.stack(parts).sum(0))
            self.learner.buffers[own] = self._mixed_buffers(parents)
            yield own
        finally:
            self.hierarchy.remove(own)
            self.learner.buffers.pop(own, None)

    def _mixed_buffers(self, parents: Mapping[Condition, float]) -> dict[str, Tensor]:
        positive = {c: share for c, share in parents.items() if share > 0}
        nearest = max(parents, key=lambda c: parents[c])
        total = sum(positive.values())
        mixed: dict[str, Tensor] = {}
        for name, own in self.learner.buffers[nearest].items():
            if own.is_floating_point() and len(positive) > 1:
                parts = [s / total * self.learner.buffers[c][name] for c, s in positive.items()]
                mixed[name] = torch.stack(parts).sum(0)
            else:
                mixed[name] = own.clone()
        return mixed

    # images --------------------------------------------------------------------------------------------

    def missing_images(self) -> str:
        """Why there are no images to classify here, "" where there seem to be: looks at files' names only,
        unless they were read already."""
        if isinstance(self._images, HHStudioError):
            return str(self._images)
        missing = [path for path, there in expected_files(self.spec.stream, self._data_root) if not there]
        return f"{missing[0]} is not there, so there are no test images" if missing else ""

    def data(self, task: int) -> TaskData:
        """Test images of a task and how its solver sees them.

        Parameters
        ----------
        task : int

        Returns
        -------
        TaskData

        Raises
        ------
        DataError
            For a task that is not there, or where the data sets are not on this machine.
        """
        if not 0 <= task < len(self.tasks):
            raise DataError(f"there is no task {task}; the session has {len(self.tasks)}, counted from 0")
        if self._images is False:
            self._images = self._read()
        if isinstance(self._images, HHStudioError):
            raise self._images
        return self.learner.task_data(task)

    def _read(self) -> HHStudioError | bool:
        # Training images are not looked at: one a class is kept.
        few = msgspec.structs.replace(
            self.spec.stream, train_limit=max(len(task.classes) for task in self.tasks), validation=0.0
        )
        try:
            with _READING:
                stream = _stream(
                    msgspec.json.encode(few), self.spec.seed, self._data_root, self._allow_unverified
                )
        except HHStudioError as error:
            return error
        difference = other_tasks(self.tasks, stream.tasks)
        if stream.image_shape != self.image_shape or difference:
            why = f": {difference}" if difference else ""
            return DataError(f"the data here are not those that the session was trained on{why}")
        self.learner.stream = stream
        return True

    def batch(self, task: int, images: int | None = None) -> tuple[Tensor, Tensor]:
        """The first test images of a task.

        Parameters
        ----------
        task : int
        images : int or None
            So many; None: all.

        Returns
        -------
        images : Tensor (N, C, H, W) of uint8
        labels : Tensor (N,)

        Raises
        ------
        DataError
            As for :meth:`data`.
        """
        data = self.data(task)
        return data.test_images[:images], data.test_labels[:images]

    @torch.no_grad()
    def logits(
        self,
        condition: Condition,
        weights: Weights,
        images: Tensor,
        task: int | None = None,
        head: int | None = None,
    ) -> Tensor:
        """Logits of a condition's solver.

        Parameters
        ----------
        condition : Condition
        weights : mapping of str to Tensor
            The solver's tensors by name.
        images : Tensor (N, C, H, W) of uint8
        task : int or None
            Whose the images are: they are normalised and permuted as this task's; None: the condition's own.
        head : int or None
            The task whose head answers; None: that of ``task``.

        Returns
        -------
        Tensor (N, outputs in use)

        Raises
        ------
        DataError
            Where the task's data, from which the normalisation follows, are not here.
        """
        task = condition.task if task is None else task
        head = task if head is None else head
        data = self.data(task)
        if head != condition.task:
            buffers = self.learner.buffers
            stand_in = Condition(condition.solver, head)
            before = buffers.get(stand_in)
            buffers[stand_in] = buffers.get(condition, {})
            try:
                return self._in_parts(stand_in, weights, data, images)
            finally:
                if before is None:
                    del buffers[stand_in]
                else:
                    buffers[stand_in] = before
        return self._in_parts(condition, weights, data, images)

    def predicted(self, weights: Mapping[Condition, Weights], images: Tensor, owner: int) -> Tensor:
        """Labels of images as the most certain of several conditions predicts them.

        Parameters
        ----------
        weights : mapping of Condition to Weights
            Of each condition that reads the images, with its own head.
        images : Tensor (N, C, H, W) of uint8
        owner : int
            The images' task: they are normalised and permuted as its own.

        Returns
        -------
        Tensor (N,) of int64

        Raises
        ------
        DataError
            Where the task's data are not here.
        """
        return predicted([self.logits(c, own, images, owner, c.task) for c, own in weights.items()])

    def _in_parts(self, condition: Condition, weights: Weights, data: TaskData, images: Tensor) -> Tensor:
        size = self.spec.evaluation.batch_size
        parts = [
            self.learner.logits(condition, weights, data, images[start : start + size], False)
            for start in range(0, max(1, len(images)), size)
        ]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def score(
        self, condition: Condition, weights: Weights, task: int, images: int, head: int | None = None
    ) -> tuple[float, float]:
        """Accuracy and loss on a task of a condition's weights, which alone read its images.

        Parameters
        ----------
        condition : Condition
        weights : mapping of str to Tensor
            The solver's tensors by name.
        task : int
            Whose test images and normalisation are used.
        images : int
            The first so many test images.
        head : int or None
            The task whose head answers; None: that of ``task``.

        Returns
        -------
        accuracy : float
            0 to 1.
        loss : float
            Mean cross-entropy, in nats.

        Raises
        ------
        DataError
            As for :meth:`data`.
        """
        seen, labels = self.batch(task, images)
        logits = self.logits(condition, weights, seen, task, head).float()
        right = (logits.argmax(1) == labels).float().mean()
        return float(right), float(functional.cross_entropy(logits, labels))


_READING = threading.Lock()
"""Who wants images that are just being read waits for them, rather than reading them once more."""


@lru_cache(maxsize=1)
def _stream(stream: bytes, seed: int, data: Path, allow_unverified: bool) -> TaskStream:
    """A stream by its settings (JSON). The last one is kept: another state of a run has the same images."""
    wanted = msgspec.json.decode(stream, type=Stream)
    return build_stream(wanted, seed, data, allow_unverified=allow_unverified, download=False)


def outline(spec: Spec, tasks: Sequence[TaskInfo], image_shape: tuple[int, int, int]) -> TaskStream:
    """A stream's shape without its images: enough to build its solvers.

    Parameters
    ----------
    spec : Spec
    tasks : sequence of TaskInfo
    image_shape : (int, int, int)
        Channels, height, width.

    Returns
    -------
    TaskStream
        Without data.
    """
    seen = [len(task.classes) for task in tasks]
    if spec.stream.scenario == "class":
        known: dict[tuple[int, str, int], int] = {}
        for index, task in enumerate(tasks):
            owner = index if spec.stream.kind == "permuted" else 0
            for label in task.classes:
                known.setdefault((owner, task.dataset, label), len(known))
            seen[index] = len(known)
        seen = list(accumulate(seen, max))
    return TaskStream(
        tuple(tasks), image_shape, spec.stream.scenario, False, (), (), tuple(seen),
        head_each=spec.stream.scenario == "task" and spec.stream.heads == "each",
    )  # fmt: skip


def _class_names(task: TaskInfo) -> tuple[str, ...]:
    return task.class_names or tuple(f"class {label}" for label in task.classes)
