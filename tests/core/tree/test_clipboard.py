"""Parts of a tree as text: copied, pasted here and elsewhere, refused with words."""

import pytest
from msgspec.structs import replace

from hhstudio.core.errors import SpecError
from hhstudio.core.spec import rules, spec
from hhstudio.core.tree import annotation_edits, clipboard, editing
from hhstudio.core.tree.tidy_layout import arrange
from hhstudio.core.tree.topology import LinkOverride, Slot, Solver, Topology


def figure():
    """H0 with P1 and a child H1, which has P2-0 and a child H2 with P3-00."""
    topology = editing.single()
    topology, child = editing.add_child(topology, topology.root)
    topology, _ = editing.add_solver(topology, child)
    topology, deep = editing.add_child(topology, child)
    topology, _ = editing.add_solver(topology, deep)
    return topology


def id_of(topology, name):
    return next(node.id for node in topology.nodes if node.name == name)


def names_below(topology, node_id):
    return [topology.by_id[i].name for i in topology.subtree(node_id)]


def test_a_subtree_pasted_elsewhere_is_the_same_tree_with_names_of_its_place():
    topology = figure()
    topology = editing.update(topology, id_of(topology, "H2"), chunk=77)
    text = clipboard.copy(topology, [id_of(topology, "H1")])
    after, tops, _ = clipboard.paste(topology, clipboard.read(text), topology.root)
    assert names_below(after, tops[0]) == ["H3", "P2-1", "H4", "P3-10"]
    assert after.by_id[id_of(after, "H4")].chunk == 77
    assert after.by_id[id_of(after, "H4")].position is None
    assert after.parent(tops[0]).id == topology.root
    assert not rules.topology_issues(after)
    assert set(topology.by_id) < set(after.by_id)


def test_an_empty_tree_takes_a_whole_one():
    topology = figure()
    text = clipboard.copy(topology, [topology.root])
    after, tops, _ = clipboard.paste(Topology(), clipboard.read(text))
    assert after.root == tops[0]
    assert names_below(after, after.root) == names_below(topology, topology.root)


def test_what_lies_below_something_copied_is_copied_once():
    topology = figure()
    clip = clipboard.read(clipboard.copy(topology, [id_of(topology, "P3-00"), id_of(topology, "H1")]))
    assert [topology.by_id[top].name for top in clip.tops] == ["H1"]
    assert len(clip.nodes) == 4


def test_links_of_their_own_come_along():
    topology = figure()
    solver = id_of(topology, "P1")
    own = LinkOverride(mode="direct")
    topology = editing.set_link(topology, topology.incoming[solver].id, own)
    after, tops, _ = clipboard.paste(topology, clipboard.read(clipboard.copy(topology, [solver])), "h0")
    assert after.incoming[tops[0]].link == own


def test_a_name_given_by_hand_is_kept_where_it_is_free_and_numbered_where_not():
    topology = figure()
    topology = editing.update(topology, id_of(topology, "P1"), name="best")
    clip = clipboard.read(clipboard.copy(topology, [id_of(topology, "best")]))
    once, first, _ = clipboard.paste(topology, clip, topology.root)
    twice, second, _ = clipboard.paste(once, clip, topology.root)
    assert [twice.by_id[i].name for i in (*first, *second)] == ["best 2", "best 3"]
    other, alone, _ = clipboard.paste(editing.single(), clip, "h0")
    assert other.by_id[alone[0]].name == "best"


def test_duplicates_stand_beside_their_originals():
    topology = figure()
    topology, note = annotation_edits.add(topology, "comment", (10.0, 20.0), text="why")
    after, tops, notes = clipboard.duplicate(topology, [id_of(topology, "P2-0"), note])
    assert after.parent(tops[0]).name == "H1"
    assert after.by_id[tops[0]].name == "P2-0b"
    copied = after.annotation_by_id[notes[0]]
    assert (copied.text, copied.at) == ("why", (50.0, 60.0))


def place(topology, name):
    return arrange(topology)[id_of(topology, name)]


def test_what_was_placed_by_hand_stands_to_its_copied_top_as_before():
    topology = editing.pin(figure(), {id_of(figure(), "H2"): (700.0, -333.0)})
    apart = [a - b for a, b in zip((700.0, -333.0), place(topology, "H1"), strict=True)]
    after, tops, _ = clipboard.duplicate(topology, [id_of(topology, "H1")])
    copied = after.by_id[id_of(after, "H4")]
    assert copied.pinned
    assert copied.position == pytest.approx(
        [a + b for a, b in zip(arrange(after)[tops[0]], apart, strict=True)]
    )
    assert after.by_id[tops[0]].position is None, "the layout has what nobody placed"
    assert [n for n in after.nodes if n.id in topology.by_id] == list(topology.nodes), "nothing else moved"


def test_copies_of_a_placed_node_stand_off_it_and_off_each_other():
    topology = editing.move(figure(), {id_of(figure(), "P1"): (400.0, 50.0)})
    solver = id_of(topology, "P1")
    once, first, _ = clipboard.duplicate(topology, [solver])
    assert once.by_id[first[0]].position == (440.0, 90.0)
    clip = clipboard.read(clipboard.copy(once, [solver]))
    twice, second, _ = clipboard.paste(once, clip, once.root)
    assert twice.by_id[second[0]].position == (480.0, 130.0)


def test_a_placed_node_pasted_into_another_place_is_laid_out_there_with_what_it_holds():
    topology = editing.move(
        figure(), {id_of(figure(), "H1"): (0.0, 900.0), id_of(figure(), "P2-0"): (300.0, 700.0)}
    )
    clip = clipboard.read(clipboard.copy(topology, [id_of(topology, "H1")]))
    other, child = editing.add_child(editing.single(), "h0")
    after, tops, _ = clipboard.paste(other, clip, child)
    assert after.by_id[tops[0]].position is None
    x, y = arrange(after)[tops[0]]
    below = next(node for node in after.children(tops[0]) if node.name.startswith("P3"))
    assert below.position == (x + 300.0, y - 200.0)


def test_five_thousand_nodes_are_copied_and_pasted_with_nothing_lost():
    topology, top = editing.add_child(editing.single(), "h0")
    nodes, slots = [], []
    for i in range(5000):
        nodes.append(Solver(id=f"x{i}", name=f"P2-0{'' if i == 0 else f'.{i}'}"))
        slots.append(Slot(id=f"y{i}", source=top, target=f"x{i}"))
    topology = replace(topology, nodes=(*topology.nodes, *nodes), slots=(*topology.slots, *slots))
    after, tops, _ = clipboard.paste(topology, clipboard.read(clipboard.copy(topology, [top])), "h0")
    assert len(after.subtree(tops[0])) == 5001
    assert not rules.topology_issues(after)


def test_more_nodes_than_can_be_pasted_again_are_not_even_copied(monkeypatch):
    monkeypatch.setattr(clipboard, "LARGEST", 3)
    with pytest.raises(SpecError, match="these are 4 nodes: at most 3 are copied at once"):
        clipboard.copy(figure(), [id_of(figure(), "H1")])


def test_a_pasted_tree_can_be_saved_and_loaded():
    topology = figure()
    after, _, _ = clipboard.duplicate(topology, [id_of(topology, "H1")])
    whole = spec.Spec(topology=after)
    assert spec.decode(spec.encode(whole)) == whole


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no text"),
        ("a shopping list", r"holds other text \(a shopping list\), not a part of a tree"),
        ("[1, 2", "holds other text"),
        ('{"format": "hhstudio-nodes", "version": 9}', "is damaged"),
        ('{"format": "hhstudio-nodes", "version": 1, "tops": ["x"]}', "a copied node is not in it"),
        (spec.encode(spec.Spec()).decode(), "a whole spec"),
        ("[" * 100_000, "holds other text"),
    ],
)
def test_foreign_text_is_refused_with_what_it_is(text, said):
    with pytest.raises(SpecError, match=said):
        clipboard.paste(figure(), clipboard.read(text))


def test_a_clip_with_a_cycle_pastes_each_node_once():
    topology = figure()
    clip = clipboard.read(clipboard.copy(topology, [id_of(topology, "H1")]))
    looped = replace(clip, slots=(*clip.slots, replace(clip.slots[0], id="loop", target=clip.tops[0])))
    after, tops, _ = clipboard.paste(topology, looped, topology.root)
    assert not rules.topology_issues(after)
    assert len(after.subtree(tops[0])) == 4
