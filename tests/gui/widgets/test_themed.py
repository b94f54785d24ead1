"""Themes reach widgets by Qt's palette, and nobody else has to tell them."""

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel, QWidget

from hhstudio.gui.widgets.theme import DARK, LIGHT, current_theme
from hhstudio.gui.widgets.themed import Themed, set_style_property


class Sign(Themed, QWidget):
    """Keeps the name of the theme that it wears."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self.worn = []
        self.follow_theme()

    def recolour(self):
        self.worn.append(current_theme().name)


def test_a_widget_recolours_once_for_every_other_theme(qtbot, wear):
    window = QWidget()
    qtbot.addWidget(window)
    sign = Sign(window)
    window.show()
    wear(DARK)
    wear(DARK)
    wear(LIGHT)
    assert sign.worn == ["light", "dark", "light"]


def test_a_widget_that_was_not_shown_catches_up(qtbot, wear):
    sign = Sign()
    qtbot.addWidget(sign)
    wear(DARK)
    sign.show()
    assert sign.worn == ["light", "dark"]


def test_a_palette_of_its_own_is_no_other_theme(qtbot, wear):
    sign = Sign()
    qtbot.addWidget(sign)
    sign.setPalette(QPalette("red"))
    assert sign.worn == ["light"]


def test_the_style_sheet_looks_again_when_a_property_changes(qtbot, wear):
    label = QLabel("x")
    qtbot.addWidget(label)
    label.show()
    for theme in (DARK, LIGHT):
        wear(theme)
        set_style_property(label, "error", True)
        assert label.palette().windowText().color().name() == theme.error
        set_style_property(label, "error", False)
        assert label.palette().windowText().color().name() == theme.text
