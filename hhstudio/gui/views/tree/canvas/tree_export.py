"""Export of the tree as a file for others; the suffix is the format."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QColor

from hhstudio.core.atomic_write import write_file
from hhstudio.core.errors import HHStudioError
from hhstudio.core.spec import interchange
from hhstudio.core.spec.spec import Spec
from hhstudio.gui.views.tree.canvas.scene import TreeScene
from hhstudio.gui.widgets import picture_files


def write_tree(spec: Spec, scene: TreeScene, path: Path) -> None:
    """Raises HHStudioError; the old file stays whole until the new one is."""
    suffix = path.suffix.lower()
    if suffix in (".svg", ".png"):
        chosen = scene.selectedItems()
        scene.clearSelection()
        try:
            area = scene.content_rect()
            picture_files.save(scene, area, QColor(scene.paints.theme.canvas), spec, path)
        finally:
            for item in chosen:
                item.setSelected(True)
    elif suffix == ".json":
        write_file(path, interchange.encode_topology(spec.topology, spec.name, spec.notes))
    elif suffix == ".graphml":
        write_file(path, interchange.graphml(spec.topology))
    else:
        raise HHStudioError(f"{path.name}: choose .svg, .png, .json or .graphml")
