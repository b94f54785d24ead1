"""The original figure: both recipes on the same tree, and what is found again."""

from __future__ import annotations

import json

import pytest

from hhstudio.cli import main
from hhstudio.core.spec.presets import preset
from hhstudio.core.spec.spec import with_fields
from hhstudio.experiments import original_figure
from hhstudio.experiments.original_figure import EFFORT, PUBLISHED, _original, _ours
from hhstudio.store.session.session import open as open_session


@pytest.fixture(scope="module")
def reproduced(tmp_path_factory):
    out = tmp_path_factory.mktemp("figure")
    return out, main(
        ["reproduce", "original-figure", "--scale", "smoke", "--seeds", "1", "--out", str(out), "--json"]
    )


def test_the_figure_comes_with_table_csv_sessions_and_both_recipes(reproduced):
    out, status = reproduced
    assert status == 0
    found = json.loads((out / "table.json").read_text())
    assert found["experiment"] == "original-figure"
    assert {(row["recipe"], row["path"]) for row in found["rows"]} == {
        (recipe, path) for recipe in ("original recipe", "our recipe") for path in PUBLISHED
    }
    assert (out / "table.csv").read_text().startswith("recipe,")
    for name in found["files"]:
        assert (out / name).stat().st_size > 200
    for recipe in ("original", "ours"):
        with open_session(out / f"{recipe}-seed0.h5") as session:
            assert session.state == "finished"
            row = next(r for r in found["rows"] if r["recipe"].startswith(recipe[:3]) and r["path"] == "P1")
            assert row["average"]["mean"] == pytest.approx(session.history.summary("P1").average)


def test_an_experiment_that_was_interrupted_finds_what_is_finished(reproduced, context, said):
    out, _ = reproduced
    table = original_figure.run(context(out))
    assert said == ["original-seed0: found, finished", "ours-seed0: found, finished"]
    assert table.csv() == (out / "table.csv").read_text()


def test_a_run_that_diverges_is_a_result_where_it_may_be(context, said):
    spec = with_fields(_original(EFFORT["smoke"]), {"training.lr": 1e6, "stream.tasks": 2})
    for expected in ("diverging: training", "diverging: found, diverged"):
        with context().session("diverging", spec, may_diverge=True) as session:
            assert original_figure._last(session, "P3-00").shape == (2,)
            assert "diverged: step " in original_figure._cost(session)
        assert said[-1] == expected


def test_the_full_scale_is_the_original_set_up_and_both_recipes_share_its_sizes():
    original, ours = _original(EFFORT["full"]), _ours(EFFORT["full"])
    published = preset("original-figure")
    assert original.stream == published.stream
    assert original.hypernetwork == published.hypernetwork
    assert original.training == published.training
    assert ours.topology == original.topology
    for name in ("hidden", "chunk", "task_embedding", "chunk_embedding"):
        assert getattr(ours.hypernetwork, name) == getattr(original.hypernetwork, name)
    assert (ours.training.epochs, ours.training.batch_size) == (100, 256)
    assert [round(sum(row) / 6, 3) for row in PUBLISHED.values()] == [0.7, 0.644, 0.593]
