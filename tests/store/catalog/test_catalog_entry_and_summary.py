"""What lists and scripts are told about a session."""

import json
import os

import numpy as np
import pytest
from recorded_runs import finished, leave_as_killed, record, run_started, task_events, trainer_state

from hhstudio.core.errors import DamagedError
from hhstudio.core.run import events
from hhstudio.store.catalog.catalog_entry import CatalogEntry, catalog_entry
from hhstudio.store.file import safe_read
from hhstudio.store.session.session import open as open_session
from hhstudio.store.session.writer import SessionWriter


def test_a_brief_says_what_a_list_shows(finished_session):
    path, _ = finished_session
    found = catalog_entry(path)
    assert found.error == ""
    assert (found.state, found.name, found.dataset, found.device) == ("finished", "a story", "digits", "cpu")
    assert (found.step, found.total_steps, found.seconds) == (120, 120, 12.5)
    assert found.created == "2025-01-02T03:04:05+00:00"
    assert found.average == pytest.approx({"P1": 2.45 / 3, "P2-0": 2.45 / 3})
    assert found.size == path.stat().st_size
    assert not found.pending_journal


def test_a_brief_tells_running_from_dead(tmp_path):
    path = tmp_path / "s.h5"
    writer = SessionWriter(path)
    writer.start(run_started())
    assert catalog_entry(path).state == "running"
    leave_as_killed(writer)
    found = catalog_entry(path)
    assert (found.state, found.pending_journal) == ("failed", True)
    open_session(path).close()
    assert (catalog_entry(path).state, catalog_entry(path).pending_journal) == ("failed", False)


@pytest.mark.parametrize("content", [None, b"", b"text", b"\x89HDF\r\n\x1a\n" * 100, os.urandom(3000)])
def test_a_brief_of_junk_is_an_error_text(tmp_path, content):
    path = tmp_path / "s.h5"
    if content is not None:
        path.write_bytes(content)
    found = catalog_entry(path)
    assert isinstance(found, CatalogEntry)
    assert str(path) in found.error
    assert found.state == ""


def test_a_brief_of_a_folder_or_an_impossible_name_is_an_error_text(tmp_path):
    assert catalog_entry(tmp_path).error
    assert catalog_entry("a\0b").error


def test_the_summary_keeps_the_contract_of_show(finished_session):
    path, _ = finished_session
    with open_session(path) as session:
        told = json.loads(json.dumps(session.summary(), allow_nan=False))
    assert told["format"] == "hhstudio-session"
    assert (told["version"], told["state"], told["seed"], told["device"]) == (1, "finished", 7, "cpu")
    assert (told["steps"], told["seconds"]) == (120, 12.5)
    assert told["tasks"][1] == {"name": "digits 2, 3", "dataset": "digits", "classes": [2, 3]}
    assert told["paths"] == [
        {"name": "P1", "depth": 1, "hypernetworks": ["h0"], "solver": "s1"},
        {"name": "P2-0", "depth": 2, "hypernetworks": ["h0", "h3"], "solver": "s5"},
    ]
    accuracy = told["accuracy"]["P2-0"]
    assert accuracy["matrix"] == [
        [pytest.approx(0.95), None, None],
        [pytest.approx(0.8), pytest.approx(0.95), None],
        [pytest.approx(0.7), pytest.approx(0.8), pytest.approx(0.95)],
    ]
    assert accuracy["average"] == pytest.approx(np.mean(accuracy["final"]))
    assert set(accuracy) == {
        "matrix", "final", "average", "backward_transfer", "forward_transfer", "forgetting",
    }  # fmt: skip
    assert accuracy["forward_transfer"] is None
    assert told["peak_memory"] is None, "nothing was said about memory"
    assert told["parameters"] == {"stored": 140, "generated": 900, "ratio": pytest.approx(140 / 900)}


def test_the_state_of_a_session(tmp_path):
    path = tmp_path / "s.h5"
    writer = SessionWriter(path)
    writer.start(run_started())
    with open_session(path) as session:
        assert session.summary()["state"] == "running"
    for event in task_events("P1", 0, 0):
        writer.record(event)
    writer.checkpoint(trainer_state(20))
    writer.close(events.Finished(state="stopped", step=20, seconds=1.0, message="as you asked"))
    with open_session(path) as session:
        assert session.summary()["state"] == "stopped"
        assert session.summary()["message"] == "as you asked"
    killed = tmp_path / "k.h5"
    record(killed, close=False)
    with open_session(killed) as session:
        assert session.summary()["state"] == "failed"
        assert "without a word" in session.summary()["message"]
    again = SessionWriter(path)
    again.resume_at(events.Resumed(step=20, device="cpu", torch=""))
    assert catalog_entry(path).state == "running"
    with open_session(path) as session:
        assert session.summary()["state"] == "running"
    again.close(finished(20))
    assert catalog_entry(path).state == "finished"


def test_what_is_damaged_is_said_without_the_command_that_a_window_offers_itself(finished_session, tmp_path):
    path = tmp_path / "cut.h5"
    path.write_bytes(finished_session[0].read_bytes()[:-5000])
    assert catalog_entry(path).error == f"{path}: cut short, its end is missing"
    with pytest.raises(DamagedError, match=r"its end is missing; `hhstudio recover` may save parts"):
        safe_read.open_hdf5(path)


def test_the_end_of_the_run_is_told_beside_the_matrix(finished_session):
    file, _ = finished_session
    with open_session(file) as session:
        told = session.summary()
        assert session.end_accuracy("P1") == pytest.approx([0.6, 0.7, 0.8])
    assert told["accuracy"]["P1"]["final"] == pytest.approx([0.7, 0.8, 0.95])
    assert told["end"]["P1"] == {
        "accuracy": pytest.approx([0.6, 0.7, 0.8]),
        "average": pytest.approx(0.7),
        "through_other_paths": pytest.approx(-0.35 / 3),
    }
    assert told["end"]["P2-0"]["through_other_paths"] == pytest.approx(0.0)
