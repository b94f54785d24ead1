"""Errors that a user can do something about. Their text is one line that says what and where.

The command line prints the text and exits with ``exit_status``; the window shows it in a dialog.
Anything else that is raised is a defect of ours.
"""

from __future__ import annotations

from typing import Any

import msgspec

NOT_DECODED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises on bytes that are not what they claim to be, or nested beyond reason."""


_LONGEST = 2000
"""Characters of a message at most."""


class HHStudioError(Exception):
    """Base of all errors that reach a user as a message rather than a traceback. What a text quotes may come
    from any file: whatever stands in it, it is one line, of bounded length, without control characters."""

    exit_status = 2

    def __str__(self) -> str:
        text = super().__str__()
        if len(text) > _LONGEST:
            text = f"{text[:_LONGEST]} …"
        return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


class SpecError(HHStudioError):
    """A spec or a topology that cannot be used, with the field or node at fault."""


class DataError(HHStudioError):
    """Data that are missing, damaged, or not what was asked for."""


class SessionError(HHStudioError):
    """A session file that cannot be opened, with what it is instead and what to do."""


class DamagedError(SessionError):
    """Something in a session file is broken, rather than foreign: recovery may save the rest. ``advice``: the
    command that does it, at the end of the text."""

    def __init__(self, damage: str, advice: str = "") -> None:
        super().__init__(f"{damage}; {advice}" if advice else damage)
        self._damage = damage

    @property
    def without_advice(self) -> DamagedError:
        """For a window, which offers what to do itself."""
        return DamagedError(self._damage)


class ExportError(HHStudioError):
    """What was asked for is not in the session, or cannot be written that way."""


class DeviceError(HHStudioError):
    """A device that this machine does not have."""


class TrainingError(HHStudioError):
    """A run that failed while running; the text says what was kept."""

    exit_status = 1


class DivergedError(TrainingError):
    """Numbers of a run are not finite, or have exploded. ``event``: the ``core.events.Diverged`` that says
    where it began."""

    def __init__(self, event: Any) -> None:
        super().__init__(event.message)
        self.event = event


class StorageError(TrainingError):
    """The disk does not take what a run records. Nothing is lost yet: it can be tried again. ``problem``:
    which file, and why; ``kept``: what became of what was recorded, at the end of the text."""

    def __init__(self, problem: str, kept: str = "") -> None:
        super().__init__(f"{problem}; {kept}" if kept else problem)
        self.problem = " ".join(problem.split())


class WriteError(HHStudioError):
    """A file that could not be written; the text says why, and what was kept. A full disk (``full``) is a
    failure while running, anything else a place that should not have been named."""

    def __init__(self, text: str, full: bool = False) -> None:
        super().__init__(text)
        self.exit_status = 1 if full else 2
