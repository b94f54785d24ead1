"""The property panel, typed into with real keys."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from hhstudio.core.spec.document import Document
from hhstudio.core.spec.spec import Link, Part, Spec
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import LinkOverride
from hhstudio.gui.views.properties import PropertyPanel
from hhstudio.gui.widgets.theme import DARK, LIGHT


@pytest.fixture
def panel(qtbot):
    topology = editing.single()
    for _ in range(2):
        topology, child = editing.add_child(topology, topology.root)
        topology, _ = editing.add_solver(topology, child)
    made = PropertyPanel(Document(Spec(topology=topology, link=Link(alpha=0.1, anchor="learned"))))
    qtbot.addWidget(made)
    made.resize(360, 900)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    yield made
    made.release()


def ids(panel, *names):
    return [next(n.id for n in panel.document.topology.nodes if n.name == name) for name in names]


def type_into(row, text, enter=True):
    row.line.setFocus()
    row.line.selectAll()
    QTest.keyClicks(row.line, text)
    if enter:
        QTest.keyClick(row.line, Qt.Key.Key_Return)
    QApplication.processEvents()


def test_a_setting_of_everything_is_typed_in_one_undo_step(panel):
    type_into(panel.row("hypernetwork.chunk"), "512")
    assert panel.document.spec.hypernetwork.chunk == 512
    assert [command.title for command in panel.document.done] == ["Set chunk"]


def test_what_is_wrong_is_said_while_one_types_and_nothing_changes(panel):
    row = panel.row("hypernetwork.chunk")
    type_into(row, "-3", enter=False)
    assert row.hint.text() == "Must be from 1 to 1e+09"
    QTest.keyClick(row.line, Qt.Key.Key_Return)
    assert panel.document.done == ()
    type_into(row, "12x", enter=False)
    assert row.hint.text() == "'12x' is not a number"
    type_into(row, "12")
    assert panel.document.spec.hypernetwork.chunk == 12


def test_what_follows_from_a_chunk_is_said_below_it(panel):
    panel.show_selection(["h0"])
    type_into(panel.row("chunk"), "80000")
    assert (
        panel.row("chunk")
        .hint.text()
        .startswith("80\u202f000 is larger than P1's 1\u202f378 weights: one chunk")
    )


def test_a_node_inherits_until_it_is_told_and_goes_back_with_a_click(panel, qtbot):
    child = ids(panel, "H1")[0]
    panel.show_selection([child])
    row = panel.row("chunk")
    assert row.line.text() == ""
    assert row.line.placeholderText() == "1024 (default)"
    assert row.reset.isHidden()
    type_into(row, "99")
    assert panel.document.topology.by_id[child].chunk == 99
    assert not row.reset.isHidden()
    qtbot.mouseClick(row.reset, Qt.MouseButton.LeftButton)
    QApplication.processEvents()
    assert panel.document.topology.by_id[child].chunk is None
    assert row.line.placeholderText() == "1024 (default)"


def test_many_nodes_show_mixed_values_and_are_changed_together(panel):
    one, two = ids(panel, "H1", "H2")
    panel.document.apply_topology("x", editing.update(panel.document.topology, one, chunk=5))
    panel.show_selection([one, two])
    row = panel.row("chunk")
    assert row.line.placeholderText() == "mixed"
    type_into(row, "64")
    assert {panel.document.topology.by_id[i].chunk for i in (one, two)} == {64}
    assert panel.document.done[-1].title == "Set chunk of 2 hypernetworks"
    panel.document.undo()
    assert panel.document.topology.by_id[one].chunk == 5


def test_a_slider_moves_in_one_undo_step(panel):
    slider = panel.row("link.alpha").slider
    start = slider.rect().center()
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(8, start.y()))
    for x in (20, 30, 45, 60):
        QTest.mouseMove(slider, QPoint(x, start.y()))
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(60, 8))
    assert panel.document.spec.link.alpha > 0.3
    assert len(panel.document.done) == 1
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert len(panel.document.done) == 2


def test_escape_takes_a_slider_back_in_the_middle_of_a_drag(panel):
    slider, before = panel.row("link.alpha").slider, panel.document.spec
    place = QPoint(8, slider.rect().center().y())
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseMove(slider, QPoint(60, place.y()))
    assert panel.document.spec.link.alpha > 0.3
    QTest.keyClick(slider, Qt.Key.Key_Escape)
    QTest.mouseMove(slider, QPoint(70, place.y()))
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(70, place.y()))
    QApplication.processEvents()
    assert panel.document.spec == before
    assert panel.document.done == panel.document.undone == ()
    assert panel.row("link.alpha").line.text() == "0.1"


def test_a_link_is_chosen_for_one_slot(panel):
    solver = ids(panel, "P1")[0]
    slot = panel.document.topology.incoming[solver].id
    panel.show_selection([slot])
    box = panel.row("anchor").choice
    assert box.itemText(0) == "learned (default)"
    assert box.findData("parent") < 0
    box.setFocus()
    QTest.keyClicks(box, "seeded")
    box.activated.emit(box.findData("seeded"))
    assert panel.document.topology.slot_by_id[slot].link == LinkOverride(anchor="seeded")


def test_a_name_that_is_taken_is_refused_in_words(panel):
    panel.show_selection(ids(panel, "P1"))
    row = panel.row("name")
    type_into(row, "P2-0")
    assert row.hint.text() == "another solver is already called 'P2-0'"
    assert panel.document.done == ()
    type_into(row, "first")
    assert [n.name for n in panel.document.topology.nodes if n.id == "s1"] == ["first"]


def test_tasks_of_a_path_are_typed_and_judged(panel):
    solver = ids(panel, "P1")[0]
    panel.show_selection([solver])
    type_into(panel.row("tasks"), "0, 3")
    assert panel.document.topology.by_id[solver].tasks == (0, 3)
    type_into(panel.row("tasks"), "0, 9")
    assert "there is no task 9" in panel.row("tasks").hint.text()


def open_group(panel, title):
    head = next(group.head for group in panel.groups if group.binding.title.startswith(title))
    if not head.isChecked():
        head.click()
    QApplication.processEvents()


def test_the_options_of_the_solver_are_those_of_its_architecture(panel):
    open_group(panel, "Solvers")
    row = panel.row("solver.options.channels")
    assert row.line.placeholderText() == "8, 16"
    assert "From 1 to 100 000" in row.editor.toolTip()
    type_into(row, "4, 0", enter=False)
    assert row.hint.text() == "Every number must be from 1 to 100 000"
    type_into(row, "4, 8")
    assert panel.document.spec.solver.options == {"channels": (4, 8)}
    assert panel.document.done[-1].title == "Set channels"
    architecture = panel.row("solver.architecture")
    assert architecture.hint.text() == "makes 402 weights each"
    architecture.choice.activated.emit(architecture.choice.findData("zenke"))
    QApplication.processEvents()
    assert panel.document.spec.solver.options == {}, "they were another network's"
    names = [row.field.label for row in panel.groups[1].rows]
    assert names == ["Architecture", "Channels", "Hidden width", "Dropout", "Dropout, hidden"]
    type_into(panel.row("solver.options.channels"), "4, 8", enter=False)
    assert panel.row("solver.options.channels").hint.text() == "Must be 4 numbers"


def test_options_of_many_solvers_are_mixed_until_they_are_set_together(panel):
    one, two = ids(panel, "P1", "P2-0")
    panel.show_selection([one])
    type_into(panel.row("options.channels"), "4")
    panel.show_selection([one, two])
    row = panel.row("options.channels")
    assert row.line.placeholderText() == "mixed"
    type_into(row, "6, 6")
    options = [panel.document.topology.by_id[i].options for i in (one, two)]
    assert options == [{"channels": (6, 6)}] * 2
    row.reset.click()
    QApplication.processEvents()
    assert {panel.document.topology.by_id[i].options for i in (one, two)} == {None}
    assert panel.row("options.channels").line.placeholderText() == "8, 16"
    panel.document.go_to(1)
    assert [panel.document.topology.by_id[i].options for i in (one, two)] == [{"channels": (4,)}, None]


def test_solvers_that_are_built_differently_have_no_options_in_common(panel):
    one, two = ids(panel, "P1", "P2-0")
    panel.document.apply_topology("x", editing.update(panel.document.topology, one, architecture="mlp"))
    panel.show_selection([one, two])
    assert [row.field.name for row in panel.groups[0].rows] == ["architecture", "tasks"]


def test_a_class_of_ones_own_is_typed_with_its_arguments(panel):
    solver = ids(panel, "P1")[0]
    panel.show_selection([solver])
    row = panel.row("architecture")
    line = row.choice.lineEdit()
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, "my.nets")
    assert row.hint.text().endswith("nor package.module:Class")
    QTest.keyClicks(line, ":Net")
    assert row.hint.text() == ""
    QTest.keyClick(line, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert panel.document.topology.by_id[solver].architecture == "my.nets:Net"
    arguments = panel.row("options")
    type_into(arguments, "width=32, norm", enter=False)
    assert arguments.hint.text() == "'norm' is not an argument: write name=value, as width=32"
    type_into(arguments, "width=32, layers=[64, 64], norm=batch, bias=false")
    assert panel.document.topology.by_id[solver].options == {
        "width": 32, "layers": (64, 64), "norm": "batch", "bias": False,
    }  # fmt: skip
    assert arguments.line.text() == "width=32, layers=[64, 64], norm=batch, bias=false"


def test_a_stream_of_several_data_sets_is_written_a_task_a_line(panel):
    topology = panel.document.topology
    first, second = ids(panel, "P1", "P2-0")
    topology = editing.assign_tasks(editing.assign_tasks(topology, [first], [1]), [second], [0, 4])
    panel.document.apply_topology("x", topology)
    open_group(panel, "Stream")
    row = panel.row("stream.parts")
    assert row.lines.placeholderText().splitlines()[:2] == ["digits: 0-1", "digits: 2-3"]
    row.lines.setFocus()
    QTest.keyClicks(row.lines, "cifar10: 0-9\r")
    QTest.keyClicks(row.lines, "cifar100: 0-")
    assert row.hint.text() == "line 2: '0-' is neither a class nor a range like 0-9"
    QTest.keyClicks(row.lines, "9")
    assert row.hint.text() == ""
    QTest.keyClick(row.lines, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    parts = panel.document.spec.stream.parts
    assert parts == (
        Part(dataset="cifar10", classes=tuple(range(10))), Part(dataset="cifar100", classes=tuple(range(10)))
    )  # fmt: skip
    assert panel.document.done[-1].title == "Set tasks one by one"
    QTest.keyClick(row.lines, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(row.lines, "mnist: 5")
    panel.row("stream.kind").editor.setFocus()
    QApplication.processEvents()
    assert [part.dataset for part in panel.document.spec.stream.parts] == ["mnist"]
    row.reset.click()
    assert panel.document.spec.stream.parts == ()


def test_it_follows_the_document_and_forgets_what_was_removed(panel):
    solver = ids(panel, "P1")[0]
    panel.show_selection([solver])
    panel.document.apply_topology("x", editing.remove(panel.document.topology, [solver]))
    assert panel.row("hypernetwork.chunk").line.text() == "1024"
    panel.document.undo()
    panel.document.apply("y", edits_of_seed(panel.document.spec))
    QApplication.processEvents()
    panel.groups[-1].head.click()
    assert panel.row("seed").line.text() == "77"


def edits_of_seed(spec):
    from msgspec.structs import replace

    return replace(spec, seed=77)


def test_while_a_run_is_on_nothing_can_be_typed(panel):
    panel.set_read_only(True)
    row = panel.row("hypernetwork.chunk")
    assert not row.line.isEnabled()
    panel.set_read_only(False)
    assert row.line.isEnabled()


def test_every_editor_has_a_name_and_both_themes_paint(panel, wear):
    for group in panel.groups:
        if not group.rows:
            group.head.click()
    for group in panel.groups:
        assert group.rows
        for row in group.rows:
            assert row.editor.accessibleName()
            assert row.editor.toolTip()
    for theme in (DARK, LIGHT):
        wear(theme)
        assert not panel.grab().isNull()
