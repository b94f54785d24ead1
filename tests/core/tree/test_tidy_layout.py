"""Tidy trees: nothing overlaps, parents stand over their children, order is kept."""

import itertools
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hhstudio.core.tree import editing
from hhstudio.core.tree.tidy_layout import SPACING, arrange, tidy
from hhstudio.core.tree.topology import Hypernetwork, Slot, Solver, Topology


def tree(parents):
    """A tree from each further node's parent (an index before its own)."""
    nodes = tuple(Hypernetwork(id=f"n{i}", name=f"H{i}") for i in range(len(parents) + 1))
    slots = tuple(Slot(id=f"e{i}", source=f"n{p}", target=f"n{i + 1}") for i, p in enumerate(parents))
    return Topology(root="n0", nodes=nodes, slots=slots)


@st.composite
def trees(draw):
    size = draw(st.integers(0, 60))
    return tree([draw(st.integers(max(0, i - draw(st.integers(0, 12))), i)) for i in range(size)])


@settings(max_examples=60, deadline=None)
@given(trees())
def test_neighbours_never_overlap_and_parents_stand_in_the_middle(topology):
    along, across = SPACING["horizontal"]
    at = tidy(topology)
    assert at.keys() == topology.by_id.keys()
    levels = defaultdict(list)
    for node, (x, y) in at.items():
        levels[round(x / along)].append(y)
        children = [at[child.id] for child in topology.children(node)]
        if children:
            assert all(child[0] == x + along for child in children)
            assert y == pytest.approx((children[0][1] + children[-1][1]) / 2)
            heights = [child[1] for child in children]
            assert heights == sorted(heights)
    for breadths in levels.values():
        breadths.sort()
        assert all(b - a >= across * 0.999 for a, b in itertools.pairwise(breadths))


def test_the_root_stands_at_zero():
    assert tidy(tree([0, 0, 1, 1, 2]))["n0"] == (0.0, 0.0)


def test_adding_a_leaf_never_reorders_siblings():
    topology = tree([0, 0, 0])
    before = sorted(["n1", "n2", "n3"], key=lambda i: tidy(topology)[i][1])
    grown, _ = editing.add_solver(topology, "n2")
    assert sorted(["n1", "n2", "n3"], key=lambda i: tidy(grown)[i][1]) == before


def test_a_wide_subtree_tucks_under_a_narrow_one():
    deep_then_flat = tree([0, 0, 1, 3])  # n1 -> n3 -> n4, and n2 alone
    at = tidy(deep_then_flat)
    assert at["n2"][1] - at["n1"][1] == SPACING["horizontal"][1]


def test_vertical_trees_grow_downwards():
    at = tidy(tree([0, 0]), "vertical")
    along, across = SPACING["vertical"]
    assert at["n1"] == (-across / 2, along)
    assert at["n2"] == (across / 2, along)


def test_loose_trees_stand_beside_the_root_tree():
    topology, loose = editing.add_root(tree([0, 0, 1]))
    topology, below = editing.add_solver(topology, loose)
    at = tidy(topology)
    lowest = max(y for node, (_, y) in at.items() if node not in (loose, below))
    assert at[loose][1] > lowest + SPACING["horizontal"][1]
    assert at[below] == (SPACING["horizontal"][0], at[loose][1])


def test_a_chain_of_thousands_needs_no_recursion():
    at = tidy(tree(list(range(4000))))
    assert at["n4000"] == (4000 * SPACING["horizontal"][0], 0.0)


def test_a_cycle_and_a_second_parent_are_drawn_once():
    topology = tree([0, 0])
    topology = editing.connect(editing.connect(topology, "n1", "n2"), "n2", "n0")
    assert tidy(topology).keys() == topology.by_id.keys()
    loop = Topology(
        nodes=(Hypernetwork(id="a", name="H1"), Hypernetwork(id="b", name="H2")),
        slots=(Slot(id="x", source="a", target="b"), Slot(id="y", source="b", target="a")),
    )
    assert tidy(loop).keys() == {"a", "b"}


def test_an_empty_tree_has_no_positions():
    assert tidy(Topology()) == {}


def test_a_placed_hypernetwork_takes_what_is_below_it_along():
    topology = tree([0, 0, 1])
    tidied = arrange(topology)
    x, y = tidied["n1"]
    moved = arrange(editing.move(topology, {"n1": (x + 50, y - 70)}))
    assert moved["n1"] == (x + 50, y - 70)
    assert moved["n3"] == (tidied["n3"][0] + 50, tidied["n3"][1] - 70)
    assert moved["n2"] == tidied["n2"]
    assert moved["n0"] == tidied["n0"]


def test_a_placed_node_stays_when_the_tree_grows():
    topology = editing.move(editing.single(), {"s1": (400.0, 33.0)})
    topology, _ = editing.add_solver(topology, "h0")
    assert arrange(topology)["s1"] == (400.0, 33.0)


def test_solvers_are_nodes_like_others():
    topology = Topology(root="h", nodes=(Hypernetwork(id="h", name="H0"), Solver(id="s", name="P1")))
    assert set(arrange(topology)) == {"h", "s"}
