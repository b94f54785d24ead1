"""Parts of a tree as text: copied, pasted here and elsewhere, refused with words."""

import pytest
from msgspec.structs import replace

from hhstudio.core import annotation_edits, clipboard, edits, rules, spec
from hhstudio.core.errors import SpecError
from hhstudio.core.topology import LinkOverride, Topology


def figure():
    """H0 with P1 and a child H1, which has P2-0 and a child H2 with P3-00."""
    topology = edits.single()
    topology, child = edits.add_child(topology, topology.root)
    topology, _ = edits.add_solver(topology, child)
    topology, deep = edits.add_child(topology, child)
    topology, _ = edits.add_solver(topology, deep)
    return topology


def id_of(topology, name):
    return next(node.id for node in topology.nodes if node.name == name)


def names_below(topology, node_id):
    return [topology.by_id[i].name for i in topology.subtree(node_id)]


def test_a_subtree_pasted_elsewhere_is_the_same_tree_with_names_of_its_place():
    topology = figure()
    topology = edits.update(topology, id_of(topology, "H2"), chunk=77, position=(1.0, 2.0))
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
    topology = edits.set_link(topology, topology.incoming[solver].id, own)
    after, tops, _ = clipboard.paste(topology, clipboard.read(clipboard.copy(topology, [solver])), "h0")
    assert after.incoming[tops[0]].link == own


def test_a_name_given_by_hand_is_kept_where_it_is_free_and_numbered_where_not():
    topology = figure()
    topology = edits.update(topology, id_of(topology, "P1"), name="best")
    clip = clipboard.read(clipboard.copy(topology, [id_of(topology, "best")]))
    once, first, _ = clipboard.paste(topology, clip, topology.root)
    twice, second, _ = clipboard.paste(once, clip, topology.root)
    assert [twice.by_id[i].name for i in (*first, *second)] == ["best 2", "best 3"]
    other, alone, _ = clipboard.paste(edits.single(), clip, "h0")
    assert other.by_id[alone[0]].name == "best"


def test_duplicates_stand_beside_their_originals():
    topology = figure()
    topology, note = annotation_edits.add(topology, "comment", (10.0, 20.0), text="why")
    after, tops, notes = clipboard.duplicate(topology, [id_of(topology, "P2-0"), note])
    assert after.parent(tops[0]).name == "H1"
    assert after.by_id[tops[0]].name == "P2-0b"
    copied = after.annotation_by_id[notes[0]]
    assert (copied.text, copied.at) == ("why", (50.0, 60.0))


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
