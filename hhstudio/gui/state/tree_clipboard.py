"""Clipboard of the tree: copy, cut, paste and duplicate as text, through the system's clipboard."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QGuiApplication

from hhstudio.core.errors import SpecError
from hhstudio.core.tree import clipboard
from hhstudio.core.tree.topology import Solver
from hhstudio.gui.state.tree_editor import TreeEditor


class TreeClipboard:
    """For any view of the tree: it is told ids, and tells which are new."""

    def __init__(self, editor: TreeEditor) -> None:
        self._editor = editor

    def copy(self, ids: Iterable[str]) -> bool:
        try:
            text = clipboard.copy(self._editor.topology, ids)
        except SpecError as error:
            self._refuse(error)
            return False
        if text:
            QGuiApplication.clipboard().setText(text)
        return bool(text)

    def cut(self, ids: Iterable[str]) -> bool:
        """Copy and remove, in one step that can be undone."""
        chosen = list(ids)
        if not self._editor.may_edit() or not self.copy(chosen):
            return False
        return self._editor.remove(chosen, word="Cut")

    def paste(self, chosen: Iterable[str]) -> tuple[str, ...]:
        """Paste below the hypernetwork that is chosen, beside the originals while they are still chosen,
        loose without a choice. The ids of what is new; empty, with the reason said, for foreign text."""
        if not self._editor.may_edit():
            return ()
        topology = self._editor.topology
        try:
            clip = clipboard.read(QGuiApplication.clipboard().text())
            copies = clipboard.paste(topology, clip, self._parent(list(chosen), clip))
        except SpecError as error:
            self._refuse(error)
            return ()
        names = [copies.topology.by_id[i].name for i in copies.tops]
        many = len(copies.tops) + len(copies.annotations)
        what = names[0] if many == 1 and names else f"{many} things" if many > 1 else "a note"
        self._editor.document.apply_topology(f"Paste {what}", copies.topology)
        return (*copies.tops, *copies.annotations)

    def duplicate(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Copies beside the originals, without the clipboard."""
        if not self._editor.may_edit():
            return ()
        try:
            copies = clipboard.duplicate(self._editor.topology, ids)
        except SpecError as error:
            self._refuse(error)
            return ()
        new = (*copies.tops, *copies.annotations)
        if new:
            what = (
                copies.topology.by_id[copies.tops[0]].name
                if len(new) == 1 and copies.tops
                else f"{len(new)} things"
            )
            self._editor.document.apply_topology(f"Duplicate as {what}", copies.topology)
        return new

    def _refuse(self, error: SpecError) -> None:
        self._editor.say(f"{str(error)[:1].upper()}{str(error)[1:]}")

    def _parent(self, chosen: list[str], clip: clipboard.Clip) -> str | None:
        topology = self._editor.topology
        nodes = [i for i in chosen if i in topology.by_id]
        if not nodes:
            return None
        beside = set(nodes) == set(clip.tops) or isinstance(topology.by_id[nodes[0]], Solver)
        if not beside:
            return nodes[0]
        parent = topology.parent(nodes[0])
        return parent.id if parent is not None else None
