"""Bounds without a hypernetwork: from scratch, fine-tuned, joint; and tasks that end early."""

from __future__ import annotations

import numpy as np
import pytest

from hhstudio.core.run import baselines, events
from hhstudio.core.spec import rules
from hhstudio.core.spec.spec import with_fields

ALL = ["scratch", "fine-tune", "joint"]


def test_every_baseline_is_measured_on_every_task_and_forgets_as_it_should(tiny, trainer_of, run):
    spec = tiny(1, training__steps=60, training__lr=0.003, stream__train_limit=None, baselines=ALL)
    trainer = trainer_of(spec)
    assert trainer.total_steps == 3 * 60 * 4
    history, found = run(trainer)
    assert history.step == trainer.total_steps == 3 * 60 * 4
    measured = baselines.finals(history, "P1")
    assert list(measured) == ALL
    assert measured["scratch"].min() > 0.9
    assert measured["joint"].min() > 0.85
    assert measured["fine-tune"][-1] > 0.9
    assert history.series["P1", 0, "baseline/fine-tune"].values[0] > measured["fine-tune"][0] - 0.01
    phases = [e.phase for e in found if isinstance(e, events.Progress)]
    assert list(dict.fromkeys(phases)) == ["", *map(baselines.phase, ALL)]
    assert [m.stop - m.start for m in history.marks] == [60] * 3, "baselines are no tasks of a path"


def test_solvers_that_are_built_alike_are_trained_once_for_all_their_paths(tiny, trainer_of, run):
    trainer = trainer_of(tiny(3, training__steps=4, stream__tasks=2, baselines=["joint"]))
    assert trainer.total_steps == 3 * 2 * 4 + 2 * 4
    history, _ = run(trainer)
    finals = [baselines.finals(history, path)["joint"] for path in ("P1", "P2-0", "P3-00")]
    assert all(np.array_equal(finals[0], other) for other in finals)


@pytest.mark.parametrize("scenario", ["domain", "class"])
def test_baselines_of_streams_without_a_task_label(tiny, trainer_of, run, scenario):
    spec = tiny(1, stream__scenario=scenario, training__steps=40, training__lr=0.003, baselines=ALL)
    history, _ = run(trainer_of(spec))
    measured = baselines.finals(history, "P1")
    assert measured["scratch"].mean() > 0.9
    assert measured["joint"].mean() > measured["fine-tune"].mean()


@pytest.mark.parametrize("cut", [7, 15, 25, 32])
def test_going_on_in_a_baseline_is_bit_identical(tiny, trainer_of, cut):
    spec = tiny(1, training__steps=4, stream__tasks=2, baselines=ALL, training__fresh_optimizer=False)
    trainers = [trainer_of(spec)]
    for _ in trainers[0].events():
        if trainers[0].step == cut:
            break
    trainers.append(trainer_of(spec, trainers[0].state()))
    rows: list[dict] = [{}, {}]
    for trainer, own in zip((trainer_of(spec), trainers[1]), rows, strict=True):
        for event in trainer.events():
            if isinstance(event, events.Metrics):
                for step, task, m, v in zip(event.step, event.task, event.metric, event.value, strict=True):
                    if event.names[m].startswith("baseline/"):
                        own[step, task, event.names[m]] = v
    assert rows[1]
    assert all(rows[0][key] == value for key, value in rows[1].items())
    assert trainers[1].step == 2 * 4 * 4


def test_the_tree_does_not_grow_while_baselines_are_trained(tiny, trainer_of):
    from hhstudio.core.errors import SpecError

    trainer = trainer_of(tiny(1, training__steps=2, stream__tasks=1, baselines=["scratch"]))
    for _ in trainer.events():
        if trainer.step == 3:
            break
    with pytest.raises(SpecError, match="baselines"):
        trainer.grow(trainer.spec.topology, "late")


STOPPING = {"training__early_stopping": {"patience": 2, "min_delta": 0.0}, "stream__validation": 0.2}


def test_a_task_that_gains_no_more_ends_early_at_its_best(tiny, trainer_of, run):
    spec = tiny(1, training__steps=400, evaluation__every=5, stream__train_limit=None, **STOPPING)
    trainer = trainer_of(with_fields(spec, {"training.lr": 0.005}))
    history, found = run(trainer)
    lengths = [m.stop - m.start for m in history.marks]
    assert all(length < 400 for length in lengths)
    assert history.step == sum(lengths) == trainer.total_steps
    lines = [e.message for e in found if isinstance(e, events.Log) and "stopped early after" in e.message]
    assert len(lines) == 3
    for task, mark in enumerate(history.marks):
        curve = history.series["P1", task, "validation"]
        best = curve.values.max()
        at = curve.steps[curve.values.argmax()]
        assert f"kept as it was at step {at}, where {100 * best:.1f} %" in lines[task]
        assert mark.stop - at == 2 * 5, "two evaluations without a gain"


def test_what_is_put_back_is_what_was_best(tiny, trainer_of):
    spec = tiny(1, training__steps=400, stream__tasks=1, **STOPPING)
    trainer = trainer_of(spec)
    kept, best, final = {}, -1.0, None
    for event in trainer.events():
        if isinstance(event, events.Weights) and event.final:
            final = {n: t.numpy() for n, t in event.tensors.items()}
        if trainer._early_stopper.best_step == trainer.step and trainer._early_stopper.best > best:
            best, kept = trainer._early_stopper.best, trainer.weights("P1", 0)
    assert all(np.array_equal(kept[name], final[name]) for name in kept)


@pytest.mark.parametrize("cut", [3, 9, 14])
def test_going_on_with_patience_half_spent_is_bit_identical(tiny, trainer_of, cut):
    spec = tiny(1, training__steps=30, stream__tasks=2, evaluation__every=2, **STOPPING)
    first = trainer_of(spec)
    for _ in first.events():
        if first.step == cut:
            break
    halves, straight = trainer_of(spec, first.state()), trainer_of(spec)
    for trainer in (halves, straight):
        for _ in trainer.events():
            pass
    expected, found = straight.state(), halves.state()
    assert found.step == expected.step
    assert all(np.array_equal(array, found.arrays[name]) for name, array in expected.arrays.items())


def test_patience_without_images_to_look_at_is_an_issue_that_says_what_to_set(tiny):
    spec = tiny(1, training__early_stopping={"patience": 2}, evaluation__every=0)
    fields = {issue.field for issue in rules.issues(spec) if issue.severity == "error"}
    assert fields == {"stream.validation", "evaluation.every"}
