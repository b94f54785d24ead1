"""Step timing: some steps of a spec tried in a process of their own, for the cost line."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from hhstudio.core.spec.spec import Spec
from hhstudio.gui.state.background import BackgroundJobs
from hhstudio.gui.views.tree.canvas.cost_strip import Measured
from hhstudio.service.run.calibration import calibrate

if TYPE_CHECKING:
    from hhstudio.gui.state.workspace import Workspace


class StepTimer:
    """Takes some seconds on a thread of its own; :meth:`close` gives up."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._jobs = BackgroundJobs(workspace)
        self._cancelled = threading.Event()

    def __call__(
        self, spec: Spec, done: Callable[[Measured], object], failed: Callable[[Exception], object]
    ) -> None:
        workspace = self._workspace
        data, trust = workspace.preferences.data_folder, workspace.trust.unverified_data
        imports = workspace.trust.imports

        def work() -> Measured:
            return calibrate(
                spec, data, allow_unverified=trust, allow_imports=imports, cancelled=self._cancelled
            )

        self._jobs.submit(work, done, failed)

    def close(self) -> None:
        """Nobody waits any more."""
        self._cancelled.set()
        self._jobs.close()
