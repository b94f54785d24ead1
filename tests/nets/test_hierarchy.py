"""The chain: gradients, scales, batching, and what stays when the tree grows."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hhstudio.core.spec.spec import Link
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Topology
from hhstudio.nets.hierarchy import Hierarchy
from hhstudio.nets.stored import Condition

ANCHORED = Link(alpha=0.3, anchor="learned", residual=True)
OURS = Link()
DIRECT = Link(mode="direct", residual=False)


def conditions_of(hierarchy: Hierarchy, tasks: int = 1) -> list[Condition]:
    found = [Condition(s, t) for s in hierarchy.tree.chains for t in range(tasks)]
    for condition in found:
        hierarchy.add(condition)
    return found


@pytest.mark.parametrize("link", [OURS, ANCHORED, Link(anchor="seeded", residual=False), DIRECT])
def test_gradients_through_four_hypernetworks_agree_with_finite_differences(a_line, make_tree, link):
    _, tree = make_tree(a_line(4), link, hidden=(6,), chunk=16, activation="tanh")
    hierarchy = Hierarchy(tree, 0, dtype=torch.float64, task_chunks=link in (OURS, ANCHORED))
    (condition,) = conditions_of(hierarchy)
    solver = tree.solvers[condition.solver]
    solver.module.double()
    images = torch.randn(3, 1, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    def value() -> torch.Tensor:
        weights = hierarchy.generate([condition])[condition.solver].solver_weights(condition)
        return solver.run(weights, {}, images, False).square().sum()

    value().backward()
    pick = torch.Generator().manual_seed(2)
    for name, tensor in hierarchy.stored.items():
        assert tensor.grad is not None, name
        flat, gradient = tensor.data.view(-1), tensor.grad.view(-1)
        index = int(torch.randint(flat.numel(), (1,), generator=pick))
        eps = 1e-5
        flat[index] += eps
        up = value().item()
        flat[index] -= 2 * eps
        down = value().item()
        flat[index] += eps
        expected = (up - down) / (2 * eps)
        assert gradient[index].item() == pytest.approx(expected, rel=1e-5, abs=1e-7), name


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
@pytest.mark.parametrize("alpha", [0.1, 0.3])
def test_generated_weights_have_the_wanted_scale_at_every_level(a_line, make_tree, depth, alpha):
    _, tree = make_tree(a_line(depth), Link(alpha=alpha), hidden=(32, 32), chunk=256)
    hierarchy = Hierarchy(tree, 3)
    conditions = conditions_of(hierarchy, tasks=3)
    with torch.no_grad():
        (generated,) = hierarchy.generate(conditions).values()
    for edge, level in zip(generated.chain.edges, generated.levels, strict=True):
        unit = (level - edge.spec.mean()) / edge.spec.sigma()
        assert 0.8 < float(unit.square().mean().sqrt()) < 1.25, (depth, edge.slot)


def test_a_batch_of_conditions_on_several_paths_gives_what_each_gives_alone(make_tree):
    topology, root = editing.add_root(Topology())
    topology, _ = editing.add_solver(topology, root)
    topology, child = editing.add_child(topology, root)
    topology, _ = editing.add_solver(topology, child)
    topology, grandchild = editing.add_child(topology, child)
    topology, _ = editing.add_solver(topology, grandchild)
    _, tree = make_tree(topology)
    hierarchy = Hierarchy(tree, 0, dtype=torch.float64)
    conditions = conditions_of(hierarchy, tasks=3)
    together = hierarchy.generate(conditions)
    for condition in conditions:
        alone = hierarchy.generate([condition])[condition.solver].levels
        row = together[condition.solver].conditions.index(condition)
        for batch, single in zip(together[condition.solver].levels, alone, strict=True):
            torch.testing.assert_close(batch[row], single[0], rtol=1e-12, atol=1e-12)


def test_own_chunk_codes_make_only_their_own_task_different(a_line, make_tree):
    _, tree = make_tree(a_line(2))
    hierarchy = Hierarchy(tree, 0, task_chunks=True)
    first, second = conditions_of(hierarchy, tasks=2)
    before = hierarchy.generate([first, second])[first.solver].levels[-1].detach()
    with torch.no_grad():
        hierarchy.stored[f"task_code/{second.solver}/1"].add_(1.0)
    after = hierarchy.generate([first, second])[first.solver].levels[-1].detach()
    assert torch.equal(before[0], after[0])
    assert not torch.allclose(before[1], after[1])


def test_growing_the_tree_leaves_what_other_paths_generate(a_line, make_tree):
    topology = a_line(2)
    tree = make_tree(topology)[1]
    hierarchy = Hierarchy(tree, 0)
    (condition,) = conditions_of(hierarchy)
    before = hierarchy.generate([condition])[condition.solver].levels[-1].detach()
    grown, child = editing.add_child(topology, topology.root)
    grown, _ = editing.add_solver(grown, child)
    hierarchy.adopt(make_tree(grown)[1])
    after = hierarchy.generate([condition])[condition.solver].levels[-1].detach()
    assert float((after - before).abs().max()) < 1e-6
    assert len(conditions_of(hierarchy)) == 2


@st.composite
def trees(draw: st.DrawFn) -> Topology:
    """Any tree of at most 50 nodes with at least one path."""
    topology, root = editing.add_root(Topology())
    hypernetworks = [root]
    for _ in range(draw(st.integers(0, 39))):
        parent = hypernetworks[draw(st.integers(0, len(hypernetworks) - 1))]
        topology, child = editing.add_child(topology, parent)
        hypernetworks.append(child)
    wanted = draw(st.lists(st.integers(0, len(hypernetworks) - 1), min_size=1, max_size=10))
    for place in wanted:
        topology, _ = editing.add_solver(topology, hypernetworks[place])
    return topology


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    topology=trees(),
    alpha=st.sampled_from([0.1, 0.3]),
    anchor=st.sampled_from(["seeded", "learned", "parent"]),
    residual=st.booleans(),
)
def test_any_tree_generates_at_its_wanted_scale_and_takes_a_step_in_which_everything_stays_finite(
    make_tree, topology, alpha, anchor, residual
):
    link = Link(alpha=alpha, anchor=anchor, residual=residual)
    _, tree = make_tree(topology, link, hidden=(16,), chunk=64)
    hierarchy = Hierarchy(tree, 0)
    conditions = conditions_of(hierarchy)
    images, total = torch.randn(2, 1, 8, 8), torch.zeros(())
    for generated in hierarchy.generate(conditions).values():
        for edge, level in zip(generated.chain.edges, generated.levels, strict=True):
            unit = (level.detach() - edge.spec.mean()) / edge.spec.sigma()
            assert 0.5 < float(unit.square().mean().sqrt()) < 2.0
        solver = tree.solvers[generated.chain.solver]
        for condition in generated.conditions:
            total = total + solver.run(generated.solver_weights(condition), {}, images, True).square().mean()
    total.backward()
    used = [t for t in hierarchy.stored.values() if t.grad is not None]
    assert all(bool(torch.isfinite(t.grad).all()) for t in used)
    assert hierarchy.stored["root/layers.0.weight"].grad.abs().sum() > 0
    torch.optim.Adam(used, lr=1e-3).step()
    with torch.no_grad():
        for generated in hierarchy.generate(conditions).values():
            assert bool(torch.isfinite(generated.levels[-1]).all())
