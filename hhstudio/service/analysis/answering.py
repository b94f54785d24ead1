"""Answering of questions by the functions that are registered for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from hhstudio.core.analysis import registry
from hhstudio.core.analysis.answers import Answer
from hhstudio.core.analysis.questions import Question, name_of
from hhstudio.service.analysis import level_snapshots, weight_comparison, weight_export  # noqa: F401 - they register
from hhstudio.service.analysis.model_session import ModelSession
from hhstudio.store.file.safe_read import computing

A = TypeVar("A", bound=Answer)


def answer(session: ModelSession, question: Question[A]) -> A:
    """Have a question about a session answered by the function that is registered for it.

    Raises a subclass of HHStudioError where the session cannot answer that.
    """
    function = _function_for(type(question))
    with computing(session.path, f"what {name_of(type(question))} needs"):
        subject = session.model if registry.needs_model(function) else session
        return function(subject, **{name: getattr(question, name) for name in question.__struct_fields__})


def _function_for(kind: type[Question[Any]]) -> Callable[..., Any]:
    """What reads files is registered already; it needs no torch."""
    function = registry.function_for(kind)
    if function is None:
        import hhstudio.learn.analysis  # noqa: F401 - registers what computes with the model

        function = registry.function_for(kind)
    if function is None:
        raise TypeError(f"nothing answers {kind.__name__}")
    return function
