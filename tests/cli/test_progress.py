"""Lines of `hhstudio run` where there is no terminal."""

import pytest

from hhstudio.cli import progress
from hhstudio.core.run import events
from hhstudio.core.run.history import History


@pytest.fixture
def lines(monkeypatch, tmp_path):
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    return progress.reporter(History(), tmp_path / "s.h5", quiet=False)


def test_a_download_whose_length_is_known_says_how_far_it_is(lines, capsys):
    lines.take(events.StateChanged(state="data", detail="mnist 40 %", progress=0.4))
    assert capsys.readouterr().out == "  mnist 40 %\n"


def test_a_percent_sign_in_a_name_is_no_progress(lines, capsys):
    lines.take(events.StateChanged(state="data", detail="100 % mine"))
    assert capsys.readouterr().out == ""
