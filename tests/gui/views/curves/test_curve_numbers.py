"""Smoothing, the meaning of x, ranges, colours: what the curve panels compute before they draw."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hhstudio.core.run.series import Series
from hhstudio.gui.views.curves import ranges
from hhstudio.gui.views.curves.grid import columns_for
from hhstudio.gui.views.curves.stepmap import step_map
from hhstudio.gui.widgets.metric_names import metric, ordered, text
from hhstudio.gui.widgets.smoothing import Smoothed


def _series(values) -> Series:
    series = Series()
    series.extend(np.arange(len(values)), np.asarray(values, float))
    return series


def _reference(values, weight):
    sums = norm = 0.0
    for value in values:
        sums, norm = weight * sums + (1 - weight) * value, weight * norm + (1 - weight)
        yield sums / norm


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300),
    st.sampled_from([0.1, 0.5, 0.9, 0.99]),
    st.integers(1, 40),
)
def test_smoothing_in_pieces_is_the_debiased_average_of_the_definition(values, weight, piece):
    series = Series()
    smoothed = Smoothed(series, weight)
    for start in range(0, len(values), piece):
        part = values[start : start + piece]
        series.extend(np.arange(start, start + len(part)), np.array(part))
        smoothed.update()
    expected = list(_reference(values, weight))
    # Numbers below the normal ones have no relative precision left.
    least = 1e-6 * max(map(abs, values)) + np.finfo(float).tiny
    np.testing.assert_allclose(smoothed.series.values, expected, rtol=1e-6, atol=least)


@given(st.floats(-1e3, 1e3), st.floats(0.01, 0.99))
def test_a_constant_stays_exactly_constant_when_smoothed(value, weight):
    assert set(Smoothed(_series([value] * 5000), weight).update().values) == {value}


def test_smoothing_passes_over_values_that_are_not_finite():
    smoothed = Smoothed(_series([1.0, np.nan, np.inf, 1.0]), 0.9).update()
    assert smoothed.steps.tolist() == [0, 3]
    assert smoothed.values.tolist() == [1.0, 1.0]


def test_smoothing_starts_anew_when_the_run_went_back():
    series = _series(np.arange(100.0))
    smoothed = Smoothed(series, 0.9)
    smoothed.update()
    series.truncate_after(9)
    assert (
        smoothed.update().values.tolist() == Smoothed(_series(np.arange(10.0)), 0.9).update().values.tolist()
    )


def test_steps_of_a_path_leave_out_what_other_paths_trained(make_run):
    run = make_run(paths=("P1", "P2-0"), tasks=2, steps=10)
    for task in range(2):  # task-major: the paths take turns
        for path in range(2):
            run.learn(path, task)
    mapping = step_map(run.history, "P2-0", "path")
    assert mapping.to_x(np.array([10, 15, 20, 25, 30, 40])).tolist() == [0, 5, 10, 10, 10, 20]
    assert mapping.to_step(5) == 15
    assert mapping.to_step(15) == 35


def test_every_task_is_equally_wide_when_x_counts_tasks(make_run):
    run = make_run(paths=("P1",), tasks=3, steps=10)
    run.learn(0, 0)
    run.steps = 30
    run.learn(0, 1)
    mapping = step_map(run.history, "P1", "task")
    assert mapping.to_x(np.array([0, 5, 10, 25, 40])).tolist() == [0, 0.5, 1, 1.5, 2]


def test_training_time_adds_up_the_recorded_step_times(make_run):
    run = make_run(paths=("P1", "P2-0"), tasks=1, steps=10).all()
    mapping = step_map(run.history, "P2-0", "time")
    assert mapping.to_x(np.array([0, 10, 20])).tolist() == [0, 5, 10]
    assert mapping.to_step(7.5) == pytest.approx(15)


@given(st.floats(0.1, 1e7), st.floats(0.1, 1e4))
def test_a_live_axis_reaches_past_the_data_and_changes_rarely(end, unit):
    low, high = ranges.along_x(end, unit, live=True)
    assert low == 0
    assert high >= end * (1 - 1e-9)
    assert high <= max(unit, 1.15 * end + unit)


def test_an_axis_of_losses_is_not_set_by_a_rare_outlier():
    values = np.concatenate([np.linspace(0.1, 1, 1000), [500.0]])
    assert ranges.along_y([values], log=False)[1] < 3


def test_an_axis_that_still_fits_stays_as_it_is():
    first = ranges.along_y([np.array([0.0, 0.9])], log=False)
    assert ranges.along_y([np.array([0.0, 0.7])], log=False, now=first) == first
    assert ranges.along_y([np.array([0.0, 0.01])], log=False, now=first) != first


def test_panels_fill_the_window_in_a_readable_shape():
    assert columns_for(3, 1280, 400) == 3
    assert columns_for(3, 400, 900) == 1
    assert columns_for(6, 1280, 700) == 3
    assert columns_for(12, 1280, 900, group=3) == 3


def test_metrics_are_named_and_ordered_for_people():
    assert ordered({"untrained", "loss", "zeta", "accuracy"}) == ("accuracy", "loss", "zeta")
    assert text(metric("accuracy"), 0.934) == "93.4 %"
    assert text(metric("loss"), 0.000012) == "1.20e-05"
