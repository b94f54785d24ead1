"""Edits of the drawing: places, alignment, pins, orientation, comments and frames. One command each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from hhstudio.core.tree import annotation_edits, editing
from hhstudio.core.tree.alignment import ALIGNMENTS, Alignment, Box, aligned
from hhstudio.core.tree.annotations import AnnotationColor, AnnotationKind
from hhstudio.core.tree.tidy_layout import Position
from hhstudio.core.tree.topology import Orientation, Topology
from hhstudio.gui.state.tree_editor import TreeEditor

NUDGE = 10.0
"""Canvas units that a key moves."""


class Drawing:
    """Asks ``editor`` whether the document may be edited. ``places`` are where cards stand."""

    def __init__(self, editor: TreeEditor, places: Callable[[], dict[str, Position]]) -> None:
        self._editor, self._places = editor, places

    @property
    def _topology(self) -> Topology:
        return self._editor.topology

    def move(
        self, nodes: Mapping[str, Position], notes: Mapping[str, Position], merge: str | None = None
    ) -> None:
        """Cards by their centres, annotations by their top left corners."""
        topology = self._topology
        nodes = {i: at for i, at in nodes.items() if i in topology.by_id}
        notes = {i: at for i, at in notes.items() if i in topology.annotation_by_id}
        if self._editor.may_edit() and (nodes or notes):
            after = annotation_edits.move(editing.move(topology, nodes), notes)
            self._editor.document.apply_topology(f"Move {self._named([*nodes, *notes])}", after, merge)

    def nudge(self, ids: Iterable[str], dx: int, dy: int) -> None:
        """Move by one step of the grid; steps that follow each other are one command."""
        topology, places = self._topology, self._places()
        chosen = list(ids)
        nodes = {
            i: (places[i][0] + dx * NUDGE, places[i][1] + dy * NUDGE) for i in chosen if i in topology.by_id
        }
        notes = {
            i: (at[0] + dx * NUDGE, at[1] + dy * NUDGE)
            for i in chosen if i in topology.annotation_by_id
            for at in (topology.annotation_by_id[i].at,)
        }  # fmt: skip
        self.move(nodes, notes, merge=f"nudge {sorted(chosen)}")

    def align(self, boxes: Mapping[str, Box], how: Alignment) -> bool:
        """Line up cards and annotations, given by id."""
        least = 3 if how in ("across", "down") else 2
        if len(boxes) < least:
            self._editor.say(f"Select {'three' if least == 3 else 'two'} or more to line them up")
            return False
        if not self._editor.may_edit():
            return False
        goals = aligned(boxes, how)
        topology = self._topology
        nodes = {
            i: (x + boxes[i][2] / 2, y + boxes[i][3] / 2)
            for i, (x, y) in goals.items() if i in topology.by_id
        }  # fmt: skip
        notes = {i: at for i, at in goals.items() if i in topology.annotation_by_id}
        after = annotation_edits.move(editing.move(topology, nodes), notes)
        self._editor.document.apply_topology(ALIGNMENTS[how], after)
        return True

    def pin(self, node_ids: Iterable[str], on: bool) -> bool:
        """Pinned nodes stay where they are when the tree is tidied."""
        chosen = [i for i in node_ids if i in self._topology.by_id]
        if not chosen or not self._editor.may_edit():
            return False
        places = self._places()
        if on:
            after = editing.pin(self._topology, {i: places[i] for i in chosen})
        else:
            after = editing.unpin(self._topology, chosen)
        self._editor.document.apply_topology(f"{'Pin' if on else 'Unpin'} {self._named(chosen)}", after)
        return True

    def turn(self) -> bool:
        """Let the tree grow in the other direction, tidily; pinned nodes stay."""
        if not self._editor.may_edit():
            return False
        across = self._topology.orientation == "horizontal"
        orientation: Orientation = "vertical" if across else "horizontal"
        title = f"Let the tree grow {'downwards' if across else 'to the right'}"
        self._editor.document.apply_topology(title, editing.tidied(self._topology, orientation))
        return True

    # comments and frames -------------------------------------------------------------------------------

    def add(
        self, kind: AnnotationKind, at: Position, size: Position | None = None, text: str = ""
    ) -> str | None:
        """A comment or a frame with its top left corner there; its id."""
        if not self._editor.may_edit():
            return None
        after, made = annotation_edits.add(self._topology, kind, at, size, text)
        self._editor.document.apply_topology(f"Add a {kind}", after)
        return made

    def frame(self, boxes: Iterable[Box]) -> str | None:
        """A frame around boxes; its id."""
        if not self._editor.may_edit():
            return None
        after, made = annotation_edits.framed(self._topology, boxes, "Frame")
        self._editor.document.apply_topology("Frame the selection", after)
        return made

    def write(self, annotation_id: str, text: str) -> None:
        if annotation_id in self._topology.annotation_by_id and self._editor.may_edit():
            kind = self._topology.annotation_by_id[annotation_id].kind
            after = annotation_edits.update(self._topology, annotation_id, text=text)
            title = "Rename a frame" if kind == "frame" else "Write a comment"
            self._editor.document.apply_topology(title, after)

    def color(self, annotation_ids: Iterable[str], color: AnnotationColor) -> None:
        chosen = [i for i in annotation_ids if i in self._topology.annotation_by_id]
        if chosen and self._editor.may_edit():
            after = annotation_edits.update_many(self._topology, {i: {"color": color} for i in chosen})
            self._editor.document.apply_topology(f"Make {self._named(chosen)} {color}", after)

    def resize(self, annotation_id: str, fields: Mapping[str, Position]) -> None:
        if annotation_id in self._topology.annotation_by_id and self._editor.may_edit():
            kind = self._topology.annotation_by_id[annotation_id].kind
            after = annotation_edits.update(self._topology, annotation_id, **fields)
            self._editor.document.apply_topology(f"Resize a {kind}", after)

    def _named(self, ids: list[str]) -> str:
        if len(ids) != 1:
            return f"{len(ids)} things" if set(ids) - self._topology.by_id.keys() else f"{len(ids)} nodes"
        node = self._topology.by_id.get(ids[0])
        return node.name if node else f"a {self._topology.annotation_by_id[ids[0]].kind}"
