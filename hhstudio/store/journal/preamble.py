"""Preamble of a journal: what the session file holds, so that a session whose file was deleted can be made
again from its journal alone. Large things (long curves, generated weights) stay in the file only."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hhstudio.core.run import events
from hhstudio.core.run.events import Event
from hhstudio.core.run.history import History
from hhstudio.core.run.trainer_state import TrainerState
from hhstudio.store.journal import records
from hhstudio.store.journal.journal import JournalReader
from hhstudio.store.journal.records import Preamble
from hhstudio.store.journal.replay import JournalTail, apply

STATE_BYTES = 8 << 20
"""A trainer's state up to this size is written into the journal too."""
_POINTS = 64
"""Curves up to this length are kept whole; longer ones are left to the session file."""
_LOG_LINES = 500


def preamble(history: History, state: TrainerState | None) -> Preamble:
    """What there is to say of a session that has a run. ``state``: the last one, wherever it is kept."""
    own_state = small_state(state)
    return Preamble(
        step=history.step,
        events=list(_events(history)),
        weights=list(history.weights),
        state=None if own_state is None else records.stored(own_state),
    )


def small_state(state: TrainerState | None) -> TrainerState | None:
    """A state that is worth being kept twice, None in place of a large one."""
    if state is None or sum(values.nbytes for values in state.arrays.values()) > STATE_BYTES:
        return None
    return state


def begin_with_preamble(history: History, journal: JournalReader, tail: JournalTail) -> Preamble | None:
    """Apply what a journal says of the file behind it; None where it says nothing.

    Raises SessionError or one of safe_read.DAMAGE where it makes no sense.
    """
    for frame, payload in journal.frames():
        record = records.decode(payload)
        if not isinstance(record, Preamble):
            return None
        for event in record.events:
            apply(history, event)
        if record.state is not None:
            tail.state = (record.state.step, frame)
        return record
    return None


def _events(history: History) -> Iterator[Event]:
    """A history told again, short."""
    assert history.run is not None
    yield history.run
    yield from history.growth
    yield from history.settings
    yield from history.log[-_LOG_LINES:]
    yield from _curves(history)
    learned = set()
    for mark in history.marks:
        yield events.TaskStarted(step=mark.start, path=mark.path, task=mark.task)
        if mark.stop is not None:
            learned.add((mark.path, mark.task))
            yield _finished(history, mark.path, mark.task, mark.stop)
    for path, matrix in history.accuracy.items():
        for task in np.flatnonzero(~np.isnan(matrix).all(axis=1)).tolist():
            if (path, task) not in learned:
                yield _finished(history, path, task, 0)
    for path, end in history.ends.items():
        yield events.EndMeasured(step=end.step, path=path, accuracies=tuple(end.accuracies.tolist()))
    if history.diverged is not None:
        yield history.diverged
    if history.progress is not None:
        yield history.progress
    yield events.StateChanged(state=history.state, detail=history.state_detail, seconds=history.seconds)
    if history.checkpoint is not None:
        yield history.checkpoint


def _finished(history: History, path: str, task: int, step: int) -> Event:
    row = tuple(history.accuracy[path][task].tolist())
    return events.TaskFinished(step=step, path=path, task=task, accuracies=row)


def _curves(history: History) -> Iterator[Event]:
    places = {path: at for at, path in enumerate(history.paths)}
    for (path, task, name), series in history.series.items():
        count = len(series)
        if path in places and 0 < count <= _POINTS:
            yield events.Metrics(
                names=(name,),
                step=series.steps.tolist(),
                path=[places[path]] * count,
                task=[task] * count,
                metric=[0] * count,
                value=series.values.tolist(),
            )
