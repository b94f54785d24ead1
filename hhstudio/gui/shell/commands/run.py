"""Commands of the menu Run: start, continue, steer, end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hhstudio.gui.shell.commands.reasons import RUNNING
from hhstudio.gui.state.actions import Action

if TYPE_CHECKING:
    from hhstudio.gui.shell.context import AppContext


def actions(context: AppContext) -> list[Action]:
    workspace, runs = context.workspace, context.workspace.runs

    def why_not() -> str:
        error = workspace.first_error
        return RUNNING if workspace.running else (error.message if error else "")

    busy: dict[str, Any] = {
        "enabled_when": lambda: workspace.running,
        "reason_when_disabled": lambda: "There is no run",
        "menu": "Run",
    }
    return [
        Action(
            "run.start", "Start", runs.start, "F5; Ctrl+Return", icon="start", menu="Run", group="start",
            tip="Train this tree into a new session", reason_when_disabled=why_not,
            enabled_when=lambda: not workspace.running and workspace.first_error is None,
        ),
        Action(
            "run.options", "Run with options …", context.run_coordinator.prepare, "Ctrl+Shift+Return",
            icon="settings", menu="Run", group="start",
            tip="What it takes and what is in its way; baselines, early stopping, queue",
        ),
        Action(
            "run.continue", "Continue", workspace.resume_session, "Ctrl+F5", icon="continue",
            menu="Run", group="start", tip="Continue this session from its last checkpoint",
            enabled_when=lambda: workspace.can_continue,
            reason_when_disabled=lambda: workspace.read_only or "Open a session that was interrupted",
        ),
        Action(
            "run.pause", "Pause", runs.toggle_pause, "F6", icon="pause", group="steer",
            checked_when=lambda: workspace.paused, tip="Pause or resume", **busy,
        ),
        Action(
            "run.stop", "Stop", runs.stop, "Shift+F5", icon="stop", group="steer",
            tip="Save a checkpoint and stop", **busy,
        ),
        Action(
            "run.checkpoint", "Checkpoint now", runs.checkpoint, "Ctrl+K", icon="checkpoint", group="steer",
            tip="Save a checkpoint and go on", **busy,
        ),
        Action(
            "run.back", "Go back to the checkpoint", runs.go_back, group="steer",
            tip="Go on from the last checkpoint, as if what came after it had not been",
            **(busy | {
                "enabled_when": lambda: workspace.running and workspace.history is not None
                and workspace.history.checkpoint is not None,
                "reason_when_disabled": lambda: "There is no run with a checkpoint",
            }),
        ),
        Action(
            "run.notify", "Notify when a run ends", context.run_coordinator.toggle_notify,
            menu="Run", group="telling",
            checked_when=lambda: workspace.preferences.notify,
            tip="By the system, while another window is in front; without a sound",
        ),
    ]  # fmt: skip
