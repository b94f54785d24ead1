"""Solvers: those that are shipped, any module by import path, and those that cannot be used."""

from __future__ import annotations

import pytest
import torch

from hhstudio.core.errors import SpecError
from hhstudio.core.spec.spec import Stream
from hhstudio.core.spec.tasks import TaskInfo
from hhstudio.nets.solvers import SOLVERS, SolverTarget, build_solver, output_heads

CIFAR, MNIST = (3, 32, 32), (1, 28, 28)


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize("shape", [CIFAR, MNIST])
def test_every_shipped_solver_maps_images_to_all_heads(name, shape):
    module = build_solver(name, {}, shape, 10, 3)
    target = SolverTarget(module, shape, 10, 3)
    weights = target.spec.split(
        (torch.randn(target.spec.size) * target.spec.sigma() + target.spec.mean()).float()
    )
    logits = target.run(weights, target.fresh_buffers("cpu"), torch.randn(2, *shape), True)
    assert logits.shape == (2, 30)
    assert bool(torch.isfinite(logits).all())


def test_a_module_of_any_package_is_a_solver_by_its_import_path():
    name = "torchvision.models:DenseNet"
    small = {"growth_rate": 4, "block_config": [2, 2], "num_init_features": 8, "num_classes": 6}
    module = build_solver(name, small, CIFAR, 3, 2, agreed=[name])
    target = SolverTarget(module, CIFAR, 3, 2)
    assert target.outputs == 6
    assert any(name.endswith("running_mean") for name in target.buffers)


@pytest.mark.parametrize(
    ("architecture", "options", "words"),
    [
        ("lenett", {}, "unknown solver"),
        ("no.such.module:Net", {}, "cannot be imported"),
        ("torch.nn:NoSuchLayer", {}, "cannot be imported"),
        ("mlp", {"depth": 3}, "cannot be built for images of 1x28x28 with depth=3"),
        ("math:sqrt", {}, "not a torch.nn.Module: it was not called"),
        ("builtins:dict", {}, "not a torch.nn.Module"),
        ("resnet32", {"norm": "layer"}, "norm 'layer' is unknown"),
    ],
)
def test_a_solver_that_cannot_be_built_is_refused_in_one_line(architecture, options, words):
    with pytest.raises(SpecError, match=words) as caught:
        build_solver(architecture, options, MNIST, 10, 1, agreed=[architecture])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("architecture", "options", "shape", "words"),
    [
        ("lenet", {}, (1, 8, 8), "Kernel size|Output size|Calculated"),
        ("torch.nn:Linear", {"in_features": 5, "out_features": 2}, (1, 8, 8), "does not take images"),
        (
            "torch.nn:Conv2d",
            {"in_channels": 1, "out_channels": 2, "kernel_size": 3},
            (1, 8, 8),
            "not 2 logits",
        ),
        ("torch.nn:Flatten", {}, (1, 8, 8), "no trainable weights"),
    ],
)
def test_a_solver_that_does_not_fit_the_data_is_refused_in_one_line(architecture, options, shape, words):
    with pytest.raises(SpecError, match=words) as caught:
        SolverTarget(build_solver(architecture, options, shape, 2, 1, agreed=[architecture]), shape, 2, 1)
    assert "\n" not in str(caught.value)


def test_outputs_of_other_heads_do_not_count():
    target = SolverTarget(build_solver("mlp", {"hidden": [4]}, (1, 8, 8), 2, 3), (1, 8, 8), 2, 3)
    mask = target.other_heads(1)
    rows = target.spec.split(mask)["head.weight"]
    assert rows[:, 0].tolist() == [True, True, False, False, True, True]
    assert int(mask.sum()) == 4 * (4 + 1)
    assert not bool(target.other_heads(None).any())


def test_heads_follow_the_scenario():
    tasks = [TaskInfo(name=str(k), dataset="d", classes=c) for k, c in enumerate([(0, 1), (2, 3), (0, 4)])]
    assert output_heads(Stream(scenario="task"), tasks) == (2, 1)
    assert output_heads(Stream(scenario="task", heads="each"), tasks) == (2, 3)
    assert output_heads(Stream(scenario="domain"), tasks) == (2, 1)
    assert output_heads(Stream(scenario="class"), tasks) == (5, 1)
    assert output_heads(Stream(scenario="class", kind="permuted"), tasks) == (6, 1)
