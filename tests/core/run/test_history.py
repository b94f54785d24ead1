"""A run replayed from its events is the run that was."""

import msgspec
import numpy as np
import pytest

from hhstudio.core.run import events
from hhstudio.core.run.history import History
from hhstudio.core.spec import spec
from hhstudio.core.tree import editing

TASKS = tuple(
    events.TaskInfo(name=f"digits {2 * t}, {2 * t + 1}", dataset="digits", classes=(2 * t, 2 * t + 1))
    for t in range(3)
)


def started(tasks=TASKS):
    return events.RunStarted(
        spec=spec.encode(spec.Spec(topology=editing.single())),
        created="2026-01-01T00:00:00Z",
        app="0.1.0",
        torch="2.15.0",
        device="cpu",
        seed=0,
        tasks=tasks,
        paths=("P1",),
        total_steps=30,
    )


def loss(first, last, task=0, path=0):
    steps = list(range(first + 1, last + 1))
    n = len(steps)
    return events.Metrics(
        names=("loss", "accuracy"),
        step=steps,
        path=[path] * n,
        task=[task] * n,
        metric=[0] * n,
        value=[float(s) for s in steps],
    )


def two_tasks():
    return [
        started(),
        events.StateChanged(state="training", seconds=1.0),
        events.TaskStarted(step=0, path="P1", task=0),
        loss(0, 10),
        events.Weights(step=10, path="P1", task=0, tensors={}),
        events.TaskFinished(step=10, path="P1", task=0, accuracies=(0.9,)),
        events.Checkpointed(step=10),
        events.TaskStarted(step=10, path="P1", task=1),
        loss(10, 20, task=1),
        events.Weights(step=20, path="P1", task=1, tensors={}),
        events.TaskFinished(step=20, path="P1", task=1, accuracies=(0.8, 0.7)),
    ]


def replay(records):
    history = History()
    for record in records:
        history.apply(events.decode(events.encode(record)))
    return history


def test_curves_matrix_and_marks_follow_the_events():
    history = replay(two_tasks())
    assert history.paths == ("P1",)
    assert history.series["P1", 0, "loss"].values.tolist() == list(range(1, 11))
    assert history.series["P1", 1, "loss"].steps.tolist() == list(range(11, 21))
    assert history.accuracy["P1"][1, :2] == pytest.approx([0.8, 0.7])
    assert np.isnan(history.accuracy["P1"][2]).all()
    assert [(m.task, m.start, m.stop) for m in history.marks] == [(0, 0, 10), (1, 10, 20)]
    assert history.weights == {("P1", 0): 10, ("P1", 1): 20}
    assert history.summary("P1").backward_transfer == pytest.approx(-0.1)


def test_resuming_from_a_checkpoint_takes_back_what_came_after_it():
    history = replay([*two_tasks(), events.Resumed(step=10, device="cpu", torch="2.15.0")])
    assert history.step == 10
    assert len(history.series["P1", 0, "loss"]) == 10
    assert len(history.series["P1", 1, "loss"]) == 0
    assert np.isnan(history.accuracy["P1"][1]).all()
    assert history.accuracy["P1"][0, 0] == pytest.approx(0.9)
    assert history.weights == {("P1", 0): 10}
    assert history.end is None


def test_a_run_that_resumed_looks_like_one_that_never_stopped():
    whole = two_tasks()
    again = [*whole, events.Resumed(step=10, device="cpu", torch="2.15.0"), *whole[7:]]
    straight, resumed = replay(whole), replay(again)
    assert resumed.marks == straight.marks
    assert resumed.weights == straight.weights
    np.testing.assert_array_equal(resumed.accuracy["P1"], straight.accuracy["P1"])
    for key, series in straight.series.items():
        np.testing.assert_array_equal(resumed.series[key].steps, series.steps)
        np.testing.assert_array_equal(resumed.series[key].values, series.values)


def test_what_is_measured_again_where_a_run_goes_on_is_kept_once():
    records = [*two_tasks(), events.Resumed(step=15, device="cpu", torch="2.15.0")]
    history = replay([*records, loss(14, 15, task=1), loss(14, 17, task=1), loss(17, 18, task=1)])
    assert history.series["P1", 1, "loss"].steps.tolist() == [11, 12, 13, 14, 15, 16, 17, 18]


def test_resuming_in_the_middle_of_a_task_goes_on_with_the_same_mark():
    records = [*two_tasks(), events.Resumed(step=15, device="cpu", torch="2.15.0")]
    history = replay([*records, events.TaskStarted(step=10, path="P1", task=1)])
    assert [(m.task, m.start, m.stop) for m in history.marks] == [(0, 0, 10), (1, 10, None)]
    assert history.series["P1", 1, "loss"].steps.tolist() == [11, 12, 13, 14, 15]


def test_changes_name_what_to_redraw_and_nothing_else():
    history = replay(two_tasks())
    history.take_changes()
    assert not history.take_changes()
    history.apply(loss(20, 25, task=1))
    changes = history.take_changes()
    assert changes.series == {("P1", 1, "loss")}
    assert not changes.accuracy
    assert not changes.log
    history.apply(events.Log(time=0.0, level="info", message="hello"))
    assert history.take_changes().log


def test_a_new_path_grows_while_the_run_goes_on():
    history = replay(two_tasks())
    grown, _ = editing.add_child(history.topology, history.topology.root)
    grown, _ = editing.add_solver(grown, grown.nodes[-1].id)
    history.apply(events.TopologyChanged(step=20, topology=grown, reason="by hand", paths=("P1", "P2-0")))
    history.apply(loss(20, 21, path=1))
    assert history.paths == ("P1", "P2-0")
    assert history.topology == grown
    assert ("P2-0", 0, "loss") in history.series
    assert history.accuracy["P2-0"].shape == (3, 3)


def test_records_of_unknown_paths_and_metrics_are_passed_over():
    history = replay([*two_tasks(), loss(20, 22, path=7)])
    foreign = events.Metrics(names=("loss",), step=[1], path=[0], task=[0], metric=[5], value=[1.0])
    history.apply(foreign)
    history.apply(events.TaskFinished(step=20, path="P1", task=99, accuracies=(0.5,) * 200))
    assert set(history.series) == {("P1", 0, "loss"), ("P1", 1, "loss")}


def test_forward_transfer_uses_the_untrained_solver():
    history = replay(two_tasks())
    history.apply(
        events.Metrics(
            names=("untrained",), step=[0, 0], path=[0, 0], task=[0, 1], metric=[0, 0], value=[0.5, 0.4]
        )
    )
    history.accuracy["P1"][0, 1] = 0.6
    assert history.summary("P1").forward_transfer == pytest.approx(0.2)


def test_joint_training_is_known_by_its_spec_and_has_no_transfer():
    first, *rest = two_tasks()
    joint = spec.with_fields(spec.decode(first.spec), {"training.mode": "joint"})
    history = replay([msgspec.structs.replace(first, spec=spec.encode(joint)), *rest])
    assert history.summary("P1").average == replay(two_tasks()).summary("P1").average
    assert history.summary("P1").backward_transfer is None
    assert history.summary("P1").forgetting is None


def test_every_record_survives_its_encoding():
    tensor = events.Tensor.of(np.arange(6, dtype=np.float32).reshape(2, 3))
    record = events.Weights(step=1, path="P1", task=0, tensors={"w": tensor})
    again = events.decode(events.encode(record))
    assert again == record
    np.testing.assert_array_equal(again.tensors["w"].numpy(), tensor.numpy())


def test_a_tensor_whose_bytes_do_not_fit_its_shape_is_refused():
    with pytest.raises(ValueError):
        events.Tensor(dtype="float32", shape=(3,), data=b"1234").numpy()


def test_a_run_that_the_disk_blocks_is_known_until_its_state_changes():
    full = events.StateChanged(state="paused", detail="the disk is full", blocked=True)
    history = replay([*two_tasks(), full])
    assert history.blocked
    history.apply(events.StateChanged(state="training"))
    assert not history.blocked


def test_states_of_journals_without_progress_and_blocking_are_read():
    old = msgspec.msgpack.encode({"t": "state", "state": "paused", "detail": "by hand", "seconds": 2.0})
    state = events.decode(old)
    assert (state.state, state.progress, state.blocked) == ("paused", None, False)


def test_the_end_is_a_row_of_its_own_and_leaves_the_matrix_as_it_was():
    ended = events.EndMeasured(step=30, path="P1", accuracies=(0.6, 0.5))
    before, history = replay(two_tasks()), replay([*two_tasks(), ended])
    np.testing.assert_array_equal(history.accuracy["P1"], before.accuracy["P1"])
    assert history.end_row("P1")[:2] == pytest.approx([0.6, 0.5])
    assert history.left("P1")[:2] == pytest.approx([0.6, 0.5])
    assert before.left("P1")[:2] == pytest.approx([0.8, 0.7])
    assert history.summary("P1")[:5] == before.summary("P1")[:5]
    assert history.summary("P1").through_other_paths == pytest.approx(-0.2)
    assert (history.end_row("P1", 29), history.end_row("P1", 30) is None) == (None, False)


def test_an_end_that_the_run_has_gone_beyond_or_back_from_is_no_end():
    ended = events.EndMeasured(step=30, path="P1", accuracies=(0.6, 0.5))
    told = [*two_tasks(), ended]
    assert replay([*told, events.TaskStarted(step=30, path="P1", task=2)]).end_row("P1") is None
    assert replay([*told, events.Resumed(step=20, device="cpu", torch="")]).end_row("P1") is None
    assert replay([*told, events.Resumed(step=30, device="cpu", torch="")]).end_row("P1") is not None
    assert "P1" in replay(told).take_changes().accuracy


def test_a_last_row_that_was_measured_again_replaces_the_old_one_as_in_earlier_sessions():
    again = events.TaskFinished(step=40, path="P1", task=1, accuracies=(0.5, 0.4))
    history = replay([*two_tasks(), again])
    assert history.accuracy["P1"][1, :2] == pytest.approx([0.5, 0.4])
    assert history.end_row("P1") is None
