"""Step cost: trial steps by path and phase, which change nothing."""

from __future__ import annotations

import numpy as np


def test_trial_steps_cost_no_less_with_earlier_conditions_and_change_nothing(tiny, trainer_of):
    trainer = trainer_of(tiny(2, baselines=("joint",)))
    before = trainer.state().arrays
    costs = trainer.forecast.step_costs(1.0)
    assert set(costs) == {"P1", "P2-0", "baseline joint"}
    assert all(0 < alone <= consolidating for alone, consolidating in costs.values())
    after = trainer.state().arrays
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[name], after[name]) for name in before)
