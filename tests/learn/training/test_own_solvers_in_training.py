"""Solvers of one's own in a run: what is not generated is recorded, goes on exactly, and outlives growth."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hhstudio.core.errors import SpecError
from hhstudio.core.run import events
from hhstudio.core.tree import editing
from hhstudio.store.journal import records


@pytest.fixture
def of(tiny):
    def make(kind, **fields):
        chosen = {"solver__architecture": f"own_solvers:{kind}", "solver__options": {}, "training__steps": 4}
        return tiny(2, **(chosen | {"stream__tasks": 2, "consolidation__curvature": 1.0} | fields))

    return make


def finals(found):
    return {(e.path, e.task): e for e in found if isinstance(e, events.Weights) and e.final}


def assert_alike(one, other):
    assert one.keys() == other.keys()
    for name, array in one.items():
        assert array.dtype == other[name].dtype, name
        assert np.array_equal(array, other[name]), name


@pytest.mark.parametrize("kind", ["Frozen", "Order", "Counter", "Tied", "Norm"])
def test_a_run_goes_on_exactly_from_any_step(of, trainer_of, kind):
    spec = of(kind)
    straight = trainer_of(spec)
    list(straight.events())
    broken = trainer_of(spec)
    for cut in (3, 4, 6):
        for _ in broken.events():
            if broken.step >= cut:
                break
        list(broken.unreported())
        encoded = records.encode(records.stored(broken.state()))
        broken = trainer_of(spec, records.restored(records.decode(encoded)))
    list(broken.events())
    assert_alike(straight.state().arrays, broken.state().arrays)


def test_what_is_not_trained_is_recorded_and_the_same_for_every_condition(of, trainer_of, run):
    _, found = run(trainer_of(of("Frozen")))
    kept = finals(found)
    weights = {key: event.tensors["random.weight"].numpy() for key, event in kept.items()}
    assert weights["P1", 0].shape == (24, 64)
    assert np.array_equal(weights["P1", 0], weights["P1", 1])
    assert np.array_equal(weights["P2-0", 0], weights["P2-0", 1])
    assert not np.array_equal(weights["P1", 0], weights["P2-0", 0])


def test_batch_norm_and_a_task_of_one_image_are_refused_before_the_run_and_joint_training_is_not(
    of, trainer_of, run
):
    one_a_task = {"stream__classes_per_task": 1, "stream__scenario": "class", "stream__train_limit": 1}
    with pytest.raises(SpecError, match=r"path 'P1': .* one image at a time.*two images a task"):
        trainer_of(of("Norm", **one_a_task))
    run(trainer_of(of("Attention", **one_a_task)))
    jointly = {"training__mode": "joint", **one_a_task}
    run(trainer_of(of("Norm", **jointly)))
    with pytest.raises(SpecError, match="one image at a time"):
        trainer_of(of("Norm", baselines=("scratch",), **jointly))


def test_a_state_brings_along_what_is_not_trained_whatever_a_constructor_draws(of, trainer_of):
    first = trainer_of(of("Frozen"))
    for _ in first.events():
        if first.step >= 2:
            break
    state = first.state()
    for name in state.arrays:
        if name.endswith("/random.weight"):
            state.arrays[name][:] = 7.0
    again = trainer_of(of("Frozen"), state)
    assert (again.weights("P1", 0)["random.weight"] == 7.0).all()


def test_growth_leaves_what_is_not_generated_as_it_was(of, trainer_of):
    trainer = trainer_of(of("Frozen"))
    before = after = None
    for _ in trainer.events():
        if before is None and trainer.step == 2:
            before = trainer.weights("P1", 0)
            grown, _ = editing.add_solver(trainer._topology, trainer._topology.root)
            trainer.grow(grown, "by hand")
            after = trainer.weights("P1", 0)
            break
    assert_alike(before, after)


@pytest.mark.parametrize("kind", ["Order", "Scalar", "Counter"])
def test_tensors_keep_shape_and_type_in_records(of, trainer_of, run, kind):
    _, found = run(trainer_of(of(kind, recording__snapshot_every=2, recording__snapshot_dtype="float16")))
    target, *_ = trainer_of(of(kind))._learner.hierarchy.tree.solvers.values()
    wanted = {n: (tuple(t.shape), str(t.numpy().dtype)) for n, t in target.module.state_dict().items()}
    generated = {t.name for t in target.spec.tensors}
    for event in found:
        if isinstance(event, events.Weights):
            for name, tensor in event.tensors.items():
                shape, dtype = wanted[name]
                assert tensor.shape == shape, name
                assert tensor.dtype == ("float16" if name in generated and not event.final else dtype), name


def test_snapshots_in_half_precision_keep_large_statistics(of, trainer_of, run):
    _, found = run(
        trainer_of(of("Counter", recording__snapshot_every=2, recording__snapshot_dtype="float16"))
    )
    counts = [
        int(e.tensors["batches"].numpy()) for e in found if isinstance(e, events.Weights) and not e.final
    ]
    assert counts
    assert all(70_000 < count <= 70_004 for count in counts)


@pytest.mark.parametrize("kind", ["Bare", "Probe", "Scalar", "Auxiliary", "Attention"])
def test_a_run_with_layers_that_curvature_does_not_know_goes_to_its_end(of, trainer_of, run, kind):
    history, found = run(trainer_of(of(kind)))
    assert all(np.isfinite(history.accuracy[path][1]).all() for path in ("P1", "P2-0"))
    lines = [e.message for e in found if isinstance(e, events.Log)]
    named = {"Bare": "w", "Probe": "probe.weight", "Attention": "attention.in_proj_weight"}.get(kind)
    said = [line for line in lines if "curvature does not see" in line]
    if named:
        assert f"curvature does not see {named}" in said[0]
        assert "kept by scale alone" in said[0]


def test_a_line_says_before_the_run_what_batch_norm_needs(of, trainer_of):
    with pytest.raises(SpecError, match=r"path 'P1': .*training.batch_size 2 or more"):
        trainer_of(of("Norm", training__batch_size=1))


@pytest.mark.parametrize("kind", ["Norm", "Counter"])
def test_double_precision_runs_with_statistics(of, trainer_of, run, kind):
    spec = of(kind, training__precision="float64")
    _, found = run(trainer_of(spec))
    name = {"Norm": "norm.running_mean", "Counter": "mean"}[kind]
    assert {e.tensors[name].dtype for e in finals(found).values()} == {"float64"}


def test_baselines_do_not_train_what_is_not_trained(of, trainer_of):
    trainer = trainer_of(of("Frozen", baselines=["scratch"], training__steps=3))
    for _ in trainer.events():
        names = [n for n in trainer.state().arrays if n.startswith("baseline/weights/")]
        if names:
            break
    assert names
    assert not any("random" in name for name in names)
    assert torch.is_grad_enabled()
