import numpy as np
import pytest
import torch

import hhstudio
from hhstudio.core.errors import DataError, SessionError
from hhstudio.learn.analysis.chain_health import ROOT, amplified
from hhstudio.learn.analysis.deployable import deployable
from hhstudio.nets.stored import Condition


def test_generated_weights_are_those_that_the_session_keeps(model, session):
    for path, task in session.available():
        made, kept = model.arrays(path, task), session.weights(path, task)
        assert made.keys() == kept.keys()
        for name in kept:
            np.testing.assert_allclose(made[name], kept[name], rtol=1e-5, atol=1e-6)


def test_a_mixture_at_a_corner_is_the_condition_itself(model, asked):
    own = model.arrays("P2-0", 1)
    found = asked.interpolate("P2-0", {0: 0.0, 1: 1.0, 2: 0.0}, tensors=tuple(own))
    for name, values in own.items():
        np.testing.assert_array_equal(found.tensors[name], values)
    assert found.apart[1] == 0


def test_a_mixture_lies_between_and_leaves_nothing_behind(model, asked):
    before = set(model.hierarchy.stored)
    found = asked.interpolate("P2-0", {0: 0.5, 1: 0.5})
    ends = model.chain("P2-0").last.spec
    a, b = (ends.join({k: torch.tensor(v) for k, v in model.arrays("P2-0", t).items()}) for t in (0, 1))
    whole = float((a - b).norm() / b.norm())
    assert 0 < found.apart[1] < whole
    assert set(model.hierarchy.stored) == before


def test_shares_that_do_not_sum_to_one_are_refused(asked):
    with pytest.raises(SessionError, match="sum to 1"):
        asked.interpolate("P1", {0: 0.5, 1: 0.6})


def test_walking_nowhere_from_a_task_is_that_task(model, asked):
    found = asked.walk("P1", 0, 0.0, start=2, tensors=("head.weight",))
    np.testing.assert_allclose(found.tensors["head.weight"], model.arrays("P1", 2)["head.weight"], atol=1e-6)
    assert asked.walk("P1", 0, 1.5).shares.sum() == pytest.approx(1)


def test_amplification_is_that_of_a_direct_finite_perturbation(model, asked):
    """The same noise added by hand to what the root generates, and the rest of the chain run on it."""
    condition = model.condition("P2-0", 1)
    chain = model.chain("P2-0")
    epsilon = 0.01
    moved = amplified(model, condition, 0, epsilon, 4)
    with torch.no_grad():
        levels = model.hierarchy.generate([condition])[condition.solver].levels
        with model.hierarchy.perturbed(0, lambda spec, flat: flat):
            same = model.hierarchy.generate([condition])[condition.solver].levels
    assert torch.equal(levels[-1], same[-1])
    seen = []
    with torch.no_grad(), model.hierarchy.perturbed(0, lambda spec, flat: seen.append(flat) or flat):
        model.hierarchy.generate([condition])
    assert torch.equal(seen[0], levels[0])
    own = chain.last.spec.join(model.weights(condition)).double()
    error = float((chain.last.spec.join(moved).double() - own).norm() / own.norm()) / epsilon
    found = asked.health("P2-0", 1, samples=5, epsilons=(epsilon,)).injections[1]
    assert found.error[0, 4] / epsilon == pytest.approx(error, rel=1e-5)
    assert found.amplification == pytest.approx(float(np.median(found.error[0])) / epsilon)


def test_an_error_at_the_root_is_the_difference_of_two_hierarchies(model, session):
    """Perturb the stored root of a second model by the same noise, and compare what it generates."""
    other = hhstudio.open(session.path).model
    condition = model.condition("P1", 0)
    moved = amplified(model, condition, ROOT, 0.05, 0)
    from hhstudio.learn.analysis.chain_health import _moved
    from hhstudio.nets.seeding import derived_seed

    source = torch.Generator().manual_seed(derived_seed(0, "injection", ROOT, 0))
    with torch.no_grad():
        for tensor in other.hierarchy.root_weights().values():
            tensor.copy_(_moved(tensor, 0.05, source))
    again = other.learner.solver_weights([condition])[condition]
    for name in moved:
        torch.testing.assert_close(moved[name], again[name])


def test_an_injected_error_has_exactly_the_size_asked_for(asked):
    found = asked.health("P1", samples=2, epsilons=(0.003, 0.2))
    last = found.injections[-1]
    np.testing.assert_allclose(last.error, np.array([[0.003] * 2, [0.2] * 2]), rtol=1e-4)
    assert last.amplification == pytest.approx(1, rel=1e-4)


def test_health_counts_and_scales_are_those_of_the_chain(asked, session):
    found = asked.health("P2-0")
    assert [level.title for level in found.levels] == ["H0 → H1", "H1 → P2-0"]
    solver = found.levels[-1]
    kept = session.weights("P2-0", 0)
    at = solver.tensors.index("head.weight")
    sigma = 1 / np.sqrt(kept["head.weight"].shape[1])
    expected = float(np.sqrt(np.mean(kept["head.weight"].astype(float) ** 2)) / sigma)
    assert solver.scale[0, at] == pytest.approx(expected, rel=1e-4)
    assert solver.generated == sum(a.size for a in kept.values())
    assert all(level.gradient > 0 for level in found.levels)
    total = next(c for c in session.history.parameters if c.path == "P2-0")
    embeddings = found.embeddings * len(session.tasks)
    assert sum(level.stored for level in found.levels) + embeddings == total.stored


def test_the_contribution_of_an_edge_is_what_the_run_measured_at_its_end(asked, session):
    found = asked.health("P1", 0, images=10_000)
    key = f"without/{session.spec.topology.path('P1').slots[-1]}"
    measured = session.history.series["P1", 0, key].values[-1]
    assert found.accuracy - found.levels[-1].lost[-1] == pytest.approx(float(measured), abs=1e-6)


def test_predictions_are_the_solvers_own(model, asked, session):
    guess = asked.predict((1, 5), "P1", 1).guesses[0]
    data = model.data(1)
    solver = session.solver("P1", 1)
    ready = deployable(model, solver, "P1", 1)
    with torch.no_grad():
        logits = ready(data.test_images[5:6].float() / 255)[0]
    np.testing.assert_allclose(guess.logits, logits.numpy(), rtol=1e-4, atol=1e-5)
    assert guess.probabilities.sum() == pytest.approx(1)


def test_the_most_certain_task_of_every_path_is_chosen(asked):
    found = asked.predict((2, 0))
    assert found.truth[0] == 2
    for path in ("P1", "P2-0"):
        own = [g for g in found.guesses if g.path == path]
        assert [g.task for g in own] == [0, 1, 2]
        (chosen,) = (g for g in own if g.chosen)
        assert chosen.entropy == min(g.entropy for g in own)


def test_an_image_in_any_layout_is_seen_as_the_solver_sees_it(asked):
    own = asked.predict((0, 0)).image
    grey, colour = own[:, :, 0], np.repeat(own, 3, axis=2)
    for picture in (own, grey, own.transpose(2, 0, 1), colour, colour.transpose(2, 0, 1)):
        np.testing.assert_array_equal(asked.predict(picture, "P1", 0).image, own)
    assert asked.predict(np.zeros((40, 30, 4), np.uint8), "P1", 0).image.min() == 255  # transparent is white


def test_what_is_no_image_is_refused(asked):
    with pytest.raises(DataError, match="uint8"):
        asked.predict(np.zeros((8, 8)))
    with pytest.raises(DataError, match="neither"):
        asked.predict(np.zeros((8, 8, 2), np.uint8))
    with pytest.raises(DataError, match="counted from 0"):
        asked.predict((0, 10_000))


def test_a_confusion_matrix_holds_every_test_image_once(asked, session):
    found = asked.confusion("P2-0", 2)
    assert found.matrix.sum() == session.tasks[2].test_images == len(found.labels)
    accuracy = session.accuracy("P2-0")[2, 2]
    assert np.trace(found.matrix) / found.matrix.sum() == pytest.approx(accuracy, abs=1e-6)
    for i, j in np.ndindex(found.matrix.shape):
        assert len(found.cell(i, j)) == found.matrix[i, j]
    seen = asked.images(2, found.cell(0, 0)[:4])
    assert (seen.labels == 0).all()


def test_feature_maps_are_what_the_convolutions_give(model, asked, session):
    found = asked.features((0, 3), "P1", 0)
    data, solver = model.data(0), session.solver("P1", 0)
    with torch.no_grad():
        expected = solver.get_submodule("features.0")(data.inputs(data.test_images[3:4]))[0]
    np.testing.assert_allclose(found.maps["features.0"], expected.numpy(), rtol=1e-4, atol=1e-5)


def test_a_unit_with_a_deep_negative_bias_is_dead(session):
    model = session.model
    condition = Condition(model.chain("P1").solver, 0)
    weights = dict(model.weights(condition))
    weights["features.0.bias"] = weights["features.0.bias"].clone()
    weights["features.0.bias"][2] = -1e4
    model._recent[condition] = weights
    layer = session.units("P1", 0).layers[0]
    assert layer.dead[2]
    assert layer.active[2] == 0


def test_embeddings_of_every_kind_are_there_with_their_names(asked):
    groups = asked.embeddings().groups
    tasks = {g.node: g for g in groups if g.kind == "task"}
    assert tasks["H0"].vectors.shape[0] == 6
    assert tasks["H1"].vectors.shape[0] == 3
    assert tasks["H1"].map.points[0].path == "P2-0"
    assert {g.kind for g in groups} == {"task", "slot", "chunk"}


def test_without_data_everything_but_images_is_answered(model, session, tmp_path, monkeypatch):
    session.model._images = DataError("no images here")
    assert np.isnan(session.health("P1").accuracy)
    assert session.health("P1").injections[0].amplification > 0
    assert np.isnan(session.interpolate("P1", {0: 0.5, 1: 0.5}).accuracy).all()
    with pytest.raises(DataError, match="no images here"):
        session.confusion("P1", 0)


def test_a_session_without_a_checkpoint_says_so(session_file, tmp_path):
    import h5py

    copy = tmp_path / "bare.h5"
    copy.write_bytes(session_file.read_bytes())
    with h5py.File(copy, "r+") as file:
        del file["state"]
    with hhstudio.open(copy) as found, pytest.raises(SessionError, match="no checkpoint yet"):
        found.health("P1")
