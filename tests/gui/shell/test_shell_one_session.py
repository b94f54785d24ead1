"""What is shown belongs to one session, which is named, and to the tree on which it was measured."""

from msgspec.structs import replace
from PySide6.QtWidgets import QApplication
from shell_helpers import PATIENCE, message_boxes
from small_specs import tiny

from hhstudio.core.tree import editing


def open_trained(window, session):
    for name in ("outline", "curves", "matrix"):
        window.panels.show(name)
    window.workspace.load(session)
    QApplication.processEvents()


def solver(window):
    return window.workspace.document.topology.paths[0].solver


def accuracies(window):
    """What the card and the row of the first path's solver say."""
    outline = window.panels["outline"]
    outline.grab()
    row = outline._model.index_of(solver(window), 2)
    return window.canvas.scene.nodes[solver(window)].activity.accuracy, row.data()


def origins(window):
    """What the run bar, the curves and the matrices say of whose results they show."""
    curves, matrix = window.panels["curves"], window.panels["matrix"]
    return [
        window.run_bar.status.detail.text(),
        *(view.origin.text() if not view.origin.isHidden() else "" for view in (curves, matrix)),
    ]


def test_a_session_is_named_and_its_results_stand_on_its_own_tree(window, finished_session):
    open_trained(window, finished_session)
    assert origins(window) == ["tiny.h5", "", ""]
    accuracy, row = accuracies(window)
    assert row == f"{100 * accuracy:.1f} %"


def test_another_preset_takes_no_results_over_and_says_whose_they_are(window, finished_session):
    open_trained(window, finished_session)
    window.workspace.use_preset("split-mnist")
    assert accuracies(window) == (None, "")
    assert all("tiny.h5" in text and "another tree" in text for text in origins(window)), origins(window)
    window.registry.trigger("edit.undo")
    assert origins(window) == ["tiny.h5", "", ""]
    assert accuracies(window)[0] is not None


def test_other_tasks_and_another_solver_are_no_results_of_the_tree_either(window, finished_session):
    open_trained(window, finished_session)
    window.workspace.edit("More tasks", {"stream.tasks": 3})
    assert accuracies(window) == (None, "")
    assert all("other tasks" in text for text in origins(window))
    window.workspace.document.undo()
    window.workspace.edit("A larger solver", {"solver.options": {"hidden": (9,)}})
    assert accuracies(window) == (None, "")
    assert all("another tree" in text for text in origins(window))


def test_a_path_that_is_as_it_was_keeps_its_results_while_the_tree_around_it_grows(window, finished_session):
    open_trained(window, finished_session)
    before = accuracies(window)
    document = window.workspace.document
    document.apply_topology("Add a child", editing.add_child(document.topology, document.topology.root)[0])
    assert accuracies(window) == before != (None, "")
    assert all("another tree" in text for text in origins(window))


def test_names_and_places_make_no_other_tree(window, finished_session):
    open_trained(window, finished_session)
    document = window.workspace.document
    moved = [replace(node, position=(9.0, 9.0), name=f"{node.name}x") for node in document.topology.nodes]
    document.apply_topology("Move and rename", replace(document.topology, nodes=tuple(moved)))
    assert accuracies(window)[0] is not None
    assert origins(window) == ["tiny.h5", "", ""]


def test_after_a_start_nothing_of_the_run_before_is_left(window, finished_session, qtbot):
    open_trained(window, finished_session)
    panel = window.panels["curves"].panels["P1", "accuracy"]
    window.panels["curves"].grab()
    assert "mean" in panel.summary.text()
    window.workspace.document.apply("Other steps", tiny(steps=5000))
    window.workspace.runs.start()
    window.panels["curves"]._draw_exposed()
    panel = window.panels["curves"].panels["P1", "accuracy"]
    assert panel.empty.isVisible()
    assert (panel.summary.text(), panel.accessibleDescription()) == ("", "")
    assert accuracies(window) == (None, "")
    window.workspace.runs.stop()
    qtbot.waitUntil(lambda: not window.workspace.running, timeout=PATIENCE)


def test_a_start_that_fails_leaves_no_accuracy_and_no_path_that_waits(window, finished_session, qtbot):
    open_trained(window, finished_session)
    window.workspace.document.apply("A device that is not there", tiny(device="cuda:99"))
    window.workspace.runs.start(window.workspace.preferences.sessions_folder / "broken.h5")
    qtbot.waitUntil(lambda: not window.workspace.running, timeout=PATIENCE)
    QApplication.processEvents()
    assert window.workspace.history.state == "failed"
    panel = window.panels["curves"].panels["P1", "accuracy"]
    assert panel.empty.text() == "P1 was not learned"
    assert panel.summary.text() == ""
    assert accuracies(window) == (None, "")


def test_a_start_that_is_refused_leaves_the_session_before_and_says_that_it_is_another(
    window, finished_session
):
    open_trained(window, finished_session)
    spec = tiny()
    nowhere = replace(spec, stream=replace(spec.stream, dataset="folder:nowhere"))
    window.workspace.document.apply("Data that are not there", nowhere)
    window.workspace.runs.start(window.workspace.preferences.sessions_folder / "refused.h5")
    assert not window.workspace.running
    assert window.workspace.said
    for box in message_boxes():
        box.close()
    assert all("tiny.h5" in text and "other tasks" in text for text in origins(window))
    assert accuracies(window) == (None, "")
