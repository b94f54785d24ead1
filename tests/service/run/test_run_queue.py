"""The queue of runs: order, state, and what is left of it after the window is gone."""

from __future__ import annotations

import pytest
from small_specs import tiny

from hhstudio.core.errors import HHStudioError
from hhstudio.service.run.run_queue import FILE, RunQueue


@pytest.fixture
def queue(tmp_path):
    made = RunQueue(tmp_path)
    yield made
    made.close()


def names(queue: RunQueue) -> list[str]:
    return [entry.name for entry in queue.entries]


def test_runs_wait_in_the_order_in_which_they_came(queue, tmp_path):
    for name in "abc":
        queue.add(tiny(), tmp_path / f"{name}.h5")
    assert names(queue) == ["a", "b", "c"]
    assert queue.next.name == "a"
    assert queue.next.decoded() == tiny()


def test_the_next_one_waits_until_the_one_before_has_ended_or_failed(queue, tmp_path):
    first, second = (queue.add(tiny(), tmp_path / f"{name}.h5") for name in "ab")
    queue.begin(first.id)
    assert (queue.running.id, queue.next.id) == (first.id, second.id)
    queue.end(first.id, "failed", "out of memory")
    assert (queue.running, queue.next.id) == (None, second.id)
    assert queue[first.id].message == "out of memory"
    queue.retry(first.id)
    assert queue.next.id == first.id


def test_order_can_be_changed_and_runs_taken_out(queue, tmp_path):
    a, _, c = (queue.add(tiny(), tmp_path / f"{name}.h5") for name in "abc")
    queue.move(c.id, -1)
    assert names(queue) == ["a", "c", "b"]
    queue.move(c.id, -9)
    assert names(queue) == ["c", "a", "b"]
    queue.begin(c.id)
    queue.remove(c.id)
    assert names(queue) == ["c", "a", "b"], "what is running stays"
    queue.remove(a.id)
    queue.end(c.id, "finished")
    queue.clear()
    assert names(queue) == ["b"]


def test_a_queue_outlives_its_window_and_what_was_running_waits_again(tmp_path):
    before = RunQueue(tmp_path)
    entry = before.add(tiny(), tmp_path / "a.h5")
    before.begin(entry.id)
    before.close()
    after = RunQueue(tmp_path)
    assert [(e.name, e.state) for e in after.entries] == [("a", "waiting")]
    after.close()


def test_two_windows_do_not_share_a_queue(queue, tmp_path):
    queue.add(tiny(), tmp_path / "a.h5")
    other = RunQueue(tmp_path)
    assert "in use" in other.problem
    with pytest.raises(HHStudioError, match="in use"):
        other.add(tiny(), tmp_path / "b.h5")
    queue.close()
    assert RunQueue(tmp_path).problem == ""


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "else"}', '{"entries": [{"id": "x"}]}'])
def test_a_damaged_queue_is_said_and_left_alone(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    found = RunQueue(tmp_path)
    assert FILE in found.problem
    with pytest.raises(HHStudioError):
        found.add(tiny(), tmp_path / "a.h5")
    assert (tmp_path / FILE).read_text() == text
    found.close()


def test_a_folder_that_does_not_exist_yet_is_made_for_the_first_run(tmp_path):
    queue = RunQueue(tmp_path / "new" / "folder")
    assert queue.entries == ()
    queue.add(tiny(), tmp_path / "a.h5")
    assert (tmp_path / "new" / "folder" / FILE).exists()
    queue.close()
