"""Registry of answers: for each kind of question, the function that works its answer out.

It stands in core so that a function can be registered where it is, in ``learn`` or in ``service``:

>>> @answers(questions.Confusion)
... def confusion(model, path, task, images): ...
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from hhstudio.core.analysis.questions import Question, name_of

F = TypeVar("F", bound=Callable[..., Any])

SUBJECTS = ("session", "model")

_functions: dict[type[Question[Any]], Callable[..., Any]] = {}


def answers(kind: type[Question[Any]]) -> Callable[[F], F]:
    """Register a function for a kind of question.

    Parameters
    ----------
    kind : type of Question
        The function's first parameter is called ``session`` (it reads what a session keeps, and may ask it
        for its model) or ``model`` (it computes with the rebuilt one); the others are the question's fields.

    Raises
    ------
    TypeError
        For other parameters, or where another function answers that question already.
    """

    def register(function: F) -> F:
        subject, *fields = inspect.signature(function).parameters
        if subject not in SUBJECTS or set(fields) != set(kind.__struct_fields__):
            raise TypeError(f"{function.__name__}: its parameters are not those of {kind.__name__}")
        if kind in _functions:
            raise TypeError(f"{function.__name__}: {name_of(kind)} is answered already")
        _functions[kind] = function
        return function

    return register


def function_for(kind: type[Question[Any]]) -> Callable[..., Any] | None:
    """The function registered for a kind of question, None where its module was not imported yet."""
    return _functions.get(kind)


def needs_model(function: Callable[..., Any]) -> bool:
    """Whether a registered function wants the model, rather than the session."""
    return next(iter(inspect.signature(function).parameters)) == "model"
