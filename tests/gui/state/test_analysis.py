"""Analysis in the window: a solver of one's own is looked into when its import was agreed to."""

from __future__ import annotations

import sys

import pytest
from msgspec.structs import replace
from small_specs import tiny

import hhstudio
from hhstudio.core.analysis import questions
from hhstudio.gui.state.analysis import Analysis

NAME = "net_in_this_folder:Net"


@pytest.fixture
def session(tmp_path, monkeypatch):
    """Trained by a solver whose module lies in the current folder."""
    (tmp_path / "net_in_this_folder.py").write_text(
        "import torch\n\n\n"
        "class Net(torch.nn.Sequential):\n"
        "    def __init__(self, image_shape, outputs):\n"
        "        super().__init__(torch.nn.Flatten(), torch.nn.Linear(64, outputs))\n"
    )
    monkeypatch.chdir(tmp_path)
    spec = tiny(2, tasks=1)
    spec = replace(spec, solver=replace(spec.solver, architecture=NAME, options={}))
    hhstudio.run(spec, tmp_path / "s.h5", allow_imports=[NAME])
    yield tmp_path / "s.h5"
    del sys.modules["net_in_this_folder"]


def test_what_is_agreed_to_in_the_window_goes_for_its_analysis_too(session, workspace, qtbot):
    replies = []
    workspace.open(session)
    analysis = Analysis(workspace)
    qtbot.waitUntil(lambda: analysis.available, timeout=20_000)
    analysis.ask(questions.Overview(), replies.append)
    qtbot.waitUntil(lambda: len(replies) == 1, timeout=60_000)
    assert f"'{NAME}'; using it imports" in replies[0].error
    workspace.trust.imports.add(NAME)
    analysis.ask(questions.Overview(), replies.append)
    qtbot.waitUntil(lambda: len(replies) == 2, timeout=60_000)
    assert replies[1].error == ""
    analysis.close()
