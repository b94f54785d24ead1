"""Docstrings: a module says first what it is, in a noun of the field."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import hhstudio

PACKAGE = Path(hhstudio.__file__).parent

QUESTION_WORDS = ("What", "How", "Where", "Whether", "When", "Which", "Who", "Why")

NUMPY_STYLE = ("nets", "learn", "service/api.py", "service/analysis/session.py", "store/session/session.py")
"""Folders and modules whose public functions tell their parameters in NumPy style."""


def modules(*places):
    paths = [PACKAGE / place for place in places]
    return [file for path in paths for file in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]


def name(file):
    return file.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("file", modules(""), ids=name)
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
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not _is_overload(node):
            text = ast.get_docstring(node) or ""
            _, _, section = text.partition("Parameters\n----------\n")
            named = {word for line in section.splitlines() for word in line.partition(" : ")[0].split(", ")}
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            missing = [a.arg for a in arguments if a.arg not in ("self", "cls") and a.arg not in named]
            if not text or missing:
                yield f"{owner}{node.name}: {', '.join(missing) or 'no docstring'}"


def _is_overload(node):
    return any(ast.unparse(decorator) == "overload" for decorator in node.decorator_list)
