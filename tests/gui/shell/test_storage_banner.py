"""A run that meets a full disk says so in the window, and goes on from there."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from shell_helpers import PATIENCE
from small_disks import fill_up, small_disk
from small_specs import tiny


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
