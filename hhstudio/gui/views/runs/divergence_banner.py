"""Divergence banner: what can be done when the numbers of a run have gone wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from hhstudio.core.run.events import TERMINAL
from hhstudio.core.run.history import History
from hhstudio.gui.forms.live_settings import setting_at
from hhstudio.gui.widgets.banner import Banner, Button

if TYPE_CHECKING:
    from hhstudio.gui.state.workspace import Workspace

TOPIC = "diverged"
LESS = 10.0
"""By how much the learning rate is offered to be made smaller."""


class DivergenceBanner(QObject):
    """Keeps the banner up while a diverged run waits for an answer, and over a session that ended so."""

    def __init__(self, workspace: Workspace, banner: Banner) -> None:
        super().__init__(banner)
        self._workspace, self._banner = workspace, banner
        self._said: object = None
        workspace.run_changed.connect(self.refresh)
        workspace.shown.connect(self.refresh)

    def refresh(self) -> None:
        workspace, history = self._workspace, self._workspace.history
        diverged = history.diverged if history is not None else None
        over = history is not None and not workspace.running and history.state in TERMINAL
        if history is None or diverged is None or not (workspace.paused or over):
            self._said = None
            self._banner.clear(TOPIC)
            return
        about = (id(history), diverged.message, over, workspace.can_continue)
        if about != self._said:
            self._said = about
            text = f"Numbers went wrong. {_sentence(diverged.message)}"
            self._banner.say(TOPIC, "error", text, self._ways_on(history) if over else self._ways(history))

    def _ways(self, history: History) -> list[Button]:
        """A smaller rate first: the same steps at the same rate would come to the same end, unless the rate
        was changed after the checkpoint."""
        runs = self._workspace.runs
        buttons: list[Button] = []
        if history.checkpoint is not None and history.spec is not None:
            then, now, smaller = _rates(history)
            buttons = [
                (f"Back to step {history.checkpoint.step}, rate {smaller:g}", lambda: runs.go_back(smaller)),
                (f"Back, rate {then:g}", runs.go_back),
            ]
            if now != then:  # what was changed since is the likely cause
                buttons.reverse()
        return [*buttons, ("Stop", runs.stop)]

    def _ways_on(self, history: History) -> list[Button]:
        """The same for a run that has ended."""
        workspace = self._workspace
        if not workspace.can_continue or history.checkpoint is None or history.spec is None:
            return []
        then, now, smaller = _rates(history)
        buttons: list[Button] = [
            (
                f"Continue from step {history.checkpoint.step}, rate {smaller:g}",
                lambda: workspace.resume_session(smaller),
            ),
            (f"Continue, rate {then:g}", workspace.resume_session),
        ]
        return buttons[::-1] if now != then else buttons


def _rates(history: History) -> tuple[float, float, float]:
    """The learning rate at the last checkpoint, the last one, and a smaller one than at the checkpoint."""
    assert history.checkpoint is not None
    assert history.spec is not None
    now, then = (
        setting_at(history, "training.lr"),
        setting_at(history, "training.lr", history.checkpoint.step),
    )
    assert then is not None
    assert now is not None
    return then, now, float(f"{then / LESS:.3g}")


def _sentence(message: str) -> str:
    return message[:1].upper() + message[1:] + "."
