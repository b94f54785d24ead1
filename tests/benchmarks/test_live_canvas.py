"""How smooth the canvas is at 500 nodes while a run goes on; prints CPU time, asserts none (run with
--benchmark-only). A frame is what the window does for one batch of the worker's events: take it in, write it
to cards and edges, paint."""

from __future__ import annotations

import statistics
import time

import pytest
from PySide6.QtWidgets import QApplication
from test_canvas import shown_canvas

from hhstudio.core.run import events, gradients
from hhstudio.core.run.history import History
from hhstudio.core.spec import growth
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.tasks import TaskInfo
from hhstudio.gui.views.tree.canvas.growth_mode import GrowthMode

NODES, FRAMES, STEPS = 500, 240, 30
"""Every frame brings so many steps; the path at work changes every 40 frames."""


@pytest.fixture
def canvas(qtbot):
    yield from shown_canvas(qtbot, NODES)


def begun(spec):
    history = History()
    tasks = tuple(TaskInfo(name=f"t{i}", dataset="digits", classes=(0, 1)) for i in range(5))
    paths = tuple(path.name for path in spec.topology.paths)
    history.apply(
        events.RunStarted(
            spec=specs.encode(spec), created="", app="", torch="", device="cpu", seed=0, tasks=tasks,
            paths=paths, total_steps=FRAMES * STEPS,
        )
    )  # fmt: skip
    return history


def feed(history, frame):
    """What a worker says in 33 ms: a few hundred numbers of one path."""
    place = frame // 40 * 7 % len(history.paths)
    path, first = history.paths[place], frame * STEPS
    depth = history.topology.path(path).depth
    names = ("loss", "accuracy", *(gradients.metric(level) for level in range(depth + 1)))
    if frame % 40 == 0:
        history.apply(events.TaskStarted(step=first, path=path, task=0))
    rows = [(first + step, metric) for step in range(STEPS) for metric in range(len(names))]
    history.apply(
        events.Metrics(
            names=names, step=[s for s, _ in rows], metric=[m for _, m in rows], path=[place] * len(rows),
            task=[0] * len(rows), value=[0.5 + 0.4 * ((s * 7 + m) % 11) / 11 for s, m in rows],
        )
    )  # fmt: skip
    history.apply(
        events.Progress(
            step=first + STEPS, total_steps=FRAMES * STEPS, path=path, task=0, task_step=frame % 40,
            task_steps=40, seconds=frame / 30,
        )
    )  # fmt: skip


def timed(canvas, zoom):
    if zoom:
        canvas.view.zoom_by(zoom / canvas.view.zoom)
    history = begun(canvas.document.spec)
    canvas.set_history(history)
    history.take_changes()
    frames = []
    for frame in range(FRAMES):
        feed(history, frame)
        began = time.thread_time()
        canvas.refresh(history.take_changes())
        QApplication.processEvents()
        frames.append(1e3 * (time.thread_time() - began))
    return sorted(frames)


@pytest.mark.parametrize("zoom", [0.0, 0.3, 0.8])
@pytest.mark.parametrize("live", [True, False], ids=["live", "off"])
def test_frames_of_500_nodes_while_training(canvas, benchmark, zoom, live):
    """Zoom 0: the whole tree in view."""
    canvas.scene.activity.turn(live)
    frames = benchmark.pedantic(timed, args=(canvas, zoom), rounds=1)
    print(
        f"\nzoom {zoom}, {'live' if live else 'off'}: median {statistics.median(frames):.2f} ms, "
        f"p99 {frames[int(0.99 * len(frames))]:.2f} ms, worst {frames[-1]:.2f} ms"
    )


def test_preview_of_a_child_among_500_nodes(canvas, benchmark):
    growing = GrowthMode(canvas)

    def preview():
        growing.grow("n0")
        QApplication.processEvents()
        growing.dismiss()

    benchmark.pedantic(preview, setup=QApplication.processEvents, rounds=10, warmup_rounds=1)


def test_looking_back_among_500_nodes(canvas, benchmark):
    """From one change of the tree to the next, and its repaint."""
    history = begun(canvas.document.spec)
    tree = growth.grow(history.topology, "n0").topology
    history.apply(events.TopologyChanged(step=100, topology=tree, reason="full", paths=history.paths))
    canvas.document.apply_topology("grown", tree)
    canvas.set_history(history)
    growing = GrowthMode(canvas)
    growing.replay.follow(history)

    def back_and_forth():
        for step in (50, 100):
            growing.replay.go_to(step)
            QApplication.processEvents()

    benchmark.pedantic(back_and_forth, rounds=10, warmup_rounds=1)
