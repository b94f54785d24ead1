"""A run that goes on from any checkpoint ends bit for bit as one without a break: every link mode, every
anchor for hypernetworks and for solvers, with and without residual, and while the tree grows."""

from __future__ import annotations

import itertools
import json
import random

import numpy as np
import pytest
import torch

from hhstudio.core.spec import rules
from hhstudio.core.tree import editing
from hhstudio.store.journal import records

DIRECT = [{"link__mode": "direct", "link__residual": residual} for residual in (False, True)]
ANCHORED = [
    {
        "link__mode": "anchored",
        "link__anchor": anchor,
        "link__solver_anchor": solver,
        "link__residual": residual,
    }
    for anchor, solver, residual in itertools.product(
        ("seeded", "learned", "shared", "parent"), ("seeded", "learned", "shared"), (False, True)
    )
]
QUICK = [DIRECT[0], ANCHORED[3], ANCHORED[8], ANCHORED[16], ANCHORED[23]]


def named(link):
    return "-".join(str(value) for value in link.values())


def through_a_file(state):
    """As a journal keeps a state."""
    kept = records.restored(records.decode(records.encode(records.stored(state))))
    assert json.dumps(kept.meta) == json.dumps(state.meta)
    return kept


def disturbed(steps):
    """Read on while others draw random numbers, which must not matter."""
    for event in steps:
        torch.randn(3), np.random.rand(), random.random()
        yield event


def assert_same(expected, found):
    assert found.step == expected.step
    assert found.arrays.keys() == expected.arrays.keys()
    for name, array in expected.arrays.items():
        assert np.array_equal(array, found.arrays[name]), name


def resumed_at(trainer_of, spec, cuts, grow=lambda trainer: None):
    """The end of a run without a break, and of one that is broken at each of the cuts."""
    straight = trainer_of(spec)
    for _ in straight.events():
        grow(straight)
    broken = trainer_of(spec)
    for cut in cuts:
        for _ in disturbed(broken.events()):
            grow(broken)
            if broken.step >= cut:
                break
        broken = trainer_of(spec, through_a_file(broken.state()))
    for _ in disturbed(broken.events()):
        grow(broken)
    return straight, broken


def check(tiny, trainer_of, link, depth=3):
    fields = {
        "training__steps": 4,
        "stream__tasks": 2,
        "stream__train_limit": 40,
        "evaluation__every": 0,
        **link,
    }
    spec = tiny(depth, **fields)
    rules.check(spec)
    straight, broken = resumed_at(trainer_of, spec, (3, 9, 14))
    assert_same(straight.state(), broken.state())


@pytest.mark.parametrize("link", QUICK, ids=named)
def test_every_kind_of_link_goes_on_exactly(tiny, trainer_of, link):
    check(tiny, trainer_of, link)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("link", [*DIRECT, *ANCHORED], ids=named)
def test_every_link_mode_with_every_anchor_goes_on_exactly(tiny, trainer_of, link):
    check(tiny, trainer_of, link)


NOISY = {"solver__architecture": "dropout_net:NoisyNet", "solver__options": {"rate": 0.3}}


@pytest.mark.parametrize("mode", ["sequential", "joint"])
def test_a_solver_that_draws_with_torch_numpy_and_python_goes_on_exactly(tiny, trainer_of, mode):
    check(tiny, trainer_of, {"training__mode": mode, **NOISY}, depth=2)


def test_growth_early_stopping_and_baselines_together_go_on_exactly(tiny, trainer_of):
    spec = tiny(
        1, training__steps=8, stream__tasks=3, stream__validation=0.2, evaluation__every=2,
        training__early_stopping={"patience": 1, "min_delta": 0.02}, growth__policy="every", growth__tasks=1,
        growth__limit=1, baselines=["scratch", "fine-tune", "joint"], **NOISY,
    )  # fmt: skip
    straight, broken = resumed_at(trainer_of, spec, (3, 11, 20, 33))
    assert len(straight.state().meta["topology"]["nodes"]) > 2
    assert_same(straight.state(), broken.state())


@pytest.mark.parametrize("cuts", [(2, 5), (7, 9, 13)], ids=str)
@pytest.mark.parametrize("policy", ["every", "accuracy"])
def test_a_run_that_grows_by_itself_grows_alike_after_a_break(tiny, trainer_of, policy, cuts):
    spec = tiny(
        1, training__steps=4, stream__tasks=4, evaluation__every=0, growth__policy=policy, growth__tasks=1,
        stream__validation=0.2, growth__threshold=1.0, growth__limit=2,
    )  # fmt: skip
    straight, broken = resumed_at(trainer_of, spec, cuts)
    assert len(straight.state().meta["topology"]["nodes"]) > 2
    assert_same(straight.state(), broken.state())


@pytest.mark.parametrize("cut", [5, 6, 7, 10])
def test_a_run_that_is_grown_by_hand_goes_on_exactly_before_at_and_after_the_growth(tiny, trainer_of, cut):
    spec = tiny(1, training__steps=4, stream__tasks=2, evaluation__every=0)
    grown, child = editing.add_child(spec.topology, spec.topology.root)
    grown, _ = editing.add_solver(grown, child)

    def grow(trainer):
        if trainer.step == 6 and len(trainer.state().meta["topology"]["nodes"]) == 2:
            trainer.grow(grown, "by hand")

    straight, broken = resumed_at(trainer_of, spec, (cut,), grow)
    assert straight.step == 16
    assert_same(straight.state(), broken.state())
