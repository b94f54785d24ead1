"""Runs: start, continue, steer, end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hhstudio.gui.actions import Action
from hhstudio.gui.commands.words import RUNNING

if TYPE_CHECKING:
    from hhstudio.gui.main_window import MainWindow


def actions(window: MainWindow) -> list[Action]:
    studio, runs = window.studio, window.studio.runs

    def why_not() -> str:
        error = studio.first_error
        return RUNNING if studio.running else (error.message if error else "")

    busy = {
        "enabled_when": lambda: studio.running,
        "reason_when_disabled": lambda: "There is no run",
        "menu": "Run",
    }
    return [
        Action(
            "run.start", "Start", runs.start, "F5; Ctrl+Return", icon="start", menu="Run", group="start",
            tip="Train this tree into a new session", reason_when_disabled=why_not,
            enabled_when=lambda: not studio.running and studio.first_error is None,
        ),
        Action(
            "run.continue", "Continue", runs.resume_session, "Ctrl+F5", icon="continue",
            menu="Run", group="start", tip="Continue this session from its last checkpoint",
            enabled_when=lambda: runs.can_continue,
            reason_when_disabled=lambda: runs.read_only or "Open a session that was interrupted",
        ),
        Action(
            "run.pause", "Pause", runs.toggle_pause, "F6", icon="pause", group="steer",
            checked_when=lambda: studio.paused, tip="Pause or resume", **busy,
        ),
        Action(
            "run.stop", "Stop", runs.stop, "Shift+F5", icon="stop", group="steer",
            tip="Save a checkpoint and stop", **busy,
        ),
        Action(
            "run.checkpoint", "Checkpoint now", runs.checkpoint, "Ctrl+K", icon="checkpoint", group="steer",
            tip="Save a checkpoint and go on", **busy,
        ),
    ]  # fmt: skip
