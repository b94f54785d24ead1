"""A run as its trainer would report it, and a window that must leave nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QWidget

from hhstudio.core.run import events
from hhstudio.core.run.history import History
from hhstudio.core.spec import spec
from hhstudio.core.tree.topology import Hypernetwork, Slot, Solver, Topology
from hhstudio.store.session.session import Session
from hhstudio.store.session.session import open as open_session
from hhstudio.store.session.writer import SessionWriter

NAMES = ("accuracy", "loss", "gradient_norm", "step_time", "untrained")


class Run:
    """Applies events to a history, task by task, path by path. Values are simple to predict:
    task t of path p is measured at .9 - .1 p - .01 (tasks learned since), its loss is 1 / (1 + step)."""

    def __init__(self, paths: tuple[str, ...] = ("P1", "P2-0"), tasks: int = 3, steps: int = 40) -> None:
        self.paths, self.tasks, self.steps = paths, tasks, steps
        self.history = History()
        self.step = 0
        topology = Topology(
            root="h",
            nodes=(Hypernetwork(id="h", name="H0"), *(Solver(id=path, name=path) for path in paths)),
            slots=tuple(Slot(id=f"s{n}", source="h", target=path) for n, path in enumerate(paths)),
        )
        self.apply(
            events.RunStarted(
                spec=spec.encode(spec.Spec(topology=topology, training=spec.Training(steps=steps))),
                created="2026-01-01T00:00:00Z",
                app="0",
                torch="0",
                device="cpu",
                seed=0,
                tasks=tuple(
                    events.TaskInfo(
                        name=f"digits {2 * t}-{2 * t + 1}",
                        dataset="digits",
                        classes=(2 * t, 2 * t + 1),
                        class_names=(f"class {2 * t}", f"class {2 * t + 1}"),
                    )
                    for t in range(tasks)
                ),
                paths=paths,
                total_steps=len(paths) * tasks * steps,
                image_shape=(1, 8, 8),
            )
        )
        self.apply(events.StateChanged(state="training"))

    def apply(self, event: events.Event) -> None:
        self.history.apply(event)

    def accuracy(self, path: int, task: int, learned: int) -> float:
        return 0.9 - 0.1 * path - 0.01 * (learned - task)

    def metrics(self, path: int, rows: list[tuple[int, int, str, float]]) -> None:
        """Rows of (step, task, metric, value)."""
        step, task, name, value = zip(*rows, strict=True)
        metric = [NAMES.index(n) for n in name]
        self.apply(
            events.Metrics(
                names=NAMES,
                step=list(step),
                path=[path] * len(rows),
                task=list(task),
                metric=metric,
                value=list(value),
            )
        )

    def begin(self, path: int, task: int) -> None:
        self.apply(events.TaskStarted(step=self.step, path=self.paths[path], task=task))

    def advance(self, path: int, task: int, steps: int) -> None:
        """Train; accuracies of all tasks so far every ten steps."""
        rows: list[tuple[int, int, str, float]] = []
        for _ in range(steps):
            self.step += 1
            rows.append((self.step, task, "loss", 1 / (1 + self.step)))
            rows.append((self.step, -1, "step_time", 0.5))
            if self.step % 10 == 0:
                rows += [
                    (self.step, old, "accuracy", self.accuracy(path, old, task)) for old in range(task + 1)
                ]
        self.metrics(path, rows)

    def finish(self, path: int, task: int) -> None:
        accuracies = tuple(self.accuracy(path, old, task) for old in range(task + 1))
        self.apply(
            events.TaskFinished(step=self.step, path=self.paths[path], task=task, accuracies=accuracies)
        )

    def learn(self, path: int, task: int) -> None:
        self.begin(path, task)
        self.advance(path, task, self.steps)
        self.finish(path, task)

    def all(self) -> Run:
        for path in range(len(self.paths)):
            for task in range(self.tasks):
                self.learn(path, task)
        self.apply(events.Finished(state="finished", step=self.step, seconds=1.0))
        self.history.take_changes()
        return self


@pytest.fixture
def make_run() -> type[Run]:
    return Run


@pytest.fixture
def show(qtbot) -> Iterator[Callable[..., QWidget]]:
    """Shows a widget at a size; afterwards it is deleted, and no window of ours may be left."""
    shown: list[QWidget] = []

    def put(widget: QWidget, width: int = 1000, height: int = 500) -> QWidget:
        shown.append(widget)
        widget.resize(width, height)
        widget.show()
        qtbot.waitExposed(widget)
        QApplication.processEvents()
        return widget

    before = set(QApplication.topLevelWidgets())
    yield put
    for widget in shown:
        widget.close()
        widget.deleteLater()
    QApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not [widget for widget in shown if shiboken6.isValid(widget)]
    assert set(QApplication.topLevelWidgets()) <= before


Tensors = dict[tuple[str, int], dict[str, np.ndarray]]


@pytest.fixture
def recorded_weights(tmp_path) -> Iterator[Callable[[History, Tensors], Session]]:
    """Makes an open session of the same run as a history, with generated weights."""
    opened: list[Session] = []

    def record(history: History, tensors: Tensors) -> Session:
        path = tmp_path / f"recorded-{len(opened)}.h5"
        with SessionWriter(path) as writer:
            writer.start(history.run)
            for (name, task), arrays in tensors.items():
                weights = {tensor: events.Tensor.of(values) for tensor, values in arrays.items()}
                writer.record(events.Weights(step=1, path=name, task=task, tensors=weights))
            writer.close(events.Finished(state="finished", step=1, seconds=1.0))
        opened.append(open_session(path))
        return opened[-1]

    yield record
    for session in opened:
        session.close()
