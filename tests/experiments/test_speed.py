"""The comparison with hypnettorch: the same nets, the same penalty, a table that keeps what it measured."""

from __future__ import annotations

import json

import pytest
import torch

from hhstudio.cli import main
from hhstudio.experiments import bench_nets, rival, speed

pytest.importorskip("hypnettorch")


def test_the_table_compares_both_and_is_not_measured_twice(tmp_path, capsys):
    arguments = ["reproduce", "speed", "--scale", "smoke", "--seeds", "1", "--out", str(tmp_path), "--json"]
    assert main(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["earlier tasks"] for row in found["rows"]] == [0, 5]
    for row in found["rows"]:
        for name in ("hypnettorch", "exact", "defaults", "exact ratio", "defaults ratio"):
            assert row[name]["mean"] > 0
    assert {"figure.png", "figure.svg"} <= set(found["files"])
    assert main(arguments) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["rows"] == found["rows"]
    assert "measuring" not in told.err


@pytest.mark.parametrize("solver", bench_nets.CHUNKS)
def test_both_train_nets_of_the_same_sizes(solver):
    learner, condition = bench_nets.learner_after(
        bench_nets.single_level_spec(solver), bench_nets.single_level_spec(solver).topology, 1, "cpu"
    )
    theirs = rival.Rival(
        solver, bench_nets.HIDDEN, bench_nets.CHUNKS[solver], bench_nets.TASK_EMBEDDING, bench_nets.CODE, 1,
        bench_nets.BETA, bench_nets.LR, "cpu",
    )  # fmt: skip
    edge = learner.hierarchy.tree.chains[condition.solver].edges[0]
    hypernetwork, net = theirs.sizes
    assert edge.spec.size == pytest.approx(net, rel=0.01)
    stored = learner.hierarchy.stored
    own = sum(t.numel() for name, t in stored.items() if name.startswith(("root/", "code/")))
    assert own == pytest.approx(hypernetwork, rel=0.01)


def test_the_penalty_that_is_timed_is_hypnettorchs_own():
    """The same weights in both: the same penalty to float tolerance, whatever the form that we chose."""
    spec = bench_nets.single_level_spec("resnet32")
    learner, now = bench_nets.learner_after(spec, spec.topology, 3, "cpu")
    assert learner.consolidation.closed_form
    earlier = list(learner.done)
    with torch.no_grad():
        before = learner.hierarchy.generate(earlier)[now.solver].levels[0].clone()
        source = torch.Generator().manual_seed(1)
        for tensor in learner.hierarchy.stored.values():
            tensor.add_(0.01 * torch.randn(tensor.shape, generator=source))
        after = learner.hierarchy.generate(earlier)[now.solver].levels[0]
        # hypnettorch.utils.hnet_regularizer.calc_fix_target_reg: mean over tasks of the squared distance.
        plain = (after - before).square().sum(1).sum()
        found = learner.consolidation.penalty({}, {})
    share = 1 / len(earlier) if spec.consolidation.share else 1
    torch.testing.assert_close(found, plain * share, rtol=2e-5, atol=0.0)


def test_every_rate_that_is_wanted_has_its_row():
    assert set(speed.WANTED) <= set(speed.EFFORT["cpu"].earlier)
    assert speed.EFFORT["cpu"].solvers == ("zenke", "resnet32")
