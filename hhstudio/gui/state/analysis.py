"""Analysis of the session that is shown: questions and their answers, in the window's thread.

One helper process answers all views of a window; it is started by the first question and let go with the
session. Torch is imported there, never here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from shiboken6 import isValid

from hhstudio.core.analysis.questions import Question
from hhstudio.service.analysis.client import AnalysisClient
from hhstudio.service.analysis.protocol import Reply

if TYPE_CHECKING:
    from hhstudio.gui.state.weights_source import WeightsSource
    from hhstudio.gui.state.workspace import Workspace

Receive = Callable[[Reply], object]


class Analysis(QObject):
    """``changed``: another session is shown, or it has newer weights: ask again. ``busy_changed``: a
    question is under way, or no longer."""

    changed = Signal()
    busy_changed = Signal(bool)
    _replied = Signal(object, object, object)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._client: AnalysisClient | None = None
        self._path: Path | None = None
        self._agreed: frozenset[str] = frozenset()
        self._replied.connect(self._receive)
        workspace.source_changed.connect(self._source_changed)

    @property
    def available(self) -> bool:
        """Whether there is a session with weights to ask about."""
        return self._workspace.source is not None and self._workspace.session_path is not None

    @property
    def path(self) -> Path | None:
        """The session file that is shown."""
        return self._workspace.session_path

    @property
    def source(self) -> WeightsSource | None:
        """The session file that is shown, for what needs no computing."""
        return self._workspace.source

    @property
    def busy(self) -> bool:
        return self._client is not None and self._client.busy

    def ask(self, question: Question, receive: Receive, key: str | None = None) -> None:
        """Have ``receive`` called with a :class:`Reply`, later, in this thread. A newer question under the
        same ``key`` replaces one that waits; what is answered after another session was opened is dropped.
        """
        if not self.available:
            return
        client = self._client_for(self._workspace.session_path)
        client.ask(question, lambda reply: self._replied.emit(client, receive, reply), key)
        self.busy_changed.emit(True)

    def another(self, session: Path) -> AnalysisClient:
        """A helper for a session beside the one that is shown; whoever asked for it closes it."""
        workspace = self._workspace
        return AnalysisClient(
            session,
            data=workspace.preferences.data_folder,
            allow_unverified=workspace.trust.unverified_data,
            allow_import=workspace.trust.imports,
        )

    def forget(self, key: str) -> None:
        """The view that asked under this key does not want to know any more."""
        if self._client is not None:
            self._client.forget(key)

    def close(self) -> None:
        """End the helper process, and wait for that."""
        if self._client is not None:
            self._client.close(wait=5.0)
            self._client = None

    @Slot(object, object, object)
    def _receive(self, client: AnalysisClient, receive: Receive, reply: Reply) -> None:
        if client is not self._client:
            return
        self.busy_changed.emit(client.busy)
        owner = getattr(receive, "__self__", None)
        if isinstance(owner, QObject) and not isValid(owner):
            return  # the view that asked is gone
        receive(reply)

    def _source_changed(self) -> None:
        if self._workspace.session_path != self._path:
            self.close()
        self.changed.emit()

    def _client_for(self, path: Path | None) -> AnalysisClient:
        assert path is not None
        agreed = frozenset(self._workspace.trust.imports)
        if agreed != self._agreed:
            self.close()  # it was started without what was agreed to since
        if self._client is None:
            self._client, self._path, self._agreed = self.another(path), path, agreed
        return self._client
