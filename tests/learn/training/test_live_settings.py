"""Live settings: every one that the spec calls live can be applied, counts at once and survives a resume."""

import pytest

from hhstudio.core.run import events
from hhstudio.core.spec.fields import live_fields
from hhstudio.learn.training.live_settings import APPLY


def test_every_live_setting_is_applied_in_one_place():
    assert APPLY.keys() == {field.name for field in live_fields()}


def rates(trainer, steps):
    """Rates of weights and of embeddings that the optimiser has after so many more steps."""
    goal = trainer.step + steps
    for _ in trainer.events():
        if trainer.step >= goal:
            break
    optimiser = trainer._learner.optimiser
    groups = optimiser._optimizer.param_groups
    return {optimiser._names[id(g["params"][0])].split("/")[0]: g["lr"] for g in groups}


def test_the_rate_of_the_embeddings_changes_apart_from_that_of_the_weights_and_is_kept(tiny, trainer_of):
    spec = tiny(1, training__lr=0.01, training__embedding_lr=0.02)
    trainer = trainer_of(spec)
    assert set(rates(trainer, 2).values()) == {0.01, 0.02}
    trainer.change_setting("training.embedding_lr", 0.5)
    assert set(rates(trainer, 2).values()) == {0.01, 0.5}
    again = trainer_of(spec, trainer.state())
    assert set(rates(again, 1).values()) == {0.01, 0.5}


def test_a_state_from_before_other_settings_could_change_is_read(tiny, trainer_of):
    trainer = trainer_of(tiny(1))
    rates(trainer, 2)
    trainer.change_setting("training.lr", 0.5)
    state = trainer.state()
    del state.meta["settings"]
    again = trainer_of(tiny(1), state)
    assert 0.5 in rates(again, 1).values()


def test_what_is_not_live_is_refused(tiny, trainer_of):
    trainer = trainer_of(tiny(1))
    with pytest.raises(KeyError):
        trainer.change_setting("training.steps", 3.0)
    assert not any(isinstance(event, events.SettingChanged) for event in trainer.unreported())
