"""The trainer: it learns, tells what it does, goes on exactly, and fails with words."""

from __future__ import annotations

import itertools

import msgspec
import numpy as np
import pytest
import torch

from hhstudio.core.errors import DeviceError, SessionError, SpecError, TrainingError
from hhstudio.core.run import events, gradients
from hhstudio.core.spec.costs import costs
from hhstudio.core.spec.spec import with_fields
from hhstudio.core.tree import editing
from hhstudio.nets.stored import Condition


def test_a_small_tree_learns_its_tasks_and_keeps_them(tiny, trainer_of, run):
    spec = tiny(2, training__steps=80, training__lr=0.003, stream__train_limit=None)
    history, _ = run(trainer_of(spec))
    for path in ("P1", "P2-0"):
        assert history.summary(path).average > 0.9
    assert history.step == 2 * 3 * 80


def test_joint_mode_learns_all_tasks_of_a_path_at_once(tiny, trainer_of, run):
    spec = tiny(1, training__mode="joint", training__steps=60, training__lr=0.003, stream__train_limit=None)
    history, found = run(trainer_of(spec))
    assert history.summary("P1").average > 0.9
    assert history.step == 3 * 60
    first = next(i for i, e in enumerate(found) if isinstance(e, events.Progress))
    assert sum(isinstance(e, events.TaskStarted) for e in found[:first]) == 3


@pytest.mark.parametrize("scenario", ["domain", "class"])
def test_scenarios_without_a_task_label_are_measured_by_inferring_the_task(tiny, trainer_of, run, scenario):
    spec = tiny(1, stream__scenario=scenario, training__steps=60, training__lr=0.003)
    history, _ = run(trainer_of(spec))
    final = history.summary("P1").final
    assert all(0 <= value <= 1 for value in final)
    assert history.accuracy["P1"][0, 0] > 0.9


def test_events_come_in_an_order_that_a_session_can_replay(tiny, trainer_of, run):
    history, found = run(trainer_of(tiny(2)))
    assert [(m.path, m.task, m.stop - m.start) for m in history.marks] == [
        (path, task, 12) for path in ("P1", "P2-0") for task in range(3)
    ]
    for before, after in itertools.pairwise(found):
        if isinstance(after, events.TaskFinished) and after.seconds:
            assert isinstance(before, events.Weights)
            assert before.final
    assert set(history.weights) == {(path, task) for path in ("P1", "P2-0") for task in range(3)}
    loss = history.series["P2-0", 1, "loss"]
    assert np.diff(loss.steps).tolist() == [1] * 11
    assert not np.isnan(history.untrained("P1")).any()
    assert not np.isnan(history.accuracy["P1"][0, 1]), "the next task is measured before it is learned"
    assert all(events.decode(events.encode(e)) == e or _has_nan(e) for e in found)


def _has_nan(event: events.Event) -> bool:
    return "nan" in repr(event)


def test_task_major_order_takes_each_task_along_every_path(tiny, trainer_of, run):
    history, _ = run(trainer_of(tiny(2, stream__order="task-major", stream__tasks=2, training__steps=3)))
    assert [(m.path, m.task) for m in history.marks] == [("P1", 0), ("P2-0", 0), ("P1", 1), ("P2-0", 1)]


VARIANTS = {
    "learned": {},
    "seeded": {"link__anchor": "seeded", "link__residual": False, "training__optimizer": "sgd"},
    "direct": {
        "link__mode": "direct", "link__residual": False, "consolidation__level": "root",
        "consolidation__reduction": "sum", "consolidation__sample": 0,
    },
    "gram": {
        "link__mode": "direct", "consolidation__level": "root", "consolidation__reduction": "sum",
        "consolidation__sample": 0, "hypernetwork__chunk": 256, "hypernetwork__hidden": [4],
    },
    "start": {"consolidation__reference": "start", "consolidation__curvature": 3.0},
    "codes": {"hypernetwork__task_chunks": True, "consolidation__level": "all",
              "training__fresh_optimizer": False},
    "parent": {"link__anchor": "parent", "link__residual": False, "consolidation__curvature": 3.0,
               "hypernetwork__task_chunks": True, "training__embedding_lr": 0.01},
    "lookahead": {"consolidation__lookahead": True, "consolidation__embeddings_on_task_loss_only": True},
    "augmented": {"stream__augment": True, "solver__architecture": "dropout_net:DropoutNet",
                  "solver__options": {"rate": 0.3}},
    "statistics": {"solver__architecture": "resnet32", "solver__options": {"blocks": 1, "channels": [4, 4]},
                   "stream__kind": "permuted", "stream__tasks": 3, "training__mode": "joint",
                   "training__steps": 4},
}  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("cut", [4, 17])
def test_going_on_from_a_state_is_bit_identical_to_never_having_stopped(tiny, trainer_of, variant, cut):
    spec = tiny(2, **{"training__steps": 6, "stream__tasks": 3, **VARIANTS[variant]})
    whole = trainer_of(spec)
    cut = min(cut, whole.total_steps)
    for _ in whole.events():
        if whole.step == cut:
            break
    state = whole.state()
    halves = trainer_of(spec, state)
    assert halves.step == cut
    torch.manual_seed(12345)
    straight = trainer_of(spec)
    for trainer in (straight, halves):
        for _ in trainer.events():
            torch.randn(3)  # what others draw in between must not matter
    expected, found = straight.state(), halves.state()
    assert found.step == expected.step
    assert found.arrays.keys() == expected.arrays.keys()
    for name, array in expected.arrays.items():
        assert np.array_equal(array, found.arrays[name]), name


def test_the_state_at_every_event_of_a_task_end_goes_on_to_the_same_result(tiny, trainer_of):
    spec = tiny(1, training__steps=3, stream__tasks=2, consolidation__sample=0)
    reference = trainer_of(spec)
    states = [reference.state() for _ in reference.events()]
    expected = reference.state()
    for state in states:
        trainer = trainer_of(spec, state)
        for _ in trainer.events():
            pass
        found = trainer.state()
        assert all(np.array_equal(a, found.arrays[n]) for n, a in expected.arrays.items())


def test_a_state_of_another_spec_is_refused(tiny, trainer_of):
    state = trainer_of(tiny(2)).state()
    with pytest.raises(SessionError, match="another spec"):
        trainer_of(tiny(2, hypernetwork__chunk=64), state)


def test_settings_change_between_steps_and_survive_a_resume(tiny, trainer_of):
    trainer = trainer_of(tiny(1))
    found, asked = [], False
    for event in trainer.events():
        if trainer.step == 4 and not asked:
            asked = True
            trainer.change_setting("training.lr", 0.5)
            trainer.change_setting("consolidation.beta", 3.0)
        if isinstance(event, events.SettingChanged):
            found.append((event.step, event.field, event.value))
        if trainer.step == 6:
            break
    assert found == [(4, "training.lr", 0.5), (4, "consolidation.beta", 3.0)]
    again = trainer_of(tiny(1), trainer.state())
    lr = [e for e in again.events() if isinstance(e, events.Metrics)]
    values = {v for e in lr for m, v in zip(e.metric, e.value, strict=True) if e.names[m] == "lr"}
    assert values == {0.5}


def test_growth_in_mid_task_keeps_every_function_and_learns_the_new_path(tiny, trainer_of):
    trainer = trainer_of(tiny(1, training__steps=6, stream__tasks=2))
    topology, child = editing.add_child(trainer.spec.topology, trainer.spec.topology.root)
    topology, _ = editing.add_solver(topology, child)
    learned, grown = [], []
    for event in trainer.events():
        if trainer.step == 8 and not grown:
            before = trainer.weights("P1", 0)
            trainer.grow(topology, "P1 is full")
            after = trainer.weights("P1", 0)
            assert max(np.abs(before[n] - after[n]).max() for n in before) < 1e-6
            grown.append(trainer.state())
        if isinstance(event, events.TopologyChanged):
            assert (event.step, event.paths, event.reason) == (8, ("P1", "P2-0"), "P1 is full")
        if isinstance(event, events.TaskFinished) and event.seconds:
            learned.append((event.path, event.task))
    assert learned == [("P1", 0), ("P1", 1), ("P2-0", 0), ("P2-0", 1)]
    again = trainer_of(trainer.spec, grown[0])
    for _ in again.events():
        pass
    expected, found = trainer.state(), again.state()
    assert all(np.array_equal(a, found.arrays[n]) for n, a in expected.arrays.items())


def test_growth_that_would_change_a_learned_path_is_refused(tiny, trainer_of):
    trainer = trainer_of(tiny(1, training__steps=3))
    for _ in trainer.events():
        if trainer.step == 1:
            break
    other = editing.update(trainer.spec.topology, trainer.spec.topology.root, hidden=(3,))
    with pytest.raises(SpecError, match="P1"):
        trainer.grow(other, "no")


def test_what_is_frozen_does_not_move(tiny, trainer_of):
    spec = tiny(2, training__steps=3, stream__tasks=1)
    root, solver = spec.topology.root, spec.topology.path("P1").solver
    slot = spec.topology.path("P1").slots[0]
    frozen = editing.update_many(spec.topology, {root: {"frozen": True}, solver: {"frozen": True}})
    trainer = trainer_of(with_fields(spec, {"topology": msgspec.to_builtins(frozen)}))
    before = trainer.state().arrays
    for _ in trainer.events():
        pass
    after = trainer.state().arrays
    moved = {n for n in before if n.startswith("stored/") and not np.array_equal(before[n], after[n])}
    assert not any(n.startswith(("stored/root", f"stored/anchor/{slot}")) for n in moved)
    assert any(n.startswith("stored/anchor/") for n in moved)


def test_the_watched_tensor_is_reported_while_it_is_learned(tiny, trainer_of):
    trainer = trainer_of(tiny(1, training__steps=2, stream__tasks=1))
    trainer.watch("P1", 0, "features.0.weight")
    found = [e for e in trainer.events() if isinstance(e, events.Watched)]
    assert found
    assert found[0].tensor.numpy().shape == (4, 1, 3, 3)


def test_snapshots_are_kept_at_the_wanted_steps(tiny, trainer_of):
    trainer = trainer_of(tiny(1, training__steps=6, stream__tasks=1, recording__snapshot_every=3))
    found = [e for e in trainer.events() if isinstance(e, events.Weights) and not e.final]
    assert [e.step for e in found] == [3, 6]
    assert {t.dtype for t in found[0].tensors.values()} == {"float16"}


def test_snapshots_stay_within_their_budget(tiny, trainer_of):
    wanted = tiny(
        1, training__steps=40, stream__tasks=2, recording__snapshot_every=2, recording__at_task_ends="none"
    )

    def snapshots(spec):
        found = [e for e in trainer_of(spec).events() if isinstance(e, events.Weights) and not e.final]
        return [e for e in found if e.step % 40]

    each = sum(t.numpy().nbytes for t in snapshots(wanted)[0].tensors.values())
    spec = with_fields(wanted, {"recording.snapshot_budget": 8.5 * each / 1e6})
    found = snapshots(spec)
    assert [e.step for e in found] == [10, 20, 30, 50, 60, 70]
    assert sum(t.numpy().nbytes for e in found for t in e.tensors.values()) <= 8.5 * each


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("root/layers.0.weight", "H1, generated by the root \\(level 1\\), are not finite"),
        ("anchor/{leaf}", "the solver, generated by H1 \\(level 2\\), are not finite"),
    ],
)
def test_a_number_that_is_none_ends_the_run_naming_level_path_and_step(tiny, trainer_of, name, words):
    spec = tiny(2, training__steps=4, stream__tasks=1)
    trainer = trainer_of(spec)
    leaf = spec.topology.path("P2-0").slots[-1]
    poisoned = trainer._learner.hierarchy.stored[name.format(leaf=leaf)]
    with pytest.raises(TrainingError, match=rf"^step 6, path P2-0, task '[^']+': the weights of .*{words}"):
        _read_poisoning(trainer, 5, poisoned)


def _read_poisoning(trainer, step, tensor):
    for _ in trainer.events():
        if trainer.step == step:
            tensor.data.fill_(float("nan"))


def test_a_learning_rate_that_explodes_is_reported_not_trained_on(tiny, trainer_of):
    spec = tiny(1, link__mode="direct", training__lr=1e30, training__clip=0.0)
    trainer = trainer_of(spec)
    with pytest.raises(TrainingError, match="not finite"):
        for _ in trainer.events():
            pass
    assert trainer.step <= 12


def test_a_solver_that_does_not_fit_the_data_is_refused_by_name(tiny, trainer_of):
    with pytest.raises(SpecError, match=r"path 'P1': solver 'lenet' cannot be built for images of 1x8x8"):
        trainer_of(tiny(1, solver__architecture="lenet", solver__options={}))


def test_a_parent_anchor_needs_a_child_built_like_its_parent(tiny, trainer_of):
    spec = tiny(2, link__anchor="parent")
    child = spec.topology.path("P2-0").hypernetworks[1]
    other = editing.update(spec.topology, child, hidden=(3,))
    with pytest.raises(SpecError, match=r"'H1'.*same hidden widths and chunk as 'H0'"):
        trainer_of(with_fields(spec, {"topology": msgspec.to_builtins(other)}))


def test_a_device_that_is_not_there_is_refused(tiny, trainer_of, tmp_path):
    from hhstudio.learn.devices import resolve_device

    for name in ("cuda:99", "tpu", "cpu:1"):
        with pytest.raises(DeviceError, match=name):
            resolve_device(name)
    assert resolve_device("cpu") == "cpu"


@pytest.mark.parametrize("anchor", ["learned", "seeded", "shared", "parent"])
def test_stored_and_generated_numbers_are_counted_as_they_are(tiny, trainer_of, anchor):
    spec = tiny(3, hypernetwork__task_chunks=True, link__anchor=anchor, training__steps=1)
    trainer = trainer_of(spec)
    counts = {c.path: c for c in trainer.run_started("", "", False).parameters}
    for _ in trainer.events():
        pass
    arrays = trainer.state().arrays
    size = {prefix: sum(a.size for n, a in arrays.items() if n.startswith(f"stored/{prefix}"))
            for prefix in ("root/", "anchor/", "slot/", "code/", "task/", "task_code/")}  # fmt: skip
    total = counts[""]
    assert total.root == size["root/"]
    assert total.anchors == size["anchor/"]
    assert total.embeddings == sum(size[p] for p in ("slot/", "code/", "task/", "task_code/"))
    solver = sum(a.size for a in trainer.weights("P1", 0).values())
    assert total.generated == 3 * 3 * solver
    assert total == costs(spec).total, "the figures shown before training are the same"
    assert counts["P1"].generated == 3 * solver


def test_the_gradient_is_measured_at_every_level_of_the_path_that_learns(tiny, trainer_of, run):
    history, _ = run(trainer_of(tiny(3, training__steps=10, stream__tasks=1)))
    for depth, path in enumerate(("P1", "P2-0", "P3-00"), start=1):
        for level in range(depth + 1):
            series = history.series[path, 0, gradients.metric(level)]
            assert len(series) == 2
            assert np.all(series.values > 0)
        assert (path, 0, gradients.metric(depth + 1)) not in history.series


def test_the_gradient_of_the_solver_is_what_a_small_change_of_its_weights_does_to_the_loss(tiny, trainer_of):
    learner = trainer_of(tiny(2))._learner
    condition = Condition(learner.spec.topology.path("P2-0").solver, 0)
    learner.begin([condition])
    own = learner.hierarchy.generate([condition])[condition.solver]
    own.watch_gradients()
    (own.levels[-1] ** 2).sum().backward()
    assert float(own.gradient_norms()[-1]) == pytest.approx(
        2 * float(own.levels[-1].detach().norm()), rel=1e-5
    )


@pytest.mark.parametrize("scenario", ["task", "domain"])
def test_the_matrix_stays_as_it_was_and_the_end_stands_beside_it(tiny, trainer_of, run, scenario):
    spec = tiny(2, training__lr=0.01, consolidation__beta=0.0, stream__scenario=scenario)
    history, found = run(trainer_of(spec))
    for path in ("P1", "P2-0"):
        rows = [e for e in found if isinstance(e, events.TaskFinished) and e.path == path]
        assert len(rows) == 3
        for event in rows:
            row = np.array(event.accuracies, np.float32)
            np.testing.assert_array_equal(history.accuracy[path][event.task, : len(row)], row)
    assert not np.array_equal(history.end_row("P1"), history.accuracy["P1"][2]), "P2-0 changed it"
    np.testing.assert_array_equal(history.end_row("P2-0"), history.accuracy["P2-0"][2])
    assert history.summary("P2-0").through_other_paths == 0.0
    change = np.mean(history.end_row("P1") - history.accuracy["P1"][2])
    assert history.summary("P1").through_other_paths == pytest.approx(change)
