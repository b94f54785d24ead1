"""Sessions side by side: what differs, what belongs together, and means that do not lie."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from hhstudio.core.run import continual
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.presets import preset
from hhstudio.core.sweeps import comparison
from hhstudio.core.sweeps.comparison import ALL_PATHS, MISSING, ComparisonEntry
from hhstudio.core.tree import editing
from hhstudio.core.tree.depth_series import nested_paths


def entry(accuracy=0.5, *, paths=("P1",), curves=None, **fields) -> ComparisonEntry:
    spec = specs.with_fields(preset("quickstart"), fields)
    figures = {
        path: continual.Summary((accuracy,), None if accuracy is None else accuracy + at / 10, 0.0, None, 0.0)
        for at, path in enumerate(paths)
    }
    return ComparisonEntry(
        key=str(fields), name="n", spec=spec, state="finished", figures=figures, curves=curves or {}
    )


def of_tree(topology) -> ComparisonEntry:
    return ComparisonEntry(
        key="k", name="", spec=replace(preset("quickstart"), topology=topology), state="finished"
    )


def test_only_what_differs_is_a_column_and_missing_options_are_shown_as_such():
    one = entry(seed=0, **{"link.alpha": 0.1})
    two = entry(seed=0, **{"link.alpha": 0.3, "solver.options": {}})
    assert comparison.differing([one, two]) == ["solver.options.channels", "link.alpha"]
    assert two.settings.get("solver.options.channels", MISSING) == MISSING
    assert comparison.differing([one]) == []


def test_a_tree_is_its_depth_where_that_says_it_all_and_more_where_it_does_not():
    shallow, deep = (of_tree(nested_paths(depth)) for depth in (1, 2))
    again = ComparisonEntry(key="again", name="", spec=replace(deep.spec, seed=4), state="finished")
    assert comparison.differing([shallow, deep, again]) == ["seed", "depth"]
    root = nested_paths(2).root
    assert comparison.differing([deep, of_tree(editing.move(nested_paths(2), {root: (5.0, 5.0)}))]) == []
    assert comparison.differing([deep, of_tree(editing.update(nested_paths(2), root, hidden=(5,)))]) == [
        "tree"
    ]


def test_groups_hold_what_differs_in_the_seed_alone():
    entries = [
        entry(accuracy, seed=seed, **{"link.alpha": alpha})
        for (seed, alpha), accuracy in zip(
            [(0, 0.1), (0, 0.3), (1, 0.1), (2, 0.1)], [0.2, 0.9, 0.4, 0.6], strict=True
        )
    ]
    first, second = comparison.groups(entries)
    assert (first.settings, second.settings) == ({"link.alpha": 0.1}, {"link.alpha": 0.3})
    estimate = first.estimate("P1")
    assert estimate.mean == pytest.approx(0.4)
    assert estimate.error == pytest.approx(np.std([0.2, 0.4, 0.6], ddof=1) / np.sqrt(3))
    assert estimate.n == 3
    assert second.estimate("P1").error is None
    assert second.estimate("P9") is None


def test_the_mean_over_paths_is_known_when_every_path_is():
    assert entry(0.5, paths=("P1", "P2-0")).figure(ALL_PATHS) == pytest.approx(0.55)
    assert entry(None, paths=("P1",)).figure(ALL_PATHS) is None
    assert entry(paths=()).figure(ALL_PATHS) is None


def test_a_task_less_curve_is_the_mean_of_the_tasks_measured_at_each_step():
    curves = {
        ("P1", 0, "accuracy"): (np.array([0, 10, 20]), np.array([0.1, 0.9, 0.7])),
        ("P1", 1, "accuracy"): (np.array([10, 20]), np.array([np.nan, 0.5])),
        ("P2-0", 0, "accuracy"): (np.array([30]), np.array([1.0])),
    }
    found = entry(curves=curves)
    steps, values = comparison.joined(found, "P1", "accuracy")
    np.testing.assert_array_equal(steps, [0, 10, 20])
    np.testing.assert_allclose(values, [0.1, 0.9, 0.6])
    assert comparison.joined(found, "P1", "accuracy", 1)[0].tolist() == [10, 20]
    assert comparison.joined(found, "P1", "loss") is None


def test_a_mean_curve_has_only_steps_that_all_runs_have_and_interpolates_nothing():
    one = (np.array([0, 10, 10, 20, 30]), np.array([0.0, 9.0, 1.0, 2.0, 3.0]))
    two = (np.array([0, 10, 15, 20]), np.array([2.0, 3.0, 7.0, 4.0]))
    found = comparison.mean_curve([one, two])
    assert found.steps.tolist() == [0, 10, 20]
    assert found.mean.tolist() == [1.0, 2.0, 3.0]
    np.testing.assert_allclose(found.error, [1.0, 1.0, 1.0])
    assert found.runs == 2
    alone = comparison.mean_curve([one])
    assert alone.error is None
    assert alone.mean.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert comparison.mean_curve([]) is None
    assert comparison.mean_curve([one, (np.array([1]), np.array([1.0]))]) is None
