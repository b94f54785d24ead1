"""The curve keeps every extreme, however coarsely it is drawn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hhstudio.core.run.series import Series, group_width


def series_of(values, pieces=1):
    series = Series()
    for piece in np.array_split(np.arange(len(values)), pieces):
        series.extend(piece, np.asarray(values)[piece])
    return series


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    size=st.integers(1, 6000),
    pieces=st.integers(1, 7),
    buckets=st.integers(1, 300),
    window=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_every_bucket_keeps_its_minimum_and_maximum(seed, size, pieces, buckets, window):
    values = np.random.default_rng(seed).normal(size=size).round(2)
    series = series_of(values, pieces)
    first, last = sorted(int(w * size) for w in window)
    steps, shown, left_out = series.decimated(first, last, buckets)
    inside = slice(max(first - 1, 0), min(last + 2, size))
    raw = values[inside]
    assert np.array_equal(shown, values[steps])
    assert np.all(np.diff(steps) > 0)
    assert shown.min() == raw.min()
    assert shown.max() == raw.max()
    if left_out:
        group = np.arange(inside.start, inside.stop) // group_width(len(raw), buckets)
        for one in np.unique(group):
            positions = np.flatnonzero(group == one)
            kept = shown[np.isin(steps, positions + inside.start)]
            assert kept.min() == raw[positions].min()
            assert kept.max() == raw[positions].max()
        assert len(shown) <= 2 * (buckets + 2)


def test_a_short_curve_is_drawn_whole():
    series = series_of([3.0, 1.0, 2.0])
    steps, values, left_out = series.decimated(0, 2, 600)
    assert steps.tolist() == [0, 1, 2]
    assert values.tolist() == [3.0, 1.0, 2.0]
    assert not left_out


def test_zooming_in_shows_exact_points_and_one_either_side():
    values = np.random.default_rng(1).normal(size=100_000)
    steps, shown, left_out = series_of(values).decimated(500, 600, 600)
    assert not left_out
    assert steps.tolist() == list(range(499, 602))
    assert np.array_equal(shown, values[499:602])


def test_a_missing_value_hides_no_extreme():
    values = np.full(5000, np.nan)
    values[1234], values[4321] = -7.0, 9.0
    _, shown, left_out = series_of(values, pieces=5).decimated(0, 5000, 50)
    assert left_out
    assert np.nanmin(shown) == -7.0
    assert np.nanmax(shown) == 9.0


def test_going_back_to_a_checkpoint_forgets_later_points_and_their_extremes():
    values = np.zeros(5000)
    values[4000] = 99.0
    series = series_of(values)
    series.truncate_after(2999)
    series.extend(np.arange(3000, 5000), np.ones(2000))
    _, shown, _ = series.decimated(0, 5000, 50)
    assert len(series) == 5000
    assert shown.max() == 1.0


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError, match="2 steps but 1 values"):
        Series().extend(np.arange(2), np.zeros(1))
