"""Stream edits: its tasks and their order, with the tasks that paths learn kept the same."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from hhstudio.core.errors import HHStudioError, SpecError
from hhstudio.core.spec.spec import Part, Spec
from hhstudio.core.spec.stream_data import dataset_info
from hhstudio.core.spec.tasks import plan
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Solver


def moved(spec: Spec, tasks: Sequence[int], before: int) -> Spec:
    """With those tasks, in their present order, before the task ``before`` (the number of tasks: last).

    Raises :class:`SpecError` where the order is not free, or the tasks cannot be planned.
    """
    count = len(plan(spec.stream, spec.seed))
    chosen = [task for task in range(count) if task in set(tasks)]
    head = [task for task in range(min(before, count)) if task not in chosen]
    tail = [task for task in range(min(before, count), count) if task not in chosen]
    return reordered(spec, [*head, *chosen, *tail])


def reordered(spec: Spec, order: Sequence[int]) -> Spec:
    """With the tasks in that order (indices of the present one), listed one by one in ``stream.parts``.

    Tasks assigned to a path stay assigned to it. Raises :class:`SpecError`.
    """
    tasks = plan(spec.stream, spec.seed)
    if sorted(order) != list(range(len(tasks))):
        raise SpecError(f"an order of {len(tasks)} tasks names each of them once")
    if list(order) == list(range(len(tasks))):
        return spec
    if spec.stream.kind == "permuted":
        raise SpecError(
            "the tasks of a permuted stream are permutations drawn in order from the seed: "
            "they cannot be reordered"
        )
    parts = spec.stream.parts or tuple(Part(dataset=t.dataset, classes=t.classes) for t in tasks)
    new_place = {old: new for new, old in enumerate(order)}
    topology = spec.topology
    for node in topology.nodes:
        if isinstance(node, Solver) and node.tasks is not None:
            places = [new_place.get(task, task) for task in node.tasks]
            topology = editing.assign_tasks(topology, [node.id], places)
    stream = replace(spec.stream, parts=tuple(parts[old] for old in order))
    return replace(spec, stream=stream, topology=topology)


def listed(spec: Spec, parts: Sequence[Part]) -> Spec:
    """With these tasks in place of the present ones; none: those that the stream's own data set gives.

    A path that learns some tasks only goes on to learn those of them that are still there, wherever they
    stand now, and all where none is.
    """
    try:
        present = spec.stream.parts or _parts(spec)
    except HHStudioError:
        present = ()
    after = replace(spec.stream, parts=tuple(parts))
    places: dict[tuple[str, tuple[int, ...]], list[int]] = {}
    for at, part in enumerate(parts or _parts(replace(spec, stream=after))):
        places.setdefault((part.dataset, part.classes), []).append(at)
    goes = {
        old: places_of_part.pop(0)
        for old, part in enumerate(present)
        if (places_of_part := places.get((part.dataset, part.classes)))
    }
    topology = spec.topology
    for node in topology.nodes:
        if isinstance(node, Solver) and node.tasks is not None:
            places_left = [goes[task] for task in node.tasks if task in goes]
            topology = editing.assign_tasks(topology, [node.id], places_left or None)
    return replace(spec, stream=after, topology=topology)


def added(spec: Spec, dataset: str) -> Spec:
    """With one more task of a data set at the end: its next classes, as many as the task before has.

    Raises :class:`SpecError` where the stream is permuted, or another data set's images do not fit.
    """
    parts = _parts(spec)
    info = dataset_info(dataset, spec.stream)
    shapes = {dataset_info(part.dataset, spec.stream).shape for part in parts}
    if shapes - {info.shape}:
        size = "x".join(map(str, next(iter(shapes))[1:]))
        raise SpecError(f"{info.title} has images of another size or colours than the {size} of this stream")
    each = min(len(parts[-1].classes), info.classes) if parts else 2
    used = {label for part in parts if part.dataset == dataset for label in part.classes}
    free = [label for label in range(info.classes) if label not in used]
    classes = tuple(free[:each]) if len(free) >= each else tuple(range(each))
    return listed(spec, (*parts, Part(dataset=dataset, classes=classes)))


def removed(spec: Spec, tasks: Sequence[int]) -> Spec:
    """Without those tasks. Raises :class:`SpecError` where none would be left, or the stream is permuted."""
    parts = _parts(spec)
    remaining = [part for at, part in enumerate(parts) if at not in set(tasks)]
    if not remaining:
        raise SpecError("a stream has one task at least")
    return listed(spec, remaining)


def _parts(spec: Spec) -> tuple[Part, ...]:
    """The tasks as parts. Raises :class:`SpecError` for a permuted stream."""
    stream = spec.stream
    if stream.kind == "permuted":
        raise SpecError("the tasks of a permuted stream are permutations drawn from the seed: set how many")
    return stream.parts or tuple(Part(dataset=t.dataset, classes=t.classes) for t in plan(stream, spec.seed))


def own_order(spec: Spec) -> Spec:
    """With the tasks as the data set's own classes give them, where listed ones are of one data set.

    Raises :class:`SpecError` where they are not.
    """
    parts = spec.stream.parts
    names = {part.dataset for part in parts}
    sizes = {len(part.classes) for part in parts}
    if not parts:
        return spec
    if len(names) > 1 or len(sizes) > 1:
        raise SpecError(
            "these tasks are of several data sets or sizes: they have no other order of their own"
        )
    stream = replace(
        spec.stream, parts=(), dataset=names.pop(), tasks=len(parts), classes_per_task=sizes.pop()
    )
    return replace(spec, stream=stream)
