"""One thing, told by two views: the same number, the same step, the same name."""

import shutil
from dataclasses import replace as with_other

import pytest
from msgspec.structs import replace
from PySide6.QtWidgets import QApplication
from shell_helpers import PATIENCE
from small_specs import tiny

from hhstudio.core.run import events
from hhstudio.core.run.history import History
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.setting import value_of
from hhstudio.core.spec.spec import Recording
from hhstudio.gui.views.compare.lines import lines_of
from hhstudio.gui.views.compare.model import columns_of
from hhstudio.service.run.client import RunClient
from hhstudio.store.catalog.comparison_entry import read_comparison_entry


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """Two tasks of 40 steps, snapshots at 10, 20, 30, 40 and 50, 60, 70, 80."""
    out = tmp_path_factory.mktemp("trained") / "kept.h5"
    spec = replace(tiny(), recording=Recording(checkpoint_seconds=1.0, snapshot_every=10))
    client = RunClient(spec, out)
    client.start()
    assert client.wait(90.0)
    assert client.status == 0, client.drain()[-3:]
    return out


def test_idle_fields_show_what_a_run_would_begin_with(window):
    live = window.panels.show("runs").live
    document = window.workspace.document
    window.workspace.edit("Another rate", {"training.lr": 0.0025, "consolidation.beta": 7.5})
    for name, box in live.boxes.items():
        assert box.value() == value_of(document.spec, name)
        assert not box.isEnabled()
    window.workspace.document.undo()
    assert live.boxes["training.lr"].value() == document.spec.training.lr != 0.0025


def grown(state):
    """A run of 40 steps that grew at step 20 to 70 in all, and ended."""
    history, spec = History(), tiny()
    history.apply(
        events.RunStarted(
            spec=specs.encode(spec), created="2026-01-01T00:00:00Z", app="0", torch="0", device="cpu", seed=0,
            tasks=(events.TaskInfo(name="a", dataset="digits", classes=(0, 1)),), paths=("P1",),
            total_steps=40,
        )
    )  # fmt: skip
    history.apply(
        events.Progress(step=25, total_steps=70, path="P1", task=0, task_step=5, task_steps=50, seconds=1.0)
    )
    history.apply(events.Finished(state=state, step=26, seconds=2.0))
    return history


def test_the_total_counts_what_growth_added_after_a_stop_too(window):
    status = window.run_bar.status
    history = grown("stopped")
    status.show_run(history, running=False)
    assert status.figures.text().startswith("step 26 of 70")
    assert status.bar.value() == status.bar.maximum() * 26 // 70
    assert history.total_steps == 70


def test_the_outline_follows_the_handle_of_time_as_the_cards_do(window, session, qtbot):
    outline = window.panels.show("outline")
    window.workspace.load(session)
    solver = window.workspace.document.topology.paths[0].solver
    timeline = window.growth_mode.replay.timeline
    qtbot.waitUntil(lambda: len(timeline.axis.snapshots) == 8, timeout=PATIENCE)

    def both():
        activity = window.canvas.scene.nodes[solver].activity
        shown = "" if activity.accuracy is None else f"{100 * activity.accuracy:.1f} %"
        return outline._model.index_of(solver, 2).data(), shown

    now = both()
    assert now[0] == now[1] != ""
    for step in (0, 20, 60):
        window.selection.choose_step(step)
        row, card = both()
        assert row == card, f"at step {step}"
    assert both() != now
    window.selection.choose_step(-1)
    assert both() == now


@pytest.mark.parametrize("task", [0, 1])
def test_timeline_and_filters_name_the_same_step(window, session, qtbot, task):
    filters = window.panels.show("filters")
    window.workspace.load(session)
    timeline = window.growth_mode.replay.timeline
    qtbot.waitUntil(lambda: len(timeline.axis.snapshots) == 8, timeout=PATIENCE)
    QApplication.processEvents()
    filters.select("P1", task)
    for step in (5, 20, 34, 55, 70):
        window.selection.choose_step(step)
        QApplication.processEvents()
        words = timeline.words.toolTip()
        if "no weights were kept by then" in words:
            assert filters.badge.text() == f"none kept by step {step}: as at the end"
        else:
            assert filters.badge.text() == f"snapshot, step {words.rpartition('step ')[2]}"
        assert not filters.badge.isHidden()


def test_compared_sessions_of_one_name_are_told_apart_and_lists_read_as_words(session, tmp_path):
    entry = read_comparison_entry(session)
    folders = [tmp_path / "one", tmp_path / "other"]
    files = [folders[0] / "quickstart.h5", folders[0] / "quickstart-2.h5", folders[1] / "quickstart.h5"]
    specs_ = [entry.spec, replace(entry.spec, baselines=("scratch",)), replace(entry.spec, seed=5)]
    entries = [
        with_other(entry, key=str(file), name="quickstart", spec=spec)
        for file, spec in zip(files, specs_, strict=True)
    ]
    lines = lines_of(entries, average=False)
    assert [line.title for line in lines] == ["one/quickstart", "quickstart-2", "other/quickstart"]
    column = next(c for c in columns_of(lines, "", False) if c.tip == "baselines")
    assert [column.text(line) for line in lines] == ["none", "scratch", "none"]


def test_the_sessions_panel_counts_in_words(window, session, qtbot):
    sessions = window.panels["sessions"]
    folder = window.workspace.preferences.sessions_folder
    for number, words in ((1, "1 session in "), (2, "2 sessions in ")):
        shutil.copyfile(session, folder / f"{number}.h5")
        with qtbot.waitSignal(sessions.model.read, timeout=10_000):
            sessions.look()
        qtbot.waitUntil(lambda w=words: sessions.where.text().startswith(w), timeout=10_000)
