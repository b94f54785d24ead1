"""A canvas in a window of known size, with a mouse and keys that go through Qt's event delivery."""

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from hhstudio.core.spec.document import Document
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree import editing
from hhstudio.gui.state.actions import ActionRegistry
from hhstudio.gui.views.tree.canvas.widget import TreeCanvas
from hhstudio.gui.views.tree.outline.view import TreeOutline


class Hand:
    """Mouse and keys on a canvas; places are ids of nodes or scene positions."""

    def __init__(self, canvas):
        self.canvas = canvas
        self.viewport = canvas.view.viewport()

    def pixel(self, place):
        if isinstance(place, str):
            place = self.canvas.scene.nodes[place].pos()
        return self.canvas.view.mapFromScene(QPointF(place))

    def slots_of(self, node_id):
        return self.canvas.scene.nodes[node_id].slot_point(0, 1)

    def press(self, place, button=Qt.MouseButton.LeftButton, keys=Qt.KeyboardModifier.NoModifier):
        QTest.mousePress(self.viewport, button, keys, self.pixel(place))

    def move(self, *places):
        for place in places:
            QTest.mouseMove(self.viewport, self.pixel(place))
            QApplication.processEvents()

    def release(self, place, button=Qt.MouseButton.LeftButton, keys=Qt.KeyboardModifier.NoModifier):
        QTest.mouseRelease(self.viewport, button, keys, self.pixel(place))

    def click(self, place, button=Qt.MouseButton.LeftButton, keys=Qt.KeyboardModifier.NoModifier):
        self.press(place, button, keys)
        self.release(place, button, keys)

    def drag(self, start, end, button=Qt.MouseButton.LeftButton):
        start, end = self.scene(start), self.scene(end)
        self.press(start, button)
        self.move(start + (end - start) * 0.3, start + (end - start) * 0.7, end)
        self.release(end, button)

    def double_click(self, place):
        self.click(place)
        QTest.mouseDClick(self.viewport, Qt.MouseButton.LeftButton, pos=self.pixel(place))

    def key(self, key, keys=Qt.KeyboardModifier.NoModifier):
        QTest.keyClick(self.canvas.view, key, keys)

    def scene(self, place):
        return self.canvas.scene.nodes[place].pos() if isinstance(place, str) else QPointF(place)


def figure():
    """H0 with P1 and two children, each with a solver: the proposal's figure."""
    topology = editing.single()
    topology, one = editing.add_child(topology, topology.root)
    topology, two = editing.add_child(topology, topology.root)
    topology, _ = editing.add_solver(topology, one)
    topology, _ = editing.add_solver(topology, two)
    return topology


@pytest.fixture
def make_canvas(qtbot):
    canvases = []

    def make(topology=None, spec=None):
        document = Document(spec or Spec(topology=topology if topology is not None else figure()))
        canvas = TreeCanvas(document)
        canvas.register(ActionRegistry(canvas))
        canvas.scene.animated = False
        canvases.append(canvas)
        qtbot.addWidget(canvas)
        canvas.resize(1000, 700)
        with qtbot.waitExposed(canvas):
            canvas.show()
        canvas.fit()
        canvas.view.setFocus()
        return canvas

    yield make
    for canvas in canvases:
        canvas.release()
        canvas.close()
        assert not canvas.palette_popup.isVisible()
    visible = [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
    assert visible == []


@pytest.fixture
def canvas(make_canvas):
    return make_canvas()


@pytest.fixture
def hand(canvas):
    return Hand(canvas)


def outline_of(canvas):
    """An outline that shows the canvas's tree and shares its selection, as in the window."""
    outline = TreeOutline(canvas.editor, canvas.registry)
    outline.selection_changed.connect(canvas.show_selection)
    canvas.selection_changed.connect(outline.show_selection)
    return outline


def node_named(canvas, name):
    return next(node.id for node in canvas.document.topology.nodes if node.name == name)
