"""Import paths: what the door lets in, and where it looks."""

from __future__ import annotations

import sys

import pytest
import torch

from hhstudio.core.errors import SpecError
from hhstudio.core.spec.consent import ConsentError
from hhstudio.nets.solvers import build_solver
from hhstudio.nets.solvers.import_path import solver_class

IMAGE = (1, 8, 8)

NET = (
    "import torch\n\n\n"
    "class Net(torch.nn.Sequential):\n"
    "    def __init__(self, image_shape, outputs):\n"
    "        super().__init__(torch.nn.Flatten(), torch.nn.Linear(64, outputs))\n"
)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A current folder that is not on the path; modules that a test imports are forgotten."""
    before = set(sys.modules)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [p for p in sys.path if p not in ("", str(tmp_path))])
    yield tmp_path
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) is None or str(tmp_path) in str(
            sys.modules[name].__file__
        ):
            del sys.modules[name]


def trap(here, name):
    (here / name).parent.mkdir(exist_ok=True)
    (here / name).write_text(f"open({str(here / 'EXECUTED')!r}, 'w').close()\n{NET}")


@pytest.mark.parametrize("agreed", [(), ("trap:Other",), ("trap",), "trap:Net", ("trap:Net ",)])
def test_a_module_is_not_even_imported_before_its_very_name_was_agreed_to(here, agreed):
    trap(here, "trap.py")
    with pytest.raises(ConsentError, match="--allow-import trap:Net"):
        solver_class("trap:Net", agreed)
    assert not (here / "EXECUTED").exists()
    assert "trap" not in sys.modules


@pytest.mark.parametrize(
    "name", ["trap", "trap:", "trap:Net.forward", "./trap:Net", "trap:Net()", ".trap:Net", ""]
)
def test_a_text_that_is_no_import_path_is_imported_under_no_circumstances(here, name):
    trap(here, "trap.py")
    with pytest.raises(SpecError, match="unknown solver"):
        solver_class(name, [name])
    assert not (here / "EXECUTED").exists()


@pytest.mark.parametrize(
    "made",
    [
        "from os import system as Net",
        "Net = print",
        "Net = torch.nn.Linear(2, 2)",
        "Net = torch.nn.functional.relu",
        "import os as Net",
        "Net = type('Net', (), {'__call__': print})",
        "Net = lambda image_shape, outputs: CALLED",
        "Net = functools.partial(torch.nn.Linear, 64)",
        "class Net:\n    __class__ = type\n    __mro__ = (torch.nn.Module,)\nNet = Net()",
    ],
)
def test_only_a_class_of_modules_is_called(here, made):
    (here / "own.py").write_text(f"import functools\nimport torch\n{made}\n")
    with pytest.raises(SpecError, match=r"not a torch\.nn\.Module: it was not called"):
        build_solver("own:Net", {}, IMAGE, 2, 1, agreed=["own:Net"])


def test_a_module_of_the_current_folder_is_a_solver_once_it_was_agreed_to(here):
    (here / "own.py").write_text(NET)
    finders = list(sys.meta_path)
    module = build_solver("own:Net", {}, IMAGE, 2, 1, agreed=["own:Net"])
    assert module(torch.zeros(1, *IMAGE)).shape == (1, 2)
    assert sys.meta_path == finders


@pytest.mark.parametrize("files", [["__init__.py"], []])
def test_a_package_of_the_current_folder_has_its_own_modules(here, files):
    (here / "mine").mkdir()
    for name in files:
        (here / "mine" / name).touch()
    (here / "mine" / "layers.py").write_text("WIDTH = 64\n")
    body = NET.replace(
        "import torch\n", "import torch\nfrom mine.layers import WIDTH\nfrom . import layers\n", 1
    )
    (here / "mine" / "nets.py").write_text(body)
    assert solver_class("mine.nets:Net", ["mine.nets:Net"]).__name__ == "Net"


def test_nothing_else_of_the_current_folder_is_found_by_that_module_and_it_says_so(here):
    (here / "own.py").write_text(f"import beside\n{NET}")
    trap(here, "beside.py")
    with pytest.raises(
        SpecError, match=r"No module named 'beside'.*beside lies in the current folder.*one package"
    ):
        solver_class("own:Net", ["own:Net"])
    assert not (here / "EXECUTED").exists()


def test_what_a_module_imports_is_not_taken_from_the_current_folder(here):
    (here / "own.py").write_text(f"import colorsys, wave\n{NET}")
    for name in ("colorsys.py", "wave.py", "torch.py"):
        trap(here, name)
    sys.modules.pop("colorsys", None)
    assert solver_class("own:Net", ["own:Net"])
    assert not (here / "EXECUTED").exists()


def test_what_is_installed_is_not_shadowed_by_the_current_folder(here):
    trap(here, "own_solvers.py")
    trap(here, "torch/nn.py")
    sys.modules.pop("own_solvers", None)
    for name in ("torch.nn:Linear", "own_solvers:Frozen"):
        assert solver_class(name, [name]).__name__ == name.partition(":")[2]
    assert not (here / "EXECUTED").exists()


def test_a_module_that_ends_the_process_only_fails(here):
    (here / "own.py").write_text("raise SystemExit('bye')\n")
    with pytest.raises(SpecError, match="cannot be imported: SystemExit: bye"):
        solver_class("own:Net", ["own:Net"])
