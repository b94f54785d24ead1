"""Edge contributions from metrics as the trainer records them."""

import pytest

from hhstudio.core.run import edge_contributions, events
from hhstudio.core.run.history import History
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree import editing


@pytest.fixture
def history():
    """P1 and P2-0 learned one task each, at 90 and 80 percent."""
    topology = editing.single()
    topology, child = editing.add_child(topology, topology.root)
    topology, _ = editing.add_solver(topology, child)
    told = History()
    told.apply(
        events.RunStarted(
            spec=specs.encode(Spec(topology=topology)),
            created="",
            app="",
            torch="",
            device="cpu",
            seed=0,
            tasks=(events.TaskInfo(name="t", dataset="digits", classes=(0, 1)),),
            paths=("P1", "P2-0"),
            total_steps=20,
        )
    )
    for path, accuracy in (("P1", 0.9), ("P2-0", 0.8)):
        told.apply(events.TaskFinished(step=10, path=path, task=0, accuracies=(accuracy,)))
    return told


def measure(history, path, accuracies):
    """Accuracies without each contribution, by its key."""
    keys = list(accuracies)
    history.apply(
        events.Metrics(
            names=tuple(map(edge_contributions.metric, keys)),
            step=[20] * len(keys),
            path=[history.paths.index(path)] * len(keys),
            task=[0] * len(keys),
            metric=list(range(len(keys))),
            value=list(accuracies.values()),
        )
    )


def test_the_chain_comes_in_order_and_everything_last(history):
    to_child, to_solver = history.topology.path("P2-0").slots
    root = history.topology.root
    measure(history, "P2-0", {edge_contributions.ALL: 0.5, to_child: 0.795, to_solver: 0.6})
    measure(history, "P2-0", {f"{to_solver}@{root}": 0.7})
    contributions = edge_contributions.contributions(history, "P2-0")
    assert [(w.title, w.bypassed) for w in contributions] == [
        ("H0 → H1", True),
        ("H1 → P2-0", False),
        ("H0 → P2-0 (residual)", False),
        ("everything generated", False),
    ]
    assert [w.lost for w in contributions] == pytest.approx([0.005, 0.2, 0.1, 0.3], abs=1e-6)
    assert edge_contributions.contributions(history, "P1") == []


def test_a_slot_knows_what_comes_through_it_on_every_path(history):
    to_child, to_solver = history.topology.path("P2-0").slots
    (only,) = history.topology.path("P1").slots
    root = history.topology.root
    measure(history, "P2-0", {to_child: 0.7, to_solver: 0.6, f"{to_solver}@{root}": 0.8, "*": 0.5})
    measure(history, "P1", {only: 0.4})
    found = edge_contributions.by_slot(history)
    assert found.keys() == {to_child, to_solver, only}
    assert [(path, w.title) for path, w in found[to_solver]] == [
        ("P2-0", "H1 → P2-0"),
        ("P2-0", "H0 → P2-0 (residual)"),
    ]
    assert found[only][0][1].lost == pytest.approx(0.5)


def test_what_was_not_measured_is_left_out(history):
    to_child, _ = history.topology.path("P2-0").slots
    measure(history, "P2-0", {to_child: float("nan")})
    assert edge_contributions.contributions(history, "P2-0") == []
    assert edge_contributions.by_slot(History()) == {}
