"""The layers, where the import linter cannot see: nobody reaches a module by its name in a string."""

import ast
from collections.abc import Iterator
from pathlib import Path

import hhstudio

PACKAGE = Path(hhstudio.__file__).parent

ALLOWED = {
    "__init__.py": "the public names are loaded when they are first used",
    "experiments/__init__.py": "an experiment is chosen by its name on the command line",
    "nets/solvers/import_path.py": "a solver may be given by import path",
}
"""Modules that import by name, and why."""

IMPORTING = {"import_module", "__import__", "find_spec", "resolve_name", "run_module", "run_path"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """A module's or package's dotted name."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            yield getattr(function, "id", getattr(function, "attr", "")), node


def strings(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Texts and their lines; of f-strings, their parts."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, node.lineno


def is_process(path: Path) -> bool:
    """Whether a module is run as a process of its own, by ``python -m``."""
    return 'if __name__ == "__main__":' in path.read_text(encoding="utf-8")


def test_no_module_is_reached_by_its_name_in_a_string_to_get_round_a_contract():
    own = {name_of(path) for path in modules()} - {"hhstudio"}
    forbidden = own - {name_of(path) for path in modules() if is_process(path)}
    wrong = []
    for path in modules():
        place = path.relative_to(PACKAGE).as_posix()
        if place in ALLOWED:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imports = any(name in IMPORTING for name, _ in calls(tree))
        for text, line in strings(tree):
            if text in forbidden or (imports and text.startswith("hhstudio.")):
                wrong.append(f"{place}:{line}: {text}")
    assert wrong == []


def test_what_may_import_by_name_is_there_and_does():
    for name in ALLOWED:
        tree = ast.parse((PACKAGE / name).read_text(encoding="utf-8"))
        assert any(call in IMPORTING for call, _ in calls(tree)), name


def test_a_module_named_in_a_string_is_seen():
    tree = ast.parse('from importlib import import_module\nimport_module("hhstudio.learn.analysis")\n')
    assert [text for text, _ in strings(tree)] == ["hhstudio.learn.analysis"]
    assert {name for name, _ in calls(tree)} & IMPORTING
    assert "hhstudio.learn.analysis" in {name_of(path) for path in modules()}
