"""How fast the canvas is at 1 000 nodes; prints figures, asserts none (run with --benchmark-only)."""

import random
import statistics
import time

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication

from hhstudio.core.document import Document
from hhstudio.core.layout import tidy
from hhstudio.core.spec import Spec
from hhstudio.core.topology import Hypernetwork, Slot, Solver, Topology
from hhstudio.gui.canvas import TreeCanvas

NODES = 1000


def tree(size, seed=0):
    rng = random.Random(seed)
    nodes, slots, above = [Hypernetwork(id="n0", name="H0")], [], ["n0"]
    for i in range(1, size):
        if rng.random() < 0.45:
            nodes.append(Hypernetwork(id=f"n{i}", name=f"H{i}"))
        else:
            nodes.append(Solver(id=f"n{i}", name=f"P{i}"))
        slots.append(Slot(id=f"e{i}", source=rng.choice(above[-30:]), target=f"n{i}"))
        if isinstance(nodes[-1], Hypernetwork):
            above.append(f"n{i}")
    return Topology(root="n0", nodes=tuple(nodes), slots=tuple(slots))


@pytest.fixture
def canvas(qtbot):
    shown = TreeCanvas(Document(Spec(topology=tree(NODES))))
    shown.scene.animated = False
    qtbot.addWidget(shown)
    shown.resize(1600, 1000)
    with qtbot.waitExposed(shown):
        shown.show()
    shown.fit()
    qtbot.waitUntil(lambda: shown.scene.nodes["n0"].look.name == "H0")
    QApplication.processEvents()
    yield shown
    shown.release()


def test_layout_of_1000_nodes(benchmark):
    topology = tree(NODES)
    benchmark.pedantic(tidy, setup=lambda: ((replace(topology),), {}), rounds=30)


def repaint(canvas):
    canvas.view.viewport().repaint()


@pytest.mark.parametrize("zoom", [0.0, 0.3, 0.6, 1.0])
def test_full_repaint_of_1000_nodes(canvas, benchmark, zoom):
    """Zoom 0: the whole tree in view; otherwise what fits around its middle."""
    if zoom:
        canvas.view.zoom_by(zoom / canvas.view.zoom)
    QApplication.processEvents()
    benchmark.pedantic(repaint, args=(canvas,), rounds=20, warmup_rounds=2)


def test_drag_of_one_node_among_1000(canvas, benchmark):
    """Moving the card and its edges; the repaint that follows is printed apart."""
    item = canvas.scene.nodes["n500"]
    canvas.view.zoom_by(0.6 / canvas.view.zoom)
    canvas.view.centerOn(item)
    QApplication.processEvents()
    where, painting = [0.0], []

    def drag():
        where[0] += 3.0
        item.setPos(item.pos() + QPointF(3.0 if where[0] % 90 < 45 else -3.0, 0.0))
        canvas.scene.stretch_around(["n500"])

    def paint():
        began = time.perf_counter()
        QApplication.processEvents()
        painting.append(time.perf_counter() - began)

    benchmark.pedantic(drag, setup=paint, rounds=100)
    print(f"\ndrag, its repaint: median {1e3 * statistics.median(painting):.2f} ms")
