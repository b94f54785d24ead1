"""Who reads an image: where the task is not told, nobody who asks for an accuracy tells it."""

import numpy as np
import pytest
import torch

from hhstudio.core.run import events
from hhstudio.learn.task_inference import log_entropy, most_certain
from hhstudio.learn.training import extra_evaluations
from hhstudio.learn.training.early_stopping import EarlyStopper
from hhstudio.learn.training.evaluation import accuracies
from hhstudio.nets.stored import Condition

FIELDS = {"training__steps": 30, "training__lr": 0.003, "consolidation__beta": 0.1}
SCENARIOS = ("task", "domain", "class")


def expected(learner, condition, held_out="test", readers=None):
    """The accuracy on a condition's task by the definition, in double precision, one image at a time."""
    data = learner.task_data(condition.task)
    images, labels = data.test_images, data.test_labels
    if held_out == "valid":
        images, labels = data.valid_images, data.valid_labels
    readers = [condition] if learner.stream.scenario == "task" else readers or learner.begun
    weights = learner.solver_weights(readers)
    with torch.no_grad():
        logits = {c: learner.logits(c, weights[c], data, images, False).double() for c in readers}
    right = 0
    for image, label in enumerate(labels.tolist()):
        entropies = {c: float(torch.special.entr(x[image].softmax(0)).sum()) for c, x in logits.items()}
        surest = min(entropies, key=entropies.get)
        right += int(logits[surest][image].argmax()) == label
    return right / len(labels)


@pytest.fixture(params=SCENARIOS)
def scenario(request):
    return request.param


@pytest.fixture
def learned(tiny, trainer_of, run, scenario):
    spec = tiny(1, stream__scenario=scenario, stream__validation=0.2, **FIELDS)
    trainer = trainer_of(spec)
    history, _ = run(trainer)
    return trainer._learner, history


def test_one_condition_is_measured_as_it_is_among_all(learned, scenario):
    learner, _ = learned
    together = accuracies(learner, learner.begun)
    for condition in learner.begun:
        assert accuracies(learner, [condition])[condition] == together[condition]
        assert together[condition] == pytest.approx(expected(learner, condition))


def test_readers_are_an_argument(learned, scenario):
    learner, _ = learned
    first, second = learner.begun[:2]
    told = accuracies(learner, [first, second], readers=[first])
    assert told[first] == pytest.approx(expected(learner, first, readers=[first]))
    assert told[second] == pytest.approx(expected(learner, second, readers=[first]))


def test_early_stopping_tells_no_task(learned, scenario):
    learner, _ = learned
    last = learner.begun[-1]
    stopper = EarlyStopper(learner.spec.training.early_stopping)
    measured = stopper.evaluate(learner, (last,), 1)
    assert measured[last] == pytest.approx(expected(learner, last, "valid"))
    assert stopper.best == measured[last]


def test_growth_looks_at_validation_accuracies_that_were_not_told(tiny, trainer_of, run, scenario):
    spec = tiny(
        1, stream__scenario=scenario, stream__validation=0.2, growth__policy="accuracy",
        growth__threshold=0.0, **FIELDS,
    )  # fmt: skip
    trainer = trainer_of(spec)
    run(trainer)
    last = trainer._grower.outcomes[-1]
    wanted = expected(trainer._learner, Condition(last.solver, last.task), "valid")
    assert last.accuracy == pytest.approx(wanted)


def test_untrained_accuracies_are_read_by_all_that_the_path_will_learn(tiny, trainer_of, scenario):
    trainer = trainer_of(tiny(1, stream__scenario=scenario))
    learner, names = trainer._learner, set(trainer._learner.hierarchy.stored)
    found = extra_evaluations.untrained(learner, trainer._at)
    assert set(learner.hierarchy.stored) == names
    assert learner.begun == []
    for condition in found:
        learner.hierarchy.add(condition)
        learner.buffers[condition] = {}
    for condition, value in found.items():
        assert value == pytest.approx(expected(learner, condition))


def test_a_curve_begins_where_the_matrix_ended(learned):
    """R[k-1, k] and the first point of curve k are the same model on the same images."""
    _, history = learned
    for task in (1, 2):
        curve, start = history.series["P1", task, "accuracy"], history.marks[task].start
        first = curve.values[curve.steps == start][0]
        assert first == pytest.approx(history.accuracy["P1"][task - 1, task])


def test_points_in_between_do_not_depend_on_who_else_is_measured(tiny, trainer_of, run, scenario):
    curves = []
    for earlier in (False, True):
        spec = tiny(1, stream__scenario=scenario, evaluation__earlier=earlier, **FIELDS)
        history, _ = run(trainer_of(spec))
        own = []
        for mark in history.marks:
            curve = history.series["P1", mark.task, "accuracy"]
            within = (curve.steps >= mark.start) & (curve.steps <= mark.stop)
            own.append(curve.values[within].tolist())
        curves.append(own)
    assert curves[0] == curves[1]
    assert all(len(own) > 3 for own in curves[0])


def test_a_permuted_image_is_permuted_as_its_own_task_is_whoever_reads_it(tiny, trainer_of, run):
    spec = tiny(
        1, stream__scenario="domain", stream__kind="permuted", stream__tasks=2,
        stream__classes_per_task=10, **FIELDS,
    )  # fmt: skip
    trainer = trainer_of(spec)
    run(trainer)
    learner = trainer._learner
    first, second = learner.begun
    read = accuracies(learner, [second], readers=[first])[second]
    assert read == pytest.approx(expected(learner, second, readers=[first]))
    assert read < accuracies(learner, [second], readers=[second])[second]


def test_the_passes_that_were_forecast_are_those_that_are_made(tiny, trainer_of, scenario):
    trainer = trainer_of(tiny(2, stream__scenario=scenario, evaluation__earlier=False))
    steps = trainer.events()
    begun = next(e for e in steps if isinstance(e, events.TaskStarted))
    assert begun.step == 0
    told = trainer.forecast.workload()
    for _ in steps:
        pass
    done = trainer.forecast.workload()
    made = done.passes_done - told.passes_done
    assert made <= told.passes <= 1.2 * made


def test_the_surer_of_two_sure_solvers_is_found():
    assert most_certain([torch.tensor([[120.0, 0.0]]), torch.tensor([[0.0, 400.0]])]).tolist() == [1]
    assert most_certain([torch.tensor([[0.0, 400.0]]), torch.tensor([[120.0, 0.0]])]).tolist() == [0]
    three = [torch.tensor([[0.0, 900.0, 0.0]]), torch.tensor([[0.0, 900.0, 800.0]])]
    assert most_certain(three).tolist() == [0]


def test_the_logarithm_of_an_entropy_is_that_of_its_definition():
    logits = torch.tensor(np.random.default_rng(2).normal(0, 4, (200, 7)))
    wanted = torch.special.entr(logits.softmax(1)).sum(1).log()
    torch.testing.assert_close(log_entropy(logits), wanted, rtol=1e-9, atol=1e-9)
    even = log_entropy(torch.zeros(1, 4))
    assert float(even) == pytest.approx(np.log(np.log(4)))
    # of two outputs d apart the entropy is exp(-d) (1 + d), up to exp(-2 d)
    far = log_entropy(torch.tensor([[0.0, 300.0]]))
    assert float(far) == pytest.approx(-300 + np.log(301))
    assert log_entropy(torch.zeros(3, 1)).tolist() == [-np.inf] * 3
