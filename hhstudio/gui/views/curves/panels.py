"""Curve panels of a run: one for each path and chosen metric, a curve per task, live or from a file."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from hhstudio.core.errors import HHStudioError
from hhstudio.core.run.events import TERMINAL
from hhstudio.core.run.history import Changes, History
from hhstudio.gui.views.curves import export, ranges
from hhstudio.gui.views.curves.arrangement import PanelArrangement
from hhstudio.gui.views.curves.grid import PanelGrid
from hhstudio.gui.views.curves.legend import Legend, LegendArea
from hhstudio.gui.views.curves.panel import CurvePanel
from hhstudio.gui.views.curves.settings import Settings
from hhstudio.gui.views.curves.stepmap import LEAST, steps_a_task
from hhstudio.gui.views.curves.toolbar import Toolbar
from hhstudio.gui.widgets.empty_label import EmptyLabel
from hhstudio.gui.widgets.export_dialog import ask_where
from hhstudio.gui.widgets.markup import Markup
from hhstudio.gui.widgets.origin_label import OriginLabel

_IDLE_MS = 500
_FINE_LIVE = 1200
_FINE_IDLE = 60_000
"""Points on screen up to which curves are drawn fine while a run goes on, and when nothing moves."""
_AT_ONCE = 4000
"""Points that may be drawn in one go; beyond, panels take turns, so that the window never waits long."""

_EMPTY = Markup(
    "<p style='font-size:15px'><b>Curves appear here</b></p>"
    "<p>One panel per path and one curve per task, live while a run trains.<br>"
    "Start a run, or open a session.</p>"
)


class CurvePanels(QWidget):
    """:meth:`refresh` draws only what is visible and has changed; the rest is drawn when it is exposed."""

    status_message = Signal(str)
    python_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history: History | None = None
        self.settings = Settings()
        self.panels: dict[tuple[str, str], CurvePanel] = {}
        self._offered = -1
        self._shared_range: ranges.Range | None = None
        self.toolbar = Toolbar(self.settings)
        self.legend = Legend()
        self._legend_area = LegendArea(self.legend)
        self.origin = OriginLabel()
        self.grid = PanelGrid()
        self.arrangement = PanelArrangement(self.settings, self.grid, self)
        self.empty = EmptyLabel(_EMPTY)
        body = QWidget()
        self._stack = QStackedLayout(body)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.grid)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.setSpacing(5)
        layout.addWidget(self.origin)
        layout.addWidget(self.toolbar)
        layout.addWidget(self._legend_area)
        layout.addWidget(body, 1)
        self._idle = QTimer(self, singleShot=True, interval=_IDLE_MS)
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._draw_exposed)
        self._turns = itertools.count(1)
        self._idle.timeout.connect(lambda: self._set_quality(moving=False))
        self.toolbar.changed.connect(self._settings_changed)
        self.toolbar.fit_wanted.connect(self.fit)
        self.toolbar.panels_wanted.connect(self.arrangement.show_all)
        self.arrangement.changed.connect(self._rearranged)
        self.legend.hidden_changed.connect(self._hidden_changed)
        self.grid.exposed.connect(self._draw_exposed)
        for title, slot in (
            ("Picture (PNG) …", lambda: self._ask("curves.png")),
            ("Vector picture (SVG) …", lambda: self._ask("curves.svg")),
            ("Numbers (CSV) …", lambda: self._ask("curves.csv")),
            ("Copy picture", self.copy_picture),
            ("Copy as Python", self.python_wanted.emit),
        ):
            self.toolbar.export_menu.addAction(title, slot)
        self._build_panels()

    # what the window calls -------------------------------------------------------------------------

    def set_history(self, history: History | None) -> None:
        """Show another run, or (None) say what will appear here."""
        self._history = history
        self._shared_range, self._offered = None, -1
        for panel in self.panels.values():
            panel.set_history(history)
        self._build_panels()
        self._draw_exposed()

    def set_origin(self, text: str) -> None:
        """Say whose results these are, where they are not of what is drawn; "" where they are."""
        self.origin.say(text)

    def refresh(self, changes: Changes) -> None:
        """Redraw what the changes concern and is on screen."""
        if self._history is None:
            return
        if set(self._history.paths) != {path for path, _ in self.panels} or changes.topology:
            self._build_panels()
        everything = changes.topology or changes.rewound or changes.state
        paths = {path for path, _, _ in changes.series} | changes.accuracy
        for panel in self.panels.values():
            if changes.rewound:
                panel.rewind()
            if everything or (panel.path in paths and any(panel.shows(key) for key in changes.series)):
                panel.dirty = True
            elif changes.progress and self._history.marks and self._history.marks[-1].path == panel.path:
                panel.dirty = True  # a task may have begun or ended
        if changes.series and not self._idle.isActive():
            self._set_quality(moving=True)
        if changes.series:
            self._idle.start()
        self._draw_exposed()

    def set_step(self, step: int) -> None:
        """Mark the step that the window looks back to; -1 for none."""
        if step != self.settings.looked_at:
            self.settings.looked_at = step
            for panel in self.panels.values():
                panel.dirty = True
            self._draw_exposed()

    def fit(self) -> None:
        """Forget every zoom."""
        self._shared_range = None
        for panel in self.panels.values():
            panel.fit()
        self._draw_exposed()

    # exports ----------------------------------------------------------------------------------------

    def shown_panels(self) -> list[CurvePanel]:
        if self._history is None:
            return []
        return [p for p in self.arrangement.in_grid() if not p.isHidden()]

    def export_to(self, path: Path) -> None:
        """Write what is shown to a .png, .svg or .csv file. Raises HHStudioError."""
        if self._history is None:
            raise HHStudioError("there are no curves to export yet")
        if path.suffix.lower() == ".csv":
            export.save_csv(self._history, self.settings.metrics, self.settings.hidden, path)
            return
        figure = self._figure()
        if path.suffix.lower() == ".svg":
            export.save_svg(figure, path, self._history.spec.name if self._history.spec else "curves")
        elif path.suffix.lower() == ".png":
            export.save_png(figure, path)
        else:
            raise HHStudioError(f"{path}: the name must end in .png, .svg or .csv")

    def copy_picture(self) -> None:
        if self._history is not None:
            QGuiApplication.clipboard().setImage(export.to_image(self._figure()))
            self.status_message.emit("Picture copied")

    def _figure(self) -> export.Figure:
        assert self._history is not None
        for panel in self.shown_panels():
            if panel.dirty:
                self._draw(panel)
        tasks = [task for task in self.legend.chips if task not in self.settings.hidden]
        return export.Figure(self.shown_panels(), self._history, tasks, self.font())

    def _ask(self, name: str) -> None:
        if self._history is None:
            self.status_message.emit("There are no curves to export yet")
        else:
            ask_where(self, "Export curves", name, self.export_to, self.status_message.emit)

    # panels -----------------------------------------------------------------------------------------

    def _build_panels(self) -> None:
        """One panel per chosen metric and path; those that stay are kept as they are."""
        history = self._history
        paths = history.paths if history else ()
        keys = [(path, metric) for metric in self.settings.metrics for path in paths]
        for key in [key for key in self.panels if key not in keys]:
            panel = self.panels.pop(key)
            self.arrangement.drop_window(key)
            panel.setParent(None)
            panel.deleteLater()
        for key in keys:
            if key not in self.panels:
                panel = self.panels[key] = CurvePanel(*key)
                panel.set_history(history)
                panel.hovered.connect(self._hovered)
                panel.moved.connect(self._moved)
                panel.fit_wanted.connect(self._fit_panel)
                panel.maximise_wanted.connect(self.toggle_maximised)
                panel.detach_wanted.connect(self.arrangement.toggle_detached)
                panel.hide_wanted.connect(self.arrangement.hide)
                panel.move_wanted.connect(self.arrangement.move)
                panel.dropped.connect(self.arrangement.drop)
        self.panels = {key: self.panels[key] for key in keys}
        self._place_panels()
        self._stack.setCurrentWidget(self.grid if paths else self.empty)
        self._legend_area.setVisible(bool(paths))
        self._offer()

    def _offer(self) -> None:
        """Keep legend and metric buttons in step with what has been recorded."""
        history = self._history
        if history is None:
            return
        if len(history.series) != self._offered:
            self._offered = len(history.series)
            self.toolbar.offer(tuple({metric for _, _, metric in history.series}))
            without_task = any(
                task < 0 and metric in self.settings.metrics for _, task, metric in history.series
            )
            shown = [*([-1] if without_task else []), *range(len(history.tasks))]
            self.legend.set_tasks(shown, history.tasks)

    def _place_panels(self) -> None:
        whole = not self.settings.order and len(self.settings.metrics) > 1
        paths = self._history.paths if self._history else ()
        away = self.arrangement.place(self.panels, len(paths) if whole else 0)
        self.toolbar.offer_panels(away)

    def _rearranged(self) -> None:
        self._place_panels()
        self._draw_exposed()

    def release(self) -> None:
        """The window closes, and with it those of single panels."""
        self.arrangement.close()

    def toggle_maximised(self, panel: CurvePanel) -> None:
        """Show only this panel, or all again."""
        alone = None if self.grid.alone is panel else panel
        self.grid.show_only(alone)
        if alone is not None:
            alone.setFocus()
        self._draw_exposed()

    # drawing ----------------------------------------------------------------------------------------

    def _draw_exposed(self) -> None:
        """Draw the panels that are dirty and on screen."""
        if self._history is None or not self.isVisible():
            return
        self._offer()
        self.settings.live = self._history.state not in TERMINAL
        ready = [panel for panel in self.panels.values() if panel.dirty and _on_screen(panel)]
        if not ready:
            return
        shared = self._shared() if self.settings.linked else None
        if shared is not None:
            outdated = [p for p in self.panels.values() if p.drawn_range != shared]
            ready = [p for p in self.panels.values() if (p in ready or p in outdated) and _on_screen(p)]
        if len(ready) > 1 and sum(panel.points for panel in ready) > _AT_ONCE:
            ready = sorted(ready, key=lambda panel: panel.drawn_at)[:1]
            self._turn.start()
        for panel in ready:
            self._draw(panel, shared)
            panel.drawn_at = next(self._turns)
        self._set_quality(moving=self._idle.isActive())

    def _draw(self, panel: CurvePanel, shared: ranges.Range | None = None) -> None:
        end = panel.prepare(self.settings)
        if self.settings.locked and panel.drawn_range is not None:
            last = (self._shared_range if self.settings.linked else panel.own_range) or panel.drawn_range
            panel.redraw(self.settings, last)
        elif self.settings.linked:
            panel.redraw(self.settings, shared or self._shared())
        else:
            panel.redraw(self.settings, panel.own_range or self._natural(end))

    def _shared(self) -> ranges.Range:
        if self._shared_range is not None:
            return self._shared_range
        return self._natural(max((p.prepare(self.settings) for p in self.panels.values()), default=0.0))

    def _natural(self, end: float) -> ranges.Range:
        """The range of the data, in whole tasks while live."""
        assert self._history is not None
        if self.settings.log_x:
            return ranges.along_log_x(math.log10(LEAST[self.settings.mode]), end, self.settings.live)
        task = float(steps_a_task(self._history))
        unit = {"path": task, "step": task, "task": 1.0, "time": 0.0, "epoch": 0.0}[self.settings.mode]
        return ranges.along_x(end, unit, self.settings.live)

    def _set_quality(self, moving: bool) -> None:
        """Fine lines where there is time for them: while live, lines that are wider than a pixel or smoothed
        take a hundred times as long to draw."""
        shown = [panel for panel in self.panels.values() if _on_screen(panel)]
        fine = sum(panel.points for panel in shown) <= (_FINE_LIVE if moving else _FINE_IDLE)
        for panel in shown:
            panel.set_fine(fine)

    # reactions --------------------------------------------------------------------------------------

    def _settings_changed(self) -> None:
        self._shared_range, self._offered = None, -1
        self._build_panels()
        for panel in self.panels.values():
            panel.own_range, panel.dirty = None, True
        self._draw_exposed()

    def _hidden_changed(self, hidden: set[int]) -> None:
        self.settings.hidden = hidden
        for panel in self.panels.values():
            panel.dirty = True
        self._draw_exposed()

    def _hovered(self, source: CurvePanel, x: float | None) -> None:
        for panel in self.panels.values():
            if panel is source or self.settings.linked:
                panel.point_at(x, self.settings, with_values=panel is source)

    def _moved(self, source: CurvePanel) -> None:
        if self.settings.linked:
            self._shared_range = source.own_range
        self._draw_exposed()

    def _fit_panel(self, panel: CurvePanel) -> None:
        if self.settings.linked:
            self.fit()
        else:
            panel.fit()
            self._draw_exposed()

    def showEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().showEvent(event)
        self._draw_exposed()

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().resizeEvent(event)
        self._draw_exposed()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.grid.alone is not None:
            self.grid.show_only(None)
            self._draw_exposed()
        else:
            super().keyPressEvent(event)


def _on_screen(panel: CurvePanel) -> bool:
    return panel.isVisible() and not panel.visibleRegion().isEmpty()
