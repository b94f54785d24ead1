"""A tree and a session whose every name is markup: each view, dialog and tool tip shows the letters."""

from __future__ import annotations

import base64
import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from PySide6.QtCore import QAbstractListModel, QAbstractTableModel, QEvent, QModelIndex, QPoint, Qt
from PySide6.QtGui import QAction, QHelpEvent, QTextDocument
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QGraphicsScene,
    QGraphicsTextItem,
    QGraphicsView,
    QLabel,
    QToolTip,
    QWidget,
)

import hhstudio
from hhstudio.gui.shell import consent_dialog
from hhstudio.gui.shell.panel_registry import PANELS
from hhstudio.gui.views.compare.sweep_dialog import SweepDialog
from hhstudio.gui.views.sessions.notes_dialog import NotesDialog
from hhstudio.gui.views.sessions.recovery_dialog import RecoveryDialog
from hhstudio.gui.widgets import dialogs
from hhstudio.gui.widgets.heat_map import HeatMap
from hhstudio.store.catalog.notes import Notes
from hhstudio.store.recovery.recover import Report

MARK = "<b>ZZ"


def mark(name: str) -> str:
    return f"{MARK}{name}<img src=x.png>"


NAMES = {"H0", "H1", "H2", "P1", "P2-0", "P3-00", "demo", *(f"digits {n}-{n + 1}" for n in range(0, 10, 2))}


def marked(value: object) -> object:
    """The same JSON with every name in it marked, also in the spec that a record of a run carries."""
    if isinstance(value, dict):
        return {
            key: base64.b64encode(marked_json(base64.b64decode(each))).decode()
            if key == "spec" and isinstance(each, str)
            else marked(each)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return list(map(marked, value))
    return mark(value) if isinstance(value, str) and value in NAMES else value


def marked_json(data: bytes) -> bytes:
    return json.dumps(marked(json.loads(data))).encode()


def rewrite(file: h5py.File, name: str, change: Callable[[bytes], bytes]) -> None:
    before = file[name][()]
    after = [*map(change, before)] if isinstance(before, np.ndarray) else change(before)
    longest = max(map(len, after)) if isinstance(after, list) else len(after)
    kind = h5py.string_dtype("utf-8", longest)
    del file[name]
    file.create_dataset(name, data=np.array(after, dtype=kind), dtype=kind)


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """The session that comes with the studio, with names of all kinds that look like HTML."""
    out = tmp_path_factory.mktemp("marked") / f"{mark('file')}.h5"
    shutil.copy(Path(hhstudio.__file__).parents[1] / "sessions" / "demo.h5", out)
    with h5py.File(out, "r+") as file:
        for name in ("spec", "state/meta", "topology", *(f"tables/{each}" for each in file["tables"])):
            rewrite(file, name, marked_json)
        for name in ("metrics/paths", "metrics/tasks"):
            rewrite(file, name, lambda text: mark(text.decode()).encode())
        rewrite(file, "log/message", lambda text: mark(text.decode()).encode())
        for group in ("accuracy", "weights", "snapshots"):
            for path in list(file[group]):
                file.move(f"{group}/{path}", f"{group}/{mark(path)}")
    return out


class Eyes:
    """Looks at all texts that Qt might take for markup. ``seen``: how often our mark stood where."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.wrong: set[str] = set()

    def look(self, kind: str, text: object, rich: bool | None = None) -> None:
        """``rich``: whether it is read as markup; None: where it looks like it."""
        if not isinstance(text, str) or "ZZ" not in text:
            return
        shown = text
        if GuiQt.mightBeRichText(text) if rich is None else rich:
            document = QTextDocument()
            document.setHtml(text)
            shown = document.toPlainText()
        self.seen[kind] += 1
        if shown.count("ZZ") != shown.count(MARK) + shown.count("b-ZZ"):  # in the name of a new file
            self.wrong.add(f"{kind}: {text[:120]}")

    def look_around(self) -> None:
        for widget in QApplication.allWidgets():
            kind = type(widget).__name__
            self.look(f"tool tip of {kind}", widget.toolTip())
            self.look(f"what is this of {kind}", widget.whatsThis())
            if isinstance(widget, QLabel):
                form = widget.textFormat()
                rich = None if form == Qt.TextFormat.AutoText else form != Qt.TextFormat.PlainText
                self.look("label", widget.text(), rich)
            if isinstance(widget, QAbstractItemView) and widget.model() is not None:
                self.look_at_model(widget.model(), QModelIndex())
            for action in widget.findChildren(QAction):
                self.look("tool tip of an action", action.toolTip())
        for scene in {
            QGraphicsView.scene(view) for view in QApplication.allWidgets() if isinstance(view, QGraphicsView)
        }:
            for item in scene.items() if isinstance(scene, QGraphicsScene) else []:
                self.look("tool tip on a canvas", item.toolTip())
                if isinstance(item, QGraphicsTextItem):
                    self.look("text on a canvas", item.toHtml(), rich=True)

    def look_at_model(self, model: object, parent: QModelIndex) -> None:
        columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(parent)
        for column in range(columns):
            tip = model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
            self.look("tool tip of a header", tip)
            for row in range(min(model.rowCount(parent), 50)):
                index = model.index(row, column, parent)
                self.look("tool tip of an item", model.data(index, Qt.ItemDataRole.ToolTipRole))
                if column == 0 and not isinstance(model, QAbstractListModel | QAbstractTableModel):
                    self.look_at_model(model, index)

    def hover(self, widget: QWidget) -> None:
        """What is shown below the pointer, over all of a widget."""
        for x in range(4, widget.width(), 24):
            for y in range(4, widget.height(), 24):
                place = QPoint(x, y)
                QApplication.sendEvent(
                    widget, QHelpEvent(QEvent.Type.ToolTip, place, widget.mapToGlobal(place))
                )
                self.look(f"shown over {type(widget).__name__}", QToolTip.text())
        QToolTip.hideText()


def test_every_view_dialog_and_tool_tip_shows_the_letters(session, window, qtbot, tmp_path):
    eyes = Eyes()
    window.workspace.load(session)
    window.panels["sessions"].set_folder(session.parent)
    for panel in PANELS:
        view = window.panels.show(panel.name)
        qtbot.wait(120)
        qtbot.waitUntil(lambda: not window.analysis.busy, timeout=60_000)
        eyes.look_around()
        for heat_map in view.findChildren(HeatMap):
            if heat_map.isVisible():
                eyes.hover(heat_map)
    workspace = window.workspace
    report = Report(session, saved=[mark("saved")], lost=[mark("lost")], original=session.with_suffix(".old"))
    boxes = [
        SweepDialog(workspace.document.spec, tmp_path, parent=window),
        NotesDialog(session, Notes(mark("text"), (mark("tag"),)), [mark("known")], window),
        RecoveryDialog(report, window),
        dialogs.tell(window, mark("title"), mark("text")),
        consent_dialog.ask(window, (mark("module:Net"),), lambda: None),
    ]
    for box in boxes:
        box.show()
    workspace.notice.emit(mark("notice"))
    workspace.problem.emit(mark("problem"), mark("why"))
    eyes.look_around()
    for top in QApplication.topLevelWidgets():
        if top is not window and top.isVisible():
            top.close()
            top.deleteLater()
    assert eyes.wrong == set()
    kinds = set(eyes.seen)
    assert {"label", "tool tip of an item", "tool tip on a canvas", "tool tip of ElidedLabel"} <= kinds, kinds
    assert any(kind.startswith("shown over") for kind in kinds), kinds
    assert eyes.seen["label"] > 20
