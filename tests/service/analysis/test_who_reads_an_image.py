"""Analysis scores a condition as the run did: where the task is not given, nobody tells it."""

import numpy as np
import pytest

import hhstudio
from hhstudio.core.errors import SessionError

SCENARIOS = {
    "task": {},
    "domain": {"stream.scenario": "domain"},
    "class": {"stream.scenario": "class"},
    "permuted": {
        "stream.scenario": "domain", "stream.kind": "permuted", "stream.classes_per_task": 10,
    },
}  # fmt: skip


@pytest.fixture(scope="module", params=SCENARIOS)
def read(request, small, tmp_path_factory):
    """A session of each scenario, on few images."""
    out = tmp_path_factory.mktemp("reading") / f"{request.param}.h5"
    spec = small(**{
        **SCENARIOS[request.param], "stream.train_limit": 40, "stream.test_limit": 6,
        "training.steps": 10, "evaluation.every": 0, "recording.snapshot_every": 0,
    })  # fmt: skip
    assert hhstudio.run(spec, out).state == "finished"
    with hhstudio.open(out) as session:
        yield session


def test_a_confusion_matrix_is_as_right_as_the_session_says(read):
    for path, task in sorted(read.available()):
        confusion = read.confusion(path, task)
        share = np.trace(confusion.matrix) / confusion.matrix.sum()
        assert share == pytest.approx(float(read.end_accuracy(path)[task])), (path, task)
        assert confusion.readers == ((task,) if read.spec.stream.scenario == "task" else (0, 1, 2))


def test_who_reads_is_an_argument(read):
    told = {key: read.confusion(*key, readers=(key[1],)) for key in read.available()}
    assert all(confusion.readers == (task,) for (_, task), confusion in told.items())
    untold = {key: read.confusion(*key) for key in read.available()}
    alike = all(np.array_equal(told[key].predicted, untold[key].predicted) for key in told)
    assert alike == (read.spec.stream.scenario == "task")
    with pytest.raises(SessionError, match="has not begun to learn task 7"):
        read.confusion("P1", 0, readers=(0, 7))
    with pytest.raises(SessionError, match="somebody has to read"):
        read.health("P1", 0, readers=())


def test_predictions_see_an_image_as_its_own_task_shows_it(read):
    """The prediction of the most certain solver, image by image, is what the run counted; the tasks that it
    takes them for are those of the confusion of tasks."""
    tasks = read.task_confusion("P2-0", images=1000).matrix
    for task in range(3):
        total = read.images(task, ()).total
        right, taken = 0, np.zeros(3)
        for index in range(total):
            prediction = read.predict((task, index), "P2-0")
            (chosen,) = (guess for guess in prediction.guesses if guess.chosen)
            label = read.images(task, (index,)).labels[0]
            right += label == (chosen.predicted if read.spec.stream.scenario != "task" else label)
            taken[chosen.task] += 1
        if read.spec.stream.scenario != "task":
            assert right / total == pytest.approx(float(read.end_accuracy("P2-0")[task]))
        np.testing.assert_allclose(taken / total, tasks[task])


def test_health_loses_what_the_run_measured(read):
    key = f"without/{read.spec.topology.path('P1').slots[-1]}"
    for task in range(3):
        health = read.health("P1", task, images=1000, samples=1, epsilons=(0.01,))
        assert health.accuracy == pytest.approx(float(read.end_accuracy("P1")[task]))
        measured = read.history.series["P1", task, key].values[-1]
        assert health.accuracy - health.levels[-1].lost[-1] == pytest.approx(float(measured), abs=1e-6)


def test_a_mixture_has_one_head_for_all_images_where_the_task_is_not_given(read):
    corner = read.interpolate("P1", {2: 1.0}, on=(0, 1, 2), images=1000)
    alone = [read.confusion("P1", task, readers=(2,)) for task in range(3)]
    shares = [np.trace(confusion.matrix) / confusion.matrix.sum() for confusion in alone]
    if read.spec.stream.scenario != "task":
        np.testing.assert_allclose(corner.accuracy, shares)
