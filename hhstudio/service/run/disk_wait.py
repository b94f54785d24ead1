"""Disk wait: a run holds its steps while it cannot be recorded, and goes on when it can, there or elsewhere.

A full disk, a folder that may not be written, files that were taken away: all are one state, *cannot write*.
What was recorded is in memory, and in the files that are held open, until then.
"""

from __future__ import annotations

import math
import queue
import time
from pathlib import Path

from hhstudio.core import session_names
from hhstudio.core.errors import HHStudioError, StorageError
from hhstudio.core.formatting import rough_duration
from hhstudio.core.run import events
from hhstudio.service.run import protocol
from hhstudio.service.run.protocol import Command
from hhstudio.service.run.recorder import Recorder

RETRY = 2.0
"""Seconds between two looks whether it can be written."""


class DiskWait:
    """Waits for a disk, for the user to name another place, or for the time when nobody does.

    Parameters
    ----------
    recorder
        What the run is recorded by.
    commands
        Where the user's orders arrive. Those that have to wait stay in the queue.
    fallback
        The folder where a run goes on that cannot be recorded where it was asked for.
    patience
        Seconds until then, None where somebody is there to decide.

    Attributes
    ----------
    moved
        Why the run is recorded in the fallback folder, "" while it is not.
    """

    def __init__(
        self,
        recorder: Recorder,
        commands: queue.SimpleQueue[Command],
        fallback: Path,
        patience: float | None,
    ) -> None:
        self._recorder, self._commands = recorder, commands
        self._fallback, self._patience = fallback, patience
        self._in_vain = ""
        self.moved = ""

    def until_written(self, error: StorageError) -> bool:
        """Wait until what the disk refused is recorded: tried now and then, and when the user asks to go on.
        False when a stop was asked for instead.

        What is said meanwhile is emitted only: it cannot be recorded just now.
        """
        put_aside: list[Command] = []
        patience = math.inf if self._patience is None else self._patience
        due = time.monotonic() + patience
        self._in_vain = ""
        self._say(error)
        try:
            while True:
                command = self._next_order(put_aside, due)
                if isinstance(command, protocol.Stop):
                    put_aside.append(command)  # whoever asked is answered where commands are obeyed
                    return False
                if isinstance(command, protocol.MoveTo) and self._move_to(Path(command.out), error):
                    return True
                try:
                    self._recorder.try_to_flush()
                    return True
                except StorageError as again:
                    if str(again) != str(error):
                        error = again
                        self._say(error)
                if time.monotonic() >= due:
                    if self.move_to_fallback(error):
                        return True
                    due = time.monotonic() + max(RETRY, patience)
        finally:
            for command in put_aside:
                self._commands.put(command)

    def move_to_fallback(self, error: StorageError) -> bool:
        """Go on in the fallback folder; whether that was possible."""
        try:
            self._fallback.mkdir(parents=True, exist_ok=True)
            path = session_names.unused_path(self._fallback, self._recorder.out.stem)
        except (OSError, HHStudioError) as refusal:
            self._refused(f"{self._fallback}: {refusal}", error)
            return False
        asked = self._recorder.out
        if not self._move_to(path, error):
            return False
        if path != asked:
            self.moved = error.problem
        return True

    def _move_to(self, path: Path, error: StorageError) -> bool:
        try:
            missing = self._recorder.move_to(path)
        except HHStudioError as refusal:
            self._refused(str(refusal), error)
            return False
        self._recorder.emit(events.Moved(out=str(path), reason=error.problem))
        self._recorder.log("warning", f"goes on in {path}: {error.problem}")
        if missing:
            self._recorder.log("warning", missing)
        return True

    def _refused(self, reason: str, error: StorageError) -> None:
        """Another place could not be written either; said once."""
        before, self._in_vain = self._in_vain, f"; elsewhere neither ({reason})"
        if self._in_vain != before:
            self._say(error)

    def _say(self, error: StorageError) -> None:
        what = f"{' '.join(str(error).split())}{self._in_vain}"
        detail = f"{what}; free some space, or have the folder back and writable, and it goes on by itself"
        if self._patience is not None:
            detail += f", or in {self._fallback} after {rough_duration(self._patience)}"
        recorder = self._recorder
        recorder.emit(events.Log(time=time.time(), level="error", message=f"waiting: {detail}"))
        recorder.emit(
            events.StateChanged(state="paused", detail=detail, seconds=recorder.seconds, blocked=True)
        )

    def _next_order(self, put_aside: list[Command], latest: float) -> Command | None:
        """Wait for the next attempt; the order that it is to follow, None where that is just to try."""
        due = min(time.monotonic() + RETRY, latest)
        while (left := due - time.monotonic()) > 0:
            try:
                command = self._commands.get(timeout=left)
            except queue.Empty:
                return None
            if isinstance(command, (protocol.Stop, protocol.Resume, protocol.MoveTo)):
                return command
            put_aside.append(command)
        return None
