"""A session that another program wrote, with h5py and the README's table, is one like any other."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import hhstudio
from hhstudio.cli import main

WRITER = Path(__file__).with_name("foreign_writer.py")


@pytest.fixture
def foreign(tmp_path):
    path = tmp_path / "foreign.h5"
    subprocess.run([sys.executable, "-I", str(WRITER), str(path)], check=True)
    return path


def test_a_session_that_another_program_wrote_opens_in_the_studio(window, foreign):
    assert "hhstudio" not in WRITER.read_text(encoding="utf-8").split('"""', 2)[2].replace(
        "hhstudio-session", ""
    )
    workspace = window.workspace
    workspace.load(foreign)
    assert workspace.said == []
    assert workspace.history.state == "finished"
    assert len(workspace.history.series["P1", 0, "loss"]) == 10
    assert workspace.document.spec.name == "from elsewhere"
    assert [node.name for node in workspace.document.topology.nodes] == ["H0", "P1"]
    window.panels.show("matrix")
    window.panels.show("curves")
    workspace.new()


def test_a_session_that_another_program_wrote_is_shown_exported_and_read(foreign, tmp_path, capsys):
    assert main(["show", str(foreign)]) == 0
    assert "finished, 200 steps" in capsys.readouterr().out
    assert main(["export", str(foreign), "metrics", "--out", str(tmp_path / "m.csv")]) == 0
    assert main(["recover", str(foreign)]) == 0
    with hhstudio.open(foreign) as session:
        np.testing.assert_array_equal(session.weights("P1", 1)["weight"], np.full((2, 64), 1, np.float32))
        np.testing.assert_allclose(session.accuracy("P1"), [[0.99, np.nan], [0.97, 0.98]], rtol=1e-6)
