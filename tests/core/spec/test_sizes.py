"""What cannot fit is refused before anything is allocated, with the setting to blame."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from hhstudio.core.errors import SpecError
from hhstudio.core.spec import rules, sizes
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.presets import preset, preset_names
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Hypernetwork, Solver

GB = 10**9

TOO_LARGE = {
    "hypernetwork.hidden": {"hypernetwork.hidden": [1_000_000, 1_000_000]},
    "hypernetwork.chunk": {"hypernetwork.chunk": 10**9},
    "hypernetwork.task_embedding": {"hypernetwork.task_embedding": 10**6, "hypernetwork.hidden": [10**4]},
    "hypernetwork.chunk_embedding": {"hypernetwork.chunk_embedding": 10**6, "hypernetwork.hidden": [10**4]},
    "hypernetwork.slot_embedding": {"hypernetwork.slot_embedding": 10**6, "hypernetwork.hidden": [10**4]},
    "solver.options.hidden": {"solver": {"architecture": "mlp", "options": {"hidden": [10**5, 10**5]}}},
    "solver.options.channels": {"solver.options": {"channels": [10**5, 10**5]}},
    "stream.image_size": {
        "stream.dataset": "folder", "stream.folder": "/", "stream.image_size": 1024,
        "solver": {"architecture": "mlp", "options": {"hidden": [5000, 5000]}},
    },
}  # fmt: skip


@pytest.mark.parametrize("field", TOO_LARGE)
def test_the_setting_to_blame_is_named_with_what_it_takes(field):
    spec = specs.with_fields(preset("quickstart"), TOO_LARGE[field])
    assert not [issue for issue in rules.issues(spec) if issue.severity == "error"]
    needed = sizes.bytes_needed(spec)
    with pytest.raises(SpecError) as refused:
        sizes.check(spec, 16 * GB)
    assert str(refused.value).startswith(f"{field} is ")
    assert f"{needed:,}".replace(",", " ") + " bytes" in str(refused.value)
    assert "this machine has 16 000 000 000 bytes" in str(refused.value)
    sizes.check(spec, needed)


def test_a_node_that_says_it_itself_is_named():
    spec = preset("quickstart")
    nodes = {type(node): node for node in spec.topology.nodes}
    for kind, field, value in (
        (Hypernetwork, "hidden", (10**6, 10**6)),
        (Hypernetwork, "chunk", 10**9),
        (Solver, "options", {"channels": (10**5, 10**5)}),
    ):
        node = nodes[kind]
        large = replace(spec, topology=editing.update(spec.topology, node.id, **{field: value}))
        with pytest.raises(SpecError, match=rf"^{node.name}\.{field} is "):
            sizes.check(large, 16 * GB)


def test_a_solver_that_is_not_known_counts_for_nothing():
    spec = specs.with_fields(
        preset("quickstart"), {"solver.architecture": "a.b:C", "hypernetwork.chunk": 10**9}
    )
    with pytest.raises(SpecError, match=r"^hypernetwork\.chunk is 1000000000: training needs at least"):
        sizes.check(spec, 16 * GB)
    sizes.check(specs.with_fields(spec, {"hypernetwork.chunk": 64}), GB)


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_fits_into_a_small_machine(name):
    sizes.check(preset(name), 2 * GB)


def test_looking_takes_less_than_training():
    spec = specs.with_fields(preset("quickstart"), {"hypernetwork.hidden": [20_000, 20_000]})
    assert 4 * sizes.bytes_needed(spec, training=False) <= sizes.bytes_needed(spec)
    with pytest.raises(SpecError, match="its weights need"):
        sizes.check(spec, GB, training=False)
