"""Edge contributions are measured, and said."""

import pytest
import torch
from msgspec.structs import replace

from hhstudio.core.run import edge_contributions
from hhstudio.core.run.history import History
from hhstudio.core.spec.spec import Evaluation, HypernetworkDefaults, Link, Spec, Stream, Training
from hhstudio.core.tree import editing
from hhstudio.learn.data import build_stream
from hhstudio.learn.training.trainer import Trainer
from hhstudio.nets.stored import Condition


def two_levels(**link):
    topology = editing.single()
    topology, child = editing.add_child(topology, topology.root)
    topology, _ = editing.add_solver(topology, child)
    return Spec(
        topology=topology,
        stream=Stream(tasks=2),
        hypernetwork=HypernetworkDefaults(hidden=(16,), chunk=256),
        link=Link(**link),
        training=Training(steps=40, batch_size=16, lr=3e-3),
        evaluation=Evaluation(every=0),
    )


def trained(spec, tmp_path):
    trainer = Trainer(spec, build_stream(spec.stream, spec.seed, tmp_path), "cpu")
    history = History()
    history.apply(trainer.run_started(created="", app="", unverified=False))
    for event in trainer.events():
        if event is not None:
            history.apply(event)
    return trainer, history


def test_every_contribution_on_a_path_is_measured_and_named(tmp_path):
    _, history = trained(two_levels(residual=True), tmp_path)
    titles = {edge.title for edge in edge_contributions.contributions(history, "P2-0")}
    assert titles == {"H0 → H1", "H1 → P2-0", "H0 → P2-0 (residual)", "everything generated"}
    assert {w.title for w in edge_contributions.contributions(history, "P1")} == {
        "H0 → P1",
        "everything generated",
    }


def test_without_anchors_everything_is_generated_and_its_loss_leaves_chance(tmp_path):
    _, history = trained(two_levels(mode="direct", residual=False), tmp_path)
    average = history.summary("P1").average
    (whole,) = [w for w in edge_contributions.contributions(history, "P1") if w.key == edge_contributions.ALL]
    assert average - whole.lost == pytest.approx(0.5, abs=0.1)
    assert not whole.bypassed


def test_an_edge_that_adds_nothing_is_flagged_as_bypassed(tmp_path):
    spec = two_levels(residual=False)
    spec = replace(spec, link=replace(spec.link, alpha=0.0, solver_alpha=0.3))
    _, history = trained(spec, tmp_path)
    edges = {edge.title: edge for edge in edge_contributions.contributions(history, "P2-0")}
    assert edges["H0 → H1"].lost == 0
    assert edges["H0 → H1"].bypassed


def test_taking_a_contribution_out_leaves_the_anchor_and_nothing_behind(tmp_path):
    trainer, _ = trained(two_levels(residual=False), tmp_path)
    hierarchy = trainer._learner.hierarchy
    (chain,) = [c for c in hierarchy.tree.chains.values() if c.name == "P1"]
    condition = Condition(chain.solver, 0)
    whole = hierarchy.generate([condition])[chain.solver].levels[-1]
    with hierarchy.without_contributions([chain.last.contributions[-1].key]):
        bare = hierarchy.generate([condition])[chain.solver].levels[-1]
    again = hierarchy.generate([condition])[chain.solver].levels[-1]
    assert torch.equal(bare[0], hierarchy.stored[chain.last.anchor])
    assert not torch.equal(whole, bare)
    assert torch.equal(whole, again)
