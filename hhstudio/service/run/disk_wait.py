"""Disk wait: a run holds its steps while the disk takes nothing, and goes on when there is room again."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable

from hhstudio.core.errors import StorageError
from hhstudio.core.run import events
from hhstudio.core.run.events import Event
from hhstudio.service.run import protocol
from hhstudio.service.run.protocol import Command

RETRY = 2.0
"""Seconds between two looks whether there is room."""


def wait_for_room(
    write: Callable[[], object],
    error: StorageError,
    commands: queue.SimpleQueue[Command],
    emit: Callable[[Event], None],
    seconds: Callable[[], float],
) -> bool:
    """Wait until ``write`` does not raise StorageError any more: tried now and then, and when the user asks
    to go on. Commands other than Stop and Resume stay in the queue for later.

    Parameters
    ----------
    write
        What the disk did not take.
    error
        What it raised.
    commands
        Where the user's orders arrive.
    emit
        What is said meanwhile is emitted only: there is no room for it in the session.
    seconds
        Of the run so far.

    Returns
    -------
    bool
        False when a stop was asked for instead.
    """
    what = " ".join(str(error).split())
    detail = f"{what}; free some space, or make the folder writable, and it goes on by itself"
    emit(events.Log(time=time.time(), level="error", message=f"waiting: {detail}"))
    emit(events.StateChanged(state="paused", detail=detail, seconds=seconds(), blocked=True))
    put_aside: list[Command] = []
    try:
        while True:
            if _asked(commands, put_aside):
                return False
            try:
                write()
                return True
            except StorageError:
                pass
    finally:
        for command in put_aside:
            commands.put(command)


def _asked(commands: queue.SimpleQueue[Command], put_aside: list[Command]) -> bool:
    """Wait for the next attempt; True when it is to be a stop instead."""
    due = time.monotonic() + RETRY
    while (left := due - time.monotonic()) > 0:
        try:
            command = commands.get(timeout=left)
        except queue.Empty:
            return False
        if isinstance(command, protocol.Stop):
            put_aside.append(command)  # whoever asked is answered where commands are obeyed
            return True
        if isinstance(command, protocol.Resume):
            return False
        put_aside.append(command)
    return False
