"""The outline, by keyboard alone."""

import random

import pytest
from canvas_hand import figure, outline_of
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QLineEdit

from hhstudio.core.spec.document import Document
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Hypernetwork, Topology
from hhstudio.gui.state.actions import ActionRegistry
from hhstudio.gui.views.tree.canvas.widget import TreeCanvas
from hhstudio.gui.views.tree.outline.view import TreeOutline
from hhstudio.gui.widgets.theme import DARK

TOP = QModelIndex()
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def make(qtbot):
    def made(topology=None):
        canvas = TreeCanvas(Document(Spec(topology=topology if topology is not None else figure())))
        qtbot.addWidget(canvas)
        canvas.register(ActionRegistry(canvas))
        outline = outline_of(canvas)
        outline.canvas = canvas
        qtbot.addWidget(outline)
        outline.resize(320, 400)
        with qtbot.waitExposed(outline):
            outline.show()
        outline.activateWindow()
        outline.setFocus()
        return outline

    return made


def rows(outline, parent=TOP, depth=0):
    """Names with their depth, from top to bottom."""
    found = []
    for row in range(outline.model().rowCount(parent)):
        index = outline.model().index(row, 0, parent)
        found.append((depth, index.data()))
        found += rows(outline, index, depth + 1)
    return found


FIGURE = [(0, "H0"), (1, "P1"), (1, "H1"), (2, "P2-0"), (1, "H2"), (2, "P2-1")]


def test_it_shows_the_tree_in_the_order_of_the_slots(make):
    assert rows(make()) == FIGURE


def test_loose_nodes_and_cycles_are_listed_once(make):
    topology, loose = editing.add_root(figure())
    topology, below = editing.add_child(topology, loose)
    outline = make(editing.connect(topology, below, loose))
    assert sorted(name for _, name in rows(outline)) == ["H0", "H1", "H2", "H3", "H4", "P1", "P2-0", "P2-1"]


def test_the_proposal_figure_is_drawn_by_keys_alone(make, qtbot):
    outline = make(Topology())
    insert = Qt.Key.Key_Insert
    qtbot.keyClick(outline, insert)
    qtbot.keyClick(outline, insert, SHIFT)
    for _ in range(2):
        outline.select(["h0"])
        qtbot.keyClick(outline, insert)
        qtbot.keyClick(outline, insert, SHIFT)
    assert rows(outline) == FIGURE


def test_delete_removes_and_undo_brings_back(make, qtbot):
    outline = make()
    qtbot.keyClick(outline, Qt.Key.Key_Down)
    outline.select([outline.document.topology.nodes[2].id])
    qtbot.keyClick(outline, Qt.Key.Key_Delete)
    assert rows(outline) == [(0, "H0"), (1, "P1"), (1, "H2"), (2, "P2-1")]
    outline.document.undo()
    assert rows(outline) == FIGURE


def test_f2_renames_and_refuses_a_taken_name(make, qtbot):
    outline = make()
    said = []
    outline.canvas.status_message.connect(said.append)
    outline.select(["s1"])
    for name, expected in (("P2-0", "P1"), ("first", "first")):
        qtbot.keyClick(outline, Qt.Key.Key_F2)
        field = outline.findChildren(QLineEdit)[-1]
        field.selectAll()
        qtbot.keyClicks(field, name)
        qtbot.keyClick(field, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: not outline.findChildren(QLineEdit))
        assert outline.document.topology.by_id["s1"].name == expected
    assert said[0] == "another solver is already called 'P2-0'"
    assert (1, "first") in rows(outline)


def test_what_was_folded_and_selected_stays_so(make):
    outline = make()
    folded = next(node.id for node in outline.document.topology.nodes if node.name == "H1")
    outline.setExpanded(outline.model().index_of(folded), False)
    outline.select(["s1"])
    outline.editor.add_solver("h0")
    assert not outline.isExpanded(outline.model().index_of(folded))
    assert outline.selection == ["s1"]


def test_it_tells_the_selected_node_and_takes_a_theme(make, qtbot, wear):
    outline = make()
    wear(DARK)
    with qtbot.waitSignal(outline.selection_changed) as told:
        outline.setCurrentIndex(outline.model().index_of("s1"))
    assert told.args == [["s1"]]


def test_read_only_refuses_with_the_reason(make, qtbot):
    outline = make()
    outline.canvas.set_read_only(True)
    outline.select(["s1"])
    with qtbot.waitSignal(outline.status_message) as told:
        qtbot.keyClick(outline, Qt.Key.Key_Delete)
    assert "read-only" in told.args[0]
    assert rows(outline) == FIGURE


def test_moving_a_node_rebuilds_nothing(make):
    outline = make()
    told = []
    for signal in (outline.model().rowsInserted, outline.model().modelReset, outline.model().dataChanged):
        signal.connect(lambda *_: told.append(1))
    outline.document.apply_topology("Move", editing.move(outline.document.topology, {"s1": (1.0, 2.0)}))
    assert told == []


def test_a_new_row_leaves_the_others_alone_whatever_comes_and_goes(make):
    outline, rng = make(), random.Random(2)
    resets = []
    outline.model().modelReset.connect(lambda: resets.append(1))
    for _ in range(150):
        topology = outline.document.topology
        hypernetworks = [n.id for n in topology.nodes if isinstance(n, Hypernetwork)]
        others = [n.id for n in topology.nodes if n.id != topology.root]
        choice = rng.random()
        if choice < 0.35:
            after = editing.add_solver(topology, rng.choice(hypernetworks))[0]
        elif choice < 0.6:
            after = editing.add_child(topology, rng.choice(hypernetworks))[0]
        elif choice < 0.75 and others:
            after = editing.remove(topology, [rng.choice(others)])
        elif choice < 0.85 and topology.slots:
            after = editing.disconnect(topology, rng.choice(topology.slots).id)
        elif choice < 0.95 and others:
            after = editing.move_among(topology, rng.choice(others), rng.choice([-1, 1]))
        else:
            outline.document.undo()
            continue
        outline.document.apply_topology("edit", after)
        fresh = TreeOutline(outline.editor, ActionRegistry(outline))
        assert rows(outline) == rows(fresh)
        fresh.release()
    QAbstractItemModelTester(outline.model())
    assert len(resets) < 30


CTRL = Qt.KeyboardModifier.ControlModifier


def test_copy_paste_duplicate_and_order_by_keys_alone(make, qtbot):
    outline = make()
    outline.select([next(n.id for n in outline.document.topology.nodes if n.name == "H1")])
    qtbot.keyClick(outline, Qt.Key.Key_Down, CTRL)
    assert [name for _, name in rows(outline)] == ["H0", "P1", "H2", "P2-1", "H1", "P2-0"]
    assert outline.currentIndex().data() == "H1"
    qtbot.keyClick(outline, Qt.Key.Key_C, CTRL)
    qtbot.keyClick(outline, Qt.Key.Key_V, CTRL)
    assert rows(outline)[-2:] == [(1, "H3"), (2, "P2-2")]
    assert outline.currentIndex().data() == "H3"
    qtbot.keyClick(outline, Qt.Key.Key_D, CTRL)
    assert rows(outline)[-2:] == [(1, "H4"), (2, "P2-3")]
    qtbot.keyClick(outline, Qt.Key.Key_X, CTRL)
    assert len(rows(outline)) == 8


def test_a_node_is_taken_loose_and_given_to_another_without_a_mouse(make, qtbot):
    outline = make()
    loose = next(n.id for n in outline.document.topology.nodes if n.name == "H2")
    outline.select([loose])
    qtbot.keyClick(outline, Qt.Key.Key_X, CTRL | SHIFT)
    assert loose not in outline.document.topology.incoming
    outline.select([loose])
    qtbot.keyClick(outline, Qt.Key.Key_M, CTRL)
    chooser = QApplication.activePopupWidget()
    qtbot.keyClicks(chooser.search, "h1")
    qtbot.keyClick(chooser.search, Qt.Key.Key_Return)
    assert outline.document.topology.parent(loose).name == "H1"
    outline.select([loose])
    qtbot.keyClick(outline, Qt.Key.Key_M, CTRL)
    offered = QApplication.activePopupWidget()
    assert [offered.list.item(row).text() for row in range(offered.list.count())] == ["Below H0", "Below H1"]
    qtbot.keyClick(offered.search, Qt.Key.Key_Return)
    assert outline.document.topology.parent(loose).name == "H0", "and from there to another, in one step"
    assert outline.document.done[-1].title == "Move H2 below H0"


def test_a_loose_hypernetwork_becomes_the_root_in_the_menu(make):
    topology, loose = editing.add_root(figure())
    outline = make(topology)
    outline.select([loose])
    menu = outline.menu()
    next(action for action in menu.actions() if action.text() == "Make it the root").trigger()
    menu.deleteLater()
    assert outline.document.topology.root == loose
