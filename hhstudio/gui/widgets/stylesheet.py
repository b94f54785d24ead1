"""Stylesheet of the application: spacing and edges, which a palette cannot say."""

from __future__ import annotations

from string import Template

from hhstudio.gui.widgets.icons import part
from hhstudio.gui.widgets.theme import Theme

_SHEET = Template("""
QToolTip { color: $text; background: $raised; border: 1px solid $border; padding: 4px 6px; }
QMainWindow::separator { background: $window; width: 5px; height: 5px; }
QMainWindow::separator:hover { background: $accent; }

QMenuBar { background: $window; color: $text; padding: 1px 4px; }
QMenuBar::item { padding: 4px 9px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $selection; }
QMenu { background: $panel; color: $text; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 5px 26px 5px 22px; border-radius: 4px; }
QMenu::item:selected { background: $selection; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $border; margin: 4px 6px; }

QToolBar { background: $panel; border: none; border-bottom: 1px solid $border; spacing: 0; padding: 0; }
QToolBar QAbstractSpinBox, QToolBar QComboBox { background: $panel; }
QToolButton[run="true"] { padding: 3px; min-height: 20px; min-width: 20px; }
QToolButton::menu-indicator { image: url("$chevron"); width: 11px; height: 11px;
    subcontrol-origin: padding; subcontrol-position: right center; }
QToolButton[popupMode="2"] { padding-right: 15px; }

QDockWidget { color: $text; font-weight: 600; }
QDockWidget::title { background: $window; padding: 5px 8px; }
QTabBar::tab { background: transparent; color: $muted; padding: 5px 9px; border: none;
    border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:hover:!selected { color: $text; }

QPushButton { background: $raised; color: $text; border: 1px solid $border; border-radius: 5px;
    padding: 4px 12px; }
QPushButton:hover { border-color: $accent; }
QPushButton:pressed { background: $selection; }
QPushButton:focus { border-color: $accent; }
QPushButton[run="true"] { padding: 3px 16px; min-height: 20px; }
QPushButton:disabled { color: $muted; background: $window; border-color: $border; }
QPushButton[primary="true"] { background: $accent; color: $accent_text; border-color: $accent;
    font-weight: 600; }
QPushButton[primary="true"]:hover { border-color: $text; }
QPushButton[primary="true"]:disabled { background: $raised; color: $muted; border-color: $border; }

QToolButton { background: transparent; border: 1px solid transparent; border-radius: 5px; padding: 3px; }
QToolButton:hover { background: $raised; border-color: $border; }
QToolButton:pressed, QToolButton:checked { background: $selection; }
QToolButton:focus { border-color: $accent; }

QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit { background: $panel; color: $text;
    border: 1px solid $border; border-radius: 5px; padding: 3px 6px; selection-background-color: $selection;
    selection-color: $text; }
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus { border-color: $accent; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled { color: $muted; background: $window; }
QLineEdit, QAbstractSpinBox, QComboBox { min-height: 20px; }
QAbstractSpinBox QLineEdit { border: none; padding: 0 4px; min-height: 0; background: transparent; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; border: none;
    subcontrol-origin: content; subcontrol-position: left; }
QAbstractSpinBox::down-button { subcontrol-position: right; }
QTableView QTableCornerButton::section, QAbstractScrollArea::corner { background: transparent; border: none; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url("$chevron"); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $panel; border: 1px solid $border; padding: 3px;
    selection-background-color: $selection; selection-color: $text; }

QCheckBox::indicator, QTableView::indicator { width: 13px; height: 13px; border: 1px solid $muted;
    border-radius: 3px; background: $panel; }
QCheckBox::indicator:checked, QTableView::indicator:checked { background: $accent; border-color: $accent;
    image: url("$check"); }
QCheckBox::indicator:disabled { border-color: $border; }
QCheckBox::indicator:focus { border-color: $accent; }

QProgressBar { background: $raised; border: none; border-radius: 3px; height: 6px; color: transparent; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QProgressBar[state="paused"]::chunk { background: $warn; }
QProgressBar[state="failed"]::chunk { background: $error; }
QProgressBar[state="finished"]::chunk { background: $ok; }

QListView, QTreeView, QTableView { background: $panel; border: none; }
QScrollBar:vertical { background: transparent; width: 11px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 11px; margin: 0; }
QScrollBar::handle { background: $border; border-radius: 4px; margin: 2px;
    min-height: 26px; min-width: 26px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QStatusBar { background: $window; color: $muted; }
QStatusBar::item { border: none; }
QMessageBox QLabel#qt_msgbox_label { font-weight: 600; }
QMessageBox QLabel#qt_msgbox_informativelabel { min-width: 320px; }
QTreeView::item { padding: 2px 4px; }
QHeaderView::section { background: $raised; color: $muted; border: none; padding: 4px 6px; }
QLabel[muted="true"] { color: $muted; }
QLabel[caption="true"] { color: $muted; font-size: 8.5pt; }
QLabel[title="true"] { font-weight: 600; }
""")


def stylesheet(theme: Theme) -> str:
    roles = {name: getattr(theme, name) for name in vars(theme) if isinstance(getattr(theme, name), str)}
    return _SHEET.substitute(roles, chevron=part("chevron", theme.dark), check=part("check", theme.dark))
