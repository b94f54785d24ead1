"""What snapshots keep beside weights: embeddings as they were, and generated hypernetworks in digests."""

import numpy as np
import pytest

import hhstudio
from hhstudio.core.analysis import weight_statistics
from hhstudio.core.errors import SessionError
from hhstudio.store.recovery.recover import recover


def test_embeddings_at_a_step_are_those_that_the_run_had_then(session):
    steps = sorted({step for step, _, _ in session.snapshot_extras.keys})
    first, last = session.embeddings(step=steps[0]), session.embeddings(step=steps[-1])
    assert (first.step, last.step) == (steps[0], steps[-1])
    now = session.embeddings()
    assert len(last.groups) == len(now.groups)
    for group, newest in zip(last.groups, now.groups, strict=True):  # the last is taken at the end of all
        assert group.map.title == newest.map.title
        # a task's own chunk codes come with its own snapshots only: those of the last task are of the end
        latest = [p.task < 0 or (p.path, p.task) == ("P2-0", 2) for p in group.map.points]
        rows = latest if group.kind == "chunk" else slice(None)
        assert np.allclose(group.vectors[rows], newest.vectors[rows], atol=1e-6)
    assert [p.title for p in first.groups[0].map.points] == ["P1 · digits 0-1"]
    assert not np.allclose(first.groups[0].vectors[0], now.groups[0].vectors[0], atol=1e-3)
    with pytest.raises(SessionError, match="no embeddings were kept up to step 0"):
        session.embeddings(step=0)


def test_a_level_has_a_histogram_for_every_snapshot_and_one_for_now(session):
    steps = session.snapshots("P2-0", 1).steps.tolist()
    found = session.histograms("P2-0", 1, level=0)
    assert found.steps.tolist() == [*steps, session.model.step]
    made = {row.name: row for row in session.tensors("P2-0", 1, level=0).rows}
    assert {layer.name for layer in found.layers} == set(made)
    for layer in found.layers:
        size = int(np.prod(made[layer.name].shape))
        assert np.allclose(layer.counts.sum(axis=1), size, rtol=1e-5)
        assert layer.std[-1] == pytest.approx(made[layer.name].std, rel=1e-4)
        assert layer.norm[-1] == pytest.approx(made[layer.name].norm, rel=1e-4)
    with pytest.raises(SessionError, match="generates 1 hypernetworks; there is no level 1"):
        session.histograms("P2-0", 1, level=1)


def test_the_map_of_weights_at_a_step_has_only_what_there_was(session):
    steps = session.snapshots("P1", 0).steps.tolist()
    kept = session.snapshots("P1", 0)
    with pytest.raises(SessionError, match="no weights were kept up to step 1"):
        session.weight_map(step=1)
    assert len(session.weight_map(step=steps[0]).points) == 1
    found = session.weight_map(step=10**6)
    assert {(p.path, p.task) for p in found.points} == {(p, t) for p in ("P1", "P2-0") for t in range(3)}
    first = np.concatenate([kept.tensor(len(kept) - 1, name).ravel() for name in kept.names]).astype(float)
    other = session.snapshots("P1", 1)
    second = np.concatenate([other.tensor(len(other) - 1, name).ravel() for name in kept.names]).astype(float)
    apart = np.linalg.norm(first - second) / np.sqrt((first @ first + second @ second) / 2)
    assert found.apart[0, 1] == pytest.approx(apart, rel=1e-4)


def test_a_digest_gives_back_a_histogram_near_the_exact_one():
    values = np.random.default_rng(0).normal(size=20_000)
    values[:4000] = 0.0  # many equal ones are one step of the distribution
    edges = weight_statistics.common_edges(values.min(), values.max(), 32)
    exact = weight_statistics.histogram(values, edges)
    near = weight_statistics.digested_histogram(weight_statistics.digest(values), edges)
    assert near.sum() == pytest.approx(20_000)
    assert np.abs(near - exact).max() < 0.02 * 20_000


def test_a_damaged_session_is_recovered_with_its_embeddings(session_file, tmp_path):
    copy = tmp_path / "copy.h5"
    data = bytearray(session_file.read_bytes())
    with hhstudio.open(session_file) as whole:
        before = whole.snapshot_extras.keys
        assert len(before) > 6
        weights = whole.tensor("P1", 0, whole.tensor_names("P1", 0)[0])
    at = data.find(weights.tobytes())
    data[at] ^= 0xFF
    copy.write_bytes(data)
    recover(copy)
    with hhstudio.open(copy) as mended:
        assert sorted(mended.snapshot_extras.keys) == sorted(before)
        assert any(name.startswith("task/") for name in mended.snapshot_extras.read(0))


def test_tasks_that_are_learned_in_turn_all_have_snapshots(tmp_path, small):
    spec = small(**{"training.mode": "joint", "training.steps": 16, "evaluation.every": 0})
    hhstudio.run(spec, tmp_path / "joint.h5")
    with hhstudio.open(tmp_path / "joint.h5") as found:
        steps = found.snapshot_steps()
        assert set(steps) == {(p, t) for p in ("P1", "P2-0") for t in range(3)}
        assert [len(kept) for kept in steps.values()] == [2] * 6  # after 8 steps of its own, and at the end
        assert len({int(kept[0]) for kept in steps.values()}) == 6
