"""What recording takes of the training time, what snapshots take on the disk, and how long a folder of
thousands of sessions takes to list; figures, no assertions (run with --benchmark-only)."""

import shutil
import statistics
import time

import numpy as np
import pytest

from hhstudio.core.run import events
from hhstudio.core.spec import presets
from hhstudio.core.spec import spec as specs
from hhstudio.store.catalog import index
from hhstudio.store.catalog.notes import Notes, write_notes
from hhstudio.store.session.writer import SessionWriter

pytestmark = pytest.mark.timeout(1800)
ROUNDS = 2


class Spent:
    """Processor seconds that went into recording: counted call by call, because other programs move the
    whole run's time by more than what is measured."""

    def __init__(self):
        self.seconds = 0.0

    def on(self, work, *arguments):
        began = time.process_time()
        try:
            return work(*arguments)
        finally:
            self.seconds += time.process_time() - began


def trained(spec, out):
    """Seconds of a run by the clock and of the processor, recorded into ``out`` as a worker does it; and
    those of the processor that recording took."""
    from hhstudio.core.spec.datasets import default_data_root
    from hhstudio.learn.data import build_stream
    from hhstudio.learn.training.trainer import Trainer

    stream = build_stream(spec.stream, spec.seed, default_data_root())
    trainer = Trainer(spec, stream, "cpu")
    began = time.perf_counter(), time.process_time()
    spent = Spent()
    with SessionWriter(out, overwrite=True) as writer:
        spent.on(writer.start, trainer.run_started("", "", False))
        due = checkpoint = time.monotonic()
        for event in trainer.events():
            if event is not None:
                spent.on(writer.record, event)
            now = time.monotonic()
            if now >= due:
                due = now + 0.25
                spent.on(writer.tick)
            finished = isinstance(event, events.TaskFinished)
            if finished or now - checkpoint >= spec.recording.checkpoint_seconds:
                for late in trainer.unreported():
                    spent.on(writer.record, late)
                spent.on(lambda: writer.checkpoint(trainer.state()))
                checkpoint = time.monotonic()
        spent.on(writer.close, events.Finished(state="finished", step=trainer.step, seconds=0.0))
    return time.perf_counter() - began[0], time.process_time() - began[1], spent.seconds


@pytest.mark.parametrize("tasks", [2, 5])
@pytest.mark.parametrize("snapshots", [0, 20])
def test_recording_beside_training_without(benchmark, tmp_path, tasks, snapshots):
    """Quickstart's tree on two of its tasks and on all five: the file is put in place at the start, at
    checkpoints and at the end, which a longer run has more training for. Medians over the rounds."""
    changes = {"training.threads": 1, "stream.tasks": tasks, "recording.snapshot_every": snapshots}
    spec = specs.with_fields(presets.preset("quickstart"), changes)
    trained(specs.with_fields(spec, {"training.steps": 10}), tmp_path / "warm.h5")
    rounds = [trained(spec, tmp_path / f"{number}.h5") for number in range(ROUNDS)]
    _, cpu, spent = (statistics.median(each) for each in zip(*rounds, strict=True))
    print(
        f"\n{tasks} tasks, snapshots every {snapshots or '-'} steps: of {cpu:.2f} s of processor time "
        f"recording took {spent:.2f} s ({100 * spent / (cpu - spent):.1f} % of training); "
        f"{(tmp_path / '0.h5').stat().st_size / 1e6:.2f} MB"
    )
    benchmark.pedantic(lambda: None)


def test_the_size_of_eighteen_conditions_with_twenty_snapshots_each(benchmark, tmp_path):
    """18 conditions of 1.3 M weights: final float32, 20 snapshots as float16, against the raw numbers."""
    from test_sessions import TASKS, fill, state

    numbers, snapshots = 1_300_000, 20
    for kind in ("float16",):
        path = tmp_path / f"{kind}.h5"
        began = time.perf_counter()
        with SessionWriter(path) as writer:
            fill(writer, numbers, snapshots)
            writer.checkpoint(state(TASKS * 1000, numbers))
            writer.close(events.Finished(state="finished", step=TASKS * 1000, seconds=1.0))
        seconds = time.perf_counter() - began
        raw = TASKS * numbers * 4 * (1 + snapshots)
        stored = TASKS * numbers * (4 + 2 * snapshots) + 3 * numbers * 4
        size = path.stat().st_size
        print(
            f"\n{size / 1e6:.0f} MB on disk; all as float32: {raw / 1e6:.0f} MB ({100 * size / raw:.0f} %); "
            f"as kept ({kind} snapshots, trainer's state): {stored / 1e6:.0f} MB "
            f"({100 * (size / stored - 1):+.2f} %); written in {seconds:.1f} s"
        )
    benchmark.pedantic(lambda: None)


@pytest.fixture(scope="module")
def thousands(tmp_path_factory):
    """3 000 small sessions, every tenth with notes."""
    folder = tmp_path_factory.mktemp("thousands")
    spec = specs.with_fields(presets.preset("quickstart"), {"training.steps": 5})
    first = folder / "s0000.h5"
    trained(spec, first)
    for number in range(1, 3000):
        shutil.copyfile(first, folder / f"s{number:04}.h5")
        if number % 10 == 0:
            write_notes(folder / f"s{number:04}.h5", Notes("a word", ("tenth",)))
    return folder


def test_listing_three_thousand_sessions(benchmark, thousands):
    began = time.perf_counter()
    found = index.up_to_date(index.load(thousands), 600.0)
    first = time.perf_counter() - began
    index.store(found)
    size = (thousands / index.FILE).stat().st_size
    print(f"\n{len(found.entries)} sessions read in {first:.2f} s, index of {size / 1e6:.1f} MB")
    benchmark(lambda: index.up_to_date(index.load(thousands)))


def test_the_list_of_three_thousand_sessions_on_screen(benchmark, thousands, qtbot):
    from PySide6.QtCore import QSize

    from hhstudio.gui.state.background import BackgroundJobs
    from hhstudio.gui.views.sessions.view import SessionList

    index.store(index.up_to_date(index.load(thousands), 600.0))
    jobs = BackgroundJobs()
    view = SessionList(jobs)
    view.resize(QSize(420, 800))
    view.show()
    began = time.perf_counter()
    with qtbot.waitSignal(view.model.read, timeout=60_000):
        view.set_folder(thousands)
    view.repaint()
    opened = time.perf_counter() - began
    taken = {}
    for name, work in (
        ("search", lambda: view.model.set_search("tenth")),
        ("search cleared", lambda: view.model.set_search("")),
        ("order by accuracy", lambda: view.model.set_order("accuracy")),
    ):
        began = time.perf_counter()
        work()
        view.repaint()
        taken[name] = 1000 * (time.perf_counter() - began)
    bar, frames = view.list.verticalScrollBar(), []
    for at in np.linspace(0, bar.maximum(), 60):
        began = time.perf_counter()
        bar.setValue(int(at))
        view.list.viewport().repaint()
        frames.append(1000 * (time.perf_counter() - began))
    told = ", ".join(f"{name} {value:.0f} ms" for name, value in taken.items())
    print(f"\nopened in {opened:.2f} s; {told}; a frame of scrolling {np.median(frames):.1f} ms, "
          f"worst {max(frames):.1f} ms")  # fmt: skip
    benchmark(view.list.viewport().repaint)
    jobs.close()
    view.close()
