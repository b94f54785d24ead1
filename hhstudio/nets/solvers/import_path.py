"""Import paths: solvers' classes in modules that a user agreed to, the one door through which code comes in.

Importing a module runs it, and calling what stands in it runs that. So the name comes first, then the module,
and only a class of ``torch.nn.Module`` is ever called.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Collection, Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

from torch import nn

from hhstudio.core.errors import SpecError
from hhstudio.core.spec.architectures import ARCHITECTURES, is_import_path
from hhstudio.core.spec.consent import ConsentError, module_of


def solver_class(name: str, agreed: Collection[str]) -> type[nn.Module]:
    """Class of a solver given by import path. Its module is imported if it was agreed to, and no other is.

    A module that is not installed is looked for in the current folder. That goes for the module itself, or
    for the package that has it; whatever else lies there is not found, by that module neither.

    Parameters
    ----------
    name : str
        ``package.module:Class``.
    agreed : collection of str
        Import paths that the user lets run.

    Returns
    -------
    type of nn.Module
        Not called yet.

    Raises
    ------
    ConsentError
        For a name that was not agreed to.
    SpecError
        For a name that is no import path, an import that fails, and whatever is not such a class.
    """
    if not is_import_path(name):
        known = ", ".join(ARCHITECTURES)
        raise SpecError(f"unknown solver {name!r}; known: {known}, or an import path package.module:Class")
    if name not in frozenset(agreed):
        raise ConsentError((name,))
    module_name, class_name = module_of(name), name.partition(":")[2]
    try:
        with _found_in_current_folder(module_name):
            module = importlib.import_module(module_name)
        solver = getattr(module, class_name)
    except (Exception, SystemExit) as error:
        raise SpecError(f"solver {name!r} cannot be imported: {first_line(error)}{_hint(error)}") from None
    is_class = issubclass(type(solver), type)  # isinstance would ask the object itself
    if not (is_class and issubclass(solver, nn.Module)):
        kind = "another class" if is_class else f"a {type(solver).__name__}"
        raise SpecError(f"solver {name!r} is {kind}, not a torch.nn.Module: it was not called")
    return solver


def first_line(error: BaseException) -> str:
    """An error's type, and the first line of what it says.

    Parameters
    ----------
    error : BaseException

    Returns
    -------
    str
    """
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__


class _CurrentFolder(MetaPathFinder):
    """Finds one top-level module in the current folder."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if path is not None or fullname != self._name:
            return None
        try:
            return PathFinder.find_spec(fullname, [str(Path.cwd())], target)
        except OSError:  # the folder is gone
            return None


@contextlib.contextmanager
def _found_in_current_folder(module: str) -> Iterator[None]:
    """Asked last, so that nothing installed is shadowed, and only while the module is imported."""
    finder = _CurrentFolder(module.partition(".")[0])
    sys.meta_path.append(finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def _hint(error: BaseException) -> str:
    """Why a module that lies in the current folder was not found by another from there."""
    missing = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if (
        not missing
        or missing in sys.modules
        or not (Path(f"{missing}.py").is_file() or Path(missing).is_dir())
    ):
        return ""
    return (
        f". {missing} lies in the current folder, where only the solver's own module is looked for: put both "
        "into one package, or the folder on PYTHONPATH"
    )
