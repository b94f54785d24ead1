"""Run notices: what the banner says of the session that is shown and of its run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from hhstudio.core.run.events import Finished, Resumed
from hhstudio.gui.widgets.banner import Banner, Button

if TYPE_CHECKING:
    from hhstudio.gui.state.workspace import Workspace

_RUN, _READ_ONLY, _STORAGE, _EXACT = "run", "read-only", "storage", "exact"


class RunNotices(QObject):
    """Failed, read-only, held up by the disk, resumed otherwise than it began. ``log_requested``: the user
    wants to see what happened; ``place_requested``: to choose where the run goes on."""

    log_requested = Signal()
    place_requested = Signal()

    def __init__(self, workspace: Workspace, banner: Banner) -> None:
        super().__init__(banner)
        self._workspace, self._banner = workspace, banner
        self._inexact: Resumed | None = None
        workspace.shown.connect(self._session_shown)
        workspace.run_changed.connect(self._run_changed)
        workspace.run_failed.connect(self._run_failed)
        self._session_shown()

    def _run_changed(self) -> None:
        if self._workspace.running:
            self._banner.clear(_RUN)
            self._say_if_inexact()
        self._say_if_waiting()

    def _run_failed(self, end: Finished) -> None:
        workspace, history = self._workspace, self._workspace.history
        if history is not None and history.diverged is not None:
            return  # what is said of that says more
        text = end.message[:1].upper() + end.message[1:]
        buttons: list[Button] = [("Show the log", self.log_requested.emit)]
        if workspace.can_continue:
            buttons.insert(0, ("Continue from the last checkpoint", workspace.resume_session))
        self._banner.say(_RUN, "error", text, buttons)

    def _session_shown(self) -> None:
        """A session that was opened and had been interrupted says so."""
        history = self._workspace.history
        self._banner.clear(_RUN)
        self._banner.clear(_READ_ONLY)
        if self._say_if_read_only() or self._workspace.running:
            return
        if history is not None and history.end is not None and history.end.state == "failed":
            self._run_failed(history.end)

    def _say_if_read_only(self) -> bool:
        """A session that can be looked at only says why. Whether it said so."""
        source, why = self._workspace.source, self._workspace.read_only
        if not why or source is None or (source.state == "finished" and not source.live):
            return False
        path = source.path
        text = f"Read-only: {why}."
        again: list[Button] = [("Look again", lambda: self._workspace.open(path))] if source.live else []
        later = " What it records from now on shows when you look again." if source.live else ""
        self._banner.say(_READ_ONLY, "warning", f"{text}{later}", again)
        return True

    def _say_if_waiting(self) -> None:
        """A run that the disk holds up says so until it goes on."""
        workspace, history = self._workspace, self._workspace.history
        if history is not None and workspace.paused and history.blocked:
            ways_out: list[Button] = [
                ("Try again now", workspace.runs.unpause),
                ("Choose another place …", self.place_requested.emit),
            ]
            self._banner.say(_STORAGE, "error", f"The run waits: {history.state_detail}.", ways_out)
        else:
            self._banner.clear(_STORAGE)

    def _say_if_inexact(self) -> None:
        """A run that goes on otherwise than it began says so, once."""
        history = self._workspace.history
        resumed = history.resumed[-1] if history is not None and history.resumed else None
        if resumed is None or resumed.exact or resumed is self._inexact:
            return
        self._inexact = resumed
        why = "; ".join(resumed.differs)
        text = f"The run goes on, but not bit for bit as it would have without the break: {why}."
        self._banner.say(_EXACT, "warning", text)
