"""How fast the canvas is at 1 000 and 5 000 nodes; prints figures, asserts none (run with
--benchmark-only). Other work on the machine makes the figures larger, by as much as it takes."""

import itertools
import random
import statistics
import time

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from hhstudio.core.spec.document import Document
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree import editing
from hhstudio.core.tree.tidy_layout import tidy
from hhstudio.core.tree.topology import Hypernetwork, Slot, Solver, Topology
from hhstudio.gui.state.actions import ActionRegistry
from hhstudio.gui.views.tree.canvas.widget import TreeCanvas
from hhstudio.gui.views.tree.outline.view import TreeOutline

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
    yield from shown_canvas(qtbot, NODES)


def shown_canvas(qtbot, size):
    shown = TreeCanvas(Document(Spec(topology=tree(size))))
    shown.scene.animated = False
    qtbot.addWidget(shown)
    shown.resize(1600, 1000)
    with qtbot.waitExposed(shown):
        shown.show()
    shown.fit()
    qtbot.waitUntil(lambda: shown.scene.nodes["n0"].text.name == "H0")
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
        canvas.scene.placement.stretch_around(["n500"])

    def paint():
        began = time.perf_counter()
        QApplication.processEvents()
        painting.append(time.perf_counter() - began)

    benchmark.pedantic(drag, setup=paint, rounds=100)
    print(f"\ndrag, its repaint: median {1e3 * statistics.median(painting):.2f} ms")


def rename(canvas, number):
    canvas.editor.rename("n5", f"name {number}")


def widen(canvas, number):
    topology = editing.update(canvas.document.topology, "n7", chunk=100 + number)
    canvas.document.apply_topology("Set chunk", topology)


def move(canvas, number):
    canvas.editor.move({"n5": (10.0 * number, 20.0)}, {})


def add_a_leaf_far_down(canvas, _number):
    nodes = canvas.document.topology.nodes
    canvas.editor.add_solver(next(n.id for n in reversed(nodes[:900]) if isinstance(n, Hypernetwork)))


def add_a_leaf_to_the_root(canvas, _number):
    """The worst case: every card moves."""
    canvas.editor.add_solver("n0")


def write_a_comment(canvas, number):
    canvas.editor.add_annotation("comment", (float(number), 0.0))


EDITS = (rename, widen, move, add_a_leaf_far_down, add_a_leaf_to_the_root, write_a_comment)


@pytest.mark.parametrize("edit", EDITS)
def test_one_edit_among_1000_nodes(canvas, qtbot, benchmark, edit):
    """Until the document, the canvas, the outline and the line of costs all show it; without the repaint."""
    outline = TreeOutline(canvas.editor, ActionRegistry(canvas))
    qtbot.addWidget(outline)
    outline.resize(300, 800)
    outline.show()
    numbers = itertools.count(1)

    def once():
        edit(canvas, next(numbers))

    benchmark.pedantic(once, setup=QApplication.processEvents, rounds=15, warmup_rounds=2)
    outline.release()


def test_one_edit_among_5000_nodes_and_its_repaint(qtbot, benchmark):
    for canvas in shown_canvas(qtbot, 5000):
        numbers = itertools.count(1)

        def once(canvas=canvas, numbers=numbers):
            move(canvas, next(numbers))
            repaint(canvas)

        benchmark.pedantic(once, setup=QApplication.processEvents, rounds=5, warmup_rounds=1)


def test_drag_with_neighbours_to_snap_to_among_1000(canvas, benchmark):
    """The whole gesture a mouse movement, with guides; the repaint apart."""
    item = canvas.scene.nodes["n500"]
    canvas.view.zoom_by(0.6 / canvas.view.zoom)
    canvas.view.centerOn(item)
    QApplication.processEvents()
    view, start = canvas.view, canvas.view.mapFromScene(item.pos())
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=start)
    view.gesture.move(view.mapToScene(start + QPoint(30, 30)), start + QPoint(30, 30))
    shifts = itertools.cycle(QPoint(30 + at, 30 + at // 2) for at in range(40))

    def drag():
        place = start + next(shifts)
        view.gesture.move(view.mapToScene(place), place)

    benchmark.pedantic(drag, setup=QApplication.processEvents, rounds=100, warmup_rounds=3)
    view.cancel_gesture()
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=start)
