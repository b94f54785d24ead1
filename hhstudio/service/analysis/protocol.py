"""Questions to the inspection helper, and their answers on the way back.

Answers are the records of :mod:`hhstudio.core.analysis.answers`; an array travels as its NumPy type, its
shape and its bytes, and arrives read-only. Frames are those of :mod:`hhstudio.service.run.protocol`."""

from __future__ import annotations

import math
from typing import Any, Literal

import msgspec
import numpy as np

from hhstudio.core.analysis.answers import Answer
from hhstudio.service.run.protocol import Connection, ProtocolError

KINDS = "biuf"
"""Kinds of NumPy types that travel."""


class _Question(msgspec.Struct, frozen=True, kw_only=True, tag_field="t", forbid_unknown_fields=True):
    """Base of all questions. Fields mean what the arguments of the same names in
    :class:`hhstudio.store.session.session_analysis.Inspectable` mean."""


class AskOverview(_Question, frozen=True, kw_only=True, tag="overview"):
    """-> Overview"""


class AskEmbeddings(_Question, frozen=True, kw_only=True, tag="embeddings"):
    """-> Embeddings. ``step``: as the last snapshot until then kept them; None: as they are now."""

    nearby: bool = False
    step: int | None = None


class AskWeightMap(_Question, frozen=True, kw_only=True, tag="weight-map"):
    """-> VectorMap. ``step``: from the last snapshots until then; None: as things are now."""

    path: str | None = None
    nearby: bool = False
    step: int | None = None


class AskDistances(_Question, frozen=True, kw_only=True, tag="distances"):
    """-> Distances"""

    metric: Literal["euclidean", "cosine"] = "euclidean"
    path: str | None = None


class AskDistancesInTime(_Question, frozen=True, kw_only=True, tag="distances-in-time"):
    """-> Distances"""

    path: str
    task: int
    metric: Literal["euclidean", "cosine"] = "euclidean"
    most: int = 40


class AskDrift(_Question, frozen=True, kw_only=True, tag="drift"):
    """-> Drift"""

    path: str | None = None


class AskHistograms(_Question, frozen=True, kw_only=True, tag="histograms"):
    """-> Histograms. ``layers`` empty: all. ``level`` -1: of the solver, otherwise of the hypernetwork that
    is generated at that level."""

    path: str
    task: int
    layers: tuple[str, ...] = ()
    bins: int = 64
    level: int = -1


class AskTensors(_Question, frozen=True, kw_only=True, tag="tensors"):
    """-> Tensors"""

    path: str
    task: int
    level: int = -1


class AskUnits(_Question, frozen=True, kw_only=True, tag="units"):
    """-> Units"""

    path: str
    task: int
    images: int = 500


class AskHealth(_Question, frozen=True, kw_only=True, tag="health"):
    """-> Health"""

    path: str
    task: int | None = None
    images: int = 200
    samples: int = 3
    epsilons: tuple[float, ...] = (0.001, 0.01, 0.1)


class AskMixture(_Question, frozen=True, kw_only=True, tag="mixture"):
    """-> Mixture. ``shares`` by task, summing to 1; ``on`` None: the tasks mixed."""

    path: str
    shares: dict[int, float]
    on: tuple[int, ...] | None = None
    images: int = 200
    tensors: tuple[str, ...] = ()


class AskWalk(_Question, frozen=True, kw_only=True, tag="walk"):
    """-> Mixture"""

    path: str
    component: int
    amount: float
    start: int | None = None
    on: tuple[int, ...] | None = None
    images: int = 200
    tensors: tuple[str, ...] = ()


class AskPrediction(_Question, frozen=True, kw_only=True, tag="prediction"):
    """-> Prediction. One of ``image`` (uint8) and ``test_image`` (task, index)."""

    image: np.ndarray | None = None
    test_image: tuple[int, int] | None = None
    path: str | None = None
    task: int | None = None


class AskFeatures(_Question, frozen=True, kw_only=True, tag="features"):
    """-> FeatureMaps. One of ``image`` (uint8) and ``test_image`` (task, index)."""

    path: str
    task: int
    image: np.ndarray | None = None
    test_image: tuple[int, int] | None = None


class AskConfusion(_Question, frozen=True, kw_only=True, tag="confusion"):
    """-> Confusion. ``images`` None: all."""

    path: str
    task: int
    images: int | None = None


class AskTaskConfusion(_Question, frozen=True, kw_only=True, tag="task-confusion"):
    """-> TaskConfusion"""

    path: str
    images: int = 200


class AskImages(_Question, frozen=True, kw_only=True, tag="images"):
    """-> Images"""

    task: int
    indices: tuple[int, ...]


class AskExport(_Question, frozen=True, kw_only=True, tag="export"):
    """-> Exported. Weights of one condition, or of several, into a file by its suffix; what is there is
    replaced."""

    out: str
    path: str | None = None
    task: int | None = None


Question = (
    AskOverview | AskEmbeddings | AskWeightMap | AskDistances | AskDistancesInTime | AskDrift | AskHistograms
    | AskTensors | AskUnits | AskHealth | AskMixture | AskWalk | AskPrediction | AskFeatures | AskConfusion
    | AskTaskConfusion | AskImages | AskExport
)  # fmt: skip


_LONG = (
    AskHealth | AskDistances | AskDistancesInTime | AskDrift | AskWeightMap | AskHistograms | AskTaskConfusion
    | AskExport | AskUnits
)  # fmt: skip


def is_long(question: Question) -> bool:
    """Whether an answer may take seconds. Such questions have a lane of their own, in which they keep nobody
    waiting who drags or clicks."""
    return isinstance(question, _LONG) or (isinstance(question, AskEmbeddings) and question.nearby)


class Begin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first message. ``data``: folder of the data sets, None the usual one."""

    session: str
    data: str | None = None
    allow_unverified: bool = False
    allow_import: bool = False


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question by number."""

    number: int
    question: Question


class Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came of a question: ``answer``, or ``error`` in one line. ``seconds``: that answering took in the
    helper. ``step``: of the trainer's state that it speaks of, None where none was needed."""

    number: int
    answer: Answer | None = None
    error: str = ""
    seconds: float = 0.0
    step: int | None = None


class Line(Connection):
    """A connection that carries these messages."""

    def put(self, message: Begin | Ask | Told) -> None:
        """Raises OSError or ValueError when the other end or the stream is closed, ProtocolError for an
        answer that is too long."""
        self.send_body(_encoder.encode(message))

    def take_begin(self) -> Begin | None:
        """None at the end. Raises :class:`ProtocolError`, as the next two do."""
        return self._decoded(_begin)

    def take_question(self) -> Ask | None:
        return self._decoded(_ask)

    def take_answer(self) -> Told | None:
        return self._decoded(_told)


def _packed(value: Any) -> Any:
    if not isinstance(value, np.ndarray) or value.dtype.kind not in KINDS:
        raise NotImplementedError(f"{type(value).__name__} does not travel")
    kept = np.ascontiguousarray(value)
    return {"dtype": kept.dtype.str, "shape": value.shape, "data": kept.reshape(-1).view(np.uint8).data}


class _Array(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    dtype: str
    shape: tuple[int, ...]
    data: bytes


def _unpacked(kind: type, value: Any) -> np.ndarray:
    if kind is not np.ndarray:
        raise NotImplementedError(f"{kind} does not travel")
    found = msgspec.convert(value, _Array)
    dtype = np.dtype(found.dtype)
    if dtype.kind not in KINDS or any(side < 0 for side in found.shape):
        raise ValueError(f"an array of {found.dtype[:20]} does not travel")
    if math.prod(found.shape) * dtype.itemsize != len(found.data):
        raise ValueError("an array's shape and bytes disagree")
    return np.frombuffer(found.data, dtype).reshape(found.shape)


_encoder = msgspec.msgpack.Encoder(enc_hook=_packed)
_begin = msgspec.msgpack.Decoder(Begin)
_ask = msgspec.msgpack.Decoder(Ask, dec_hook=_unpacked)
_told = msgspec.msgpack.Decoder(Told, dec_hook=_unpacked)

__all__ = ["Ask", "Begin", "Line", "ProtocolError", "Question", "Told"]
