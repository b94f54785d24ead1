"""Pictures of the window for people without a screen."""

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from scenes.rendering import listing as scene_listing
from scenes.rendering import render_scenes

from hhstudio.core.errors import HHStudioError
from hhstudio.gui.screenshots import SIZES, ScreenshotRequest, listing, render


def colors(image, width=64, height=64):
    return {image.pixel(x * image.width() // width, y * image.height() // height)
            for x in range(width) for y in range(height)}  # fmt: skip


def test_window_and_views_are_drawn_in_both_themes_and_sizes(finished_session, tmp_path, qtbot):
    only = ("window", "canvas", "curves", "matrix")
    files = render(tmp_path / "pictures", ScreenshotRequest(only, session=finished_session))
    names = {file.name for file in files}
    windows = {f"window-{t}-{s.width()}x{s.height()}.png" for t in ("light", "dark") for s in SIZES}
    views = {f"{v}-{t}.png" for v in only[1:] for t in ("light", "dark")}
    assert names == windows | views
    for file in files:
        assert len(colors(QImage(str(file)))) > 8, f"{file.name} is blank"
    light, dark = (QImage(str(tmp_path / "pictures" / f"window-{t}-1280x800.png")) for t in ("light", "dark"))
    assert light.pixelColor(5, 5).lightness() > 200 > 60 > dark.pixelColor(5, 5).lightness()


def test_a_view_is_drawn_with_its_answers_at_the_sizes_that_are_asked_for(finished_session, tmp_path, qtbot):
    size = QSize(640, 480)
    early = ScreenshotRequest(("distances",), sizes=(size,), theme="dark")
    asked = ScreenshotRequest(
        ("distances",), session=finished_session, sizes=(size, QSize(400, 400)), theme="dark"
    )
    before = [QImage(str(file)) for file in render(tmp_path / "early", early)]
    files = render(tmp_path, asked)
    assert [file.name for file in files] == ["distances-dark-640x480.png", "distances-dark-400x400.png"]
    after = [QImage(str(file)) for file in files]
    assert [image.size() for image in (*before, *after)] == [size, size, QSize(400, 400)]
    assert len(colors(after[0], 640, 480)) > len(colors(before[0], 640, 480))


def test_scenes_are_chosen_by_pattern_and_what_one_lacks_is_said(tmp_path, qtbot):
    said = []
    wanted = ScreenshotRequest(("canvas-e*", "chains"), sizes=(QSize(1000, 700),), theme="light")
    files = render_scenes(tmp_path, wanted, said.append)
    assert [file.name for file in files] == ["canvas-empty-light.png", "canvas-errors-light.png"]
    assert said == ["chains is left out: it needs a session (S.h5) and another session (--beside T.h5)"]
    empty, errors = (QImage(str(file)) for file in files)
    assert empty.size() == errors.size() == QSize(1000, 700)
    red = sum(
        c.red() > 150 > 100 > c.green() for c in map(errors.pixelColor, *zip(*grid(errors), strict=True))
    )
    assert red > 20  # the badge of what cannot be trained


def grid(image, step=2):
    return [(x, y) for x in range(0, image.width(), step) for y in range(0, image.height(), step)]


def test_every_picture_has_a_name_of_its_own_and_a_sentence():
    pictures = [*listing(), *scene_listing()]
    names = [name for name, _ in pictures]
    assert len(names) == len(set(names))
    assert all(len(shows.split()) > 1 for _, shows in pictures)


def test_what_is_not_there_is_a_sentence_that_names_what_is(tmp_path, qtbot):
    with pytest.raises(HHStudioError, match=r"nothing is called 'filter'; there are window, .*filters"):
        render(tmp_path, ScreenshotRequest(("filter",)))


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path, qtbot):
    (tmp_path / "file").write_text("")
    with pytest.raises(HHStudioError, match="cannot be made"):
        render(tmp_path / "file" / "below", ScreenshotRequest())
