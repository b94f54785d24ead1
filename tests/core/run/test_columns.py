"""Columns keep what they are given, in memory or in a file."""

import mmap
import os
import tempfile

import numpy as np
import psutil
import pytest

from hhstudio.core.run.columns import SPILL, Column
from hhstudio.core.run.series import Series

needs_files = pytest.mark.skipif(
    not hasattr(os, "posix_fallocate"), reason="long columns stay in memory here"
)


def in_file(column):
    """Whether the numbers lie in a mapped file."""
    owner = column.view()
    while isinstance(owner, np.ndarray):
        owner = owner.base
    return isinstance(getattr(owner, "obj", owner), mmap.mmap)


def filled(count, piece=10_000):
    column = Column(np.float64)
    for start in range(0, count, piece):
        column.extend(np.arange(start, min(start + piece, count), dtype=np.float64))
    return column


@needs_files
def test_a_long_column_is_kept_in_a_file_and_reads_the_same():
    column = filled(5 * SPILL + 7)
    assert in_file(column)
    assert not in_file(filled(100))
    assert np.array_equal(column.view(), np.arange(5 * SPILL + 7))


@needs_files
def test_what_was_handed_out_stays_as_it_was_while_the_column_grows():
    column = filled(SPILL + 1)
    early = column.view()
    column.extend(np.full(4 * SPILL, -1.0))
    assert np.array_equal(early, np.arange(SPILL + 1))
    column.truncate(10)
    assert column.view().tolist() == list(range(10))


def test_without_room_for_a_file_the_column_stays_in_memory(monkeypatch):
    def full(*_args, **_words):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    column = filled(3 * SPILL)
    assert not in_file(column)
    assert np.array_equal(column.view(), np.arange(3 * SPILL))


@needs_files
def test_a_long_curve_does_not_fill_the_memory():
    before = psutil.Process().memory_full_info().uss
    series, rng = Series(), np.random.default_rng(0)
    count = 40 * SPILL  # 84 MB of steps and values
    for start in range(0, count, SPILL // 2):
        series.extend(np.arange(start, start + SPILL // 2), rng.normal(size=SPILL // 2))
    grown = psutil.Process().memory_full_info().uss - before
    assert len(series) == count
    assert grown < 45e6
    assert len(series.decimated(0, count, 600)[0]) <= 1300
