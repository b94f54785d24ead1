"""Putting a session file in place: old file + journal + trainer state -> new file, or nothing at all.

The new file is written beside the old one, read back, synced, and put in place by a rename. Whenever
this is interrupted, the old file and the journal still hold everything; afterwards the journal may be
emptied. Records that are in both are told by their sequence numbers.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np

from hhstudio.core.errors import SessionError
from hhstudio.core.events import Tensor
from hhstudio.core.history import History
from hhstudio.core.state import TrainerState
from hhstudio.store import guard, layout, read, write
from hhstudio.store.compare import differences
from hhstudio.store.durable import put_in_place
from hhstudio.store.journal import JournalReader
from hhstudio.store.sink import Sink
from hhstudio.store.tail import Condition, Tail, state_in, weights_in
from hhstudio.store.write import Identity


@dataclass(frozen=True)
class Sources:
    """Where generated weights and an older trainer state are copied from; None where there is no such."""

    base: h5py.File | None = None
    journal: JournalReader | None = None
    tail: Tail = field(default_factory=Tail)


def compact(
    path: Path, history: History, identity: Identity, sources: Sources, state: TrainerState | None = None
) -> None:
    """Make ``path`` hold ``history``, the weights in ``sources`` and ``state`` (None: the sources' last).

    Raises OSError (disk full ...) or SessionError (a source is damaged, or the new file does not read
    back); the old file is untouched then, and the temporary file gone.
    """
    temporary = layout.temporary_path(path)
    try:
        _write(path, temporary, history, identity, sources, state)
        _verify(temporary, history, state)
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
    with closing(Sink(temporary)) as sink:
        with h5py.File(sink, "w") as file:
            # the sink never fails: whatever goes wrong here is in what is read
            with guard.reading(path):
                write.write_history(file, history, identity)
                _write_weights(file, history, sources)
                _write_snapshots(file, sources)
                if state is None:
                    _copy_state(file, sources)
            if state is not None:
                write.write_state(file, state)
            file.attrs.modify("complete", 1)
        sink.check()


def _copy_state(file: h5py.File, sources: Sources) -> None:
    if sources.tail.state is not None and sources.journal is not None:
        write.write_state(file, state_in(sources.journal, sources.tail.state[1]))
        return
    if sources.base is not None and layout.STATE in sources.base:
        sources.base.copy(guard.group(sources.base, layout.STATE), file, layout.STATE)


def _write_weights(file: h5py.File, history: History, sources: Sources) -> None:
    """The weights that the history knows of, each from the source that has them as of that step."""
    top = file.create_group(layout.WEIGHTS)
    stored = {} if sources.base is None else read.conditions(sources.base, layout.WEIGHTS)
    for (path, task), step in history.weights.items():
        recorded = sources.tail.finals.get((path, task))
        if recorded is not None and recorded[0] == step and sources.journal is not None:
            write.write_weights(top, weights_in(sources.journal, recorded[1]))
            continue
        held = stored.get((path, task))
        if held is not None and guard.int_attribute(held, "step") == step:
            assert sources.base is not None
            sources.base.copy(held, top.require_group(layout.quoted(path)), str(task))


def _write_snapshots(file: h5py.File, sources: Sources) -> None:
    top = file.create_group(layout.SNAPSHOTS)
    stored = {} if sources.base is None else read.conditions(sources.base, layout.SNAPSHOTS)
    for path, task in {**stored, **sources.tail.snapshots}:
        _write_condition_snapshots(top, (path, task), stored.get((path, task)), sources)


def _write_condition_snapshots(
    top: h5py.Group, key: Condition, held: h5py.Group | None, sources: Sources
) -> None:
    """Older snapshots copied one by one, unless they are void, then those of the journal."""
    old_steps = np.empty(0, np.int64)
    links: dict[str, str] = {}
    if held is not None:
        old_steps = guard.array(held, layout.SNAPSHOT_STEP, "i", 1)
        links = read.tensor_links(held)
        if sources.tail.rewound is not None:
            old_steps = old_steps[old_steps <= sources.tail.rewound]
    frames = sources.tail.snapshots.get(key, [])
    count = len(old_steps) + len(frames)
    if not count:
        return
    columns: write.SnapshotColumns | None = None
    for at in range(count):
        if at < len(old_steps):
            assert held is not None
            step = int(old_steps[at])
            tensors = {name: np.asarray(held[link][at]) for name, link in links.items()}
        else:
            assert sources.journal is not None
            recorded = weights_in(sources.journal, frames[at - len(old_steps)][1])
            step, tensors = recorded.step, _arrays(recorded.tensors)
        columns = columns or write.SnapshotColumns(top, *key, tensors, count)
        columns.put(at, step, tensors)


def _arrays(tensors: dict[str, Tensor]) -> dict[str, np.ndarray]:
    return {name: tensor.numpy() for name, tensor in tensors.items()}


def _verify(temporary: Path, history: History, state: TrainerState | None) -> None:
    """Read the new file back. Weights copied from the old file keep the checksums that they had."""
    with guard.open_hdf5(temporary) as file, guard.reading(temporary):
        found = read.read_history(file)
        missing = history.weights.keys() - found.weights.keys()
        found.weights.update({key: history.weights[key] for key in missing})
        wrong = differences(found, history)
        if wrong:
            raise SessionError(f"{temporary}: does not read back as written ({', '.join(wrong)})")
        if state is not None:
            back = read.read_state(file)
            if back is None or back.arrays.keys() != state.arrays.keys():
                raise SessionError(f"{temporary}: the trainer's state does not read back as written")
