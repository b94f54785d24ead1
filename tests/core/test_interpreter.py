"""Interpreter of helper processes: what it does not take from the current folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import hhstudio
from hhstudio.core import interpreter

ROOT = str(Path(hhstudio.__file__).parents[1])


@pytest.mark.parametrize("named", ["", ":", "/x:", ":/x", "/x::/y"])
def test_no_entry_of_its_path_is_empty_and_those_with_a_name_stay(monkeypatch, named):
    named = named.replace(":", os.pathsep)
    monkeypatch.setenv("PYTHONPATH", named)
    entries = interpreter.environment()["PYTHONPATH"].split(os.pathsep)
    assert entries == [ROOT, *filter(None, named.split(os.pathsep))]


def test_neither_it_nor_a_process_that_it_starts_looks_in_the_current_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", os.pathsep)
    (tmp_path / "trap.py").write_text("")
    inner = "import importlib.util, os, sys; print(importlib.util.find_spec('trap'), sys.path)"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}], check=True)"
    command = [*interpreter.command("timeit")[:2], "-c", f"{inner}; {outer}"]
    done = subprocess.run(
        command, cwd=tmp_path, env=interpreter.environment(), capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["None", "None"]
    assert str(tmp_path) not in done.stdout


def test_the_package_run_as_a_module_leaves_the_current_folder_at_once(tmp_path):
    (tmp_path / "msgspec.py").write_text("raise SystemExit('executed')\n")
    environment = {n: v for n, v in os.environ.items() if n != interpreter.SAFE_PATH} | {"PYTHONPATH": ROOT}
    command = [sys.executable, "-m", "hhstudio", "presets"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
