"""Solvers of one's own: what is generated, what is kept, and what is refused in one line before a run."""

from __future__ import annotations

import random
import warnings

import numpy as np
import own_solvers
import pytest
import torch

from hhstudio.core.errors import SessionError, SpecError
from hhstudio.nets.recorded_solver import give_tensors, probe
from hhstudio.nets.solvers import SolverTarget, build_solver

IMAGE = (1, 8, 8)


def module(kind, seed=5):
    name = f"own_solvers:{kind}"
    return build_solver(name, {}, IMAGE, 2, 1, seed, agreed=[name])


def target(kind, seed=5):
    return SolverTarget(module(kind, seed), IMAGE, 2, 1)


def trained(kind):
    """A solver, weights, and its state after a pass in training."""
    own = target(kind)
    flat = torch.randn(own.spec.size, dtype=torch.float64) * own.spec.sigma() + own.spec.mean()
    weights, buffers = own.spec.split(flat.float()), own.fresh_buffers("cpu")
    own.run(weights, buffers, torch.randn(8, *IMAGE), True)
    return own, weights, buffers


def recorded(own, weights, buffers):
    return {name: tensor.numpy().copy() for name, tensor in own.state_dict(weights, buffers).items()}


@pytest.mark.parametrize("kind", own_solvers.KINDS)
def test_a_solver_that_is_built_again_and_given_what_was_recorded_does_the_same(kind):
    own, weights, buffers = trained(kind)
    tensors, logits = recorded(own, weights, buffers), probe(own, weights, buffers)
    assert len(logits) == 2
    again = give_tensors(module(kind), tensors, IMAGE, logits)
    own_state = again.state_dict()
    assert own_state.keys() == tensors.keys()
    for name, array in tensors.items():
        assert tuple(own_state[name].shape) == array.shape, name
        assert own_state[name].numpy().dtype == array.dtype, name
    images = torch.randn(5, *IMAGE)
    with torch.no_grad():
        assert torch.allclose(again(images), own.run(weights, buffers, images, False), atol=1e-6)
    module(kind).load_state_dict({name: torch.from_numpy(array) for name, array in tensors.items()})


@pytest.mark.parametrize("kind", own_solvers.KINDS)
def test_every_kind_runs_in_double_precision(kind):
    own = target(kind)
    own.to("cpu", torch.float64)
    own.check_training(8)
    weights = {t.name: torch.zeros(t.shape, dtype=torch.float64) for t in own.spec.tensors}
    logits = own.run(weights, own.fresh_buffers("cpu"), torch.zeros(3, *IMAGE, dtype=torch.float64), False)
    assert logits.dtype == torch.float64


@pytest.mark.parametrize("kind", ["Frozen", "RandomBuffer", "NumpyDraws", "Order", "Unsaved"])
def test_what_a_constructor_draws_depends_on_the_seed_alone_and_leaves_no_trace(kind):
    torch.manual_seed(1), np.random.seed(1), random.seed(1)
    expected = torch.rand(3), np.random.rand(), random.random()
    one = target(kind)
    torch.manual_seed(1), np.random.seed(1), random.seed(1)
    two, other = target(kind), target(kind, seed=6)
    assert torch.equal(torch.rand(3), expected[0])
    assert (np.random.rand(), random.random()) == expected[1:]
    kept = [t.constants | t.buffers for t in (one, two, other)]
    assert kept[0].keys() == kept[1].keys() != set()
    assert all(torch.equal(kept[0][name], kept[1][name]) for name in kept[0])
    assert not all(torch.equal(kept[0][name], kept[2][name]) for name in kept[0])


def test_a_shared_weight_is_generated_once_and_used_under_every_name():
    own, weights, buffers = trained("Tied")
    names = [t.name for t in own.spec.tensors]
    assert "one.weight" in names
    assert "two.weight" not in names
    images = torch.randn(4, *IMAGE)
    enter, one, head = weights["enter.weight"], weights["one.weight"], weights["head.weight"]
    h = (images.flatten(1) @ enter.T + weights["enter.bias"]).relu()
    h = ((h @ one.T).relu() @ one.T).relu()
    logits = own.run(weights, buffers, images, False)
    assert torch.allclose(logits, h @ head.T + weights["head.bias"], atol=1e-5)
    tensors = recorded(own, weights, buffers)
    assert np.array_equal(tensors["one.weight"], tensors["two.weight"])


def test_statistics_of_two_norms_in_common_are_updated_by_both():
    own, weights, buffers = trained("TiedNorm")
    assert int(buffers["one.num_batches_tracked"]) == 2
    assert int(own.buffers["one.num_batches_tracked"]) == 0
    assert recorded(own, weights, buffers)["two.num_batches_tracked"].shape == ()


def test_a_vector_that_begins_at_a_number_is_generated_around_it():
    means = {t.name: t.mean for kind in ("Scalar", "LayerScale") for t in target(kind).spec.tensors}
    assert (means["temperature"], means["gamma"], means["enter.bias"]) == (2.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("kind", "batch", "words"),
    [
        ("Complex", 8, "the solver's w is complex"),
        ("ComplexBuffer", 8, "the solver's turns is complex, and what is generated and recorded is real"),
        ("Constant", 8, "do not depend on its weights"),
        ("Norm", 1, "training.batch_size 2 or more"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_one_line(kind, batch, words):
    with pytest.raises(SpecError, match=words) as caught, warnings.catch_warnings(action="error"):
        target(kind).check_training(batch)
    assert "\n" not in str(caught.value)


def test_one_image_at_a_time_is_enough_without_batch_norm():
    target("Attention").check_training(1)


def test_numbers_without_dimensions_of_older_sessions_are_taken_back():
    own, weights, buffers = trained("Norm")
    tensors = recorded(own, weights, buffers)
    tensors["norm.num_batches_tracked"] = np.array([1.0], np.float32)
    assert int(give_tensors(module("Norm"), tensors, IMAGE, np.zeros((0, 2))).norm.num_batches_tracked) == 1


def test_a_solver_whose_code_has_changed_is_refused():
    own, weights, buffers = trained("Frozen")
    tensors, logits = recorded(own, weights, buffers), probe(own, weights, buffers)
    changed = module("Frozen")
    changed.features = lambda x: changed.random(x).tanh()
    with pytest.raises(SessionError, match="gives other logits"):
        give_tensors(changed, tensors, IMAGE, logits)
    without = {name: array for name, array in tensors.items() if name != "random.weight"}
    with pytest.raises(SessionError, match=r"random.weight was not recorded"):
        give_tensors(module("Frozen"), without, IMAGE, logits)
    with pytest.raises(SessionError, match=r"head.bias \(3,\) does not fit .* \(2,\)"):
        give_tensors(module("Frozen"), tensors | {"head.bias": np.zeros(3)}, IMAGE, logits)
    with pytest.raises(SessionError, match="no such tensor"):
        give_tensors(module("Frozen"), tensors | {"tail": np.zeros(3)}, IMAGE, logits)


def test_a_solver_that_draws_while_it_is_used_has_no_probe():
    own, weights, buffers = trained("Bare")
    forward = own.module.forward
    own.module.forward = lambda x: forward(x + torch.randn_like(x))
    assert len(probe(own, weights, buffers)) == 0
