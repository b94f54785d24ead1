"""What is recorded is what is read, whether it comes from the journal, the file, or both."""

import h5py
import numpy as np
import pytest
from recorded_runs import (
    finished,
    leave_as_killed,
    record,
    replayed,
    run_started,
    story,
    task_events,
    tensors,
    trainer_state,
)

import hhstudio
from hhstudio.core.errors import SessionError
from hhstudio.core.run import events
from hhstudio.store.journal.journal import journal_path
from hhstudio.store.session import writer as writing
from hhstudio.store.session.session import open as open_session
from hhstudio.store.session.verification import differences
from hhstudio.store.session.writer import SessionWriter


@pytest.mark.parametrize("checkpoints", [(), (20,), (20, 40, 60, 80, 100, 120)])
@pytest.mark.parametrize("small", [0, 1 << 30], ids=["saved as large", "saved as small"])
def test_a_reopened_run_has_the_history_that_the_live_one_had(tmp_path, checkpoints, small, monkeypatch):
    monkeypatch.setattr(writing, "SMALL_BYTES", small)
    happened = record(tmp_path / "s.h5", frozenset(checkpoints))
    with open_session(tmp_path / "s.h5") as session:
        assert differences(session.history, replayed(happened)) == []
    assert [p.name for p in tmp_path.iterdir()] == ["s.h5"]


def test_the_comparison_sees_every_difference(finished_session):
    """The test above, and verification after writing, are worth as much as this."""
    _, happened = finished_session
    assert differences(replayed(happened), replayed(happened)) == []
    seen = set()
    for at in range(1, len(happened)):
        seen.update(differences(replayed(happened), replayed(happened[:at] + happened[at + 1 :])))
    assert seen >= {
        "series",
        "accuracy",
        "marks",
        "weights",
        "settings",
        "log",
        "growth",
        "paths",
        "end",
        "ends",
    }


def test_a_journal_and_a_file_give_the_same_history(left):
    path, happened = left
    expected = replayed(happened)
    journal = journal_path(path).read_bytes()
    with open_session(path) as session:  # takes the journal in
        death = session.history.end
        assert death.state == "failed"
        assert "step 80" in death.message
    assert not journal_path(path).exists()
    expected.apply(death)
    with open_session(path) as session:
        assert differences(session.history, expected) == []
    # records that are in both are told by their numbers
    journal_path(path).write_bytes(journal)
    with open_session(path) as session:
        assert differences(session.history, expected) == []


def test_generated_weights_come_back_bit_by_bit_and_in_the_solvers_order(finished_session):
    path, _ = finished_session
    with hhstudio.open(path) as session:
        assert session.available() == {(p, t) for p in ("P1", "P2-0") for t in range(3)}
        for (name, task), step in session.history.weights.items():
            expected = tensors(name, task, step)
            found = session.weights(name, task)
            assert list(found) == list(expected) == list(session.tensor_names(name, task))
            for tensor, values in expected.items():
                assert found[tensor].dtype == values.dtype
                np.testing.assert_array_equal(found[tensor], values)
                np.testing.assert_array_equal(session.tensor(name, task, tensor), values)
        with pytest.raises(SessionError, match="no weights of P9"):
            session.weights("P9", 0)
        with pytest.raises(SessionError, match="no tensor 'x'"):
            session.tensor("P1", 0, "x")


def test_snapshots_come_back_from_file_and_journal(tmp_path):
    path = tmp_path / "s.h5"
    writer = SessionWriter(path)
    writer.start(run_started())
    for event in task_events("P1", 0, 0):
        writer.record(event)
    for step in (21, 22):
        writer.record(events.Weights(step=step, path="P1", task=0, tensors=_halves(step), final=False))
    writer.checkpoint(trainer_state(20))
    writer.record(events.Weights(step=23, path="P1", task=0, tensors=_halves(23), final=False))
    writer.flush()
    with open_session(path) as session:
        snapshots = session.snapshots("P1", 0)
        assert snapshots.steps.tolist() == [15, 21, 22, 23]
        np.testing.assert_array_equal(snapshots.tensor(3, "layers.2.bias"), np.full(3, 23, np.float16))
    writer.close(finished(23))
    with open_session(path) as session:
        snapshots = session.snapshots("P1", 0)
        assert snapshots.steps.tolist() == [15, 21, 22, 23]
        for at, step in enumerate(snapshots.steps):
            np.testing.assert_array_equal(snapshots.tensor(at, "layers.2.bias"), np.full(3, step))
        assert len(session.snapshots("P1", 1)) == 0


def _halves(step):
    return {"layers.2.bias": events.Tensor.of(np.full(3, step, np.float16))}


def test_the_trainers_state_comes_back_bit_by_bit(finished_session):
    path, _ = finished_session
    expected = trainer_state(120)
    with open_session(path) as session:
        state = session.trainer_state()
    assert (state.step, state.meta) == (expected.step, expected.meta)
    assert list(state.arrays) == list(expected.arrays)
    for name, values in expected.arrays.items():
        assert (state.arrays[name].dtype, state.arrays[name].shape) == (values.dtype, values.shape)
        np.testing.assert_array_equal(state.arrays[name], values)


def test_a_resumed_run_forgets_what_came_after_the_checkpoint(left):
    path, happened = left
    with open_session(path) as session:
        assert session.state == "failed"
        assert session.trainer_state().step == 80
        assert ("P2-0", 2) in session.available()
    resumed = events.Resumed(step=80, device="cpu", torch="2.11")
    writer = SessionWriter(path)
    writer.resume_at(resumed)
    with open_session(path) as session:  # read along: the file still has the later weights
        assert session.state == "running"
        assert session.available() == {("P1", 0), ("P1", 1), ("P1", 2), ("P2-0", 0)}
        assert session.snapshots("P2-0", 2).steps.tolist() == []
        assert session.metrics()["step"].max() == 80
    again = list(task_events("P2-0", 1, 80))
    for event in again:
        writer.record(event)
    writer.checkpoint(trainer_state(100))
    writer.close(finished(100))
    expected = replayed([*happened, resumed, *again, finished(100)])
    with open_session(path) as session:
        expected.checkpoint = session.history.checkpoint
        assert differences(session.history, expected) == []
        assert session.available() == {("P1", 0), ("P1", 1), ("P1", 2), ("P2-0", 0), ("P2-0", 1)}
        assert session.snapshots("P2-0", 1).steps.tolist() == [95]
        assert session.snapshots("P2-0", 2).steps.tolist() == []


def test_a_run_that_goes_back_before_its_growth_has_the_old_paths_again(left):
    path, happened = left
    resumed = events.Resumed(step=40, device="cpu", torch="2.11")
    writer = SessionWriter(path)
    writer.resume_at(resumed)
    writer.close(finished(40))
    with open_session(path) as session:
        assert session.paths == ("P1",)
        assert [p["name"] for p in session.summary()["paths"]] == ["P1"]
        assert differences(session.history, replayed([*happened, resumed, finished(40)])) == []


def test_names_of_any_kind_come_back(tmp_path):
    path = tmp_path / "s.h5"
    names = ("a/b", "..", ".", "100 %", "step", "ü — 漢字", "x" * 300)
    run = run_started()
    run = events.RunStarted(**{**{f: getattr(run, f) for f in run.__struct_fields__}, "paths": names})
    with SessionWriter(path) as writer:
        writer.start(run)
        for name in names:
            tensor = {key: events.Tensor.of(np.ones(2, np.float32)) for key in names}
            writer.record(events.TaskStarted(step=0, path=name, task=0))
            writer.record(events.Weights(step=1, path=name, task=0, tensors=tensor))
            writer.record(events.Weights(step=1, path=name, task=0, tensors=tensor, final=False))
            writer.record(events.TaskFinished(step=1, path=name, task=0, accuracies=(0.5,)))
        writer.close(finished(1))
    with open_session(path) as session:
        assert session.paths == names
        for name in names:
            assert tuple(session.weights(name, 0)) == names
            assert session.accuracy(name)[0, 0] == 0.5
            assert session.snapshots(name, 0).names == names


def test_a_live_session_is_read_along_without_being_touched(tmp_path):
    path = tmp_path / "s.h5"
    writer = SessionWriter(path)
    writer.start(run_started())
    happened = [run_started(), *story()]
    for event in happened[1:]:
        writer.record(event)
    writer.flush()
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    with open_session(path) as session:
        assert (session.live, session.state) == (True, "running")
        assert differences(session.history, replayed(happened)) == []
        found = session.tensor("P2-0", 2, "layers.2.bias")
        writer.checkpoint(trainer_state(120))  # file and journal are replaced under the reader
        np.testing.assert_array_equal(session.tensor("P2-0", 2, "layers.2.bias"), found)
    assert before.keys() == {p.name for p in tmp_path.iterdir()}
    leave_as_killed(writer)
    assert before[path.name] != path.read_bytes()


def test_what_is_only_for_whoever_looks_just_now_is_not_journalled(tmp_path):
    path = tmp_path / "s.h5"
    with SessionWriter(path) as writer:
        writer.start(run_started())
        writer.flush()
        before = journal_path(path).read_bytes()
        tensor = events.Tensor.of(np.zeros(3, np.float32))
        writer.record(events.Watched(step=1, path="P1", task=0, name="w", tensor=tensor))
        writer.record(events.Refused(step=1, command="grow", reason="there is no such node"))
        writer.flush()
        assert journal_path(path).read_bytes() == before


def test_h5py_alone_reads_the_file_as_the_readme_describes_it(finished_session):
    path, _ = finished_session
    with h5py.File(path) as file:
        assert file.attrs["format"] == b"hhstudio-session"
        assert (file.attrs["version"], file.attrs["complete"]) == (1, 1)
        assert file.attrs["state"] == b"finished"
        assert b'"steps"' in file["spec"][()]
        columns = {file["metrics"][name].shape for name in ("step", "path", "task", "metric", "value")}
        assert columns == {(144,)}
        assert set(file["metrics/names"].asstr()[:]) == {"loss", "accuracy"}
        assert file["accuracy/P1"].shape == (3, 3)
        assert file["weights/P2-0/2/layers.2.bias"][:].tolist() == [120, 120, 120]
        assert file["snapshots/P1/0/layers.2.weight"].shape == (1, 4, 3)
        assert file["topology_step"][:].tolist() == [0, 60]
        assert file["log/level"].asstr()[:].tolist() == ["info", "warning"]
        assert file["state"].attrs["step"] == 120
        filters = set()
        file.visititems(lambda _, o: filters.add(o.compression) if isinstance(o, h5py.Dataset) else None)
        assert filters <= {None, "gzip"}
        assert not file["weights/P1/0/layers.2.weight"].compression


def test_metrics_are_columns_of_equal_length(finished_session):
    path, _ = finished_session
    with open_session(path) as session:
        columns = session.metrics()
    chosen = (columns["path"] == "P2-0") & (columns["metric"] == "loss") & (columns["task"] == 1)
    assert {len(values) for values in columns.values()} == {144}
    assert columns["step"][chosen].tolist() == list(range(81, 101))
    np.testing.assert_allclose(columns["value"][chosen], np.cos(np.arange(82, 102)))


def test_rows_of_curves_in_another_order_are_read_too(tmp_path):
    """Another program may have written /metrics: the list of curves is a help, not the truth."""
    path = tmp_path / "run.h5"
    record(path, frozenset())
    with open_session(path) as session:
        expected = session.metrics()
    with h5py.File(path, "r+") as file:
        metrics = file["metrics"]
        order = np.argsort(metrics["step"][()], kind="stable")
        for name in ("step", "path", "task", "metric", "value"):
            metrics[name][...] = metrics[name][()][order]
    with open_session(path) as session:
        found = session.metrics()
    columns = ("metric", "path", "task", "step", "value")
    rows = [sorted(map(str, zip(*(m[c].tolist() for c in columns), strict=True))) for m in (expected, found)]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 17])
def test_curves_of_a_few_points_that_no_packing_shrinks_come_back(count, tmp_path):
    path = tmp_path / "s.h5"
    values = np.random.default_rng(count).normal(size=count).tolist()
    with SessionWriter(path) as writer:
        writer.start(run_started())
        steps = list(range(1, count + 1))
        zeros = [0] * count
        writer.record(
            events.Metrics(names=("loss",), step=steps, path=zeros, task=zeros, metric=zeros, value=values)
        )
        writer.close(finished(count))
    with open_session(path) as session:
        assert session.metrics()["value"].tolist() == values
