"""What is compared of sessions is read without the curves that nobody asked for."""

import numpy as np
import pytest

from hhstudio.core.sweeps.comparison import comparison_entry
from hhstudio.store.catalog.comparison_entry import read_comparison_entry
from hhstudio.store.session import pending_journal


@pytest.mark.parametrize("session", ["finished_session", "left_session"])
def test_a_glance_tells_what_the_whole_history_tells(session, request):
    found = request.getfixturevalue(session)
    path = found[0] if isinstance(found, tuple) else found
    whole = pending_journal.load(path)
    wanted = comparison_entry(str(path), whole.history, read_comparison_entry(path).state, {"loss"})
    whole.close()
    seen = read_comparison_entry(path, {"loss"})
    assert (seen.figures, seen.step, seen.stored) == (wanted.figures, wanted.step, wanted.stored)
    assert seen.curves.keys() == wanted.curves.keys()
    assert seen.curves
    for key, (steps, values) in wanted.curves.items():
        assert np.array_equal(seen.curves[key][0], steps)
        assert np.array_equal(seen.curves[key][1], values, equal_nan=True)


def test_only_the_curves_that_are_asked_for_are_read(finished_session):
    path, _ = finished_session
    loaded = pending_journal.load(path, {"loss"})
    assert {metric for _, _, metric in loaded.history.series} == {"loss"}
    loaded.close()
