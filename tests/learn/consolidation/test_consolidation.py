"""Consolidation: the closed form is the plain definition, and the penalty keeps what it should."""

from __future__ import annotations

import pytest
import torch

from hhstudio.core.spec.spec import with_fields
from hhstudio.learn.consolidation.penalty import ConsolidationPenalty
from hhstudio.learn.consolidation.task_start import uses_task_start
from hhstudio.nets.stored import Condition


def prepared(trainer_of, spec, tasks=3):
    """A learner in float64 whose conditions have begun, moved away from where they began."""
    learner = trainer_of(with_fields(spec, {"training.precision": "float64"}))._learner
    earlier = [Condition(s, t) for s in learner.hierarchy.tree.chains for t in range(tasks)]
    for condition in earlier:
        learner.hierarchy.add(condition)
    return learner, earlier


def moved(learner):
    source = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for tensor in learner.hierarchy.stored.values():
            tensor.add_(0.05 * torch.randn(tensor.shape, generator=source, dtype=tensor.dtype))
            tensor.grad = None


def gradients(learner):
    return {n: t.grad.clone() for n, t in learner.hierarchy.stored.items() if t.grad is not None}


CLOSED = {
    "direct": {"link__mode": "direct", "consolidation__reduction": "sum", "link__residual": False},
    "heads": {
        "link__mode": "direct",
        "consolidation__reduction": "sum",
        "link__residual": False,
        "stream__heads": "each",
        "stream__classes_per_task": 3,
    },
    "seeded": {"link__anchor": "seeded", "link__alpha": 0.3},
    "residual": {"link__anchor": "seeded", "link__residual": True, "stream__scenario": "domain"},
}


@pytest.mark.parametrize("variant", CLOSED)
@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("chunk", [97, 700])
def test_the_closed_form_equals_the_plain_definition_and_its_gradients(
    tiny, trainer_of, variant, depth, chunk
):
    spec = tiny(
        depth, consolidation__level="root", consolidation__sample=0, hypernetwork__hidden=[3],
        hypernetwork__chunk=chunk, **CLOSED[variant],
    )  # fmt: skip
    learner, earlier = prepared(trainer_of, spec)
    hierarchy, plain = learner.hierarchy, learner.consolidation
    closed = ConsolidationPenalty(spec.consolidation, hierarchy, 0, plain._head_of, learner, 16)
    closed._earlier = tuple(earlier)
    assert closed._closed_form_refused() is None
    closed._closed_form = closed._make_closed_form()
    plain._earlier = tuple(earlier)
    plain._begin_targets()
    moved(learner)

    expected = plain.penalty(hierarchy.generate(earlier), plain.sample(0))
    expected.backward()
    wanted = gradients(learner)
    for tensor in hierarchy.stored.values():
        tensor.grad = None
    found = closed.penalty({}, {})
    found.backward()
    assert expected.item() > 1e-4
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)
    for name, gradient in gradients(learner).items():
        torch.testing.assert_close(gradient, wanted[name], rtol=1e-9, atol=1e-11)


def plain_divergence(curvature, kind, conditions, change):
    """(B,) tr(G D A D') / 2 of changes D of B conditions, layer by layer, as its definition says."""
    total = torch.zeros(len(conditions), dtype=torch.float64)
    for name, a in curvature._inputs[kind].items():
        d = change[f"{name}.weight"].flatten(2)
        if f"{name}.bias" in change:
            d = torch.cat([d, change[f"{name}.bias"][..., None]], -1)
        else:
            a = a[:-1, :-1]
        g = torch.stack([curvature._outputs[c][name] for c in conditions])
        total = total + ((d @ a) * (g @ d)).sum((1, 2)) / 2
    return total


@pytest.mark.parametrize("level", ["solver", "all", "root"])
@pytest.mark.parametrize("curvature", [0.0, 3.0])
@pytest.mark.parametrize("anchor", ["parent", "learned"])
def test_the_penalty_and_its_gradients_are_those_of_the_plain_definition(
    tiny, trainer_of, level, curvature, anchor
):
    """Value and gradient are taken at once; here automatic differentiation takes the gradient."""
    spec = tiny(
        3, consolidation__level=level, consolidation__curvature=curvature, consolidation__sample=3,
        link__anchor=anchor, link__residual=False, stream__heads="each",
    )  # fmt: skip
    learner, conditions = prepared(trainer_of, spec)
    *earlier, now_learned = conditions
    hierarchy, kept = learner.hierarchy, learner.consolidation
    learner.buffers.update({c: {} for c in conditions})
    kept.begin(earlier, now_learned)
    with torch.no_grad():
        before = hierarchy.generate(earlier)
    moved(learner)

    chosen = kept.sample(5)
    after = hierarchy.generate([now_learned, *chosen])
    expected = torch.zeros((), dtype=torch.float64)
    for condition, weight in chosen.items():
        chain = hierarchy.tree.chains[condition.solver]
        now, then = after[condition.solver], before[condition.solver]
        last = len(chain.edges) - 1
        for at in {"solver": [last], "root": [0], "all": range(last + 1)}[level]:
            edge = chain.edges[at]
            change = (
                now.levels[at][now.conditions.index(condition)]
                - then.levels[at][then.conditions.index(condition)]
            )
            counted = torch.ones(edge.spec.size, dtype=torch.bool)
            if edge.target == condition.solver:
                counted = ~hierarchy.tree.solvers[edge.target].other_heads(condition.task)
            expected = expected + weight * (change / edge.spec.sigma())[counted].square().mean()
            if curvature and level == "solver":
                divergence = plain_divergence(
                    kept._curvature, edge.spec.kind, [condition], edge.spec.split(change[None])
                )
                expected = expected + weight * curvature * divergence[0]
    expected.backward()
    wanted = gradients(learner)
    for tensor in hierarchy.stored.values():
        tensor.grad = None
    found = kept.penalty(hierarchy.generate([now_learned, *chosen]), chosen)
    found.backward()
    assert expected.item() > 1e-6
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-14)
    assert gradients(learner).keys() == wanted.keys()
    for name, gradient in gradients(learner).items():
        torch.testing.assert_close(gradient, wanted[name], rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("level", ["solver", "all"])
@pytest.mark.parametrize("share", [False, True])
def test_the_penalty_is_the_mean_squared_change_in_wanted_scales(tiny, trainer_of, level, share):
    spec = tiny(
        2,
        consolidation__level=level,
        consolidation__sample=0,
        consolidation__share=share,
        stream__scenario="domain",
    )
    learner, earlier = prepared(trainer_of, spec)
    learner.consolidation.begin(earlier, earlier[0])
    before = learner.hierarchy.generate(earlier)
    moved(learner)
    after = learner.hierarchy.generate(earlier)
    expected = torch.zeros((), dtype=torch.float64)
    for solver, group in after.items():
        edges = group.chain.edges if level == "all" else group.chain.edges[-1:]
        for edge in edges:
            at = group.chain.edges.index(edge)
            change = (group.levels[at] - before[solver].levels[at]) / edge.spec.sigma()
            expected = expected + change.square().mean(1).sum()
    found = learner.consolidation.penalty(after, learner.consolidation.sample(0))
    torch.testing.assert_close(found, expected / (len(earlier) if share else 1))


@pytest.mark.parametrize(("size", "within"), [(1, 0.12), (2, 0.06)])
def test_a_sample_of_earlier_conditions_is_on_average_the_whole(tiny, trainer_of, size, within):
    spec = tiny(2, consolidation__sample=size)
    learner, earlier = prepared(trainer_of, spec)
    learner.consolidation.begin(earlier, earlier[0])
    moved(learner)
    with torch.no_grad():
        generated = learner.hierarchy.generate(earlier)
        whole = learner.consolidation.penalty(generated, dict.fromkeys(earlier, 1.0))
        values, drawn = [], set()
        for step in range(800):
            chosen = learner.consolidation.sample(step)
            assert len(set(chosen)) == size
            drawn.update(chosen)
            values.append(learner.consolidation.penalty(generated, chosen))
    assert drawn == set(earlier)
    assert float(torch.stack(values).mean()) == pytest.approx(float(whole), rel=within)


def test_unused_heads_may_change_freely(tiny, trainer_of):
    spec = tiny(1)
    learner, earlier = prepared(trainer_of, spec, tasks=2)
    learner.consolidation.begin(earlier, earlier[0])
    chain = learner.hierarchy.tree.chains[earlier[0].solver]
    rows = chain.last.spec.split(learner.hierarchy.stored[f"anchor/{chain.last.slot}"].data)["head.weight"]
    weights = dict.fromkeys(earlier, 1.0)
    rows[4:] += 1.0  # the third task's head
    assert learner.consolidation.penalty(learner.hierarchy.generate(earlier), weights).item() < 1e-25
    rows[0] += 1.0
    assert learner.consolidation.penalty(learner.hierarchy.generate(earlier), weights).item() > 0


def test_what_the_roots_level_does_not_keep_is_frozen_after_the_first_task(tiny, trainer_of):
    spec = tiny(2, consolidation__level="root", training__steps=2)
    trainer = trainer_of(spec)
    root_slot, leaf = spec.topology.path("P2-0").slots
    states = {}
    for _ in trainer.events():
        states[trainer.step] = trainer.state().arrays
    name = f"stored/anchor/{leaf}"
    assert not (states[6][name] == states[8][name]).all(), "the first task trains it"
    assert (states[8][name] == states[12][name]).all(), "later ones do not"
    kept = f"stored/anchor/{root_slot}"
    assert not (states[8][kept] == states[12][kept]).all(), "the root's own level is kept by the penalty"


def test_the_log_says_which_form_was_chosen_and_why(tiny, trainer_of):
    spec = tiny(1, **CLOSED["direct"], consolidation__level="root", consolidation__sample=0,
                hypernetwork__hidden=[4], hypernetwork__chunk=64)  # fmt: skip
    learner, earlier = prepared(trainer_of, spec)
    assert "closed form at the root over all 3" in learner.consolidation.begin(earlier, earlier[0])
    assert learner.consolidation.closed_form
    learner, earlier = prepared(trainer_of, tiny(2, consolidation__sample=2))
    line = learner.consolidation.begin(earlier, earlier[0])
    assert "targets at the solvers' weights, 2 of 6" in line
    assert "only what the root generates" in line


def test_the_look_ahead_takes_the_penalty_after_the_optimisers_own_step(tiny, trainer_of):
    spec = tiny(1, consolidation__lookahead=True, consolidation__sample=0, training__clip=0.0)
    learner, earlier = prepared(trainer_of, spec, tasks=2)
    learner.done = earlier[:1]
    learner.begin(earlier[1:])
    before = {n: t.detach().clone() for n, t in learner.hierarchy.stored.items()}
    _, values = learner.step(earlier[1], 0, 1.0, 0)
    assert values[1].item() > 0, "nothing has moved yet, but the step ahead would move it"

    plain, _ = prepared(trainer_of, tiny(1, consolidation__beta=0.0, training__clip=0.0), tasks=2)
    plain.done = earlier[:1]
    plain.begin(earlier[1:])
    plain.step(earlier[1], 0, 1.0, 0)
    learner.hierarchy.load({n: t.detach() for n, t in plain.hierarchy.stored.items()}, {})
    expected = learner.consolidation.penalty(learner.hierarchy.generate(earlier[:1]), {earlier[0]: 1.0})
    assert values[1].item() == pytest.approx(expected.item(), rel=1e-9)
    assert before.keys() == plain.hierarchy.stored.keys()


def test_targets_of_the_tasks_start_come_from_one_copy_of_what_is_stored(tiny, trainer_of):
    spec = tiny(2, consolidation__reference="start", consolidation__sample=0)
    learner, earlier = prepared(trainer_of, spec)
    kept = learner.consolidation
    assert "generated again from a copy" in kept.begin(earlier, earlier[0])
    assert not kept.targets
    plain = ConsolidationPenalty(
        with_fields(spec, {"consolidation.reference": "learned"}).consolidation,
        learner.hierarchy, 0, kept._head_of, learner, 16,
    )  # fmt: skip
    plain.begin(earlier, earlier[0])
    assert len(plain.targets) == len(earlier)
    moved(learner)
    before = {name: tensor.detach().clone() for name, tensor in learner.hierarchy.stored.items()}
    generated = learner.hierarchy.generate(earlier)
    chosen = dict.fromkeys(earlier, 1.0)
    found, expected = kept.penalty(generated, chosen), plain.penalty(generated, chosen)
    assert expected.item() > 1e-4
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=0.0)
    assert all(torch.equal(before[name], tensor) for name, tensor in learner.hierarchy.stored.items())
    moved(learner)
    kept.begin(earlier, earlier[0])
    assert kept.penalty(learner.hierarchy.generate(earlier), chosen).item() < 1e-20, "a new start"


@pytest.mark.parametrize(
    ("reference", "kept", "copied", "expected"),
    [
        ("auto", 10**9, 10**6, True), ("auto", 10**9, 10**9, False), ("auto", 10**6, 10, False),
        ("start", 1, 10, True), ("learned", 10**12, 1, False),
    ],
)  # fmt: skip
def test_a_copy_is_taken_where_kept_weights_are_large_and_it_is_not(reference, kept, copied, expected):
    assert uses_task_start(reference, kept, copied) is expected


def test_the_count_of_targets_is_one_copy_where_they_come_from_the_start(tiny, trainer_of):
    stored = trainer_of(tiny(2)).run_started("", "", False).parameters[-1]
    started = trainer_of(tiny(2, consolidation__reference="start")).run_started("", "", False).parameters
    assert stored.targets == stored.generated
    assert started[-1].targets == started[-1].stored
    assert [count.targets for count in started[:-1]] == [0, 0]
