"""Compaction of a session: old file + journal + trainer state -> new file, or nothing at all.

The new file is written beside the old one, read back, synced, and put in place by a rename. Whenever
this is interrupted, the old file and the journal still hold everything; afterwards the journal may be
emptied. Records that are in both are told by their sequence numbers.
"""

from __future__ import annotations

import errno
import itertools
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np

from hhstudio.core.atomic_write import put_in_place
from hhstudio.core.errors import SessionError
from hhstudio.core.run.history import History, PathTask
from hhstudio.core.run.trainer_state import TrainerState
from hhstudio.store.file import file_format, safe_read
from hhstudio.store.file.checked_file import CheckedFile
from hhstudio.store.journal.journal import Frame, Payloads
from hhstudio.store.journal.replay import JournalTail, state_in, weights_in
from hhstudio.store.session import reading, writing
from hhstudio.store.session.snapshot_extras import ExtrasRow, SnapshotExtras, write_snapshot_extras
from hhstudio.store.session.verification import differences
from hhstudio.store.session.writing import Identity

READ_BYTES = 4 << 20
"""Bytes of older snapshots that are copied at a time."""


@dataclass(frozen=True)
class Sources:
    """Where generated weights and an older trainer state are copied from; None where there is no such."""

    base: h5py.File | None = None
    journal: Payloads | None = None
    tail: JournalTail = field(default_factory=JournalTail)


def compact(
    path: Path, history: History, identity: Identity, sources: Sources, state: TrainerState | None = None
) -> None:
    """Write a session file anew, and put it in place of the old one.

    Parameters
    ----------
    path
        The session file; what a symbolic link names.
    history, identity
        What it is to hold, and which run it is of.
    sources
        Where the weights that the history knows of are copied from.
    state
        What the run goes on from, None the sources' last.

    Raises
    ------
    OSError
        The disk is full, or cannot be written, or the files are taken away meanwhile.
    SessionError
        A source is damaged, or the new file does not read back. In both cases the old file is untouched, and
        the temporary file gone.
    """
    temporary = file_format.temporary_path(path)
    try:
        _write(path, temporary, history, identity, sources, state)
        try:
            _verify(temporary, history, state)
        except SessionError as error:
            if temporary.exists():
                raise
            raise FileNotFoundError(errno.ENOENT, "the file was taken away while it was written") from error
        put_in_place(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _write(
    path: Path,
    temporary: Path,
    history: History,
    identity: Identity,
    sources: Sources,
    state: TrainerState | None,
) -> None:
    with closing(CheckedFile(temporary)) as sink:
        with h5py.File(sink, "w") as file:
            # the sink never fails: whatever goes wrong here is in what is read
            with safe_read.reading(path):
                writing.write_history(file, history, identity)
                _write_weights(file, history, sources)
                _write_snapshots(path, file, sources)
                if state is None:
                    _copy_state(file, sources)
            if state is not None:
                writing.write_state(file, state)
            file.attrs.modify("complete", 1)
        sink.check()


def _copy_state(file: h5py.File, sources: Sources) -> None:
    if sources.tail.state is not None and sources.journal is not None:
        writing.write_state(file, state_in(sources.journal, sources.tail.state[1]))
        return
    if sources.base is not None and file_format.STATE in sources.base:
        sources.base.copy(safe_read.group(sources.base, file_format.STATE), file, file_format.STATE)


def _write_weights(file: h5py.File, history: History, sources: Sources) -> None:
    """The weights that the history knows of, each from the source that has them as of that step."""
    top = file.create_group(file_format.WEIGHTS)
    stored = {} if sources.base is None else reading.conditions(sources.base, file_format.WEIGHTS)
    for (path, task), step in history.weights.items():
        recorded = sources.tail.finals.get((path, task))
        if recorded is not None and recorded[0] == step and sources.journal is not None:
            writing.write_weights(top, weights_in(sources.journal, recorded[1]))
            continue
        group = stored.get((path, task))
        if group is not None and safe_read.int_attribute(group, "step") == step:
            assert sources.base is not None
            sources.base.copy(group, top.require_group(file_format.quoted(path)), str(task))


def _write_snapshots(path: Path, file: h5py.File, sources: Sources) -> None:
    top = file.create_group(file_format.SNAPSHOTS)
    stored = {} if sources.base is None else reading.conditions(sources.base, file_format.SNAPSHOTS)
    for key in {**stored, **sources.tail.snapshots}:
        _write_condition_snapshots(top, key, stored.get(key), sources)
    extras = SnapshotExtras(path, sources.base, sources.tail, sources.journal)
    write_snapshot_extras(file, (ExtrasRow(*key, extras.read(at)) for at, key in enumerate(extras.keys)))


def _write_condition_snapshots(
    top: h5py.Group, key: PathTask, group: h5py.Group | None, sources: Sources
) -> None:
    """Older snapshots copied one by one, unless they are void, then those of the journal."""
    old_steps = np.empty(0, np.int64)
    stored: dict[str, h5py.Dataset] = {}
    if group is not None:
        old_steps = safe_read.array(group, file_format.SNAPSHOT_STEP, "i", (None,))
        stored = reading.snapshot_columns(group, len(old_steps))
        if sources.tail.rewound is not None:
            old_steps = old_steps[old_steps <= sources.tail.rewound]
    frames = sources.tail.snapshots.get(key, [])
    count = len(old_steps) + len(frames)
    if not count:
        return
    first = [
        tensors
        for _, tensors in (
            *_stored_snapshots(stored, old_steps[:1]),
            *_journal_snapshots(frames[:1], sources),
        )
    ]
    columns = writing.SnapshotColumns(top, *key, _wide_enough(first), count)
    for step, tensors in itertools.chain(
        _stored_snapshots(stored, old_steps), _journal_snapshots(frames, sources)
    ):
        columns.put(step, tensors)
    columns.finish()


def _wide_enough(snapshots: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Tensors like those of the first of these snapshots, of types that hold the others' too: sessions up to
    0.3.0 kept whole numbers and statistics in the type of the weights."""
    first, *others = snapshots
    return {
        name: np.zeros(
            tensor.shape,
            np.result_type(tensor.dtype, *(other[name].dtype for other in others if name in other)),
        )
        for name, tensor in first.items()
    }


def _stored_snapshots(
    columns: dict[str, h5py.Dataset], steps: np.ndarray
) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    """The first snapshots of a condition in the old file, read several at once where they are small."""
    each = sum(column.nbytes // max(1, len(column)) for column in columns.values())
    rows = max(1, READ_BYTES // max(1, each))
    for start in range(0, len(steps), rows):
        stop = min(start + rows, len(steps))
        block = {name: np.asarray(column[start:stop]) for name, column in columns.items()}
        for at in range(start, stop):
            yield int(steps[at]), {name: values[at - start] for name, values in block.items()}


def _journal_snapshots(
    frames: list[tuple[int, Frame]], sources: Sources
) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    """The snapshots of a condition in the journal."""
    for _, frame in frames:
        assert sources.journal is not None
        recorded = weights_in(sources.journal, frame)
        yield recorded.step, {name: tensor.numpy() for name, tensor in recorded.tensors.items()}


def _verify(temporary: Path, history: History, state: TrainerState | None) -> None:
    """Read the new file back. Weights copied from the old file keep the checksums that they had."""
    with safe_read.open_hdf5(temporary) as file, safe_read.reading(temporary):
        read_back = reading.read_history(file)
        missing = history.weights.keys() - read_back.weights.keys()
        read_back.weights.update({key: history.weights[key] for key in missing})
        wrong = differences(read_back, history)
        if wrong:
            raise SessionError(f"{temporary}: does not read back as written ({', '.join(wrong)})")
        if state is not None:
            back = reading.read_state(file)
            if back is None or back.arrays.keys() != state.arrays.keys():
                raise SessionError(f"{temporary}: the trainer's state does not read back as written")
