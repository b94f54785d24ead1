import numpy as np
import pytest

from hhstudio.core.errors import SessionError


def flat(session, path, task):
    return np.concatenate([a.ravel().astype(float) for a in session.weights(path, task).values()])


def test_distances_are_those_of_the_kept_weights(session):
    found = session.distances()
    assert [(p.path, p.task) for p in found.points] == [(p, t) for p in ("P1", "P2-0") for t in range(3)]
    a, b = flat(session, "P1", 0), flat(session, "P2-0", 2)
    assert found.matrices[0, 0, 5] == pytest.approx(
        np.linalg.norm(a - b) / np.sqrt((a @ a + b @ b) / 2), rel=1e-6
    )
    layer = found.layers.index("features.0.weight")
    a, b = (session.tensor("P1", t, "features.0.weight").ravel().astype(float) for t in (0, 1))
    expected = 1 - a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert session.distances("cosine", "P1").matrices[layer, 0, 1] == pytest.approx(expected, abs=1e-9)


def test_snapshots_lead_up_to_the_weights_just_after_learning(session):
    found = session.distances_in_time("P1", 1)
    assert [p.step for p in found.points] == [32, 40, 48, 144]
    before, after = found.matrices[0, 0, 2], found.matrices[0, 1, 2]
    assert before > after > 0
    fewer = session.distances_in_time("P1", 1, most=2)
    assert [p.step for p in fewer.points] == [32, 144]
    assert fewer.matrices[0, 0, 1] == pytest.approx(found.matrices[0, 0, 3])


def test_drift_is_the_change_since_a_task_was_learned(session):
    found = session.drift("P1")
    assert found.then.tolist() == [24, 48, 72]
    then = session.snapshots("P1", 0)
    last = then.steps.tolist().index(24)
    before = np.concatenate([then.tensor(last, name).ravel().astype(float) for name in then.names])
    now = flat(session, "P1", 0)
    assert found.change[0, 0] == pytest.approx(np.linalg.norm(now - before) / np.linalg.norm(before))
    matrix = session.accuracy("P1")
    assert found.lost[0] == pytest.approx(matrix[0, 0] - matrix[2, 0])


def test_the_last_task_of_a_path_has_not_drifted_when_it_is_the_last_of_all(session):
    assert session.drift("P2-0").change[-1, 0] == 0


def test_histograms_count_all_weights_at_every_step(session):
    found = session.histograms("P1", 0, ["head.weight"])
    (layer,) = found.layers
    size = session.tensor("P1", 0, "head.weight").size
    assert found.steps.tolist() == [8, 16, 24, 144]
    assert layer.counts.sum(1).tolist() == [size] * 4
    assert layer.mean[-1] == pytest.approx(session.tensor("P1", 0, "head.weight").mean(), rel=1e-5)


def test_the_map_of_weights_has_every_condition_and_its_neighbours(session):
    found = session.weight_map()
    assert found.coordinates.shape == (6, 3)
    rows = np.stack([flat(session, p.path, p.task) for p in found.points])
    singular = np.linalg.svd(rows - rows.mean(0), compute_uv=False)
    np.testing.assert_allclose(found.share, (singular**2 / (singular**2).sum())[:3], rtol=1e-6)


def test_asking_for_what_is_not_there_says_so(session):
    with pytest.raises(SessionError, match="no tensor 'nothing'"):
        session.histograms("P1", 0, ["nothing"])
    with pytest.raises(SessionError, match="no weights of P1, task 9"):
        session.distances_in_time("P1", 9)
