"""Session for analysis, as ``hhstudio.open("S.h5")`` gives it: a method for every question."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hhstudio.core.analysis import questions
from hhstudio.core.analysis.answers import Answer
from hhstudio.core.analysis.questions import Question
from hhstudio.service.analysis.answering import answer
from hhstudio.service.analysis.model_session import ModelSession
from hhstudio.store.session import session as stored

A = TypeVar("A", bound=Answer)


def open(
    path: Path | str,
    *,
    data: Path | str | None = None,
    allow_unverified: bool = False,
    allow_import: bool | Collection[str] = False,
) -> Session:
    """Open a session for reading and analysis.

    A journal that a dead writer left is taken into the file first, or read in memory where the folder cannot
    be written.

    Parameters
    ----------
    path : Path or str
        The session file, as ``sessions/demo.h5``.
    data : Path, str or None
        Folder of the data sets, for answers that need test images; None: the usual one.
    allow_unverified : bool
        Accept data files that torchvision's checksums do not know.
    allow_import : bool or collection of str
        Import paths of solvers (``package.module:Class``) that may be imported, which runs their code; True:
        all that the session names.

    Returns
    -------
    Session

    Raises
    ------
    SessionError
        No such file, not a session, damaged, or written by a newer version.
    """
    session = stored.open(path, Session)
    session.data = None if data is None else Path(data)
    session.allow_unverified, session.allow_import = allow_unverified, allow_import
    return session


class Session(ModelSession):
    """A session that is open for reading and analysis; a context manager. Made by :func:`open`.

    Beside what :class:`hhstudio.store.session.session.Session` reads it has a method for each question of
    :mod:`hhstudio.core.analysis.questions`, as ``session.confusion("P1", 0)`` for ``Confusion("P1", 0)``.
    """

    if TYPE_CHECKING:  # the methods that ask questions are made below; `ask` knows the types of answers

        def __getattr__(self, name: str) -> Callable[..., Any]: ...

    def ask(self, question: Question[A]) -> A:
        """Answer a question.

        Parameters
        ----------
        question : Question
            One of :mod:`hhstudio.core.analysis.questions`.

        Returns
        -------
        Answer
            The record of :mod:`hhstudio.core.analysis.answers` that the question says.

        Raises
        ------
        HHStudioError
            Where the session cannot answer that: SessionError (nothing is kept, not learned yet), DataError
            (no test images on this machine).
        """
        return answer(self, question)


def _method(kind: type[Question[Any]]) -> Callable[..., Answer]:
    """The method of :class:`Session` that asks a kind of question; the fields are its arguments."""

    def method(self: Session, *args: Any, **kwargs: Any) -> Answer:
        return self.ask(kind(*args, **kwargs))

    own = inspect.signature(kind)
    subject = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    method.__name__ = questions.name_of(kind)
    method.__qualname__ = f"{Session.__qualname__}.{method.__name__}"
    method.__doc__ = kind.__doc__
    method.__signature__ = own.replace(  # type: ignore[attr-defined]
        parameters=[subject, *own.parameters.values()], return_annotation=questions.answer_of(kind)
    )
    return method


for _kind in questions.KINDS:
    setattr(Session, questions.name_of(_kind), _method(_kind))
