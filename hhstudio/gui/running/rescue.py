"""What the window says when numbers have gone wrong, and what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from hhstudio.core.history import History
from hhstudio.gui.banner import Banner, Button
from hhstudio.gui.running.steering import setting

if TYPE_CHECKING:
    from hhstudio.gui.studio import Studio

TOPIC = "diverged"
LESS = 10.0
"""By how much the learning rate is offered to be made smaller."""


class Rescue(QObject):
    """Keeps the banner of a diverged run up for as long as it waits for an answer."""

    def __init__(self, studio: Studio, banner: Banner) -> None:
        super().__init__(studio)
        self._studio, self._banner = studio, banner
        self._told = ""
        studio.run_changed.connect(self.refresh)
        studio.shown.connect(self.refresh)

    def refresh(self) -> None:
        history = self._studio.history
        found = history.diverged if history is not None and self._studio.paused else None
        if history is None or found is None:
            self._told = ""
            self._banner.clear(TOPIC)
        elif found.message != self._told:
            self._told = found.message
            text = f"Numbers went wrong. {_sentence(found.message)}"
            self._banner.say(TOPIC, "error", text, self._ways(history))

    def _ways(self, history: History) -> list[Button]:
        """A smaller rate first: the same steps at the same rate would come to the same end, unless the rate
        was changed after the checkpoint."""
        runs = self._studio.runs
        buttons: list[Button] = []
        if history.checkpoint is not None and history.spec is not None:
            step = history.checkpoint.step
            then = setting(history, "training.lr", history.spec.training.lr, step)
            now = setting(history, "training.lr", history.spec.training.lr)
            smaller = float(f"{then / LESS:.3g}")
            buttons = [
                (f"Back to step {step}, rate {smaller:g}", lambda: runs.go_back(smaller)),
                (f"Back, rate {then:g}", runs.go_back),
            ]
            if now != then:  # what was changed since is the likely cause
                buttons.reverse()
        return [*buttons, ("Stop", runs.stop)]


def _sentence(message: str) -> str:
    return message[:1].upper() + message[1:] + "."
