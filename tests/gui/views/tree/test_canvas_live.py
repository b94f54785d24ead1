"""The canvas while a run goes on, and afterwards."""

import pytest
from canvas_hand import node_named
from PySide6.QtWidgets import QApplication

from hhstudio.core.run import edge_contributions, events
from hhstudio.core.run.continual import DEFINITIONS
from hhstudio.core.run.history import History
from hhstudio.core.spec import spec as specs
from hhstudio.core.sweeps.comparison import comparison_entry
from hhstudio.store.session.summary import summarise


def started(spec):
    """The history of a run that has begun."""
    history = History()
    history.apply(
        events.RunStarted(
            spec=specs.encode(spec),
            created="",
            app="",
            torch="",
            device="cpu",
            seed=0,
            tasks=tuple(events.TaskInfo(name=f"t{i}", dataset="digits", classes=(i,)) for i in range(5)),
            paths=tuple(path.name for path in spec.topology.paths),
            total_steps=100,
        )
    )
    history.apply(events.StateChanged(state="training"))
    return history


def learn(history, path, task, values):
    number = history.paths.index(path)
    history.apply(
        events.Progress(
            step=10, total_steps=100, path=path, task=task, task_step=1, task_steps=10, seconds=1.0
        )
    )
    count = len(values)
    history.apply(
        events.Metrics(
            names=("accuracy",),
            step=list(range(count)),
            path=[number] * count,
            task=[task] * count,
            metric=[0] * count,
            value=list(values),
        )
    )


def test_the_path_at_work_glows_and_shows_its_accuracy(canvas):
    history = started(canvas.document.spec)
    canvas.set_history(history)
    learn(history, "P2-0", 1, [0.5, 0.625, 0.75])
    canvas.refresh(history.take_changes())
    solver, child = node_named(canvas, "P2-0"), node_named(canvas, "H1")
    item = canvas.scene.nodes[solver]
    assert item.activity.accuracy == 0.75
    assert item.activity.caption == "T1"
    assert item.activity.spark == (0.5, 0.625, 0.75)
    glowing = {i for i, node in canvas.scene.nodes.items() if node.on_active_path}
    assert glowing == {"h0", child, solver}
    assert {i for i, edge in canvas.scene.edges.items() if edge.glows} == {
        canvas.document.topology.incoming[i].id for i in (child, solver)
    }


def test_a_finished_path_shows_its_average_and_a_bar_a_task(canvas):
    history = started(canvas.document.spec)
    canvas.set_history(history)
    for task, row in enumerate([(0.9,), (0.8, 0.9)]):
        history.apply(events.TaskFinished(step=task, path="P1", task=task, accuracies=row))
    history.apply(events.Finished(state="finished", step=2, seconds=1.0))
    canvas.refresh(history.take_changes())
    life = canvas.scene.nodes[node_named(canvas, "P1")].activity
    assert life.accuracy == pytest.approx(0.85)
    assert [task for task, _ in life.bars] == [0, 1]
    assert not any(node.on_active_path for node in canvas.scene.nodes.values())


def test_a_card_has_the_acc_of_show_and_compare_and_not_what_other_paths_left(canvas):
    """R[T, ·] is P1's own; what P2-0 did to it afterwards is the end, which has a name of its own."""
    history = started(canvas.document.spec)
    canvas.set_history(history)
    for task, row in enumerate([(0.9,), (0.8, 0.9)]):
        history.apply(events.TaskFinished(step=task, path="P1", task=task, accuracies=row))
    history.apply(events.TaskFinished(step=2, path="P2-0", task=0, accuracies=(0.7,)))
    history.apply(events.EndMeasured(path="P1", step=2, accuracies=(0.5, 0.6)))
    history.apply(events.Finished(state="finished", step=2, seconds=1.0))
    canvas.refresh(history.take_changes())
    item = canvas.scene.nodes[node_named(canvas, "P1")]
    shown = summarise(history, "s.h5")
    assert shown["end"]["P1"]["average"] == pytest.approx(0.55)
    assert item.activity.accuracy == shown["accuracy"]["P1"]["average"] == pytest.approx(0.85)
    assert item.activity.accuracy == comparison_entry("s.h5", history, "finished").figure("P1")
    assert item.activity.caption == "ACC"
    assert f"{DEFINITIONS['average']}: 85.0 %" in item.toolTip()


def test_a_live_canvas_and_a_reopened_one_look_the_same(make_canvas):
    live, reopened = make_canvas(), make_canvas()
    history = started(live.document.spec)
    live.set_history(history)
    for task in range(3):
        learn(history, "P1", task, [0.5, 0.6])
        live.refresh(history.take_changes())
    learn(history, "P2-1", 0, [0.4])
    live.refresh(history.take_changes())
    reopened.set_history(history)
    for node_id in live.scene.nodes:
        assert live.scene.nodes[node_id].activity == reopened.scene.nodes[node_id].activity
        assert live.scene.nodes[node_id].on_active_path == reopened.scene.nodes[node_id].on_active_path


def test_a_refresh_paints_nothing_that_did_not_change(canvas):
    history = started(canvas.document.spec)
    canvas.set_history(history)
    learn(history, "P1", 0, [0.5])
    canvas.refresh(history.take_changes())
    items = {i: id(item) for i, item in canvas.scene.nodes.items()}
    learn(history, "P1", 0, [0.7])
    assert canvas.scene.activity.paths.refresh(history.take_changes()) == {node_named(canvas, "P1")}
    assert canvas.scene.activity.paths.refresh(history.take_changes()) == set()
    assert items == {i: id(item) for i, item in canvas.scene.nodes.items()}


def test_forgetting_a_run_takes_its_marks_away(canvas):
    history = started(canvas.document.spec)
    learn(history, "P1", 0, [0.5])
    canvas.set_history(history)
    canvas.set_history(None)
    assert all(
        item.activity.accuracy is None and not item.on_active_path for item in canvas.scene.nodes.values()
    )


def test_at_half_size_a_solvers_card_still_shows_its_accuracy(canvas):
    history = started(canvas.document.spec)
    history.apply(events.TaskFinished(step=1, path="P1", task=0, accuracies=(0.847,)))
    history.apply(events.TaskFinished(step=1, path="P2-0", task=0, accuracies=(0.847,)))
    history.apply(events.Finished(state="finished", step=2, seconds=1.0))
    canvas.set_history(history)
    canvas.view.zoom_by(0.55 / canvas.view.zoom)
    QApplication.processEvents()
    card = canvas.scene.nodes[node_named(canvas, "P1")]

    def picture():
        place = canvas.view.mapFromScene(card.sceneBoundingRect()).boundingRect()
        return canvas.view.viewport().grab(place).toImage()

    before = picture()
    history.apply(events.TaskFinished(step=1, path="P1", task=0, accuracies=(0.852,)))
    canvas.set_history(history)
    after = picture()
    number = [
        (x, y)
        for x in range(before.width() // 2)
        for y in range(before.height() // 2, before.height() * 5 // 6)
        if before.pixel(x, y) != after.pixel(x, y)
    ]
    assert len(number) > 10


def test_an_edges_tool_tip_says_what_it_contributes_on_every_path(canvas):
    history = started(canvas.document.spec)
    canvas.set_history(history)
    path = canvas.document.topology.path("P2-0")
    slot = canvas.scene.edges[path.slots[0]]
    assert "loses" not in slot.toolTip()
    history.apply(events.TaskFinished(step=1, path="P2-0", task=0, accuracies=(0.9,)))
    names = tuple(map(edge_contributions.metric, path.slots))
    number = history.paths.index("P2-0")
    history.apply(
        events.Metrics(
            names=names, step=[2, 2], path=[number] * 2, task=[0, 0], metric=[0, 1], value=[0.895, 0.4]
        )
    )
    canvas.refresh(history.take_changes())
    assert slot.toolTip().endswith("\nP2-0 loses 0.5 points of accuracy without H0 → H1 (bypassed)")
    leaf = canvas.scene.edges[path.slots[1]]
    assert leaf.toolTip().endswith("\nP2-0 loses 50.0 points of accuracy without H1 → P2-0")
    canvas.set_history(None)
    assert "loses" not in slot.toolTip()


def test_a_renamed_path_keeps_its_accuracy(canvas):
    history = started(canvas.document.spec)
    learn(history, "P1", 0, [0.5])
    canvas.set_history(history)
    solver = node_named(canvas, "P1")
    canvas.editor.rename(solver, "first")
    learn(history, "P1", 0, [0.9])
    canvas.refresh(history.take_changes())
    assert canvas.scene.nodes[solver].activity.accuracy == 0.9
