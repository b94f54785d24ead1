"""Errors that a user can do something about. Their text is one line that says what and where.

The command line prints the text and exits with ``exit_status``; the window shows it in a dialog.
Anything else that is raised is a defect of ours.
"""

from __future__ import annotations


class HHStudioError(Exception):
    """Base of all errors that reach a user as a message rather than a traceback."""

    exit_status = 2


class SpecError(HHStudioError):
    """A spec or a topology that cannot be used, with the field or node at fault."""


class DataError(HHStudioError):
    """Data that are missing, damaged, or not what was asked for."""


class SessionError(HHStudioError):
    """A session file that cannot be opened, with what it is instead and what to do."""


class DeviceError(HHStudioError):
    """A device that this machine does not have."""


class TrainingError(HHStudioError):
    """A run that failed while running; the text says what was kept."""

    exit_status = 1
