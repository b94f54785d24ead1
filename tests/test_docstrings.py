"""Docstrings: a module says first what it is, in a noun of the field."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import hhstudio

PACKAGE = Path(hhstudio.__file__).parent

NOUNS_FIRST = (
    "nets",
    "learn/training",
    "learn/consolidation",
    "learn/data",
    "core/tree",
    "core/run",
    "core/spec",
    "core/sweeps",
    "experiments",
)
"""Folders whose modules begin with a noun; to be extended until it is the whole package."""

QUESTION_WORDS = ("What", "How", "Where", "Whether", "When", "Which", "Who", "Why")

NUMPY_STYLE = ("nets", "learn/training", "learn/consolidation", "learn/data")
"""Folders whose public functions tell their parameters in NumPy style."""


def modules(*folders):
    return [file for folder in folders for file in sorted((PACKAGE / folder).rglob("*.py"))]


def name(file):
    return file.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("file", modules(*NOUNS_FIRST), ids=name)
def test_a_module_begins_with_a_noun_and_not_with_a_question(file):
    text = ast.get_docstring(ast.parse(file.read_text())) or ""
    assert text, "it has no docstring"
    assert text.split()[0].rstrip(",:") not in QUESTION_WORDS, text.splitlines()[0]


@pytest.mark.parametrize("file", modules(*NUMPY_STYLE), ids=name)
def test_a_public_function_tells_its_parameters(file):
    assert list(_silent(ast.parse(file.read_text()).body)) == []


def _silent(body, owner=""):
    """Public functions and methods that have no docstring, or parameters that it does not name."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            text = ast.get_docstring(node)
            if not text:
                yield node.name
            yield from _silent(node.body, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            text = ast.get_docstring(node) or ""
            _, _, told = text.partition("Parameters\n----------\n")
            named = {word for line in told.splitlines() for word in line.partition(" : ")[0].split(", ")}
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            missing = [a.arg for a in arguments if a.arg not in ("self", "cls") and a.arg not in named]
            if not text or missing:
                yield f"{owner}{node.name}: {', '.join(missing) or 'no docstring'}"
