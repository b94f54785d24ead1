"""Tests of runs in the window start workers: nothing of them may stay."""

import pytest


@pytest.fixture(autouse=True)
def _tidy(nothing_is_left_behind):
    """For every test here."""
