"""Experiment context: the folder, sessions and measurements of one experiment.

Whatever is finished is kept and found again, so an interrupted experiment goes on where it was: sessions
by their file (a half-finished one resumes from its checkpoint), measurements by their key.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from msgspec.structs import replace

from hhstudio.core.atomic_write import write_file
from hhstudio.core.errors import SessionError, TrainingError
from hhstudio.core.ordinary_files import read_text
from hhstudio.core.run.events import Diverged, Event
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import Spec
from hhstudio.service.api import run
from hhstudio.store.session.session import Session
from hhstudio.store.session.session import open as open_session

_DIVERGED = "diverged at step: "
"""Beside the measurements, which runs are over though they did not finish."""

ScaleName = Literal["smoke", "cpu", "full"]


@dataclass
class Context:
    """``out``: the experiment's folder; ``say``: takes one line of progress."""

    scale: ScaleName
    seeds: int
    out: Path
    data: Path | None
    device: str
    allow_unverified: bool
    say: Callable[[str], None]

    def session(self, name: str, spec: Spec, may_diverge: bool = False) -> Session:
        """The finished session of that spec: found, resumed or run now. The caller closes it.

        ``may_diverge``: a run whose numbers ceased to be finite is a result too, and given as it ended.
        Raises :class:`TrainingError` when the run does not finish.
        """
        path = self.out / f"{name}.h5"
        spec = replace(spec, name=name)
        if path.exists():
            session = open_session(path)
            if specs.encode(session.spec) != specs.encode(spec):
                session.close()
                raise SessionError(
                    f"{path}: holds a run with other settings; move it away, or choose another --out"
                )
            if session.state == "finished":
                self.say(f"{name}: found, finished")
                return session
            if may_diverge and session.state == "failed" and _DIVERGED + name in self._known():
                self.say(f"{name}: found, diverged")
                return session
            session.close()
            self.say(f"{name}: going on from the last checkpoint")
            self._run(name, path, path, may_diverge)
        else:
            self.say(f"{name}: training")
            self._run(name, spec, path, may_diverge)
        return open_session(path)

    def measured(self, key: str, measure: Callable[[], Any]) -> Any:
        """The JSON value measured under ``key``: found, or measured now and kept."""
        measurements = self._known()
        if key not in measurements:
            self.say(f"{key}: measuring")
            measurements[key] = measure()
            self._keep(measurements)
        return measurements[key]

    def _known(self) -> dict[str, Any]:
        path = self.out / "measurements.json"
        return json.loads(read_text(path)) if path.exists() else {}

    def _keep(self, measurements: dict[str, Any]) -> None:
        write_file(self.out / "measurements.json", json.dumps(measurements, indent=1).encode())

    def _run(self, name: str, spec: Spec | Path, path: Path, may_diverge: bool) -> None:
        at: list[int] = []

        def look(event: Event) -> None:
            if isinstance(event, Diverged):
                at.append(event.step)

        end = run(
            spec, path, look, data=self.data, device=self.device, allow_unverified=self.allow_unverified
        )
        if end.state != "finished" and not (may_diverge and at):
            raise TrainingError(f"{path}: {end.message or end.state}")
        if end.state == "finished" and end.message:  # it is not where it was asked for
            raise TrainingError(f"{path}: {end.message}")
        if at:
            self._keep(self._known() | {_DIVERGED + name: at[0]})
