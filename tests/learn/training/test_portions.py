"""Measuring many conditions: in portions, with the same result."""

from __future__ import annotations

import pytest

from hhstudio.learn.training import evaluation
from hhstudio.nets.stored import Condition


@pytest.mark.parametrize("scenario", ["task", "domain"])
def test_measuring_in_portions_gives_what_measuring_at_once_gives(tiny, trainer_of, monkeypatch, scenario):
    trainer = trainer_of(tiny(2, stream__scenario=scenario, training__steps=3))
    for _ in trainer.events():
        pass
    learner = trainer._learner
    conditions = [Condition(s, t) for t in range(3) for s in learner.hierarchy.tree.chains]
    at_once = evaluation.accuracies(learner, conditions)
    monkeypatch.setattr(evaluation, "PORTION", 1)
    portions = evaluation._together(learner, conditions, scenario == "task")
    assert [len(portion) for portion in portions] == ([1] * 6 if scenario == "task" else [3, 3])
    assert evaluation.accuracies(learner, conditions) == pytest.approx(at_once)
    assert list(evaluation.accuracies(learner, conditions)) == conditions
