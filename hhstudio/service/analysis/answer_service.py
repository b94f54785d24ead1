"""Answer service: keeps one session at hand, finished or being written, and answers questions about it."""

from __future__ import annotations

import time
from collections import OrderedDict
from pathlib import Path
from typing import Any

import msgspec

from hhstudio.core.analysis.answers import Answer
from hhstudio.core.analysis.questions import LongQuestion, Question
from hhstudio.service.analysis import session as sessions
from hhstudio.service.analysis.answering import answer
from hhstudio.service.analysis.protocol import Begin
from hhstudio.service.analysis.session import Session

REMEMBERED = 16
"""Answers that are kept for when the same is asked again."""
FRESH = 1.0
"""Seconds for which a session's files are not looked at again."""


class AnswerService:
    """Holds one session open, finished or still being written, and answers questions about it.

    What a running session has gained is taken in before a question is answered, at most once a second; its
    model is then rebuilt if there is a newer checkpoint.
    """

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._session: Session | None = None
        self._answers: OrderedDict[bytes, Answer] = OrderedDict()
        self._looked = 0.0

    @property
    def step(self) -> int | None:
        """Of the trainer's state in the model, None where there is no model yet."""
        return None if self._session is None else self._session.model_step

    def answer(self, question: Question[Any]) -> Answer:
        """Raises a subclass of HHStudioError where the session cannot answer that."""
        session = self._up_to_date()
        if not isinstance(question, LongQuestion):
            return answer(session, question)
        key = msgspec.json.encode(question)
        if key not in self._answers:
            self._answers[key] = answer(session, question)
            while len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)
        self._answers.move_to_end(key)
        return self._answers[key]

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _up_to_date(self) -> Session:
        begin = self._begin
        if self._session is None:
            self._session = sessions.open(
                Path(begin.session),
                data=begin.data,
                allow_unverified=begin.allow_unverified,
                allow_import=begin.allow_import,
            )
        elif time.monotonic() - self._looked > FRESH:
            if self._session.refresh():
                self._answers.clear()
        else:
            return self._session
        self._looked = time.monotonic()
        return self._session
