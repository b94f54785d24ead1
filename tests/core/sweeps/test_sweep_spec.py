"""A sweep expands to the same runs every time, and says all that is wrong with it at once."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hhstudio.core.errors import SpecError
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.presets import preset
from hhstudio.core.sweeps import sweep as sweeps
from hhstudio.core.sweeps.run_names import LONGEST, run_names, value_text


def planned(**tree):
    return sweeps.expand(sweeps.decode(json.dumps(tree)))


def test_a_grid_has_every_combination_with_the_last_field_fastest():
    runs = planned(vary={"seed": [0, 1, 2], "link.alpha": [0.1, 0.3]})
    assert [(run.spec.seed, run.spec.link.alpha) for run in runs] == list(
        itertools.product([0, 1, 2], [0.1, 0.3])
    )
    assert [run.name for run in runs[:3]] == ["seed=0,alpha=0.1", "seed=0,alpha=0.3", "seed=1,alpha=0.1"]
    assert all(run.spec.name == run.name for run in runs)
    assert runs == planned(vary={"seed": [0, 1, 2], "link.alpha": [0.1, 0.3]})


def test_listed_runs_go_through_the_grid_under_their_own_names():
    runs = planned(
        runs=[{"name": "direct", "link.mode": "direct"}, {"name": "ours", "consolidation.beta": 3}],
        vary={"seed": [0, 1]},
    )
    assert [run.name for run in runs] == ["direct,seed=0", "direct,seed=1", "ours,seed=0", "ours,seed=1"]
    assert [run.spec.link.mode for run in runs] == ["direct", "direct", "anchored", "anchored"]
    assert runs[2].spec.consolidation.beta == 3


def test_depth_and_preset_are_fields_of_a_sweep():
    runs = planned(vary={"depth": [1, 3]})
    assert [[p.name for p in run.spec.topology.paths] for run in runs] == [["P1"], ["P1", "P2-0", "P3-00"]]
    (alone,) = planned(vary={"depth_alone": [3]})
    assert [(path.name, path.depth) for path in alone.spec.topology.paths] == [("P3-00", 3)]
    both = planned(vary={"preset": ["quickstart", "split-mnist"]}, set={"training.steps": 5})
    assert [run.spec.stream.dataset for run in both] == ["digits", "mnist"]
    assert {run.spec.training.steps for run in both} == {5}


def test_everything_wrong_with_the_shape_is_said_at_once():
    with pytest.raises(sweeps.SweepError) as error:
        sweeps.decode(
            '{"colour": 1, "base": 3, "vary": {"seed": 4, "link.alpha": []}, "runs": [{"seed": 1}]}', "s.json"
        )
    text = str(error.value)
    assert text.startswith("s.json: ")
    assert "\n" not in text
    for said in (
        "'colour'",
        "base must be",
        "vary.seed must be a list",
        "vary.link.alpha is empty",
        "runs",
    ):
        assert said in text


def test_everything_wrong_with_the_runs_is_said_at_once_and_once():
    with pytest.raises(sweeps.SweepError) as error:
        planned(vary={"seed": [0, "x", 1], "link.alpah": [1], "depth": [0, 2], "training.lr": [-1, 0.1]})
    problems = error.value.problems
    assert sum("alpah" in problem for problem in problems) == 1
    assert sum(problem.startswith("depth 0: ") for problem in problems) == 1
    assert sum(problem.startswith('seed "x": ') for problem in problems) == 1


def test_a_rule_that_some_runs_break_names_them_and_how_many():
    with pytest.raises(SpecError, match=r"training.lr is -1.* \(in seed=0,lr=-1 and 1 more\)$"):
        planned(vary={"seed": [0, 1], "training.lr": [-1, 0.1]})


def test_two_runs_that_are_the_same_are_refused():
    with pytest.raises(SpecError, match="are the same run"):
        planned(vary={"seed": [0, 1, 1]})


def test_more_runs_than_anybody_wants_are_refused_before_they_are_made():
    with pytest.raises(SpecError, match="1000000 runs are more than"):
        planned(vary={"seed": list(range(1000)), "training.steps": list(range(1, 1001))})


def test_a_file_is_read_with_its_base_and_stands_for_itself_afterwards(tmp_path):
    (tmp_path / "mine.json").write_bytes(specs.encode(preset("quickstart")))
    file = tmp_path / "betas.json"
    file.write_text('{"base": "mine.json", "vary": {"consolidation.beta": [1, 2]}}')
    sweep = sweeps.load(file)
    (tmp_path / "mine.json").unlink()
    assert sweep.name == "betas"
    again = sweeps.decode(json.dumps({"sweep": json.loads(sweeps.encode(sweep))}))
    assert sweeps.expand(again) == sweeps.expand(sweep)
    assert [run.spec.consolidation.beta for run in sweeps.expand(again)] == [1, 2]


@pytest.mark.parametrize("text", ["[1]", "{", "3", '{"format": "x"}', '{"version": 9}', '{"runs": [3]}'])
def test_what_is_no_sweep_is_refused(text):
    with pytest.raises(SpecError):
        sweeps.decode(text)


def test_steps_are_counted_over_tasks_and_paths():
    assert sweeps.steps_of(preset("quickstart")) == 120 * 5 * 3
    assert sweeps.steps_of(specs.with_fields(preset("quickstart"), {"training.epochs": 1})) is None


_VALUES = st.one_of(
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.booleans(),
    st.none(),
    st.lists(st.integers()),
    st.dictionaries(st.text(), st.integers()),
)
_RUNS = st.lists(
    st.dictionaries(st.sampled_from(["seed", "a.x", "b.x", "c"]), _VALUES), min_size=1, max_size=8
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_RUNS)
def test_names_are_unique_whatever_the_case_and_fit_every_file_system(runs):
    names = run_names(runs, [""] * len(runs), "run")
    assert len({name.casefold() for name in names}) == len(runs)
    for name in names:
        assert 0 < len(name) <= LONGEST + 2
        assert not set(name) & set('/\\:*?"<>| \0')
        assert name[0] not in ".-"
        assert name[-1] != "."


def test_fields_of_the_same_last_name_are_told_apart():
    assert run_names(
        [{"link.alpha": 1, "other.alpha": 2}, {"link.alpha": 2, "other.alpha": 1}], ["", ""], "r"
    ) == [
        "link.alpha=1,other.alpha=2",
        "link.alpha=2,other.alpha=1",
    ]
    assert value_text((64, 64)) == "64-64"
