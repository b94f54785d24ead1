"""A run whose folder or journal is taken away waits, goes on where it was, or elsewhere, and says where."""

import shutil

import pytest
from small_specs import tiny

from hhstudio.core.run import events
from hhstudio.core.spec.spec import Training
from hhstudio.service.run import disk_wait
from hhstudio.store.journal.journal import journal_path
from hhstudio.store.session.read_back import read_back
from hhstudio.store.session.session import open as open_session

ENDLESS = Training(steps=1_000_000, batch_size=16, threads=1)


@pytest.fixture
def in_folder(launch, tmp_path, monkeypatch):
    """Starts a run in a folder of its own, with another one to go to."""
    monkeypatch.setattr(disk_wait, "RETRY", 0.05)
    (tmp_path / "folder").mkdir()

    def start(spec=None, **options):
        spec = spec or tiny(400)
        out = tmp_path / "folder" / "s.h5"
        run = launch(spec, out, in_process=True, fallback=tmp_path / "fallback", **options)
        run.until(lambda e: isinstance(e, events.Progress) and e.step > 100)
        return run

    return start


def blocked(event):
    return isinstance(event, events.StateChanged) and event.blocked


def assert_whole(path, steps=400):
    with open_session(path) as session:
        assert session.state == "finished"
        assert session.available() == {("P1", 0), ("P1", 1)}
        for task in (0, 1):
            measured = session.history.series["P1", task, "loss"].steps.tolist()
            assert measured == list(range(task * steps + 1, (task + 1) * steps + 1))
        assert session.trainer_state().step == 2 * steps


def test_a_run_whose_folder_is_gone_waits_and_goes_on_when_it_is_back(in_folder):
    run = in_folder()
    folder = run.client.out.parent
    shutil.rmtree(folder)
    said = run.until(blocked).detail
    assert f"the folder {folder} is gone; what was recorded is held in memory" in said
    assert (
        f"have the folder back and writable, and it goes on by itself, or in {folder.parent / 'fallback'}"
        in said
    )
    folder.mkdir()
    run.until(lambda e: isinstance(e, events.Log) and "takes what is recorded again" in e.message)
    end = run.finish()[-1]
    assert (end.state, end.message, run.client.status) == ("finished", "", 0)
    assert_whole(folder / "s.h5")


def test_a_run_whose_journal_is_deleted_writes_another_one_and_loses_nothing(in_folder):
    run = in_folder()
    journal_path(run.client.out).unlink()
    assert (run.finish()[-1].state, run.client.status) == ("finished", 0)
    assert_whole(run.client.out)


def test_after_a_time_a_run_goes_on_in_the_fallback_folder_and_does_not_end_well(in_folder, tmp_path):
    run = in_folder(patience=0.2)
    shutil.rmtree(tmp_path / "folder")
    (tmp_path / "folder").write_text("a file")
    moved = run.until(events.Moved)
    assert moved.out == str(tmp_path / "fallback" / "s.h5")
    end = run.finish()[-1]
    assert end.state == "finished"
    assert str(tmp_path / "fallback" / "s.h5") in end.message
    assert "is gone" in end.message
    assert (run.client.status, run.client.moved) == (1, True)
    assert_whole(run.client.out)
    assert (tmp_path / "folder").read_text() == "a file"


def test_where_somebody_decides_a_run_waits_for_another_place_and_ends_well_there(in_folder, tmp_path):
    run = in_folder(hold=True, patience=0.0)
    shutil.rmtree(tmp_path / "folder")
    assert "or in" not in run.until(blocked).detail
    run.client.move_to(tmp_path / "nowhere" / "s.h5")
    refused = run.until(lambda e: blocked(e) and "elsewhere neither" in e.detail)
    assert "No such file or directory" in refused.detail
    run.client.move_to(tmp_path / "by hand.h5")
    assert run.until(events.Moved).out == str(tmp_path / "by hand.h5")
    end = run.finish()[-1]
    assert (end.state, end.message, run.client.status) == ("finished", "", 0)
    assert run.client.out == tmp_path / "by hand.h5"
    assert_whole(run.client.out)


def test_a_run_that_waits_and_is_stopped_leaves_everything_in_the_fallback_folder(in_folder, tmp_path):
    run = in_folder(tiny(training=ENDLESS))
    shutil.rmtree(tmp_path / "folder")
    run.until(blocked)
    run.client.stop("enough")
    end = run.finish()[-1]
    out = tmp_path / "fallback" / "s.h5"
    assert (end.state, run.client.status, run.client.out) == ("failed", 1, out)
    assert f"kept: the checkpoint at step {end.step} and the curves, in {out}" in end.message
    assert read_back(out).checkpoint == end.step
    with open_session(out) as session:
        assert session.history.series["P1", 0, "loss"].steps.tolist() == list(range(1, end.step + 1))


def test_where_no_place_can_be_written_the_end_says_that_nothing_was_kept(in_folder, tmp_path):
    (tmp_path / "fallback").write_text("a file")
    run = in_folder(tiny(training=ENDLESS), patience=0.1)
    shutil.rmtree(tmp_path / "folder")
    run.until(lambda e: blocked(e) and "elsewhere neither" in e.detail)
    run.client.stop("enough")
    end = run.finish()[-1]
    assert (end.state, run.client.status) == ("failed", 1)
    assert end.message.endswith(f"nothing can be read in {tmp_path / 'folder' / 's.h5'}")


def test_at_its_end_a_run_waits_for_its_folder_too(in_folder, tmp_path):
    run = in_folder(patience=0.2)
    run.until(lambda e: isinstance(e, events.StateChanged) and e.state == "saving")
    shutil.rmtree(tmp_path / "folder", ignore_errors=True)
    end = run.finish()[-1]
    assert end.state == "finished", end.message
    if run.client.moved:  # otherwise it was faster
        assert str(run.client.out) in end.message
        assert_whole(run.client.out)
