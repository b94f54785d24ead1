"""Pictures of the window for people without a screen."""

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from hhstudio.core.errors import HHStudioError
from hhstudio.gui.screenshot import SIZES, Wanted, render


def test_window_and_views_are_drawn_in_both_themes_and_sizes(finished_session, tmp_path, qtbot):
    only = ("window", "canvas", "curves", "matrix", "filters", "distances")
    files = render(finished_session, tmp_path / "pictures", Wanted(only))
    names = {file.name for file in files}
    windows = {f"window-{t}-{s.width()}x{s.height()}.png" for t in ("light", "dark") for s in SIZES}
    views = {f"{v}-{t}.png" for v in only[1:] for t in ("light", "dark")}
    assert names == windows | views
    for file in files:
        image = QImage(str(file))
        assert not image.isNull()
        small = image.scaled(64, 64)
        assert len({small.pixel(x, y) for x in range(64) for y in range(64)}) > 8, f"{file.name} is blank"
    light, dark = (QImage(str(tmp_path / "pictures" / f"window-{t}-1280x800.png")) for t in ("light", "dark"))
    assert light.pixelColor(5, 5).lightness() > 200 > 60 > dark.pixelColor(5, 5).lightness()


def test_a_view_is_drawn_with_its_answers_at_the_size_that_is_asked_for(finished_session, tmp_path, qtbot):
    early = QImage(str(render(None, tmp_path / "early", Wanted(("distances",), size=QSize(640, 480)))[0]))
    asked = QImage(str(render(finished_session, tmp_path, Wanted(("distances",), size=QSize(640, 480)))[0]))
    assert early.size() == asked.size() == QSize(640, 480)
    assert len({asked.pixel(x, y) for x in range(640) for y in range(480)}) > len(
        {early.pixel(x, y) for x in range(640) for y in range(480)}
    )


def test_what_is_not_there_is_a_sentence_that_names_what_is(tmp_path, qtbot):
    with pytest.raises(HHStudioError, match=r"nothing is called 'filter'; there are window, .*filters"):
        render(None, tmp_path, Wanted(("filter",)))


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path, qtbot):
    (tmp_path / "file").write_text("")
    with pytest.raises(HHStudioError, match="cannot be made"):
        render(None, tmp_path / "file" / "below")
