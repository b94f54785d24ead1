"""Session for analysis: what a file keeps, its solvers as torch modules, and every question about it.

``hhstudio.open("S.h5")`` gives one. Reading needs no torch; it is loaded when a solver, or an answer that
needs the rebuilt model, is first asked for.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hhstudio.core.analysis import questions
from hhstudio.core.analysis.answers import Answer
from hhstudio.core.analysis.questions import Question
from hhstudio.core.errors import SessionError
from hhstudio.core.spec.spec import solver_of
from hhstudio.core.tree.topology import Solver
from hhstudio.store.session import session as stored

if TYPE_CHECKING:
    from hhstudio.learn.analysis import LoadedModel
    from hhstudio.learn.analysis.deployable import Module

A = TypeVar("A", bound=Answer)


def open(
    path: Path | str,
    *,
    data: Path | str | None = None,
    allow_unverified: bool = False,
    allow_import: bool = False,
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
    allow_import : bool
        Import solvers that the session names by import path, which runs their code.

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


class Session(stored.Session):
    """A session that is open for reading and analysis; a context manager. Made by :func:`open`.

    Beside what :class:`hhstudio.store.session.session.Session` reads it has a method for each question of
    :mod:`hhstudio.core.analysis.questions`, as ``session.confusion("P1", 0)`` for ``Confusion("P1", 0)``.
    """

    data: Path | None = None
    allow_unverified: bool = False
    allow_import: bool = False
    _model: LoadedModel | None = None

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
        from hhstudio.service.analysis.answering import answer

        return answer(self, question)

    @property
    def model(self) -> LoadedModel:
        """The session's hierarchy at its newest checkpoint, rebuilt when it is first needed (loads torch).

        Raises SessionError where there is no checkpoint, or where building it would import a solver's code
        that was not allowed (see :func:`open`).
        """
        if self._model is None:
            self._model = self._load_model()
        return self._model

    @property
    def model_step(self) -> int | None:
        """The step of the checkpoint in :attr:`model`, None while that was not needed."""
        return None if self._model is None else self._model.step

    def refresh(self) -> bool:
        changed = super().refresh()
        if changed and self.state_step not in (None, self.model_step):
            self._model = None
        return changed

    def solver(self, path: str, task: int, allow_import: bool | None = None) -> Module:
        """The solver of a path with the weights that were generated for a task, ready to run (loads torch).

        Parameters
        ----------
        path : str
        task : int
        allow_import : bool or None
            Import a solver given by import path, which runs its code; None: as :func:`open` was told.

        Returns
        -------
        torch.nn.Module
            In eval mode: (N, C, H, W) normalised images -> (N, outputs) logits of all heads.

        Raises
        ------
        SessionError
            Where there are no weights, or the solver's code may not be imported.
        """
        weights = self.weights(path, task)
        architecture, options = self._architecture(path)
        if not (self.allow_import if allow_import is None else allow_import):
            self._refuse_import(path, architecture)
        from hhstudio.learn.analysis.deployable import solver_module

        try:
            return solver_module(
                architecture, options, self._image_shape, self.spec.stream, self.tasks, weights
            )
        except SessionError as error:
            raise SessionError(f"{self.path}: {path}, task {task}: {error}") from None

    def _load_model(self) -> LoadedModel:
        state = self.trainer_state()
        if state is None:
            raise SessionError(
                f"{self.path}: holds no checkpoint yet; what is generated can be inspected after the "
                "first one"
            )
        image_shape = self._image_shape
        if not self.allow_import:
            for topology in (self.spec.topology, self.history.topology):
                for node in topology.nodes if topology is not None else ():
                    if isinstance(node, Solver):
                        self._refuse_import(node.name, solver_of(self.spec, node)[0])
        from hhstudio.learn.analysis import LoadedModel

        return LoadedModel(self.spec, state, self.tasks, image_shape, self.data, self.allow_unverified)

    def _refuse_import(self, owner: str, architecture: str) -> None:
        if ":" in architecture:
            raise SessionError(
                f"{self.path}: the solver of {owner} is {architecture!r}; using it imports that module and "
                "runs its code. If you trust it, allow it with allow_import=True"
            )

    @property
    def _image_shape(self) -> tuple[int, int, int]:
        run = self.history.run
        if run is None or run.image_shape is None:
            raise SessionError(f"{self.path}: does not say which images its solvers take")
        return run.image_shape

    def _architecture(self, path: str) -> tuple[str, dict[str, object]]:
        topology = self.history.topology
        try:
            node = topology.by_id[topology.path(path).solver] if topology is not None else None
        except KeyError:
            node = None
        if not isinstance(node, Solver):
            raise SessionError(f"{self.path}: there is no path {path!r}")
        architecture, options = solver_of(self.spec, node)
        return architecture, dict(options)


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
