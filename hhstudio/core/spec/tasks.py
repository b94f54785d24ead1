"""Tasks of a stream, from its settings: which classes, in which order, under which name.

Decided without loading any image, so that rules, window and training agree on what will be learned.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from hhstudio.core.errors import SpecError
from hhstudio.core.spec.datasets import DatasetInfo
from hhstudio.core.spec.setting import out_of_range
from hhstudio.core.spec.spec import Part, Stream
from hhstudio.core.spec.stream_data import dataset_info, dataset_names

#: What is drawn from the seed, each from a sequence of its own, so that one setting moves no other.
CLASS_ORDER, PERMUTATION, LIMIT, VALIDATION = range(4)


class TaskInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One task of the stream, resolved: ``classes`` are labels of ``dataset``, in head order."""

    name: str
    dataset: str
    classes: tuple[int, ...]
    class_names: tuple[str, ...] = ()
    train_images: int = 0
    test_images: int = 0


def generator(seed: int, purpose: int, *key: int) -> np.random.Generator:
    """The random sequence for one purpose of a seed; the same with every version of torch.

    ``seed`` may be any integer; it is taken modulo 2**64.
    """
    return np.random.Generator(np.random.PCG64([seed % 2**64, purpose, *key]))


def permutation(seed: int, task: int, pixels: int) -> np.ndarray | None:
    """Order of the pixels, (pixels,) int64, of task ``task`` of a permuted stream; None for task 0."""
    return generator(seed, PERMUTATION, task).permutation(pixels) if task else None


def plan(stream: Stream, seed: int) -> tuple[TaskInfo, ...]:
    """The tasks of a stream, in order, with resolved classes; numbers of images are left at 0.

    Raises :class:`SpecError` for tasks that the data sets cannot give, naming the field and what is
    possible, and :class:`~hhstudio.core.errors.DataError` for a folder of images that cannot be listed.
    """
    for _, message in out_of_range(stream, "stream."):
        raise SpecError(message)
    infos = {name: dataset_info(name, stream) for name in dataset_names(stream)}
    if stream.parts:
        parts = [_checked(index, part, infos[part.dataset]) for index, part in enumerate(stream.parts)]
    else:
        parts = _parts(stream, seed, infos[stream.dataset])
    _check_shapes(parts, infos)
    if stream.scenario == "domain" and len({len(part.classes) for part in parts}) > 1:
        counts = ", ".join(str(len(part.classes)) for part in parts)
        raise SpecError(
            f"stream.scenario domain shares one head: every task needs as many classes, these have {counts}"
        )
    names = _unique([part.name or _title(index, part, stream) for index, part in enumerate(parts)])
    tasks = tuple(
        TaskInfo(
            name=name,
            dataset=part.dataset,
            classes=part.classes,
            class_names=tuple(infos[part.dataset].class_names[c] for c in part.classes),
        )
        for name, part in zip(names, parts, strict=True)
    )
    most = max(len(task.classes) for task in tasks)
    if stream.train_limit is not None and stream.train_limit < most:
        raise SpecError(f"stream.train_limit is {stream.train_limit}: a task here has {most} classes")
    if stream.validation and stream.train_limit is not None and stream.train_limit < 2 * most:
        raise SpecError(
            f"stream.train_limit is {stream.train_limit}: a task here has {most} classes, of each of which "
            f"stream.validation holds out one image at least; {2 * most} are needed"
        )
    return tasks


def other_tasks(before: Sequence[TaskInfo], now: Sequence[TaskInfo]) -> str:
    """How the tasks of data that are read again differ from those of a session, in a sentence; empty where
    they do not. (A session that was put together from remains knows no classes.)"""
    if len(before) != len(now):
        return f"there were {len(before)} tasks, and are {len(now)} now"
    for index, (old, new) in enumerate(zip(before, now, strict=True)):
        if old.classes and (old.dataset, old.classes) != (new.dataset, new.classes):
            return f"task {index} was {old.name}, and is {new.name} now"
        for was, is_ in zip(old.class_names, new.class_names, strict=False):
            if was != is_:
                return f"a class of task {index} was {was!r}, and is {is_!r} now"
    return ""


def _parts(stream: Stream, seed: int, info: DatasetInfo) -> list[Part]:
    order = list(range(info.classes))
    if stream.class_order == "seeded":
        order = generator(seed, CLASS_ORDER).permutation(info.classes).tolist()
    if stream.kind == "permuted":
        return [Part(dataset=info.name, classes=tuple(order))] * stream.tasks
    each = stream.classes_per_task
    if stream.tasks * each > info.classes:
        possible = info.classes // each
        offer = (
            f"at most {possible} tasks of {each}" if possible else f"at most {info.classes} classes in all"
        )
        raise SpecError(
            f"stream.tasks {stream.tasks} × stream.classes_per_task {each} is more than the {info.classes} "
            f"classes of {info.title}: {offer} are possible"
        )
    return [
        Part(dataset=info.name, classes=tuple(order[k * each : (k + 1) * each])) for k in range(stream.tasks)
    ]


def _checked(index: int, part: Part, info: DatasetInfo) -> Part:
    where = f"stream.parts[{index}].classes"
    if not part.classes:
        raise SpecError(f"{where} is empty: name at least one class of {info.title}")
    wrong = [c for c in part.classes if not 0 <= c < info.classes]
    if wrong:
        raise SpecError(f"{where}: {info.title} has classes 0 to {info.classes - 1}, not {wrong[0]}")
    if len(set(part.classes)) < len(part.classes):
        twice = next(c for c in part.classes if part.classes.count(c) > 1)
        raise SpecError(f"{where}: class {twice} is named twice")
    return part


def _check_shapes(parts: list[Part], infos: dict[str, DatasetInfo]) -> None:
    first = infos[parts[0].dataset]
    for part in parts[1:]:
        other = infos[part.dataset]
        if other.shape != first.shape:
            raise SpecError(
                f"stream.parts mixes images of {first.title} ({_size(first)}) and {other.title} "
                f"({_size(other)}): one solver takes images of one size only"
            )


def _size(info: DatasetInfo) -> str:
    return "×".join(str(side) for side in info.shape)


def _title(index: int, part: Part, stream: Stream) -> str:
    if stream.kind == "permuted" and not stream.parts:
        return f"{part.dataset} permutation {index}" if index else f"{part.dataset} unpermuted"
    return f"{part.dataset} {_ranges(part.classes)}"


def _ranges(classes: tuple[int, ...]) -> str:
    first, last = classes[0], classes[-1]
    if len(classes) > 1 and classes == tuple(range(first, last + 1)):
        return f"{first}-{last}"
    listed = ",".join(str(c) for c in classes[:6])
    return f"{listed},…" if len(classes) > 6 else listed


def _unique(names: list[str]) -> list[str]:
    """Later repetitions are numbered, since a name stands for its task on screen and in files."""
    taken: set[str] = set()
    unique = []
    for name in names:
        candidate, number = name, 2
        while candidate in taken:
            candidate, number = f"{name} ({number})", number + 1
        taken.add(candidate)
        unique.append(candidate)
    return unique
