"""Session files written as a run would write them, and a view that leaves nothing behind."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication

from hhstudio.core.run import events
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import Spec
from hhstudio.core.sweeps import sweep as sweeps
from hhstudio.gui.views.compare.view import CompareView
from hhstudio.service.sweep import table as tables
from hhstudio.service.sweep.table import Figures, RunRow, SweepTable
from hhstudio.store.catalog.comparison_entry import read_comparison_entry
from hhstudio.store.session.writer import SessionWriter

STEPS = (0, 10, 20)


def write_session(path: Path, spec: Spec, accuracy: float) -> Path:
    """A finished session of one task a path; its accuracy rises to ``accuracy``."""
    names = tuple(each.name for each in spec.topology.paths)
    task = events.TaskInfo(name="digits 0-1", dataset="digits", classes=(0, 1))
    with SessionWriter(path) as writer:
        writer.start(
            events.RunStarted(
                spec=specs.encode(spec), created="2026-01-01T00:00:00+00:00", app="0", torch="2.11",
                device="cpu", seed=spec.seed, tasks=(task,), paths=names, total_steps=20 * len(names),
            )
        )  # fmt: skip
        for at, name in enumerate(names):
            value = accuracy - 0.1 * at
            writer.record(events.TaskStarted(step=0, path=name, task=0))
            writer.record(
                events.Metrics(
                    names=("accuracy",), step=list(STEPS), path=[at] * 3, task=[0] * 3, metric=[0] * 3,
                    value=[value / 3, value / 2, value],
                )
            )  # fmt: skip
            writer.record(events.TaskFinished(step=20, path=name, task=0, accuracies=(value,)))
        writer.close(events.Finished(state="finished", step=20, seconds=3.0))
    return path


VARY = {"link.alpha": [0.1, 0.3], "consolidation.beta": [0, 1], "seed": [0, 1]}


def reached(fields: dict) -> float:
    """Beta is worth 20 points, alpha 4, the seed 2."""
    return 0.6 + 0.2 * fields["consolidation.beta"] + 0.2 * fields["link.alpha"] + 0.02 * fields["seed"]


@pytest.fixture(scope="session")
def sweep_folder(tmp_path_factory):
    """Eight runs of a sweep, only read: six finished, one failed, one that waits."""
    folder = tmp_path_factory.mktemp("sweep") / "betas"
    folder.mkdir()
    sweep = sweeps.Sweep(name="betas", base="quickstart", vary=VARY)
    rows = []
    for at, run in enumerate(sweeps.expand(sweep)):
        row = RunRow(name=run.name, file=f"{run.name}.h5", fields=run.fields)
        if at == 6:
            row = replace(row, state="failed", message="out of memory")
        elif at < 6:
            path = write_session(folder / row.file, run.spec, reached(run.fields))
            figures = {
                name: Figures.of(metric) for name, metric in read_comparison_entry(path).figures.items()
            }
            row = replace(row, state="finished", accuracy=figures)
        rows.append(row)
    table = SweepTable(name="betas", state="failed", runs=tuple(rows), fields=tuple(VARY), sweep=sweep)
    tables.save(table, folder)
    return folder


@pytest.fixture
def view(qtbot):
    view = CompareView()
    view.resize(1200, 420)
    view.opened, view.said = [], []
    view.open_requested.connect(view.opened.append)
    view.status_message.connect(view.said.append)
    with qtbot.waitExposed(view):
        view.show()
    yield view
    view.release()
    view.close()
    view.deleteLater()
    QApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    app = QApplication.instance()
    assert [t for t in app.findChildren(QTimer) if t.isActive() and not t.isSingleShot()] == []
    assert [t.name for t in threading.enumerate() if t.name.startswith("hhstudio")] == []


@pytest.fixture
def shown(view, sweep_folder, qtbot):
    """The view with the sweep read."""
    view.compare_sweep(sweep_folder)
    qtbot.waitUntil(
        lambda: len(view.lines) == 8 and sum(bool(line.entries[0].curves) for line in view.lines) == 6,
        timeout=20_000,
    )
    qtbot.waitUntil(
        lambda: not view.sessions.pending and not view.sessions._settle.isActive(), timeout=20_000
    )
    return view
