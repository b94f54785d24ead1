"""Current folder: modules that lie there are executed by no process of ours, whatever their names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from small_specs import tiny

import hhstudio
from hhstudio.core.spec import spec as specs

ROOT = Path(hhstudio.__file__).parents[1]
HERE = Path(__file__).parent
DEMO = ROOT / "sessions" / "demo.h5"
TIMEOUT = 110

COMMAND = "import sys; from hhstudio.cli import main; sys.exit(main())"
"""As the script that is installed as ``hhstudio``."""
RECORDER = """
import sys

def note(names):
    with open({log!r}, "a") as log:
        log.write("".join(name.partition(".")[0] + "\\n" for name in names))

class Recorder:
    def find_spec(self, name, path=None, target=None):
        note([name])

note(sys.modules)
sys.meta_path.insert(0, Recorder())
"""
"""A sitecustomize.py: every module that any process imports, and every one that it looks for in vain."""


def environment(*folders: Path) -> dict[str, str]:
    """In which Python would take modules from the current folder, had nobody thought of it."""
    path = os.pathsep.join(map(str, [*folders, ROOT]))
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    return kept | {"PYTHONPATH": path, "QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(folders[0])}


def write_spec(folder: Path) -> None:
    (folder / "tiny.json").write_bytes(specs.encode(tiny(2, tasks=1)))


def write_damaged(folder: Path) -> None:
    (folder / "damaged.h5").write_bytes(DEMO.read_bytes()[:700_000])


def write_sweep(folder: Path) -> None:
    fields = {"training.steps": 1, "stream.tasks": 1}
    (folder / "sweep.json").write_text(
        json.dumps({"base": "quickstart", "set": fields, "vary": {"seed": [0]}})
    )


def nothing(folder: Path) -> None:
    pass


PROCESSES: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "run": (write_spec, ["command", "run", "tiny.json", "--out", "a.h5", "--quiet"]),
    "recover": (write_damaged, ["command", "recover", "damaged.h5"]),
    "analysis": (nothing, ["helpers", "analysis", str(DEMO)]),
    "multiprocessing": (nothing, ["helpers", "multiprocessing"]),
}
"""By what is started, the files that it takes and the words of the test's script that starts it."""
LONG: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "in process": (write_spec, ["command", "run", "tiny.json", "--out", "a.h5", "--quiet", "--in-process"]),
    "module": (write_spec, ["module", "run", "tiny.json", "--out", "a.h5", "--quiet"]),
    "sweep": (write_sweep, ["helpers", "sweep"]),
    "calibration": (nothing, ["helpers", "calibration"]),
    "pictures": (nothing, ["helpers", "pictures"]),
    "screenshot": (
        nothing,
        ["command", "screenshot", str(DEMO), "--out", "shots", "--only", "window,health"],
    ),
    "show": (nothing, ["command", "show", str(DEMO)]),
}


def start(words: list[str], folder: Path, *path: Path) -> subprocess.CompletedProcess[str]:
    kind, *rest = words
    script = path[0] / "hhstudio_script.py"
    script.write_text(COMMAND)
    command = {
        "command": [str(script)],
        "module": ["-P", "-m", "hhstudio"],
        "helpers": [str(HERE / "helper_processes.py")],
    }
    return subprocess.run(
        [sys.executable, *command[kind], *rest],
        cwd=folder,
        env=environment(*path),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


@pytest.fixture(scope="module")
def names(tmp_path_factory) -> set[str]:
    """Modules that are imported or looked for: the standard library's, those installed, and whatever a run
    tries besides."""
    tools, folder = tmp_path_factory.mktemp("tools"), tmp_path_factory.mktemp("empty")
    log = tools / "log"
    (tools / "sitecustomize.py").write_text(RECORDER.format(log=str(log)))
    write_spec(folder)
    done = start(LONG["in process"][1], folder, tools)
    assert done.returncode == 0, done.stderr
    traced = set(log.read_text().split())
    assert {"torch", "opt_einsum", "dill", "h5py", "msgspec", "hhstudio", "json", "runpy"} <= traced
    return traced | set(sys.stdlib_module_names) | set(packages_distributions())


@pytest.fixture
def folder(tmp_path, names) -> Path:
    """A folder full of traps."""
    folder = tmp_path / "traps"
    folder.mkdir()
    for name in names:
        if name.isidentifier() and name != "__main__":
            trap = f"open({str(tmp_path / 'EXECUTED')!r}, 'a').write(__name__ + '\\n')\n"
            (folder / f"{name}.py").write_text(trap)
    return folder


def executed(tmp_path: Path) -> list[str]:
    trace = tmp_path / "EXECUTED"
    return trace.read_text().split() if trace.exists() else []


def check(process: tuple[Callable[[Path], None], list[str]], folder: Path, tmp_path: Path) -> None:
    prepare, words = process
    prepare(folder)
    tools = tmp_path / "tools"
    tools.mkdir()
    done = start(words, folder, tools)
    assert executed(tmp_path) == []
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("process", PROCESSES)
def test_no_module_of_the_current_folder_is_executed(process, folder, tmp_path):
    check(PROCESSES[process], folder, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("process", LONG)
def test_no_module_of_the_current_folder_is_executed_by_any_other_process(process, folder, tmp_path):
    check(LONG[process], folder, tmp_path)


def test_the_traps_are_executed_by_who_looks_in_the_current_folder(folder, tmp_path):
    code = "import opt_einsum, dill, h5py, hhstudio"
    subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment(tmp_path), timeout=TIMEOUT, check=True
    )
    assert {"opt_einsum", "dill", "h5py", "hhstudio"} <= set(executed(tmp_path))


def test_a_solver_of_the_current_folder_is_found_by_a_worker_and_what_lies_beside_it_is_not(folder, tmp_path):
    (folder / "own_net.py").write_text(
        "import json, torch\n\n\n"
        "class Net(torch.nn.Sequential):\n"
        "    def __init__(self, image_shape, outputs):\n"
        "        super().__init__(torch.nn.Flatten(), torch.nn.Linear(64, outputs))\n"
    )
    write_spec(folder)
    settings = ["--set", "solver.architecture=own_net:Net", "--set", "solver.options={}"]
    words = ["command", "run", "tiny.json", "--out", "a.h5", "--quiet", *settings]
    tools = tmp_path / "tools"
    tools.mkdir()
    done = start(words, folder, tools)
    assert (done.returncode, done.stderr, executed(tmp_path)) == (0, "", [])
