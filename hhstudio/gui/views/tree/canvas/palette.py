"""Search palette of the canvas: what can be added at a place, by name."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QWidget

from hhstudio.core.spec import rules
from hhstudio.core.spec.architectures import ARCHITECTURES
from hhstudio.core.spec.costs import image_shape
from hhstudio.core.tree.topology import Hypernetwork
from hhstudio.gui.state.tree_editor import TreeEditor
from hhstudio.gui.widgets.chooser import Chooser, ChooserItem
from hhstudio.gui.widgets.node_text import architecture_title


def offers(editor: TreeEditor, source: str, at: tuple[float, float] | None) -> list[ChooserItem]:
    """What ``source`` (empty: nothing) can generate that would appear at a scene position."""
    topology, spec = editor.topology, editor.document.spec
    parent = topology.by_id.get(source)
    if not isinstance(parent, Hypernetwork):
        what = "Loose hypernetwork" if topology.root else "Root hypernetwork"
        return [_item(what, "add hypernetwork root loose", lambda: editor.add_root(at))]
    default = architecture_title(spec.solver.architecture)
    items = [
        _item("Child hypernetwork", "add generated", lambda: editor.add_child(source, at)),
        _item(f"Solver ({default}, as all)", "add path", lambda: editor.add_solver(source, None, at)),
    ]
    shape = image_shape(spec.stream)
    for info in ARCHITECTURES.values():
        side = min(shape[1:]) if shape else info.smallest
        small = f"needs {info.smallest}×{info.smallest} pixels" if side < info.smallest else ""
        items.append(
            _item(f"Solver: {info.title}", info.summary, _adds(editor, source, info.name, at), small)
        )
    for node in topology.nodes:
        if node.id not in topology.incoming and rules.can_connect(topology, source, node.id).ok:
            items.append(_item(f"Connect {node.name}", "loose slot", _connects(editor, source, node.id)))
    return items


def _item(title: str, words: str, choose: Callable[[], object], refused: str = "") -> ChooserItem:
    return ChooserItem(title, choose, tip=words, keywords=words, refused=refused)


def _adds(
    editor: TreeEditor, source: str, architecture: str, at: tuple[float, float] | None
) -> Callable[[], object]:
    return lambda: editor.add_solver(source, architecture, at)


def _connects(editor: TreeEditor, source: str, target: str) -> Callable[[], object]:
    return lambda: editor.connect(source, target)


class Palette(Chooser):
    """Pops up at a place on the canvas, again and again."""

    def __init__(self, editor: TreeEditor, parent: QWidget) -> None:
        super().__init__((), "Search what to add", parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        self._editor = editor
        self.resize(300, 290)

    def open_for(self, source: str, at: QPointF | None, on_screen: QPoint) -> None:
        """``at``: scene position for what is added, None leaves it to the layout; ``on_screen``: global."""
        if not self._editor.may_edit():
            return
        place = (round(at.x()), round(at.y())) if at is not None else None
        self.offer(offers(self._editor, source, place))
        self.move(on_screen)
        self.show()
        self.search.setFocus()
