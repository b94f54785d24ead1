"""Paths, their names, and edits of the tree."""

from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Hypernetwork, Slot, Topology


def original_figure():
    """All of P1, P2-0 and P3-00, as in the original figure."""
    topology = editing.single()
    topology, child = editing.add_child(topology, topology.root)
    topology, _ = editing.add_solver(topology, child)
    topology, grandchild = editing.add_child(topology, child)
    topology, _ = editing.add_solver(topology, grandchild)
    return topology


def names(topology):
    return [path.name for path in topology.paths]


def test_paths_are_named_as_in_the_original_figure():
    topology = original_figure()
    assert names(topology) == ["P1", "P2-0", "P3-00"]
    assert [path.depth for path in topology.paths] == [1, 2, 3]


def test_a_second_child_and_a_second_solver_get_names_of_their_own():
    topology = editing.single()
    topology, _ = editing.add_child(topology, topology.root)
    topology, second = editing.add_child(topology, topology.root)
    topology, _ = editing.add_solver(topology, second)
    topology, _ = editing.add_solver(topology, second)
    assert names(topology) == ["P1", "P2-1", "P2-1b"]


def test_the_eleventh_child_is_told_from_the_first_child_of_the_second():
    topology = editing.single()
    for _ in range(12):
        topology, last = editing.add_child(topology, topology.root)
    topology, below = editing.add_child(topology, last)
    topology, _ = editing.add_solver(topology, below)
    assert names(topology)[-1] == "P3-11.0"


def test_removing_a_path_keeps_what_other_paths_use():
    topology = editing.remove_path(original_figure(), "P2-0")
    assert names(topology) == ["P1", "P3-00"]
    topology = editing.remove_path(topology, "P3-00")
    assert names(topology) == ["P1"]
    assert len(topology.nodes) == 2
    assert len(topology.slots) == 1


def test_removing_the_last_path_keeps_the_root():
    topology = editing.remove_path(editing.single(), "P1")
    assert [n.id for n in topology.nodes] == [topology.root]


def test_removing_a_node_takes_everything_below_it_along():
    topology = original_figure()
    child = topology.paths[1].hypernetworks[1]
    topology = editing.remove(topology, [child])
    assert names(topology) == ["P1"]
    assert len(topology.slots) == 1


def test_a_cycle_is_survived_and_gives_no_path():
    nodes = tuple(Hypernetwork(id=i, name=i) for i in "abc")
    slots = tuple(Slot(id=f"e{s}{t}", source=s, target=t) for s, t in ("ab", "bc", "ca"))
    topology = Topology(root="a", nodes=nodes, slots=slots)
    assert topology.paths == ()
    assert set(topology.subtree("a")) == {"a", "b", "c"}
    assert topology.ancestors("a") == ("c", "b", "a")[: len(topology.ancestors("a"))]


def test_ids_are_never_given_twice():
    topology = original_figure()
    for _ in range(20):
        topology = editing.remove(topology, [topology.nodes[-1].id])
        topology, _ = (
            editing.add_child(topology, topology.root) if topology.root else editing.add_root(topology)
        )
    ids = [n.id for n in topology.nodes] + [s.id for s in topology.slots]
    assert len(ids) == len(set(ids))
