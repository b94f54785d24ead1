"""A run that meets a full disk, or whose folder is gone, says so in the window, and goes on from there."""

import shutil

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from shell_helpers import PATIENCE
from small_disks import fill_up, small_disk
from small_specs import tiny

from hhstudio.store.session.session import open as open_session


def test_a_full_disk_is_told_with_what_to_do_and_the_run_goes_on(window, qtbot, tmp_path):
    with small_disk(tmp_path / "disk", "3m") as disk:
        window.workspace.preferences.sessions_folder = disk
        window.workspace.document.reset(tiny(1500))
        window.workspace.runs.start()
        banner = window.run_bar.banner
        qtbot.waitUntil(lambda: window.workspace.history.checkpoint is not None, timeout=PATIENCE)
        filler = fill_up(disk, 4096)
        qtbot.waitUntil(lambda: banner.topic == "storage", timeout=PATIENCE)
        assert banner.isVisible()
        assert "the disk is full" in banner.text.text()
        assert "free some space" in banner.text.text()
        filler.unlink()
        QTest.mouseClick(banner.buttons[0], Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: banner.isHidden(), timeout=PATIENCE)
        window.workspace.runs.stop()
        qtbot.waitUntil(lambda: not window.workspace.running, timeout=PATIENCE)
        assert window.workspace.history.end.state in ("stopped", "finished")
        window.workspace.new()
        window.panels["sessions"].set_folder(tmp_path)


def test_a_run_whose_folder_is_gone_goes_on_in_a_place_that_the_user_chooses(window, qtbot, tmp_path):
    workspace, banner = window.workspace, window.run_bar.banner
    folder = tmp_path / "gone"
    folder.mkdir()
    workspace.document.reset(tiny(1_000_000))
    workspace.runs.start(folder / "s.h5")
    qtbot.waitUntil(lambda: workspace.history.checkpoint is not None, timeout=PATIENCE)
    shutil.rmtree(folder)
    qtbot.waitUntil(lambda: banner.topic == "storage", timeout=PATIENCE)
    assert "is gone" in banner.text.text()
    assert [button.text() for button in banner.buttons] == ["Try again now", "Choose another place …"]
    dialog = window.run_coordinator.choose_place()
    dialog.fileSelected.emit(str(tmp_path / "elsewhere.h5"))
    dialog.reject()
    qtbot.waitUntil(lambda: banner.isHidden(), timeout=PATIENCE)
    assert workspace.session_path == tmp_path / "elsewhere.h5"
    workspace.runs.stop()
    qtbot.waitUntil(lambda: not workspace.running, timeout=PATIENCE)
    assert workspace.history.end.state == "stopped"
    assert workspace.session_path == tmp_path / "elsewhere.h5"
    qtbot.waitUntil(lambda: workspace.source is not None, timeout=PATIENCE)
    with open_session(tmp_path / "elsewhere.h5") as session:
        assert session.history.series["P1", 0, "loss"].steps[0] == 1
        assert session.trainer_state() is not None
    workspace.new()
