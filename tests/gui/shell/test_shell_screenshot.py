"""Pictures of the window for people without a screen."""

import pytest
from PySide6.QtGui import QImage

from hhstudio.core.errors import HHStudioError
from hhstudio.gui.screenshot import SIZES, render


def test_every_view_is_drawn_in_both_themes_and_sizes(finished_session, tmp_path, qtbot):
    files = render(finished_session, tmp_path / "pictures")
    names = {file.name for file in files}
    windows = {f"window-{t}-{s.width()}x{s.height()}.png" for t in ("light", "dark") for s in SIZES}
    views = {
        f"{v}-{t}.png"
        for v in ("canvas", "curves", "matrix", "filters", "sessions", "outline", "log")
        for t in ("light", "dark")
    }
    assert names == windows | views
    for file in files:
        image = QImage(str(file))
        assert not image.isNull()
        small = image.scaled(64, 64)
        assert len({small.pixel(x, y) for x in range(64) for y in range(64)}) > 8, f"{file.name} is blank"
    light, dark = (QImage(str(tmp_path / "pictures" / f"window-{t}-1280x800.png")) for t in ("light", "dark"))
    assert light.pixelColor(5, 5).lightness() > 200 > 60 > dark.pixelColor(5, 5).lightness()


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path, qtbot):
    (tmp_path / "file").write_text("")
    with pytest.raises(HHStudioError, match="cannot be made"):
        render(None, tmp_path / "file" / "below")
