"""How fast curves are drawn, printed: ``pytest tests/benchmarks/test_curves.py --benchmark-only -s``."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from hhstudio.core.run import events
from hhstudio.core.run.history import Changes, History
from hhstudio.core.spec import spec
from hhstudio.core.tree.topology import Hypernetwork, Slot, Solver, Topology
from hhstudio.gui.views.curves.panels import CurvePanels
from hhstudio.gui.widgets import appearance
from hhstudio.gui.widgets.theme import DARK

PATHS, TASKS = ("P1", "P2-0", "P3-00"), 6


def _started(total: int) -> History:
    topology = Topology(
        root="h",
        nodes=(Hypernetwork(id="h", name="H0"), *(Solver(id=path, name=path) for path in PATHS)),
        slots=tuple(Slot(id=f"s{n}", source="h", target=path) for n, path in enumerate(PATHS)),
    )
    history = History()
    history.apply(
        events.RunStarted(
            spec=spec.encode(spec.Spec(topology=topology, training=spec.Training(steps=total // TASKS))),
            created="2026-01-01T00:00:00Z",
            app="0",
            torch="0",
            device="cpu",
            seed=0,
            tasks=tuple(
                events.TaskInfo(name=f"task {t}", dataset="digits", classes=(t,)) for t in range(TASKS)
            ),
            paths=PATHS,
            total_steps=total * len(PATHS),
        )
    )
    history.apply(events.StateChanged(state="training"))
    return history


def _block(rng: np.random.Generator, start: int, count: int) -> events.Metrics:
    """``count`` accuracies for each of the 18 curves."""
    steps = np.repeat(np.arange(start, start + count), len(PATHS) * TASKS)
    path = np.tile(np.repeat(np.arange(len(PATHS)), TASKS), count)
    task = np.tile(np.arange(TASKS), len(PATHS) * count)
    value = np.clip(0.6 + 0.05 * task + 0.05 * rng.standard_normal(len(steps)), 0, 1)
    return events.Metrics(
        names=("accuracy",),
        step=steps.tolist(),
        path=path.tolist(),
        task=task.tolist(),
        metric=[0] * len(steps),
        value=value.tolist(),
    )


def _panels(history: History) -> CurvePanels:
    appearance.apply(QApplication.instance() or QApplication([]), DARK)
    panels = CurvePanels()
    panels.resize(1280, 500)
    panels.set_history(history)
    panels.show()
    QApplication.processEvents()
    return panels


def _filled(points: int) -> History:
    history = _started(points)
    rng = np.random.default_rng(0)
    for start in range(0, points, 2000):
        history.apply(_block(rng, start, min(2000, points - start)))
    return history


@pytest.mark.parametrize("smoothing", [0.0, 0.9])
def test_redraws_of_18_curves_with_100_000_points_each(benchmark, smoothing):
    history = _filled(100_000)
    panels = _panels(history)
    for name in ("accuracy", "loss"):
        panels.settings.smoothing[name] = smoothing
    rng = np.random.default_rng(1)
    step = 100_000

    def redraw():
        nonlocal step
        history.apply(_block(rng, step, 1))
        step += 1
        panels.refresh(history.take_changes())
        QApplication.processEvents()
        while any(panel.dirty for panel in panels.panels.values()):  # panels take turns
            QApplication.processEvents()

    redraw()
    cpu = time.process_time()
    benchmark.pedantic(redraw, rounds=60, iterations=1)
    cpu = (time.process_time() - cpu) / 60
    mean = benchmark.stats.stats.mean
    print(
        f"\n18 curves x 100k points, smoothing {smoothing}: {1 / mean:.0f} redraws/s of all panels "
        f"({mean * 1e3:.1f} ms, of them {cpu * 1e3:.1f} ms of CPU)"
    )
    panels.close()
    panels.deleteLater()


def test_lateness_of_a_16_ms_timer_while_18_curves_grow_live(benchmark):
    """Events come from another thread through a queue drained every 33 ms, as in the window."""
    history = _filled(20_000)
    panels = _panels(history)
    queue: list[events.Metrics] = []
    stop = threading.Event()

    def produce():
        rng = np.random.default_rng(2)
        step = 20_000
        while not stop.is_set():  # 18 x 9 metrics, 30 times a second: 5 000 metrics/s
            queue.append(_block(rng, step, 9))
            step += 9
            stop.wait(1 / 30)

    def drain():
        while queue:
            history.apply(queue.pop(0))
        panels.refresh(history.take_changes())

    late: list[float] = []
    last = time.perf_counter()

    def tick():
        nonlocal last
        now = time.perf_counter()
        late.append(max(0.0, (now - last) * 1e3 - 16))
        last = now

    drains, ticks = QTimer(interval=33), QTimer(interval=16)
    drains.timeout.connect(drain)
    ticks.setTimerType(Qt.TimerType.PreciseTimer)
    ticks.timeout.connect(tick)
    worker = threading.Thread(target=produce)

    def ticks_during(milliseconds: int) -> str:
        late.clear()
        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()
        values = np.array(late[5:])
        p99 = np.quantile(values, 0.99)
        return f"median {np.median(values):.1f}, p99 {p99:.1f}, worst {values.max():.1f} ms"

    ticks.start()
    idle = ticks_during(3000)
    busy = ""

    def watch():
        nonlocal busy
        drains.start()
        worker.start()
        busy = ticks_during(8000)

    benchmark.pedantic(watch, rounds=1, iterations=1)
    stop.set()
    worker.join()
    drains.stop()
    ticks.stop()
    print(f"\nlateness of a 16 ms timer: window at rest {idle}; 18 live curves {busy}")
    panels.close()
    panels.deleteLater()


def test_opening_18_curves_of_100_000_points(benchmark):
    history = _filled(100_000)
    panels = _panels(History())

    def show():
        panels.set_history(history)
        QApplication.processEvents()

    benchmark.pedantic(show, rounds=3, iterations=1)
    print(f"\nfirst drawing of 18 x 100k points: {benchmark.stats.stats.mean * 1e3:.0f} ms")
    assert isinstance(history.take_changes(), Changes)
    panels.close()
    panels.deleteLater()
