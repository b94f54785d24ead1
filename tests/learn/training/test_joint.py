"""Joint training is a bound: tasks that share outputs are learned from the same batches."""

import numpy as np
import pytest
import torch

from hhstudio.core.run import baselines
from hhstudio.learn.training.optimiser import Optimiser
from hhstudio.nets.stored import StoredTensors


@pytest.mark.parametrize("scenario", ["domain", "class"])
def test_a_batch_has_images_of_all_tasks_and_an_epoch_every_image_once(tiny, trainer_of, scenario):
    learner = trainer_of(tiny(1, stream__scenario=scenario, training__mode="joint"))._learner
    tasks, counts = (0, 1, 2), [len(learner.task_data(t).train_labels) for t in range(3)]
    steps, rest = divmod(sum(counts), learner.training.batch_size)
    inputs, labels = zip(*(learner.mixed_inputs(tasks, step) for step in range(steps)), strict=True)
    everything = torch.cat([learner.task_data(t).inputs(learner.task_data(t).train_images) for t in tasks])
    known = {row.numpy().tobytes() for row in everything}
    seen = [row.numpy().tobytes() for row in torch.cat(inputs)]
    assert set(seen) <= known
    assert len(seen) == sum(counts) - rest
    owner = {row.numpy().tobytes(): t for t in tasks for row in learner.task_data(t).inputs(
        learner.task_data(t).train_images)}  # fmt: skip
    assert {owner[row.numpy().tobytes()] for row in inputs[0]} == set(tasks)
    if scenario == "class":
        assert set(torch.cat(labels).tolist()) == set(range(6))


@pytest.mark.parametrize("scenario", ["domain", "class"])
def test_the_joint_baseline_bounds_fine_tuning_where_outputs_are_shared(tiny, trainer_of, run, scenario):
    spec = tiny(
        1, stream__scenario=scenario, training__steps=60, training__lr=0.003, baselines=("fine-tune", "joint")
    )
    history, _ = run(trainer_of(spec))
    finals = baselines.finals(history, "P1")
    assert finals["joint"].min() > 0.75
    assert finals["joint"].mean() > finals["fine-tune"].mean() + 0.1


@pytest.mark.parametrize("scenario", ["domain", "class"])
def test_a_tree_learns_jointly_what_it_is_asked_without_the_task(tiny, trainer_of, run, scenario):
    spec = tiny(
        1, stream__scenario=scenario, training__mode="joint", training__steps=150, training__lr=0.003,
        stream__train_limit=None,
    )  # fmt: skip
    history, _ = run(trainer_of(spec))
    assert np.nanmin(history.left("P1")) > 0.75


def test_a_planned_change_is_the_one_after_clipping(tiny):
    spec = tiny(1, training__clip=0.5, training__optimizer="sgd", training__lr=0.1)
    start = torch.tensor([1.0, 2.0])
    stored = {"root/w": start.clone().requires_grad_()}
    optimiser = Optimiser(spec.training, torch.device("cpu"))
    optimiser.restart(StoredTensors.of_weights(stored))
    optimiser.set_rates(1.0)
    stored["root/w"].grad = torch.tensor([3.0, 4.0])
    planned = optimiser.planned_change()["root/w"]
    assert stored["root/w"].grad.tolist() == [3.0, 4.0], "what is planned changes nothing"
    assert planned == pytest.approx(torch.tensor([-0.03, -0.04]), abs=1e-6)
    optimiser.clip()
    optimiser.step()
    torch.testing.assert_close(stored["root/w"].detach() - start, planned)
