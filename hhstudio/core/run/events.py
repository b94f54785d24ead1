"""Events of a run, as small frozen records.

The same records are yielded by the trainer, sent from the worker to the window, appended to the
journal, and replayed into a :class:`~hhstudio.core.run.history.History`, live or from a file. Encoded
with msgspec (MessagePack, tagged by ``t``); nothing here is ever pickled.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import numpy as np

from hhstudio.core.run.series import LAST_STEP
from hhstudio.core.spec.costs import ParameterCount
from hhstudio.core.spec.tasks import TaskInfo
from hhstudio.core.tree.topology import Topology

RunState = Literal[
    "starting", "importing", "device", "building", "data", "training", "paused", "saving",
    "finished", "stopped", "failed",
]  # fmt: skip
TERMINAL: frozenset[RunState] = frozenset(["finished", "stopped", "failed"])


Whole = Annotated[int, msgspec.Meta(ge=-LAST_STEP, le=LAST_STEP)]
"""A whole number that arrays, floats and progress bars can take, whoever wrote it: a step, a count."""


class Record(msgspec.Struct, frozen=True, kw_only=True, tag_field="t", array_like=False):
    """Base of all records."""


MOST_COUNTS = 1 << 16
"""Parameter counts in a record at most: a hostile one of a byte each would become a hundred times as much."""
Counts = Annotated[tuple[ParameterCount, ...], msgspec.Meta(max_length=MOST_COUNTS)]


class RunStarted(Record, frozen=True, kw_only=True, tag="run"):
    """First record of a session. ``created``: UTC, ISO 8601. ``environment``: versions, device, threads and
    the like as texts by name (:mod:`hhstudio.core.run.environments`); may be empty."""

    spec: bytes
    created: str
    app: str
    torch: str
    device: str
    seed: int
    tasks: tuple[TaskInfo, ...]
    paths: tuple[str, ...]
    total_steps: Whole
    parameters: Counts = ()
    image_shape: tuple[int, int, int] | None = None
    unverified_data: bool = False
    environment: dict[str, str] = {}


class Resumed(Record, frozen=True, kw_only=True, tag="resumed"):
    """Goes on from the checkpoint at ``step``; whatever was recorded after that step is void. ``changes``:
    how often the tree had changed by then (None: as often as was recorded up to that step). ``exact``:
    its numbers are those of a run without the break, bit for bit; ``differs``: why not, a text each."""

    step: Whole
    device: str
    torch: str
    exact: bool = True
    changes: Whole | None = None
    differs: tuple[str, ...] = ()
    environment: dict[str, str] = {}


class StateChanged(Record, frozen=True, kw_only=True, tag="state"):
    """``seconds``: since the run started, pauses included. ``progress``: the share of its work that is done,
    0 to 1, None where that is not known. ``blocked``: nothing can be recorded just now; ``detail`` says
    why, and the run goes on by itself when it can."""

    state: RunState
    detail: str = ""
    seconds: float = 0.0
    progress: float | None = None
    blocked: bool = False


class Progress(Record, frozen=True, kw_only=True, tag="progress"):
    """Position of the run. ``eta``: seconds to the end, None while unknown; ``rate``: steps a second.
    ``phase``: what is trained when it is not the tree, as ``baseline joint``."""

    step: Whole
    total_steps: Whole
    path: str
    task: Whole
    task_step: Whole
    task_steps: Whole
    seconds: float
    rate: float = 0.0
    eta: float | None = None
    memory: Whole = 0
    phase: str = ""


class TaskStarted(Record, frozen=True, kw_only=True, tag="task"):
    step: Whole
    path: str
    task: Whole


class TaskFinished(Record, frozen=True, kw_only=True, tag="done"):
    """``accuracies``: on tasks 0 .. len-1 of the path after learning ``task``, NaN where not measured. In
    sessions of before :class:`EndMeasured` a last such record of every path but the newest holds what was
    left at the end of the run."""

    step: Whole
    path: str
    task: Whole
    accuracies: tuple[float, ...]
    seconds: float = 0.0


class EndMeasured(Record, frozen=True, kw_only=True, tag="end-accuracy"):
    """``accuracies``: on tasks 0 .. len-1 of a path when every path has learned, NaN where not measured."""

    step: Whole
    path: str
    accuracies: tuple[float, ...]


class Metrics(Record, frozen=True, kw_only=True, tag="metrics"):
    """Columns of equal length. ``path`` and ``task`` index RunStarted's tables (later growth appends
    to paths), ``metric`` indexes :attr:`names`; task is -1 where no single task is meant. ``step``
    counts finished steps: the loss of the first step has step 1, and a checkpoint at step n keeps
    what has step n."""

    names: tuple[str, ...]
    step: list[int]
    path: list[int]
    task: list[int]
    metric: list[int]
    value: list[float]


class Tensor(msgspec.Struct, frozen=True, kw_only=True):
    """A dense array: NumPy dtype name (little-endian), shape, row-major bytes."""

    dtype: Literal[
        "float16", "float32", "float64", "bool", "int8", "int16", "int32", "int64", "uint8"
    ]  # counters of batch norm are integers
    shape: tuple[int, ...]
    data: bytes

    @classmethod
    def of(cls, array: np.ndarray) -> Tensor:
        array = np.asarray(array, order="C")  # np.ascontiguousarray would give a number one dimension
        return cls(dtype=str(array.dtype), shape=array.shape, data=array.tobytes())  # type: ignore[arg-type]

    def numpy(self) -> np.ndarray:
        """The array. Raises ValueError where shape and bytes disagree."""
        return np.frombuffer(self.data, dtype=self.dtype).reshape(self.shape)


PROBE = "probe"
"""Among the extras of final weights: logits (N, outputs) of the solver for a few images of noise, by which a
solver that is built again is checked."""


class Weights(Record, frozen=True, kw_only=True, tag="weights"):
    """Generated weights of a solver, at the end of a task (``final``) or as a snapshot. ``extras``: with a
    snapshot, embeddings and digests of what is generated on the way
    (:mod:`hhstudio.learn.training.snapshot_extras`), with final weights :data:`PROBE`; on the wire and in
    files they are named ``aside``.
    """

    step: Whole
    path: str
    task: Whole
    tensors: dict[str, Tensor]
    final: bool = True
    extras: dict[str, Tensor] = msgspec.field(name="aside", default_factory=dict)


class Watched(Record, frozen=True, kw_only=True, tag="watched"):
    """The generated tensor that a view asked to watch, as it is now. Never journalled."""

    step: Whole
    path: str
    task: Whole
    name: str
    tensor: Tensor


class TopologyChanged(Record, frozen=True, kw_only=True, tag="topology"):
    """Growth: the whole tree as it is from ``step`` on, and why."""

    step: Whole
    topology: Topology
    reason: str
    paths: tuple[str, ...]
    parameters: Counts = ()


class Refused(Record, frozen=True, kw_only=True, tag="refused"):
    """A command that makes no sense for this run was not obeyed. ``command`` as ``grow``; ``reason`` in
    words. Never journalled; the log has it too."""

    step: Whole
    command: str
    reason: str


class Moved(Record, frozen=True, kw_only=True, tag="moved"):
    """The run is recorded in ``out`` from here on, everything so far included, because its session could not
    be written where it was; ``reason`` in words. Never journalled; the log has it too."""

    out: str
    reason: str


class SettingChanged(Record, frozen=True, kw_only=True, tag="setting"):
    """A setting changed in flight, as ``training.lr``."""

    step: Whole
    field: str
    value: float


class Diverged(Record, frozen=True, kw_only=True, tag="diverged"):
    """A number is not finite, or the loss has exploded: nothing is learned any more until the run goes back.

    ``step``: the first such step. ``stage``: what it was, following the chain downwards and the gradient
    back. ``level``: 1 for what the root generates, 2 for what its child generates ...; 0 for what is not of
    one level (logits, losses, the gradient of what is stored). ``tensor``: the first bad one, "" where none
    is meant. ``message``: all of it in words.
    """

    step: Whole
    path: str
    task: Whole
    stage: Literal["weights", "logits", "loss", "consolidation", "gradient", "explosion"]
    level: int = 0
    tensor: str = ""
    message: str = ""


class Checkpointed(Record, frozen=True, kw_only=True, tag="checkpoint"):
    """Everything up to ``step`` is on disk, and the run can go on from there."""

    step: Whole
    seconds: float = 0.0


class Log(Record, frozen=True, kw_only=True, tag="log"):
    """``time``: seconds since the epoch."""

    time: float
    level: Literal["debug", "info", "warning", "error"]
    message: str


class Finished(Record, frozen=True, kw_only=True, tag="end"):
    """Last record. ``message`` says what was kept when the state is not finished."""

    state: Literal["finished", "stopped", "failed"]
    step: Whole
    seconds: float
    message: str = ""


Event = (
    RunStarted | Resumed | StateChanged | Progress | TaskStarted | TaskFinished | EndMeasured | Metrics
    | Weights | Watched | TopologyChanged | Refused | Moved | SettingChanged | Diverged | Checkpointed | Log
    | Finished
)  # fmt: skip

NEVER_JOURNALLED = (Watched, Refused, Moved)
"""Only for whoever looks just now."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Event)


def encode(event: Event) -> bytes:
    return _encoder.encode(event)


def decode(data: bytes) -> Event:
    """The record in a frame. Raises msgspec.DecodeError (ValidationError included) on foreign bytes."""
    return _decoder.decode(data)
