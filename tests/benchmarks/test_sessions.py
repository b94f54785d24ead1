"""What recording, saving and opening sessions cost; figures, no assertions (run with --benchmark-only)."""

import subprocess
import sys

import numpy as np
import pytest

from hhstudio.core.run import events
from hhstudio.core.run.trainer_state import TrainerState
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree import editing
from hhstudio.store.catalog.catalog_entry import catalog_entry
from hhstudio.store.journal.journal import journal_path
from hhstudio.store.session.writer import SessionWriter

pytestmark = pytest.mark.timeout(600)
TASKS = 18
METRICS = ("loss", "consolidation", "gradient_norm", "lr", "step_time")


def started():
    spec = Spec(topology=editing.single())
    tasks = tuple(events.TaskInfo(name=f"task {t}", dataset="digits", classes=(0, 1)) for t in range(TASKS))
    return events.RunStarted(
        spec=specs.encode(spec), created="", app="", torch="", device="cpu", seed=0, tasks=tasks,
        paths=("P1",), total_steps=TASKS * 1000,
    )  # fmt: skip


def block(step, task):
    """Metrics of a hundred steps, as a trainer reports them every fifth of a second."""
    count = len(METRICS)
    return events.Metrics(
        names=METRICS,
        step=[s for s in range(step, step + 100) for _ in METRICS],
        path=[0] * 100 * count,
        task=[task] * 100 * count,
        metric=list(range(count)) * 100,
        value=np.random.default_rng(step).normal(size=100 * count).tolist(),
    )


def weights(step, task, numbers, final, kind):
    values = np.random.default_rng(step).normal(size=numbers // 10).astype(kind)
    tensors = {f"layer{i}.weight": events.Tensor.of(values) for i in range(10)}
    return events.Weights(step=step, path="P1", task=task, tensors=tensors, final=final)


def state(step, numbers):
    values = np.random.default_rng(step).normal(size=numbers).astype(np.float32)
    return TrainerState(step, {}, {"stored": values, "optimiser/m": values, "optimiser/v": values})


def fill(writer, numbers, snapshots):
    """All tasks but the last checkpoint."""
    writer.start(started())
    for task in range(TASKS):
        writer.record(events.TaskStarted(step=1000 * task, path="P1", task=task))
        for step in range(1000 * task, 1000 * task + 1000, 100):
            writer.record(block(step, task))
        for at in range(snapshots):
            writer.record(weights(1000 * task + at, task, numbers, False, np.float16))
        end = 1000 * (task + 1)
        writer.record(weights(end, task, numbers, True, np.float32))
        writer.record(events.TaskFinished(step=end, path="P1", task=task, accuracies=(0.5,) * (task + 1)))
        if task < TASKS - 1:
            writer.checkpoint(state(end, numbers))


def test_recording_the_metrics_of_a_hundred_steps(benchmark, tmp_path):
    with SessionWriter(tmp_path / "s.h5") as writer:
        writer.start(started())
        made = block(0, 0)
        benchmark(lambda: writer.record(made))


@pytest.mark.parametrize(("numbers", "snapshots"), [(3_000, 0), (1_300_000, 0), (1_300_000, 20)])
def test_a_checkpoint_after_eighteen_tasks(benchmark, tmp_path, numbers, snapshots):
    path = tmp_path / "s.h5"
    with SessionWriter(path) as writer:
        fill(writer, numbers, snapshots)
        kept = state(TASKS * 1000, numbers)
        benchmark.pedantic(lambda: writer.checkpoint(kept), rounds=5)
        writer.close(events.Finished(state="finished", step=TASKS * 1000, seconds=1.0))
    raw = TASKS * numbers * (4 + 2 * snapshots) + 3 * numbers * 4
    print(f"\n{path.stat().st_size / 1e6:.1f} MB on disk, {raw / 1e6:.1f} MB of weights and state in it")


# VmHWM, not getrusage: that one's peak is inherited from the process that started this one, which has
# just written the session.
# The most memory is read from /proc where there is one: getrusage counts what the parent had when it forked.
MOST = """
def most():
    try:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) // 1024
    except OSError:
        import resource
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
"""

OPEN = """
import sys, time
from hhstudio.store.session.session import open as open_session
began, cpu = time.perf_counter(), time.process_time()
session = open_session(sys.argv[1])
session.summary()
session.tensor("P1", 0, "layer1.weight")
taken = time.perf_counter() - began, time.process_time() - cpu
print(f"{taken[0]:.3f} s ({taken[1]:.3f} s of the processor), {most()} MB of memory")
"""

IN_THE_WINDOW = """
import sys, tempfile, time
from pathlib import Path
from PySide6.QtCore import QSettings, QSize
from hhstudio.gui.shell.app import application
from hhstudio.gui.shell.main_window import MainWindow
from hhstudio.gui.state.preferences import Preferences
from hhstudio.gui.state.workspace import Workspace
from hhstudio.gui.state.theming import Theming
app = application()
preferences = Preferences(QSettings(tempfile.mkdtemp() + "/s.ini", QSettings.Format.IniFormat))
preferences.welcomed, preferences.sessions_folder = True, Path(tempfile.mkdtemp())
workspace = Workspace(preferences)
window = MainWindow(workspace, Theming(app, preferences))
window.place(QSize(1920, 1080))
window.show()
app.processEvents()
before, began, cpu = most(), time.perf_counter(), time.process_time()
seen = []
workspace.shown.connect(lambda: seen.append(0))
late, last = 0.0, time.perf_counter()
workspace.open(Path(sys.argv[1]))
while not seen:
    late, last = max(late, time.perf_counter() - last - 0.005), time.perf_counter()
    time.sleep(0.005)
    app.processEvents()
window.repaint()
app.processEvents()
taken = time.perf_counter() - began, time.process_time() - cpu
print(f"{taken[0]:.2f} s ({taken[1]:.2f} s of the processor), {most()} MB of memory ({before} MB before); "
      f"while it was read the window stood still for {1000 * late:.0f} ms at most")
workspace.close()
"""


def _in_a_process(script, path):
    command = [sys.executable, "-c", MOST + script, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_opening_a_session_of_a_gigabyte(benchmark, tmp_path):
    path = tmp_path / "s.h5"
    with SessionWriter(path) as writer:
        fill(writer, 1_300_000, 20)
        writer.close(events.Finished(state="finished", step=TASKS * 1000, seconds=1.0))
    size = path.stat().st_size / 1e6
    print(f"\n{size:.0f} MB opened, summed up, one tensor read in {_in_a_process(OPEN, path)}")
    print(f"{size:.0f} MB on the window's screen after {_in_a_process(IN_THE_WINDOW, path)}")
    benchmark(lambda: catalog_entry(path))


def test_putting_together_a_session_that_a_killed_run_left(benchmark, tmp_path):
    """Opening it in the window takes 400 MB of journal into the file; the window goes on meanwhile."""
    path = tmp_path / "s.h5"
    with SessionWriter(path) as writer:
        writer.start(started())
        for at in range(150):
            writer.record(weights(at, 0, 1_300_000, False, np.float16))
    journal = journal_path(path).stat().st_size / 1e6
    print(f"\njournal of {journal:.0f} MB taken in, and the session shown, after "
          f"{_in_a_process(IN_THE_WINDOW, path)}")  # fmt: skip
    benchmark(lambda: catalog_entry(path))
