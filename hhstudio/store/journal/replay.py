"""Replay of a journal onto the history in a session file: what the file does not hold yet.

Generated weights are large and stay in the journal; only where they lie is remembered.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from msgspec.structs import replace

from hhstudio.core.errors import HHStudioError, SessionError
from hhstudio.core.run import events
from hhstudio.core.run.history import History, PathTask
from hhstudio.core.run.trainer_state import TrainerState
from hhstudio.store.file.file_format import MAX_CELLS, MAX_TASKS
from hhstudio.store.file.safe_read import DAMAGE
from hhstudio.store.journal import records
from hhstudio.store.journal.journal import Frame, JournalReader, Payloads


@dataclass
class JournalTail:
    """Where the arrays lie that only the journal holds: frames of the journal, with their steps.

    ``rewound``: the earliest step that a resumed run went back to; what the session file holds of later
    steps is void. ``state``: the step and the frame of the last trainer state.
    """

    finals: dict[PathTask, tuple[int, Frame]] = field(default_factory=dict)
    snapshots: dict[PathTask, list[tuple[int, Frame]]] = field(default_factory=dict)
    rewound: int | None = None
    state: tuple[int, Frame] | None = None

    def note(self, event: records.AnyRecord, frame: Frame) -> None:
        """Remember where a record's arrays lie."""
        if isinstance(event, records.Preamble):
            return
        if isinstance(event, records.StoredState):
            self.state = (event.step, frame)
            return
        if isinstance(event, events.Weights):
            key = (event.path, event.task)
            if event.final:
                self.finals[key] = (event.step, frame)
            else:
                self.snapshots.setdefault(key, []).append((event.step, frame))
        elif isinstance(event, events.Resumed):
            self.rewound = event.step if self.rewound is None else min(self.rewound, event.step)
            self.finals = {k: v for k, v in self.finals.items() if v[0] <= event.step}
            valid = {k: [v for v in each if v[0] <= event.step] for k, each in self.snapshots.items()}
            self.snapshots = {k: each for k, each in valid.items() if each}


@dataclass
class Replay:
    """What replaying came to. ``problem``: why it ended early, "" when it did not. ``last``: the record up to
    which the journal was read, None where not even its first was."""

    sequence: int
    last: Frame | None = None
    records: int = 0
    lost_bytes: int = 0
    problem: str = ""


def replay(
    history: History,
    journal: JournalReader,
    after: int,
    tail: JournalTail,
    last: Frame | None = None,
    lock: AbstractContextManager[object] | None = None,
) -> Replay:
    """Apply every record with a sequence above ``after``; stops before the first that makes no sense.

    ``last``: go on behind this record, up to which the journal was replayed before. ``lock``: is held while a
    record is applied, not while it is read.
    """
    result = Replay(sequence=after, last=last)
    if journal.header is not None and journal.header.base > after:
        result.problem = f"records {after + 1} to {journal.header.base} are missing before the journal"
        result.lost_bytes = journal.lost
        return result
    for frame, payload in journal.frames(last):
        if frame.sequence <= after:
            result.last = frame
            continue
        try:
            event = records.decode(payload)
            if isinstance(event, records.Preamble):
                result.sequence, result.last = frame.sequence, frame
                continue
            with lock or nullcontext():
                if not isinstance(event, (*events.NEVER_JOURNALLED, records.StoredState)):
                    apply(history, event)
                tail.note(event, frame)
        except (HHStudioError, *DAMAGE) as error:
            result.problem = f"record {frame.sequence} cannot be read ({' '.join(str(error).split())[:120]})"
            result.lost_bytes = journal.size - frame.offset
            return result
        result.sequence, result.last = frame.sequence, frame
        result.records += 1
    result.lost_bytes = journal.lost
    if result.lost_bytes:
        result.problem = "the last record is torn" if journal.header else "the journal's header is damaged"
    return result


def apply(history: History, event: events.Event) -> None:
    """Apply an event that may come from anybody. Raises SessionError where it would take absurd memory."""
    if isinstance(event, events.RunStarted):
        check_size(len(event.tasks), len(event.paths))
    elif isinstance(event, events.TopologyChanged):
        check_size(len(history.tasks), len(event.paths))
    elif isinstance(event, events.Log) and "\0" in event.message:
        event = replace(event, message=event.message.replace("\0", "\N{REPLACEMENT CHARACTER}"))
    history.apply(event)


def check_size(tasks: int, paths: int) -> None:
    """Raise SessionError where the accuracy matrices of a file would fill the memory."""
    if tasks > MAX_TASKS or tasks * tasks * paths > MAX_CELLS:
        raise SessionError(f"the session claims {tasks:,} tasks on {paths:,} paths, more than can be")


def weights_in(journal: Payloads, frame: Frame) -> events.Weights:
    """The weights that a noted frame holds. Raises ValueError when the journal changed under us."""
    event = events.decode(journal.payload(frame))
    if not isinstance(event, events.Weights):
        raise ValueError("the journal does not hold weights where it did")
    return event


def state_in(journal: Payloads, frame: Frame) -> TrainerState:
    """The trainer's state that a noted frame holds. Raises ValueError when the journal changed under us."""
    record = records.decode(journal.payload(frame))
    if isinstance(record, records.Preamble) and record.state is not None:
        record = record.state
    if not isinstance(record, records.StoredState):
        raise ValueError("the journal does not hold a trainer's state where it did")
    return records.restored(record)
