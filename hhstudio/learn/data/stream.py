"""Stream of tasks in memory: each task's images and labels as tensors, ready for a device."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import torch
from torch import Tensor

from hhstudio.core.errors import DataError
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.stream_data import dataset_names
from hhstudio.core.spec.tasks import LIMIT, VALIDATION, TaskInfo, generator, permutation, plan
from hhstudio.learn.data.access import DataAccess, LoadedDataset, ProgressCallback
from hhstudio.learn.data.augment import normalise
from hhstudio.learn.data.sources import load_source


@dataclass(frozen=True, eq=False)
class TaskData:
    """Images and labels of one task. Tasks may share tensors: do not write into them.

    Attributes
    ----------
    train_images, valid_images, test_images : Tensor, shape (N, C, H, W), uint8
        Never permuted.
    train_labels, valid_labels, test_labels : Tensor, shape (N,), int64
        Outputs of the task's head.
    mean, std : Tensor, shape (C,), float32
        In units of the full range 0 to 255.
    permutation : Tensor, shape (H·W,), int64, or None
        Of the pixels (:func:`~hhstudio.learn.data.augment.normalise`).
    """

    train_images: Tensor
    train_labels: Tensor
    valid_images: Tensor
    valid_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    mean: Tensor
    std: Tensor
    permutation: Tensor | None = None

    def to(self, device: torch.device | str, moved: dict[tuple[str, int], Tensor] | None = None) -> TaskData:
        """The same on another device.

        Parameters
        ----------
        device : torch.device or str
        moved : dict, optional
            Remembers what is there already, by device and tensor.

        Returns
        -------
        TaskData
        """
        on_device = {} if moved is None else moved
        tensors = {part.name: getattr(self, part.name) for part in dataclasses.fields(self)}
        for name, tensor in tensors.items():
            if tensor is not None and tensor.device != torch.device(device):
                key = (str(device), id(tensor))
                tensors[name] = (
                    on_device[key] if key in on_device else on_device.setdefault(key, tensor.to(device))
                )
        return dataclasses.replace(self, **tensors)

    def inputs(self, images: Tensor) -> Tensor:
        """Inputs of a solver for images of this task: normalised, permuted.

        Parameters
        ----------
        images : Tensor, shape (N, C, H, W), uint8

        Returns
        -------
        Tensor, shape (N, C, H, W), float32
        """
        return normalise(images, self.mean, self.std, self.permutation)


@dataclass(frozen=True, eq=False)
class TaskStream:
    """Tasks of a spec with their data.

    Attributes
    ----------
    tasks : tuple of TaskInfo
    image_shape : tuple of int
        C, H, W.
    scenario : {"task", "domain", "class"}
        task: labels 0 .. k-1, and with ``head_each`` a head for each task; domain: one shared head, labels
        0 .. k-1; class: one head that grows, labels are global.
    unverified : bool
        Files were accepted that match no known checksum.
    notices : tuple of str
        What a user should know about the data, one line each.
    data : tuple of TaskData
        Of each task.
    seen : tuple of int
        Outputs in use once each task is learned.
    head_each : bool
        Each task has a head of its own.
    """

    tasks: tuple[TaskInfo, ...]
    image_shape: tuple[int, int, int]
    scenario: Literal["task", "domain", "class"]
    unverified: bool
    notices: tuple[str, ...]
    data: tuple[TaskData, ...]
    seen: tuple[int, ...]
    head_each: bool = False
    _moved: dict[tuple[str, int], Tensor] = field(default_factory=dict, repr=False)

    def task(self, index: int, device: torch.device | str = "cpu") -> TaskData:
        """Data of one task, on a device. Images that tasks share are moved there once.

        Parameters
        ----------
        index : int
        device : torch.device or str

        Returns
        -------
        TaskData
        """
        return self.data[index].to(device, self._moved)

    def head_of(self, index: int) -> int:
        """Head that answers for a task.

        Parameters
        ----------
        index : int

        Returns
        -------
        int
        """
        return index if self.head_each else 0

    @property
    def class_counts(self) -> tuple[int, ...]:
        """Number of classes of each task."""
        return tuple(len(task.classes) for task in self.tasks)

    @property
    def heads(self) -> tuple[int, ...]:
        """Number of outputs of each head, once all tasks are learned."""
        return self.class_counts if self.head_each else (max(self.seen),)

    def outputs(self, index: int) -> int:
        """Outputs of the task's head in use once that task is learned: 0 .. outputs-1.

        Less than the head's size in scenario class, before the last task, and where tasks differ in their
        classes.

        Parameters
        ----------
        index : int

        Returns
        -------
        int
        """
        return self.seen[index]


def build_stream(
    stream: specs.Stream,
    seed: int,
    data_root: Path,
    *,
    allow_unverified: bool = False,
    download: bool = True,
    progress: ProgressCallback | None = None,
) -> TaskStream:
    """Load the data sets of a stream, each once, and cut them into tasks.

    The same seed gives the same tasks on every machine.

    Parameters
    ----------
    stream : Stream
    seed : int
    data_root : Path
        The data folder.
    allow_unverified : bool
        Whether files that match no known checksum are accepted.
    download : bool
        Whether files may be fetched.
    progress : callable, optional
        Told (what, done, total) during downloads (bytes) and long reads (images); what it raises ends the
        loading.

    Returns
    -------
    TaskStream

    Raises
    ------
    SpecError
        For tasks that the data sets cannot give.
    DataError
        For data that are missing, damaged, or not verified without consent.
    """
    tasks = plan(stream, seed)
    access = DataAccess(data_root, allow_unverified, download, progress)
    labelling = _Labelling(stream)
    labels = [labelling.of(index, task) for index, task in enumerate(tasks)]
    seen = [max(numbers) + 1 for numbers in labels]
    if stream.scenario == "class":
        seen = list(accumulate(seen, max))
    infos: list[TaskInfo] = list(tasks)
    data: list[TaskData | None] = [None] * len(tasks)
    notices: list[str] = []
    unverified = False
    shape = (0, 0, 0)
    for name in dataset_names(stream):
        # One data set at a time: what its tasks do not use is let go before the next is read.
        used = {label for task in tasks if task.dataset == name for label in task.classes}
        source = load_source(name, stream, used, access)
        shape = source.info.shape
        unverified |= source.unverified
        notices += source.notices
        cutter = _Cutter(source, stream, seed)
        for index, task in enumerate(tasks):
            if task.dataset == name:
                data[index] = cutter.cut(index, task, labels[index])
        notices += cutter.notices()
    finished = [part for part in data if part is not None]
    for index, part in enumerate(finished):
        infos[index] = msgspec.structs.replace(
            tasks[index], train_images=len(part.train_labels), test_images=len(part.test_labels)
        )
    return TaskStream(
        tuple(infos), shape, stream.scenario, unverified, tuple(notices), tuple(finished), tuple(seen),
        head_each=stream.scenario == "task" and stream.heads == "each",
    )  # fmt: skip


class _Labelling:
    """Which output of its head stands for each class of a task."""

    def __init__(self, stream: specs.Stream) -> None:
        self._scenario = stream.scenario
        self._permuted = stream.kind == "permuted"
        self._known: dict[tuple[int, str, int], int] = {}

    def of(self, index: int, task: TaskInfo) -> list[int]:
        if self._scenario != "class":
            return list(range(len(task.classes)))
        # A class met again keeps its output, but a permuted image is a class of its own.
        keys = [(index if self._permuted else 0, task.dataset, label) for label in task.classes]
        return [self._known.setdefault(key, len(self._known)) for key in keys]


class _Cutter:
    """Cuts one data set into tasks; tasks with the same images and labels share them."""

    def __init__(self, source: LoadedDataset, stream: specs.Stream, seed: int) -> None:
        self._source = source
        self._stream = stream
        self._seed = seed
        self._images: dict[tuple[int, ...], tuple[Tensor, ...]] = {}
        self._fewer_than_one = 0

    def notices(self) -> list[str]:
        """What a user should know about the cutting so far."""
        if not self._fewer_than_one:
            return []
        count = "1 class" if self._fewer_than_one == 1 else f"{self._fewer_than_one} classes"
        return [
            f"{self._source.info.title}: stream.validation {self._stream.validation:g} is less than one "
            f"image of {count}; one image of each is held out"
        ]

    def cut(self, index: int, task: TaskInfo, numbers: list[int]) -> TaskData:
        if task.classes not in self._images:
            self._images[task.classes] = self._split(task)
        train, train_at, valid, valid_at, test, test_at = self._images[task.classes]
        table = torch.tensor(numbers)
        source = self._source
        order = None
        if self._stream.kind == "permuted":
            _, height, width = source.info.shape
            order = permutation(self._seed, index, height * width)
        return TaskData(
            train, table[train_at], valid, table[valid_at], test, table[test_at],
            torch.tensor(source.mean), torch.tensor(source.std),
            None if order is None else torch.from_numpy(order),
        )  # fmt: skip

    def _split(self, task: TaskInfo) -> tuple[Tensor, ...]:
        """Images and positions in ``task.classes``, of the training, validation and test set."""
        source, stream = self._source, self._stream
        self._check_present(task)
        train = _by_class(source.train_labels, task.classes)
        test = _by_class(source.test_labels, task.classes)
        key = task.classes
        if stream.train_limit is not None:
            train = _limited(train, stream.train_limit, generator(self._seed, LIMIT, 0, *key))
        if stream.test_limit is not None:
            test = _limited(test, stream.test_limit, generator(self._seed, LIMIT, 1, *key))
        valid = [indices[:0] for indices in train]
        if stream.validation > 0:
            counts = self._validation_counts(task, train)
            valid = _drawn(train, counts, generator(self._seed, VALIDATION, *key))
            train = [np.setdiff1d(indices, gone) for indices, gone in zip(train, valid, strict=True)]
        return (
            *_gathered(source.train_images, train),
            *_gathered(source.train_images, valid),
            *_gathered(source.test_images, test),
        )

    def _validation_counts(self, task: TaskInfo, train: list[np.ndarray]) -> list[int]:
        """Images of each class that are held out: the share asked for, but at least one."""
        share = self._stream.validation
        for label, indices in zip(task.classes, train, strict=True):
            if len(indices) < 2:
                raise DataError(
                    f"task {task.name!r}: stream.validation {share:g} holds out at least one training image "
                    f"of each class, but class {label} ({self._source.info.class_names[label]}) has "
                    f"{len(indices)} and needs 2: give it more images, or set stream.validation to 0"
                )
            self._fewer_than_one += len(indices) * share < 1
        return [max(1, int(len(indices) * share)) for indices in train]

    def _check_present(self, task: TaskInfo) -> None:
        source = self._source
        for what, labels in (("training", source.train_labels), ("test", source.test_labels)):
            have = set(np.unique(labels).tolist())
            missing = [c for c in task.classes if c not in have]
            if missing:
                listed = ", ".join(f"{c} ({source.info.class_names[c]})" for c in missing[:5])
                more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
                raise DataError(
                    f"task {task.name!r}: {source.info.title} has no {what} images here of "
                    f"class {listed}{more}"
                )


def _by_class(labels: np.ndarray, classes: tuple[int, ...]) -> list[np.ndarray]:
    return [np.flatnonzero(labels == label) for label in classes]


def _limited(groups: list[np.ndarray], limit: int, rng: np.random.Generator) -> list[np.ndarray]:
    """At most ``limit`` indices in all, shared out between the classes as evenly as their sizes allow."""
    counts = [0] * len(groups)
    left = min(limit, sum(len(group) for group in groups))
    # Smallest classes first: what they cannot give is shared by the others.
    waiting = sorted(range(len(groups)), key=lambda k: (len(groups[k]), k))
    for position, k in enumerate(waiting):
        counts[k] = min(len(groups[k]), -(-left // (len(waiting) - position)))
        left -= counts[k]
    return _drawn(groups, counts, rng)


def _drawn(groups: list[np.ndarray], counts: list[int], rng: np.random.Generator) -> list[np.ndarray]:
    return [np.sort(rng.permutation(group)[:count]) for group, count in zip(groups, counts, strict=True)]


def _gathered(images: np.ndarray, groups: list[np.ndarray]) -> tuple[Tensor, Tensor]:
    """Images of the groups in their original order, and the number of each one's group."""
    indices = np.concatenate(groups)
    positions = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    order = np.argsort(indices, kind="stable")
    return torch.from_numpy(images[indices[order]]), torch.from_numpy(positions[order])
