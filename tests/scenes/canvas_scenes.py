"""Canvas scenes: from empty to 500 nodes, and what can be open on it."""

from __future__ import annotations

from msgspec.structs import replace
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QWidget

from hhstudio.core.spec import growth
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Hypernetwork, Topology
from hhstudio.gui.screenshots.session import ScreenshotSession

from .demo_sessions import DemoSessions
from .scene import Look, Scene, canvas_only, show_document


def tree_of(nodes: int) -> Topology:
    """A tree with that many nodes: every hypernetwork has a solver and up to three children, widest above."""
    topology = editing.single()
    waiting = [topology.root or ""]
    while waiting:
        parent = waiting.pop(0)
        for _ in range(3):
            if len(topology.nodes) + 2 > nodes:
                return topology if len(topology.nodes) == nodes else editing.add_solver(topology, parent)[0]
            topology, child = editing.add_child(topology, parent)
            topology, _ = editing.add_solver(topology, child)
            waiting.append(child)
    return topology


def _named(shot: ScreenshotSession, *names: str) -> list[str]:
    """Ids of nodes by their names."""
    return [node.id for node in shot.workspace.document.topology.nodes if node.name in names]


def _drawn(shot: ScreenshotSession, topology: Topology) -> Look:
    show_document(shot, replace(shot.workspace.document.spec, topology=topology))
    return lambda: canvas_only(shot)


def _empty(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    return _drawn(shot, Topology())


def _small(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    shot.workspace.new()
    return lambda: canvas_only(shot)


def _proposal(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    shot.workspace.new_from("proposal")
    return lambda: canvas_only(shot)


def _fifty(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    return _drawn(shot, tree_of(50))


def _five_hundred(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    return _drawn(shot, tree_of(500))


def _downwards(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    shot.workspace.new_from("binary")
    shot.canvas.commands.flip()
    return lambda: canvas_only(shot)


def _errors(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    """A hypernetwork that generates nothing, one that nothing generates, a solver of no known kind."""
    shot.workspace.new_from("proposal")
    topology = shot.workspace.document.topology
    solver = topology.paths[-1].solver
    topology = editing.update(topology, solver, architecture="small_cnn")
    child = next(s.target for s in topology.slots if isinstance(topology.by_id[s.target], Hypernetwork))
    slot = next(s.id for s in topology.slots if s.target == child)
    topology = editing.disconnect(editing.add_child(topology, topology.root or "")[0], slot)
    shot.workspace.document.apply_topology("Draw", topology)

    def look() -> QWidget:
        canvas_only(shot)
        shot.canvas.scene.select([])
        shot.canvas.open_fixes()
        return shot.window

    return look


def _growing(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    shot.workspace.new_from("proposal")

    def look() -> QWidget:
        shot.window.growth_mode.dismiss()
        canvas_only(shot)
        shot.canvas.select_node(_named(shot, "H1")[0])
        shot.window.growth_mode.grow()
        return shot.window

    return look


def _palette(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    shot.workspace.new_from("proposal")

    def look() -> QWidget:
        canvas_only(shot)
        shot.canvas.select_node(_named(shot, "H1")[0])
        shot.canvas.commands.open_palette()
        return shot.window

    return look


def _notes(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    shot.workspace.new_from("proposal")
    canvas, editor = shot.canvas, shot.canvas.editor
    canvas_only(shot)
    canvas.scene.select(_named(shot, "P2-0", "P2-1"))
    canvas.commands.add_frame()
    frame = canvas.scene.selected_annotations[0]
    canvas.note_field.close_field(keep=False)
    editor.write_annotation(frame, "Two levels deep")
    editor.color_annotations([frame], "blue")
    bounds = canvas.scene.itemsBoundingRect()
    canvas.commands.add_comment(QPointF(bounds.left() + 40, bounds.bottom() + 30))
    comment = canvas.scene.selected_annotations[0]
    canvas.note_field.close_field(keep=False)
    text = "Both children are conditioned on the task: look at the distances between them."
    editor.write_annotation(comment, text)
    canvas.scene.select([])
    return lambda: canvas_only(shot)


def _folded(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    """Of three children one is frozen with what is below it, another folded."""
    topology = tree_of(40)
    below = [s.target for s in topology.slots if s.source == topology.root]
    first, second = [i for i in below if isinstance(topology.by_id[i], Hypernetwork)][:2]
    _drawn(shot, growth.set_frozen(topology, [first], True))
    canvas_only(shot)
    shot.canvas.select_node(second)
    shot.window.growth_mode.toggle_fold()
    shot.canvas.scene.select([])
    return lambda: canvas_only(shot)


def _several(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    """Two solvers of different kinds are selected; their settings stand beside the tree."""
    shot.workspace.new_from("proposal")
    topology = shot.workspace.document.topology
    first, second = (path.solver for path in topology.paths[:2])
    shot.workspace.document.apply_topology(
        "Make it an MLP", editing.update(topology, first, architecture="mlp", options={"hidden": [64, 64]})
    )

    def look() -> QWidget:
        shot.window.panels.show("properties")
        shot.canvas.fit()
        shot.canvas.scene.select([first, second])
        return shot.window

    return look


SCENES = (
    Scene("canvas-empty", "a canvas with nothing on it, and how to begin", _empty),
    Scene("canvas-small", "a root with one solver", _small),
    Scene("canvas-proposal", "the proposal's figure: two children, three solvers", _proposal),
    Scene("canvas-50", "a tree of 50 nodes", _fifty),
    Scene("canvas-500", "a tree of 500 nodes", _five_hundred),
    Scene("canvas-downwards", "a binary tree that grows downwards", _downwards),
    Scene("canvas-errors", "a tree that cannot be trained, with the menu of fixes open", _errors),
    Scene("canvas-growing", "the preview of a child that may grow, with what it costs", _growing),
    Scene("canvas-palette", "the palette of what fits below a hypernetwork", _palette),
    Scene("canvas-notes", "a comment and frames", _notes),
    Scene("canvas-folded", "a subtree folded away, and one that is frozen", _folded),
    Scene("canvas-properties", "settings of two solvers at once, where they differ", _several),
)
