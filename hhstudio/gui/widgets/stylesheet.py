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
QTreeView::item { padding: 0 4px; }
QHeaderView::section { background: $raised; color: $muted; border: none; padding: 4px 6px; }
QLabel[muted="true"] { color: $muted; }
QLabel[caption="true"] { color: $muted; font-size: 8.5pt; }
QLabel[title="true"] { font-weight: 600; }
QLabel[small="true"] { color: $muted; font-size: 10px; }
QLabel[figure="true"] { font-size: 14px; font-weight: 600; }
QLabel[note="true"] { color: $muted; font-size: 11px; }
QLabel[error="true"] { color: $error; }
QFrame[card="true"] { background: $panel; border: 1px solid $border; border-radius: 6px; }
QScrollArea[clear="true"], QWidget[clear="true"] { background: transparent; }
QScrollArea[paper="true"], QScrollArea[paper="true"] > QWidget > QWidget { background: $panel; }

QTabWidget[plain="true"] > QStackedWidget, QTabWidget[plain="true"] > QStackedWidget > QWidget {
    background: $window; }

#banner { background: $panel; border: 1px solid $border; border-left: 4px solid $warn; border-radius: 5px; }
#banner[error="true"] { border-left-color: $error; }
#toast { background: $panel; border: 1px solid $ok; border-left: 5px solid $ok; border-radius: 6px; }
#toast[bad="true"] { border-color: $error; }
Chooser { background: $panel; border: 1px solid $border; }
Chooser QListWidget::item { padding: 4px 6px; border-radius: 5px; }
Chooser QListWidget::item:selected { background: $selection; color: $text; }

#curvePanel { background: $panel; border: 1px solid $border; border-radius: 6px; }
#curvePanel:focus { border-color: $accent; }
#curvePanel QLabel#note { background: $panel; }
#metricButton { background: transparent; color: $muted; border: none; border-bottom: 2px solid transparent;
    border-radius: 0; padding: 3px 6px; }
#metricButton:hover, #metricButton:focus { color: $text; background: $raised; }
#metricButton:checked { color: $text; border-bottom-color: $accent; }
#stepBadge { background: $accent; color: $accent_text; border-radius: 7px; padding: 1px 7px; }
#matrixTabs::tab { padding: 5px 8px; }
#compareEmpty { background: $panel; }
#curveValues { background: $raised; color: $text; border: 1px solid $border; border-radius: 4px;
    padding: 3px 6px; }

QListWidget[framed="true"] { border: 1px solid $border; border-radius: 5px; }
CostStrip { background: $panel; border-top: 1px solid $border; }
CostStrip QLabel { color: $muted; font-size: 11px; }
CostStrip QLabel[ahead="true"] { color: $accent; font-weight: 600; }
CostStrip QPushButton { padding: 1px 8px; min-height: 16px; font-size: 11px; }
Message { background: $panel; color: $text; border: 1px solid $border; border-radius: 8px;
    padding: 6px 12px; }
Message[warn="true"] { color: $error; border-color: $error; }
AddButtons QPushButton { background: $panel; color: $accent; border: 1px solid $accent; border-radius: 10px;
    padding: 2px 9px; font-weight: 600; font-size: 11px; min-height: 14px; }
AddButtons QPushButton:hover { background: $accent; color: $accent_text; }
EmptyHint { background: $panel; border: 1px solid $border; border-radius: 14px; }
EmptyHint QLabel { color: $muted; border: none; }
EmptyHint QLabel[title="true"] { color: $text; font-size: 19px; }
#preview { background: $panel; border: 1.5px solid $accent; border-radius: 12px; }
#preview QLabel { color: $text; border: none; background: transparent; }
#preview QLabel[title="true"] { font-size: 15px; }
#preview QLabel[what="true"], #preview QLabel[muted="true"] { color: $muted; }
EmptyHint QPushButton, #preview QPushButton { background: $raised; color: $text; border: 1px solid $border;
    border-radius: 8px; padding: 7px 16px; font-weight: 600; }
#preview QPushButton { padding: 5px 12px; }
EmptyHint QPushButton[main="true"], #preview QPushButton[main="true"] { background: $accent;
    color: $accent_text; border-color: $accent; }
EmptyHint QPushButton:focus, #preview QPushButton:focus { border: 2px solid $text; }
RenameField { background: $panel; color: $text; border: 2px solid $accent; border-radius: 5px;
    padding: 0 4px; font-weight: 600; }
RenameField[wrong="true"] { border-color: $error; }
NoteField { background: $panel; color: $text; border: 2px solid $accent; border-radius: 6px;
    padding: 2px 4px; }
#timeline { background: $panel; border-top: 1px solid $border; }
#timeline QLabel { color: $muted; }

PropertyPanel, PropertyPanel #rows { background: $panel; }
PropertyPanel QLineEdit[error="true"], PropertyPanel QComboBox[error="true"],
    PropertyPanel TextEditor[error="true"] { border-color: $error; }
PropertyPanel QToolButton[head="true"] { color: $text; font-weight: 600; padding: 6px 2px; text-align: left;
    background: transparent; border: 1px solid transparent; }
PropertyPanel QToolButton[head="true"]:hover, PropertyPanel QToolButton[head="true"]:focus {
    border-color: $border; }

#welcome { background: $panel; border: none; border-bottom: 1px solid $border; }
#welcome QLabel[number="true"] { background: $selection; color: $text; border-radius: 12px;
    font-weight: 600; }
""")


def stylesheet(theme: Theme) -> str:
    roles = {name: getattr(theme, name) for name in vars(theme) if isinstance(getattr(theme, name), str)}
    return _SHEET.substitute(roles, chevron=part("chevron", theme.dark), check=part("check", theme.dark))
