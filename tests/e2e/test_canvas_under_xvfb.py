"""Gestures on the canvas with the real mouse and keys of a screen; what they did is read in the file."""

import time

import pytest
from PySide6.QtCore import QPointF
from test_studio_under_xvfb import Twin, pictures, pytestmark, screen, start, twin
from xvfb_screen import save, until

from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import Spec, Stream
from hhstudio.core.tree import editing
from hhstudio.gui.screenshots.session import settle
from hhstudio.gui.state.session_files import save_spec

__all__ = ["Twin", "pictures", "pytestmark", "screen", "start", "twin"]


class Desk:
    """The studio on a document, a hand in it, and the document as it is saved."""

    def __init__(self, screen, twin, file):
        self.screen, self.twin, self.file = screen, twin, file
        self.window = screen.window(file.name)
        self.left, self.top = screen.origin(self.window)
        screen.settled()

    def on_screen(self, place):
        return self.left + place.x(), self.top + place.y()

    def node(self, name, dx=0, dy=0):
        """The middle of a card as it stood at first, and so many canvas units off it."""
        canvas = self.twin.window.canvas
        at = canvas.scene.nodes[by_name(self.twin.workspace.document.spec, name).id].pos() + QPointF(dx, dy)
        return self.on_screen(canvas.view.viewport().mapTo(self.twin.window, canvas.view.mapFromScene(at)))

    def drag(self, start, end, let_go=True, button=1):
        """As a hand does: there are places on the way."""
        do = self.screen.do
        do("mousemove", "--sync", *start)
        do("mousedown", button)
        for share in (0.1, 0.4, 0.8, 1.0):
            place = [round(a + share * (b - a)) for a, b in zip(start, end, strict=True)]
            do("mousemove", *place)
            time.sleep(0.08)  # the hand's own speed, which a toolkit may ask for
        if let_go:
            do("mouseup", button)

    def saved(self, so, failing):
        """Save until the file says so; the spec in it."""

        def look():
            self.screen.key("ctrl+s")
            found = specs.decode(self.file.read_bytes(), self.file.name)
            return [found] if so(found) else None

        return until(look, 30.0, failing)[0]


@pytest.fixture
def desk(screen, twin, start, tmp_path):
    topology = editing.single()
    topology, child = editing.add_child(topology, topology.root)
    topology, _ = editing.add_solver(topology, child)
    document = Spec(name="gestures", stream=Stream(dataset="digits", tasks=3), topology=topology)
    file = tmp_path / "gestures.json"
    save_spec(document, file)
    twin.workspace.document.reset(document)
    twin.workspace.shown.emit()
    settle(twin.app)
    start(file)
    return Desk(screen, twin, file)


def by_name(document, name):
    return next(node for node in document.topology.nodes if node.name == name)


def test_a_hand_draws_moves_selects_and_assigns(desk, screen, twin, pictures):
    save(screen.picture(), pictures / "canvas-0-opened.png")
    # a card is dragged, and Esc in the middle of another drag leaves it there
    desk.drag(desk.node("P2-0"), desk.node("P2-0", dy=-60))
    moved = desk.saved(lambda s: by_name(s, "P2-0").position is not None, "the card was not moved")
    desk.drag(desk.node("H1"), desk.node("H1", dy=50), let_go=False)
    screen.do("key", "Escape")  # as it is: clearing modifiers would let go of the button
    screen.do("mouseup", 1)
    desk.drag(desk.node("H0", dx=-60, dy=70), desk.node("H0", dx=-20, dy=90))  # a rubber band over nothing
    assert desk.saved(lambda s: True, "").topology == moved.topology

    # a slot dropped on empty canvas: the palette, typed into
    canvas, root = twin.window.canvas, twin.workspace.document.topology.root
    port = canvas.view.mapFromScene(canvas.scene.nodes[root].slot_point(0, 1))
    begin = desk.on_screen(canvas.view.viewport().mapTo(twin.window, port))
    desk.drag(begin, desk.node("H0", dx=60, dy=90))
    screen.settled()
    save(screen.picture(), pictures / "canvas-1-palette.png")
    screen.do("type", "mlp")
    screen.key("Return")
    drawn = desk.saved(lambda s: len(s.topology.paths) == 3, "no solver was drawn")
    added = drawn.topology.nodes[-1]
    assert added.architecture == "mlp"
    assert drawn.topology.parent(added.id).name == "H0"
    screen.key("ctrl+z")
    desk.saved(lambda s: len(s.topology.paths) == 2, "it was not taken back")

    # a rubber band around H1 and what is right of it, then a key
    desk.drag(desk.node("H1", dx=-112, dy=52), desk.node("P2-0", dx=60, dy=-50))
    screen.key("z")
    frozen = desk.saved(lambda s: by_name(s, "H1").frozen, "nothing was frozen")
    assert by_name(frozen, "P2-0").frozen
    assert not by_name(frozen, "P1").frozen

    # grown with its preview
    screen.click(*desk.node("H1"))
    screen.key("g")
    screen.settled()
    save(screen.picture(), pictures / "canvas-2-preview.png")
    screen.key("Return")
    desk.saved(lambda s: "P3-00" in [path.name for path in s.topology.paths], "nothing has grown")
    screen.key("ctrl+z")
    now = desk.saved(lambda s: len(s.topology.paths) == 2, "it was not taken back")

    # a task is dragged from the list onto a path, and another one before the first
    screen.key("f")
    before = screen.settled()
    screen.key("ctrl+9")
    until(lambda: (screen.picture() != before).any(), 30.0, "the tasks were not shown")
    time.sleep(1.0)
    screen.settled()
    twin.window.panels.show("tasks")
    twin.workspace.document.reset(now)
    settle(twin.app)
    twin.window.canvas.fit()
    tasks = twin.window.panels["tasks"].list
    rows = [tasks.visualRect(tasks.model().index(row)) for row in range(2)]
    first, second = (desk.on_screen(tasks.viewport().mapTo(twin.window, row.center())) for row in rows)
    save(screen.picture(), pictures / "canvas-3-tasks.png")
    desk.drag(second, desk.node("P1"))
    assigned = desk.saved(lambda s: by_name(s, "P1").tasks is not None, "no task was assigned")
    assert by_name(assigned, "P1").tasks == (1,)
    desk.drag(second, (first[0], first[1] - rows[0].height() // 2 + 2))
    ordered = desk.saved(lambda s: bool(s.stream.parts), "the stream has its old order")
    assert [part.classes for part in ordered.stream.parts[:2]] == [(2, 3), (0, 1)]
    assert by_name(ordered, "P1").tasks == (0,), "it goes on to learn the same task"
    screen.key("ctrl+q")
