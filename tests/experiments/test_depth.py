"""What recursion costs: rows for every recipe, edges and counts beside them, and what is found again."""

from __future__ import annotations

import csv
import io
import itertools
import json

import pytest

from hhstudio.cli import main
from hhstudio.core.spec import spec
from hhstudio.experiments import depth
from hhstudio.experiments.depth import EFFORT, FINAL, LEARNED, RECIPES
from hhstudio.nets.links import resolve
from hhstudio.store.session.session import open as open_session


@pytest.fixture(scope="module")
def reproduced(tmp_path_factory):
    out = tmp_path_factory.mktemp("depth")
    arguments = ["reproduce", "depth", "--scale", "smoke", "--seeds", "1", "--out", str(out), "--json"]
    assert main(arguments) == 0
    return out, json.loads((out / "table.json").read_text())


def rows(found, recipe, training="in sequence"):
    title = RECIPES[recipe].title
    return {
        row["measure"]: row
        for row in found["rows"]
        if row["recipe"] == title and row["training"].startswith(training)
    }


def test_every_recipe_has_its_accuracies_edges_and_counts(reproduced):
    out, found = reproduced
    control = rows(found, "ours", "in sequence, all")
    assert control[FINAL]["P1"]["n"] == 1
    assert {"lost without edge 1"} == {name for name in control if "edge" in name}
    ours = {
        row["measure"]: row
        for row in found["rows"]
        if row["training"] == "in sequence" and row["recipe"] == RECIPES["ours"].title
    }
    assert ours["lost without edge 1"]["P2-0"]["mean"] is not None
    assert ours["lost without edge 2"]["P1"] is None
    assert ours[FINAL]["generated"] >= ours[FINAL]["kept for consolidation"] > 0
    for name in ("direct", "ours"):
        mine = [r for r in found["rows"] if r["recipe"] == RECIPES[name].title]
        assert {r["measure"] for r in mine} >= {FINAL, LEARNED}
    with open_session(out / "ours-seed0.h5") as session:
        assert ours[FINAL]["P2-0"]["mean"] == pytest.approx(session.history.summary("P2-0").average)


def test_depths_are_trained_jointly_each_by_itself(reproduced):
    _, found = reproduced
    joint = rows(found, "ours", "jointly")
    assert LEARNED not in joint
    assert joint[FINAL]["P1"]["n"] == joint[FINAL]["P2-0"]["n"] == 1


def test_the_ablation_says_that_it_is_smaller_and_of_one_seed(reproduced):
    _, found = reproduced
    ablation = rows(found, "ours-each", "ablation")
    assert ablation[FINAL]["P1"]["n"] == 1
    assert ablation[FINAL]["training"] == "ablation: 2 tasks of 20 steps, one seed"


def test_table_and_figure_are_files(reproduced):
    out, found = reproduced
    table = list(csv.reader(io.StringIO((out / "table.csv").read_text())))
    assert len(table) == len(found["rows"]) + 1
    for name in found["files"]:
        assert (out / name).stat().st_size > 200


def test_an_interrupted_table_trains_only_what_is_missing(reproduced, context, said):
    out, _ = reproduced
    (out / "ours-joint2-seed0.h5").unlink()
    table = depth.run(context(out))
    assert [line for line in said if not line.endswith("found, finished")] == ["ours-joint2-seed0: training"]
    assert table.csv() == (out / "table.csv").read_text()


def test_each_step_of_the_ablation_changes_something_and_the_cpu_scale_has_all_of_them():
    assert EFFORT["cpu"].ablation == EFFORT["full"].sequential == tuple(RECIPES)
    steps = list(RECIPES.values())
    for before, after in itertools.pairwise(steps):
        assert before != after
    assert {RECIPES["direct-each"].heads, RECIPES["ours-each"].heads} == {"each"}


def test_what_a_spec_leaves_out_is_the_recipe_of_the_depth_experiment():
    ours = RECIPES["ours"]
    for to_solver in (False, True):
        assert resolve(spec.Link(), None, to_solver) == resolve(ours.link, None, to_solver)
    assert spec.HypernetworkDefaults() == ours.hypernetwork
    assert spec.Consolidation() == ours.consolidation
    assert spec.Training(batch_size=ours.training.batch_size) == ours.training
    assert spec.Stream().heads == ours.heads
