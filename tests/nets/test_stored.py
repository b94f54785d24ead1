"""Stored tensors: labels say what a tensor is and whose, and follow the tree."""

from __future__ import annotations

import pytest
import torch

from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Topology
from hhstudio.nets.build import build_tree
from hhstudio.nets.hierarchy import Hierarchy
from hhstudio.nets.stored import EMBEDDINGS, Condition, StoredTensors


def two_paths():
    topology, root = editing.add_root(Topology())
    topology, _ = editing.add_solver(topology, root)
    topology, child = editing.add_child(topology, root)
    topology, _ = editing.add_solver(topology, child)
    return topology


@pytest.fixture
def hierarchy():
    topology = two_paths()
    tree = build_tree(Spec(topology=topology), topology, (1, 8, 8), 2, 1)
    return Hierarchy(tree, 0, task_chunks=True)


def test_every_stored_tensor_is_weights_an_anchor_or_an_embedding(hierarchy):
    for solver in hierarchy.tree.chains:
        hierarchy.add(Condition(solver, 0))
    stored = hierarchy.stored
    assert set(stored.named("weights")) == {f"root/{name}" for name in hierarchy.root_weights()}
    assert set(stored.named("anchor")) == {e.anchor for e in hierarchy.tree.edges.values() if e.link.stored}
    rest = {name for name in stored if name.split("/")[0] in ("slot", "code", "task", "task_code")}
    assert set(stored.named(*EMBEDDINGS)) == rest
    assert len(rest) + len(stored.named("weights", "anchor")) == len(stored)


def test_what_a_condition_owns_goes_with_it(hierarchy):
    solver = next(iter(hierarchy.tree.chains))
    before = set(hierarchy.stored)
    hierarchy.add(Condition(solver, 3))
    assert set(hierarchy.stored.owned_by(Condition(solver, 3))) == set(hierarchy.stored) - before
    hierarchy.remove(Condition(solver, 3))
    assert set(hierarchy.stored) == before


def test_a_tensor_that_is_gone_has_no_label_left():
    stored = StoredTensors.of_weights({"w": torch.zeros(2), "v": torch.zeros(3)}, "s1")
    stored.remove(["w"])
    assert stored.owned_by("s1") == ["v"]
    with pytest.raises(KeyError):
        stored.label("w")
