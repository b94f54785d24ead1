"""A session that is read along says, once refreshed, what it says when it is opened anew."""

import json
import threading

import msgspec
import numpy as np
import pytest
from recorded_runs import (
    finished,
    leave_as_killed,
    record,
    run_started,
    story,
    task_events,
    tensors,
    trainer_state,
)

from hhstudio.core.errors import SessionError
from hhstudio.core.run import events
from hhstudio.store.journal.journal import journal_path
from hhstudio.store.session.session import open as open_session
from hhstudio.store.session.writer import SessionWriter

EVENTS = list(story())


def begun(path):
    writer = SessionWriter(path)
    writer.start(run_started())
    return writer


def assert_as_reopened(session):
    with open_session(session.path) as again:
        assert (session.state, session.live, session.read_only) == (again.state, again.live, again.read_only)
        assert json.dumps(session.summary()) == json.dumps(again.summary())
        for name in ("step", "seconds", "marks", "weights", "paths", "end", "checkpoint", "resumed", "log"):
            assert _plain(getattr(session.history, name)) == _plain(getattr(again.history, name)), name
        for name, column in again.metrics().items():
            np.testing.assert_array_equal(session.metrics()[name], column, err_msg=name)
        assert session.available() == again.available()
        for path, task in again.available():
            _assert_same(session.weights(path, task), again.weights(path, task))
        steps = again.snapshot_steps()
        assert {key: own.tolist() for key, own in session.snapshot_steps().items()} == {
            key: own.tolist() for key, own in steps.items()
        }
        for key, moments in steps.items():
            ours, theirs = session.snapshots(*key), again.snapshots(*key)
            assert ours.names == theirs.names
            for at in range(len(moments)):
                _assert_same(
                    {name: ours.tensor(at, name) for name in ours.names},
                    {name: theirs.tensor(at, name) for name in theirs.names},
                )
        assert session.snapshot_extras.keys == again.snapshot_extras.keys
        assert session.state_step == again.state_step
        ours, theirs = session.trainer_state(), again.trainer_state()
        assert (ours is None) == (theirs is None)
        if theirs is not None:
            assert (ours.step, ours.meta) == (theirs.step, theirs.meta)
            _assert_same(ours.arrays, theirs.arrays)


def _plain(value):
    return str(msgspec.to_builtins(value, str_keys=True)) if not isinstance(value, dict) else value


def _assert_same(ours, theirs):
    assert list(ours) == list(theirs)
    for name, values in theirs.items():
        np.testing.assert_array_equal(ours[name], values, err_msg=name)


@pytest.mark.parametrize("every", [4, 17])
def test_a_session_that_is_written_is_followed_through_journal_and_compactions(tmp_path, every):
    writer = begun(tmp_path / "s.h5")
    with open_session(tmp_path / "s.h5") as session:
        assert session.live
        for number, event in enumerate(EVENTS):
            writer.record(event)
            if isinstance(event, events.TaskFinished) and event.step in (40, 80):
                writer.checkpoint(trainer_state(event.step))
            writer.flush()
            if number % every == 0:
                assert session.refresh()
                assert not session.refresh()
                assert_as_reopened(session)
        writer.close(finished())
        assert session.refresh()
        assert (session.state, session.live) == ("finished", False)
        assert_as_reopened(session)
        assert not session.refresh()


def test_curves_that_are_known_are_not_read_again_when_the_file_is_written_anew(tmp_path):
    writer = begun(tmp_path / "s.h5")
    for event in task_events("P1", 0, 0):
        writer.record(event)
    writer.flush()
    with open_session(tmp_path / "s.h5") as session:
        curve = session.history.series["P1", 0, "loss"]
        writer.checkpoint(trainer_state(20))
        for event in task_events("P1", 1, 20):
            writer.record(event)
        writer.checkpoint(trainer_state(40))
        writer.flush()
        # the journal between the two was never looked at: then all is read
        assert session.refresh()
        assert session.history.series["P1", 0, "loss"] is not curve
        assert_as_reopened(session)
        curve = session.history.series["P1", 0, "loss"]
        for event in task_events("P1", 2, 40):
            writer.record(event)
        writer.checkpoint(trainer_state(60))
        writer.flush()
        assert session.refresh()
        assert session.history.series["P1", 0, "loss"] is curve
        assert_as_reopened(session)
    writer.close(finished(60))


def test_weights_are_in_the_refreshed_session_as_soon_as_they_are_recorded(tmp_path):
    writer = begun(tmp_path / "s.h5")
    with open_session(tmp_path / "s.h5") as session:
        assert session.available() == set()
        for event in task_events("P1", 0, 0):
            writer.record(event)
        writer.flush()
        assert session.available() == set()
        session.refresh()
        assert session.available() == {("P1", 0)}
        _assert_same(session.weights("P1", 0), tensors("P1", 0, 20))
    writer.close(finished(20))


def test_a_run_that_goes_back_and_on_is_followed(tmp_path):
    path = tmp_path / "s.h5"
    record(path, frozenset({40, 80}), close=False)
    with open_session(path) as session:
        assert session.state == "failed"
        writer = SessionWriter(path)
        writer.resume_at(events.Resumed(step=80, device="cpu", torch="2.11"))
        writer.flush()
        assert session.refresh()
        assert session.live
        assert_as_reopened(session)
        for event in task_events("P2-0", 1, 80):
            writer.record(event)
        writer.flush()
        assert session.refresh()
        assert_as_reopened(session)
        writer.checkpoint(trainer_state(100))
        writer.record(events.Resumed(step=80, device="cpu", torch="2.11"))  # as after a divergence
        writer.flush()
        assert session.refresh()
        assert session.history.step == 80
        assert_as_reopened(session)
        leave_as_killed(writer)
        assert session.refresh()
        assert session.state == "failed"
        assert not journal_path(path).exists()
        assert_as_reopened(session)


def test_a_finished_session_that_is_replaced_by_another_is_read_anew(tmp_path):
    path = tmp_path / "s.h5"
    record(path)
    with open_session(path) as session:
        assert not session.refresh()
        other = SessionWriter(path, overwrite=True)
        other.start(run_started(tasks=2))
        assert session.refresh()
        assert len(session.tasks) == 2
        assert_as_reopened(session)
        other.close(finished(0))
        assert session.refresh()
        assert_as_reopened(session)


def test_a_session_that_was_deleted_says_so_and_keeps_what_was_read(tmp_path):
    path = tmp_path / "s.h5"
    record(path)
    with open_session(path) as session:
        path.unlink()
        for _ in range(2):
            with pytest.raises(SessionError, match=r"s\.h5"):
                session.refresh()
        _assert_same(session.weights("P1", 0), tensors("P1", 0, 20))
        record(path)
        assert session.refresh()
        assert_as_reopened(session)


def test_a_file_that_its_writer_puts_back_is_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr("hhstudio.store.session.writer.LOOK_SECONDS", 0.0)
    path = tmp_path / "s.h5"
    writer = begun(path)
    for event in task_events("P1", 0, 0):
        writer.record(event)
    writer.checkpoint(trainer_state(20))
    with open_session(path) as session:
        path.unlink()
        with pytest.raises(SessionError):
            session.refresh()
        writer.tick()
        writer.flush()
        assert path.exists()
        assert session.refresh()
        assert_as_reopened(session)
    writer.close(finished(20))


def test_a_closed_session_is_not_refreshed(tmp_path):
    writer = begun(tmp_path / "s.h5")
    session = open_session(tmp_path / "s.h5")
    session.close()
    writer.close(finished(0))
    assert not session.refresh()


def test_tensors_are_read_on_one_thread_while_another_refreshes(tmp_path):
    path = tmp_path / "s.h5"
    writer = begun(path)
    for event in task_events("P1", 0, 0):
        writer.record(event)
    writer.checkpoint(trainer_state(20))
    with open_session(path) as session:
        expected, ended, failures = tensors("P1", 0, 20), threading.Event(), []

        def read():
            while not ended.is_set():
                try:
                    _assert_same(session.weights("P1", 0), expected)
                    snapshots = session.snapshots("P1", 0)
                    for at in range(len(snapshots)):
                        snapshots.tensor(at, "layers.2.bias")
                except BaseException as error:
                    failures.append(error)
                    return

        reader = threading.Thread(target=read)
        reader.start()
        try:
            for task in (1, 2):
                for event in task_events("P1", task, 20 * task):
                    writer.record(event)
                    writer.flush()
                    session.refresh()
                writer.checkpoint(trainer_state(20 * task))
                session.refresh()
        finally:
            ended.set()
            reader.join()
        assert failures == []
        assert_as_reopened(session)
    writer.close(finished(60))
