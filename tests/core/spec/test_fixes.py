"""Every fix that is offered removes the issue that it is offered for."""

import pytest
from msgspec.structs import replace

from hhstudio.core.spec import rules
from hhstudio.core.spec.fixes import fixes
from hhstudio.core.spec.spec import Spec, with_fields
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import LinkOverride


def figure():
    topology = editing.single()
    topology, child = editing.add_child(topology, topology.root)
    return editing.add_solver(topology, child)[0], child


TREE, CHILD = figure()
P1, P2 = (node.id for node in TREE.nodes if node.name in ("P1", "P2-0"))


def tree(topology):
    return Spec(topology=topology)


def wrong():
    """What is wrong, by the code of its issue."""
    base = tree(TREE)
    leaf = TREE.incoming[P2].id
    to_child = TREE.incoming[CHILD].id
    twice = editing.connect(TREE, TREE.root, P2)
    return {
        "loose": tree(editing.disconnect(TREE, to_child)),
        "barren": tree(editing.remove(TREE, [P2])),
        "empty": Spec(),
        "no root": tree(replace(TREE, root=None)),
        "slot": tree(editing.connect(TREE, CHILD, TREE.root)),
        "parents": tree(twice),
        "name": tree(editing.update(TREE, P2, name="P1")),
        "reset": tree(editing.update(TREE, CHILD, chunk=0)),
        "alpha": tree(editing.set_link(TREE, leaf, LinkOverride(alpha=-1.0))),
        "unlike parent": tree(
            editing.set_link(editing.update(TREE, CHILD, chunk=7), to_child, LinkOverride(anchor="parent"))
        ),
        "tasks": tree(editing.assign_tasks(TREE, [P2], [0, 9])),
        "architecture": tree(editing.update(TREE, P2, architecture="zenke")),
        "option": tree(editing.update(TREE, P2, options={"widths": 3})),
        "range": with_fields(base, {"training.batch_size": 0}),
        "classes": with_fields(base, {"stream.tasks": 9}),
    }


@pytest.mark.parametrize("code", wrong())
def test_a_fix_removes_its_issue(code):
    spec = wrong()[code]
    issue = next(issue for issue in rules.issues(spec) if issue.code == code)
    offered = fixes(spec, issue)
    assert offered
    for fix in offered:
        left = {(i.code, i.node, i.message) for i in rules.issues(fix.spec)}
        assert (issue.code, issue.node, issue.message) not in left, fix.title
        assert fix.title


def test_a_slot_that_closes_a_cycle_is_the_one_that_is_taken_out():
    topology, lower = editing.add_child(TREE, CHILD)
    broken = editing.connect(topology, lower, CHILD)
    issue = next(i for i in rules.issues(tree(broken)) if i.message.startswith("cycle"))
    fix = fixes(tree(broken), issue)[0]
    assert fix.title == "Disconnect H1"
    assert fix.spec.topology == topology


def test_nothing_is_offered_where_a_person_has_to_decide():
    spec = with_fields(tree(TREE), {"stream.dataset": "no such data"})
    issue = rules.issues(spec)[0]
    assert fixes(spec, issue) == ()


def test_an_empty_tree_becomes_a_root_with_a_solver():
    assert fixes(Spec(), rules.issues(Spec())[0])[0].spec.topology == editing.single()
