"""The canvas: from empty to 500 nodes, and what can be open on it."""

from __future__ import annotations

from msgspec.structs import replace
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QWidget

from hhstudio.core.spec import growth
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Hypernetwork, Topology
from hhstudio.gui.screenshots.material import Material
from hhstudio.gui.screenshots.scene import Look, Scene
from hhstudio.gui.screenshots.stage import Stage


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


def _named(stage: Stage, *names: str) -> list[str]:
    """Ids of nodes by their names."""
    return [node.id for node in stage.workspace.document.topology.nodes if node.name in names]


def _drawn(stage: Stage, topology: Topology) -> Look:
    stage.show_document(replace(stage.workspace.document.spec, topology=topology))
    return stage.canvas_only


def _empty(stage: Stage, _material: Material) -> Look:
    return _drawn(stage, Topology())


def _small(stage: Stage, _material: Material) -> Look:
    stage.workspace.new()
    return stage.canvas_only


def _proposal(stage: Stage, _material: Material) -> Look:
    stage.workspace.new_from("proposal")
    return stage.canvas_only


def _fifty(stage: Stage, _material: Material) -> Look:
    return _drawn(stage, tree_of(50))


def _five_hundred(stage: Stage, _material: Material) -> Look:
    return _drawn(stage, tree_of(500))


def _downwards(stage: Stage, _material: Material) -> Look:
    stage.workspace.new_from("binary")
    stage.canvas.commands.flip()
    return stage.canvas_only


def _errors(stage: Stage, _material: Material) -> Look:
    """A hypernetwork that generates nothing, one that nothing generates, a solver of no known kind."""
    stage.workspace.new_from("proposal")
    topology = stage.workspace.document.topology
    solver = topology.paths[-1].solver
    topology = editing.update(topology, solver, architecture="small_cnn")
    child = next(s.target for s in topology.slots if isinstance(topology.by_id[s.target], Hypernetwork))
    slot = next(s.id for s in topology.slots if s.target == child)
    topology = editing.disconnect(editing.add_child(topology, topology.root or "")[0], slot)
    stage.workspace.document.apply_topology("Draw", topology)

    def look() -> QWidget:
        stage.canvas_only()
        stage.canvas.scene.select([])
        stage.canvas.open_fixes()
        return stage.window

    return look


def _growing(stage: Stage, _material: Material) -> Look:
    stage.workspace.new_from("proposal")

    def look() -> QWidget:
        stage.window.growth_mode.dismiss()
        stage.canvas_only()
        stage.canvas.select_node(_named(stage, "H1")[0])
        stage.window.growth_mode.grow()
        return stage.window

    return look


def _palette(stage: Stage, _material: Material) -> Look:
    stage.workspace.new_from("proposal")

    def look() -> QWidget:
        stage.canvas_only()
        stage.canvas.select_node(_named(stage, "H1")[0])
        stage.canvas.commands.open_palette()
        return stage.window

    return look


def _notes(stage: Stage, _material: Material) -> Look:
    stage.workspace.new_from("proposal")
    canvas, editor = stage.canvas, stage.canvas.editor
    stage.canvas_only()
    canvas.scene.select(_named(stage, "P2-0", "P2-1"))
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
    return stage.canvas_only


def _folded(stage: Stage, _material: Material) -> Look:
    """Of three children one is frozen with what is below it, another folded."""
    topology = tree_of(40)
    below = [s.target for s in topology.slots if s.source == topology.root]
    first, second = [i for i in below if isinstance(topology.by_id[i], Hypernetwork)][:2]
    _drawn(stage, growth.set_frozen(topology, [first], True))
    stage.canvas_only()
    stage.canvas.select_node(second)
    stage.window.growth_mode.toggle_fold()
    stage.canvas.scene.select([])
    return stage.canvas_only


def _several(stage: Stage, _material: Material) -> Look:
    """Two solvers of different kinds are selected; their settings stand beside the tree."""
    stage.workspace.new_from("proposal")
    topology = stage.workspace.document.topology
    first, second = (path.solver for path in topology.paths[:2])
    stage.workspace.document.apply_topology(
        "Make it an MLP", editing.update(topology, first, architecture="mlp", options={"hidden": [64, 64]})
    )

    def look() -> QWidget:
        stage.window.panels.show("properties")
        stage.canvas.fit()
        stage.canvas.scene.select([first, second])
        return stage.window

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
