"""State words: what a run's state is called, wherever it is told: window, terminal, lists and tables."""

from __future__ import annotations

from hhstudio.core.run.events import RunState

STATE_WORDS: dict[RunState, str] = {
    "starting": "Starting",
    "importing": "Importing",
    "device": "Choosing the device",
    "building": "Building",
    "data": "Reading the data",
    "training": "Training",
    "paused": "Paused",
    "saving": "Saving",
    "finished": "Finished",
    "stopped": "Stopped",
    "failed": "Failed",
}


def state_word(state: str) -> str:
    """The same word within a line of a queue, a list or a table, where a run may also wait or be running."""
    return next((word for known, word in STATE_WORDS.items() if known == state), state).lower()
