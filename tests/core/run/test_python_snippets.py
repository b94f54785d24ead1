"""Lines of Python that are copied from the window do what they say."""

from pathlib import Path

import hhstudio
from hhstudio.core.run import python_snippets

DEMO = Path(__file__).parents[3] / "sessions" / "demo.h5"


def ran(lines):
    names: dict = {}
    exec(lines, names)
    names["session"].close()
    return names


def test_copied_lines_load_the_curves_that_are_shown():
    curves = ran(python_snippets.curves(DEMO, ("accuracy",)))["curves"]
    assert set(curves["metric"]) == {"accuracy"}
    assert len({len(column) for column in curves.values()}) == 1
    assert len(curves["step"]) > 10


def test_copied_lines_load_weights_and_matrix():
    with hhstudio.open(DEMO) as session:
        path = session.paths[0]
        expected = session.weights(path, 0)
        tasks, points = len(session.tasks), len(session.metrics()["value"])
    whole = ran(python_snippets.everything(DEMO))
    assert whole["accuracy"][path].shape[0] == tasks
    assert len(whole["metrics"]["value"]) == points
    found = ran(python_snippets.weights(DEMO, path, 0))
    assert found["weights"].keys() == expected.keys()
    assert isinstance(sum(p.numel() for p in found["solver"].parameters()), int)
