"""Opening a large session and going about it in the filter view; figures, no assertions on time.

What is wanted: 18 conditions of 1.3 M weights and 100 snapshots open within 1 s and take under 1 GB; another
path, task or layer is shown within 100 ms. Processor time of the window's process, first visits apart.
HHSTUDIO_BENCH_SNAPSHOTS=100 takes some minutes and 5 GB of the disk; the default is 6.
"""

import os
import time

import numpy as np
import psutil
import pytest
from PySide6.QtWidgets import QApplication

import hhstudio
from hhstudio.core.run import events
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree import editing
from hhstudio.gui.shell.app import application
from hhstudio.gui.views.filters.view import FilterView
from hhstudio.nets.solvers import build_solver
from hhstudio.store.session.writer import SessionWriter

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
TASKS, PATHS = 6, 3
SNAPSHOTS = int(os.environ.get("HHSTUDIO_BENCH_SNAPSHOTS", "6"))


def shapes_of(architecture):
    """ZenkeNet: 12 tensors, 1.25 M weights; ResNet-32: 188 tensors, 0.47 M."""
    made = build_solver(architecture, {}, (3, 32, 32), 10, 1)
    return {name: tuple(values.shape) for name, values in made.state_dict().items()}


@pytest.fixture(scope="session")
def qapp_cls():
    application()
    return QApplication


def topology():
    tree = editing.single()
    for _ in range(PATHS - 1):
        tree, child = editing.add_child(tree, tree.root)
        tree, _ = editing.add_solver(tree, child)
    return tree


@pytest.fixture(scope="module", params=["zenke", "resnet32"])
def session(request, tmp_path_factory):
    tree, shapes = topology(), shapes_of(request.param)
    names = tuple(path.name for path in tree.paths)
    tasks = tuple(events.TaskInfo(name=f"T{t}", dataset="cifar100", classes=(0, 1)) for t in range(TASKS))
    drawn = np.random.default_rng(0).normal(size=(2, 1 << 21)).astype(np.float32)

    def weights(step, path, task, final):
        at, tensors = step % 1000, {}
        for name, shape in shapes.items():
            size = int(np.prod(shape))
            values = drawn[int(final), at : at + size].reshape(shape)
            tensors[name] = events.Tensor.of(values if final else values.astype(np.float16))
            at += size
        return events.Weights(step=step, path=path, task=task, tensors=tensors, final=final)

    out = tmp_path_factory.mktemp("large") / "large.h5"
    with SessionWriter(out) as writer:
        writer.start(
            events.RunStarted(
                spec=specs.encode(Spec(topology=tree)),
                created="",
                app="",
                torch="",
                device="cpu",
                seed=0,
                tasks=tasks,
                paths=names,
                total_steps=TASKS * PATHS * 100,
            )
        )
        step = 0
        for task in range(TASKS):
            for path in names:
                for _ in range(SNAPSHOTS):
                    step += 10
                    writer.record(weights(step, path, task, final=False))
                writer.record(weights(step, path, task, final=True))
        writer.record(events.Finished(state="finished", step=step, seconds=1.0))
        writer.close()
    return out, names, tuple(shapes)


def ms(work):
    begun = time.process_time()
    work()
    QApplication.processEvents()
    return 1000 * (time.process_time() - begun)


def test_a_large_session_opens_and_its_filters_are_gone_about(session, qtbot, capsys):
    out, names, tensors = session
    memory = psutil.Process().memory_info
    before, begun = memory().rss, time.process_time()
    with hhstudio.open(out) as opened:
        kept = opened.snapshot_steps()
        opening = time.process_time() - begun
        view = FilterView()
        view.resize(620, 700)
        with qtbot.waitExposed(view):
            view.show()
        view.set_history(opened.history)
        shown = ms(lambda: view.set_source(opened))
        steps = [int(s) for s in next(iter(kept.values()))]
        figures = {
            "another path": [ms(lambda n=n: view.select(n)) for n in (*names[1:], *names)],
            "another task": [ms(lambda t=t: view.select_task(t)) for t in (*range(1, TASKS), *range(TASKS))],
            "another layer": [ms(lambda n=n: view.select_tensor(n)) for n in (*tensors[1:12], *tensors[:12])],
            "another step": [ms(lambda s=s: view.set_step(s)) for s in (*steps, -1)],
        }
        took = (memory().rss - before) / 1e6
        with capsys.disabled():
            size = out.stat().st_size / 1e6
            print(f"\n{len(kept)} conditions, {SNAPSHOTS} snapshots each, {size:.0f} MB on the disk")
            print(f"opened in {opening:.2f} s, first picture {shown:.0f} ms later, {took:.0f} MB more memory")
            for what, times in figures.items():
                median = np.median(times)
                print(f"{what}: first {times[0]:.0f} ms, median {median:.0f}, longest {max(times):.0f}")
        view.close()
        view.deleteLater()
    assert len(kept) == TASKS * PATHS
