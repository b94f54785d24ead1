"""Answering questions about one session file, finished or still being written."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from hhstudio.core.analysis.answers import Answer, Exported
from hhstudio.core.errors import DataError
from hhstudio.service.analysis import protocol as questions
from hhstudio.service.analysis.protocol import Begin, Question

if TYPE_CHECKING:
    from hhstudio.store.session.session import Session

REMEMBERED = 16
"""Answers that are kept for when the same is asked again."""
FRESH = 1.0
"""Seconds for which a running session is not read again."""

_FROM_FILE = (
    questions.AskDistances | questions.AskDistancesInTime | questions.AskDrift | questions.AskWeightMap
    | questions.AskHistograms
)  # fmt: skip


class Desk:
    """Holds the session, and a workshop at its newest checkpoint.

    A running session is looked at again whenever its files have changed, at most once a second, and is
    never held open in between, so that its writer can replace it.
    """

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._path = Path(begin.session)
        self._session: Session | None = None
        self._workshop: Any = None
        self._seen: object = None
        self._answers: OrderedDict[bytes, Answer] = OrderedDict()
        self._stale = True
        self._looked = float("-inf")

    @property
    def step(self) -> int | None:
        """Of the trainer's state in the workshop, None where there is no workshop yet."""
        return None if self._workshop is None else self._workshop.step

    def answer(self, question: Question) -> Answer:
        """Raises a subclass of HHStudioError where the session cannot answer that."""
        if self._changed():
            self.close()
            self._answers.clear()
            self._stale = True
        try:
            if isinstance(question, questions.AskExport):
                return self._export(self._open(), question)
            levels = isinstance(question, questions.AskHistograms) and question.level >= 0
            if isinstance(question, _FROM_FILE) and not levels:
                return self._remembered(question)
            if self._stale:
                self._build(self._open())
                self._stale = False
            if levels or (isinstance(question, questions.AskEmbeddings) and question.step is not None):
                return self._from_both(self._open(), question)
            return _FROM_WORKSHOP[type(question)](self._workshop, question)
        finally:
            if self._session is not None and self._session.live:
                self.close()

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _changed(self) -> bool:
        """Whether the files are not those that were read last, and that is a while ago."""
        return self._seen != self._stamp() and time.monotonic() - self._looked > FRESH

    def _open(self) -> Session:
        from hhstudio.store.session.session import open as open_session

        if self._session is None:
            self._session = open_session(self._path)
            self._seen, self._looked = self._stamp(), time.monotonic()
        return self._session

    def _remembered(self, question: Any) -> Answer:
        """Comparisons read much; while the files stay as they are, their answers stay too."""
        key = msgspec.json.encode(question)
        if key not in self._answers:
            found = self._from_file(self._open(), question)
            while len(self._answers) >= REMEMBERED:
                self._answers.popitem(last=False)
            self._answers[key] = found
        self._answers.move_to_end(key)
        return self._answers[key]

    def _from_both(self, session: Session, question: Any) -> Answer:
        """What snapshots keep, put together with what the workshop knows."""
        from hhstudio.store.session import level_snapshots as levels

        shop = self._workshop
        if isinstance(question, questions.AskEmbeddings):
            assert question.step is not None
            step, kept = levels.embeddings_at(session, question.step)
            return shop.embeddings(question.nearby, kept, step)
        now = shop.level_digests(question.path, question.task, question.level)
        return levels.level_histograms(
            session, question.path, question.task, question.level, now, shop.step, question.layers,
            question.bins,
        )  # fmt: skip

    def _build(self, session: Session) -> None:
        """A workshop at the newest state, where there is none yet or an older one."""
        if self._workshop is None or session.state_step not in (None, self._workshop.step):
            self._workshop = self._make_workshop(session)

    def _make_workshop(self, session: Session) -> Any:
        begin = self._begin
        return session.workshop(
            begin.data, allow_unverified=begin.allow_unverified, allow_import=begin.allow_import
        )

    def _stamp(self) -> object:
        """Changes whenever the session's files do."""
        found = []
        for path in (self._path, self._path.with_name(self._path.name + ".journal")):
            try:
                stat = path.stat()
            except OSError:
                continue
            found.append((stat.st_mtime_ns, stat.st_size, stat.st_ino))
        return found

    def _from_file(self, session: Session, question: Any) -> Answer:
        match question:
            case questions.AskDistances():
                return session.distances(question.metric, question.path)
            case questions.AskDistancesInTime():
                return session.distances_in_time(question.path, question.task, question.metric, question.most)
            case questions.AskDrift():
                return session.drift(question.path)
            case questions.AskWeightMap():
                return session.weight_map(question.path, question.nearby, question.step)
            case questions.AskHistograms():
                return session.histograms(question.path, question.task, question.layers, question.bins)
        raise AssertionError(question)

    def _export(self, session: Session, question: questions.AskExport) -> Answer:
        from hhstudio.service.weight_export import export_weights

        out = Path(question.out)
        if out.suffix == ".onnx":  # needs to know how images are normalised
            self._make_workshop(session)
        export_weights(session, out, question.path, question.task, self._begin.allow_import)
        return Exported(file=str(out))


def _picture(question: Any) -> np.ndarray | tuple[int, int]:
    if (question.image is None) == (question.test_image is None):
        raise DataError("one image is looked at: an array, or a test image")
    return question.image if question.image is not None else question.test_image


_FROM_WORKSHOP: dict[type, Callable[[Any, Any], Answer]] = {
    questions.AskOverview: lambda shop, ask: shop.overview(),
    questions.AskEmbeddings: lambda shop, ask: shop.embeddings(ask.nearby),
    questions.AskTensors: lambda shop, ask: shop.tensors(ask.path, ask.task, ask.level),
    questions.AskUnits: lambda shop, ask: shop.units(ask.path, ask.task, ask.images),
    questions.AskHealth: lambda shop, ask: shop.health(
        ask.path, ask.task, ask.images, ask.samples, ask.epsilons
    ),
    questions.AskMixture: lambda shop, ask: shop.interpolate(
        ask.path, ask.shares, ask.on, ask.images, ask.tensors
    ),
    questions.AskWalk: lambda shop, ask: shop.walk(
        ask.path, ask.component, ask.amount, ask.start, ask.on, ask.images, ask.tensors
    ),
    questions.AskPrediction: lambda shop, ask: shop.predict(_picture(ask), ask.path, ask.task),
    questions.AskFeatures: lambda shop, ask: shop.features(_picture(ask), ask.path, ask.task),
    questions.AskConfusion: lambda shop, ask: shop.confusion(ask.path, ask.task, ask.images),
    questions.AskTaskConfusion: lambda shop, ask: shop.task_confusion(ask.path, ask.images),
    questions.AskImages: lambda shop, ask: shop.images(ask.task, ask.indices),
}
