"""Sizes that fit: what the numbers of a spec take in memory at least, and which setting is to blame.

From formulas (:mod:`hhstudio.core.spec.costs`), so that a spec that no machine could hold is refused before
anything of it is allocated.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from hhstudio.core import formatting
from hhstudio.core.errors import SpecError
from hhstudio.core.spec import costs
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.fields import all_fields
from hhstudio.core.spec.setting import message_text, value_of
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree.topology import Hypernetwork, Solver

_DECIDING = (
    "hypernetwork.hidden", "hypernetwork.chunk", "hypernetwork.task_embedding", "hypernetwork.slot_embedding",
    "hypernetwork.chunk_embedding", "stream.image_size", "stream.classes_per_task", "stream.tasks",
)  # fmt: skip
"""Settings that decide how large a tree is, beside the options of its solvers and what its nodes say."""


def check(spec: Spec, memory: int, place: str = "this machine", training: bool = True) -> None:
    """Refuse a spec whose numbers do not fit into ``memory`` bytes of ``place``.

    Parameters
    ----------
    spec
        One that has passed :mod:`hhstudio.core.spec.rules`.
    memory
        Bytes that there are.
    place
        What has them, in words.
    training
        Otherwise only what is stored has to fit, as for a look at a finished session.

    Raises
    ------
    SpecError
        It names the setting to blame, what is needed, and what there is.
    """
    needed = bytes_needed(spec, training)
    if needed <= memory:
        return
    what = "training needs" if training else "its weights need"
    raise SpecError(
        f"{_blamed(spec, training)}: {what} at least {_bytes(needed)} of memory, and {place} has "
        f"{_bytes(memory)}"
    )


def bytes_needed(spec: Spec, training: bool = True) -> int:
    """Bytes that a spec's numbers take at least; where solvers are not known, those of its hypernetworks."""
    count = costs.count_costs(spec)
    width = 2 if training and spec.training.precision == "float64" else 1
    if not training:
        stored = count.total.stored if count.total is not None else _stored(count)
        return 4 * stored
    known = costs.memory(spec, count)
    return width * (16 * _stored(count) if known is None else known)


def _stored(count: costs.Costs) -> int:
    return sum(node.weights or 0 for node in count.nodes.values() if node.stored)


def _bytes(number: int) -> str:
    return f"{formatting.count(number, space=' ')} bytes ({formatting.size(number)})"


def _blamed(spec: Spec, training: bool) -> str:
    """The setting, and its value, without which the need would be smallest."""
    candidates = list(_candidates(spec))
    if not candidates:
        return "topology"
    return min(candidates, key=lambda each: bytes_needed(each[1], training))[0]


def _candidates(spec: Spec) -> Iterator[tuple[str, Spec]]:
    """Settings that are not at their default, and the spec if they were."""
    fields = all_fields()
    for name in _DECIDING:
        value, default = value_of(spec, name), fields[name].default
        if value != default:
            yield f"{name} is {message_text(value)}", specs.with_fields(spec, {name: default})
    for name, value in spec.solver.options.items():
        others = {option: each for option, each in spec.solver.options.items() if option != name}
        solver = replace(spec.solver, options=others)
        yield f"solver.options.{name} is {message_text(value)}", replace(spec, solver=solver)
    yield from _node_candidates(spec)


def _node_candidates(spec: Spec) -> Iterator[tuple[str, Spec]]:
    """What nodes say themselves, all of a kind at once; the largest of them is named."""
    weights = costs.count_costs(spec).nodes
    kinds: tuple[tuple[str, type[Hypernetwork] | type[Solver]], ...] = (
        ("hidden", Hypernetwork), ("chunk", Hypernetwork), ("options", Solver),
    )  # fmt: skip
    for field, kind in kinds:
        own = {n.id: n for n in spec.topology.nodes if isinstance(n, kind) and getattr(n, field) is not None}
        if not own:
            continue
        largest = max(own.values(), key=lambda node: weights[node.id].weights or 0)
        nodes = tuple(replace(n, **{field: None}) if n.id in own else n for n in spec.topology.nodes)
        told = message_text(getattr(largest, field))
        yield f"{largest.name}.{field} is {told}", replace(spec, topology=replace(spec.topology, nodes=nodes))
