"""The cost of a step by earlier conditions: what is timed is what it says."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from hhstudio.cli import main
from hhstudio.experiments import bench_nets, flat
from hhstudio.experiments.speed import with_defaults
from hhstudio.learn.consolidation.condition_sampling import LARGEST_SAMPLE, SMALLEST_SAMPLE


def test_time_and_memory_are_measured_for_each_number_of_conditions(tmp_path, capsys):
    arguments = ["reproduce", "flat", "--scale", "smoke", "--seeds", "1", "--out", str(tmp_path), "--json"]
    assert main(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["earlier conditions"] for row in found["rows"]] == [1, 10]
    for row in found["rows"]:
        assert row["ms a step"]["mean"] > 0
        assert row["peak memory MB"] > 50
    assert found["rows"][0]["over 1 earlier"]["mean"] == 1
    assert any("earlier conditions a step" in note for note in found["notes"])


@pytest.mark.parametrize(("earlier", "taken"), [(1, "all 1"), (30, "of 30")])
def test_a_step_generates_no_more_conditions_than_its_sample(earlier, taken):
    spec = with_defaults(bench_nets.single_level_spec("resnet32"))
    learner, now = bench_nets.learner_after(spec, spec.topology, earlier, "cpu")
    count = len(learner.consolidation.sample(0))
    assert count == (1 if earlier == 1 else LARGEST_SAMPLE)
    assert taken in learner.begin([now])


def test_the_closed_form_covers_every_condition_and_keeps_no_targets():
    spec = bench_nets.single_level_spec(flat.SOLVER)
    learner, now = bench_nets.learner_after(spec, spec.topology, 20, "cpu")
    assert "all 20 earlier conditions" in learner.begin([now])
    assert not learner.consolidation.sample(0)
    assert not learner.consolidation.targets


def test_where_cost_decides_a_long_chain_with_a_small_solver_looks_at_fewer_conditions_and_says_why():
    asked = bench_nets.deep_spec()
    spec = replace(asked, consolidation=replace(asked.consolidation, sample=None))
    learner, now = bench_nets.learner_after(spec, spec.topology, 12, "cpu")
    assert len(learner.consolidation.sample(0)) == SMALLEST_SAMPLE
    line = learner.begin([now])
    assert f"{SMALLEST_SAMPLE} of 12 earlier conditions a step, as more would cost over a fifth of it" in line
    learner, now = bench_nets.learner_after(asked, spec.topology, 12, "cpu")
    assert len(learner.consolidation.sample(0)) == LARGEST_SAMPLE
    assert "a fifth" not in learner.begin([now])
