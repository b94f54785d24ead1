"""Curvature factors: exact where they must be, and near the true divergence elsewhere."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional

from hhstudio.learn.consolidation.kronecker import (
    PASSES,
    SolverCurvature,
    covered_layers,
    input_factors,
    output_factors,
)
from hhstudio.nets.solvers import SolverTarget, build_solver
from hhstudio.nets.stored import Condition

IMAGE = (1, 8, 8)


def measured_on(target, run):
    return input_factors(target, run), output_factors(target, run, torch.Generator().manual_seed(0))


def prepared(architecture, classes=3, **options):
    torch.manual_seed(0)
    target = SolverTarget(build_solver(architecture, options, IMAGE, classes, 1), IMAGE, classes, 1)
    target.module.double()
    flat = torch.randn(target.spec.size, dtype=torch.float64) * target.spec.sigma() + target.spec.mean()
    weights = {n: w.clone().requires_grad_() for n, w in target.spec.split(flat).items()}
    images = torch.randn(300, *IMAGE, dtype=torch.float64)
    return target, weights, images, measured_on(target, lambda: target.run(weights, {}, images, False))


def predicted(target, measured, change):
    kept, condition = SolverCurvature(), Condition("s", 0)
    kept.set_inputs(target.spec.kind, measured[0])
    kept.add(condition, measured[1])
    return kept.curvature_term(1.0, target.spec, [condition], change[None])[0]


@pytest.mark.parametrize(
    ("architecture", "options"),
    [("mlp", {"hidden": ()}), ("mlp", {"hidden": (20,)}), ("small-cnn", {"channels": (4, 6)})],
)
def test_the_predicted_divergence_is_near_the_true_one_for_small_coherent_changes(architecture, options):
    target, weights, images, measured = prepared(architecture, **options)
    ratios = []
    for seed in range(12):
        source = torch.Generator().manual_seed(seed)
        noise = torch.randn(target.spec.size, generator=source, dtype=torch.float64)
        change = 0.02 * noise * target.spec.sigma()
        moved = {n: weights[n] + c for n, c in target.spec.split(change).items()}
        with torch.no_grad():
            before = target.run(weights, {}, images, False).log_softmax(1)
            after = target.run(moved, {}, images, False).log_softmax(1)
            true = functional.kl_div(after, before, log_target=True, reduction="batchmean")
            ratios.append((predicted(target, measured, change) / true).item())
    assert 0.4 < sum(ratios) / len(ratios) < 2.5


def learned(architecture, steps=300, classes=3, **options):
    """A solver that is sure of its task, as every earlier task's solver is: prototypes with noise."""
    target, weights, _, _ = prepared(architecture, classes, **options)
    source = torch.Generator().manual_seed(1)
    prototypes = torch.randn(classes, *IMAGE, generator=source, dtype=torch.float64)
    labels = torch.arange(300) % classes
    images = prototypes[labels] + 0.3 * torch.randn(300, *IMAGE, generator=source, dtype=torch.float64)
    optimizer = torch.optim.Adam(weights.values(), 1e-2)
    for _ in range(steps):
        loss = functional.cross_entropy(target.run(weights, {}, images, False), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.01
    return target, weights, images


def gauss_newton(target, weights, images, change):
    """Half of d'Gd, G the Gauss-Newton matrix of the mean divergence: the value that factors stand for."""
    names = list(weights)
    plain = tuple(weights[name].detach() for name in names)
    slopes = tuple(target.spec.split(change)[name] for name in names)

    def outputs(*tensors):
        return target.run(dict(zip(names, tensors, strict=True)), {}, images, False)

    logits, slope = torch.autograd.functional.jvp(outputs, plain, slopes)
    p = logits.softmax(1)
    return 0.5 * ((p * slope**2).sum(1) - (p * slope).sum(1) ** 2).mean()


@pytest.mark.parametrize(
    ("architecture", "options"),
    [("mlp", {"hidden": (20,)}), ("mlp", {"hidden": (30, 20)}), ("small-cnn", {"channels": (4, 6)})],
)
@pytest.mark.parametrize("classes", [2, 3, 10])
def test_factors_of_a_solver_that_is_sure_are_near_gauss_newton(architecture, options, classes):
    target, weights, images = learned(architecture, classes=classes, **options)
    measured = measured_on(target, lambda: target.run(weights, {}, images, False))
    source = torch.Generator().manual_seed(7)
    scale = 0.02 * target.spec.sigma()
    noise = [scale * torch.randn(target.spec.size, generator=source).double() for _ in range(12)]
    estimate = sum(predicted(target, measured, change) for change in noise)
    truth = sum(gauss_newton(target, weights, images, change) for change in noise)
    assert 0.5 < estimate / truth < 2


def test_of_more_classes_than_passes_the_estimate_is_near_the_exact_one(monkeypatch):
    target, weights, images = learned("mlp", classes=60, hidden=(30,))
    run = partial(target.run, weights, {}, images, False)
    estimates = [output_factors(target, run, torch.Generator().manual_seed(seed)) for seed in range(5)]
    monkeypatch.setattr("hhstudio.learn.consolidation.kronecker.PASSES", 60)
    exact = output_factors(target, run, torch.Generator())
    assert PASSES < 60
    for estimate in estimates:
        for name, g in exact.items():
            assert float((estimate[name] - g).norm()) < 0.2 * float(g.norm())


def test_outputs_of_other_heads_cost_nothing():
    target = SolverTarget(build_solver("mlp", {"hidden": [5]}, IMAGE, 2, 2), IMAGE, 2, 2)
    weights = target.spec.split((torch.randn(target.spec.size) * target.spec.sigma()).float())
    weights = {n: w.clone().requires_grad_() for n, w in weights.items()}
    images = torch.randn(50, *IMAGE)
    measured = measured_on(target, lambda: target.run(weights, {}, images, False)[:, :2])
    change = target.other_heads(0).float()
    assert change.sum() > 0
    assert predicted(target, measured, change).item() == 0


def test_the_factors_of_a_linear_layer_are_the_second_moments_of_inputs_and_gradients():
    target, weights, images, measured = prepared("mlp", hidden=())
    a, g = (factors["head"] for factors in measured)
    rows = functional.pad(images.flatten(1), (0, 1), value=1.0)
    torch.testing.assert_close(a, rows.T @ rows / len(rows))
    probabilities = target.run(weights, {}, images, False).softmax(1).detach()
    fisher = torch.diag(probabilities.mean(0)) - probabilities.T @ probabilities / len(images)
    torch.testing.assert_close(g, fisher)


def test_only_layers_with_generated_weights_and_few_inputs_are_covered():
    target = SolverTarget(build_solver("resnet32", {"blocks": 1}, (3, 32, 32), 3, 1), (3, 32, 32), 3, 1)
    layers = covered_layers(target)
    assert all(isinstance(m, nn.Linear | nn.Conv2d) for m in layers.values())
    assert {"stem", "head", "blocks.0.conv1"} <= layers.keys()


def test_factors_come_back_from_arrays_as_they_were():
    target, _, _, measured = prepared("small-cnn", channels=(4, 6))
    kept = SolverCurvature()
    for task in range(3):
        kept.add(Condition("s", task), measured[1])
    again = SolverCurvature()
    again.load(kept.arrays(), torch.empty(0, dtype=torch.float64))
    for curvature in (kept, again):
        curvature.set_inputs(target.spec.kind, measured[0])
    change = torch.randn(3, target.spec.size, dtype=torch.float64)
    asked = [Condition("s", task) for task in range(3)]
    for one, other in zip(
        *(c.curvature_term(1.0, target.spec, asked, change) for c in (kept, again)), strict=True
    ):
        assert torch.equal(one, other)
    assert Condition("s", 2) in again


@pytest.mark.parametrize("precision", ["tf32", "bfloat16", "float64"])
def test_every_precision_keeps_earlier_conditions_on_a_cpu(tiny, trainer_of, run, precision):
    spec = tiny(
        2, training__precision=precision, training__steps=3, stream__tasks=2, link__anchor="parent",
        link__residual=False, consolidation__curvature=3.0,
    )  # fmt: skip
    history, _ = run(trainer_of(spec))
    assert history.step == 2 * 2 * 3
    assert all(0 <= value <= 1 for value in history.accuracy["P2-0"][1])


def own(kind):
    name = f"own_solvers:{kind}"
    target = SolverTarget(build_solver(name, {}, IMAGE, 3, 1, agreed=[name]), IMAGE, 3, 1)
    flat = torch.randn(target.spec.size, dtype=torch.float64) * target.spec.sigma() + target.spec.mean()
    weights = {n: w.requires_grad_() for n, w in target.spec.split(flat.float()).items()}
    images, buffers = torch.randn(50, *IMAGE), target.fresh_buffers("cpu")
    return target, measured_on(target, lambda: target.run(weights, buffers, images, False))


@pytest.mark.parametrize(
    ("kind", "seen", "unseen"),
    [
        ("Bare", set(), ["w"]),
        ("Probe", {"enter", "head"}, ["probe.weight"]),
        ("Tied", {"enter", "head"}, ["one.weight"]),
        ("SharedModule", {"enter", "one", "head"}, []),
        ("Attention", {"head"}, ["attention.in_proj_weight", "attention.out_proj.weight"]),
        ("Convolutions", {"layers.0", "layers.9"}, ["layers.3.weight", "layers.5.weight"]),
    ],
)
def test_what_curvature_can_see_is_weighed_and_the_rest_is_named(kind, seen, unseen):
    target, measured = own(kind)
    assert measured[0].keys() == measured[1].keys() == seen
    kept, condition = SolverCurvature(), Condition("s", 0)
    kept.set_inputs(target.spec.kind, measured[0])
    kept.add(condition, measured[1])
    assert kept.unseen(target.spec) == unseen
    total, gradient = kept.curvature_term(1.0, target.spec, [condition], torch.ones(1, target.spec.size))
    parts = target.spec.split(gradient)
    assert bool(torch.isfinite(total).all())
    assert all(parts[f"{name}.weight"].any() for name in seen)
    assert not any(parts[name].any() for name in unseen)


def test_a_layer_that_runs_twice_is_weighed_for_both_runs():
    target, measured = own("SharedModule")
    rows = []
    target.module.one.register_forward_hook(lambda layer, given, out: rows.append(given[0]))
    torch.manual_seed(0)
    a = measured[0]["one"]
    weights = {t.name: torch.zeros(t.shape) for t in target.spec.tensors}
    target.run(weights, {}, torch.randn(50, *IMAGE), False)
    assert len(rows) == 2
    assert float(a[-1, -1]) == pytest.approx(2.0)  # the ones beside the inputs: one a run and image
