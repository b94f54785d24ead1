"""Growing a session while it runs or is paused: recorded at once, refused with a reason, resumed exactly."""

from __future__ import annotations

import h5py
import numpy as np
from msgspec.structs import replace
from small_specs import tiny

from hhstudio.core.run import events
from hhstudio.core.spec import growth
from hhstudio.core.spec.spec import Growth, Stream, Training
from hhstudio.core.tree import editing
from hhstudio.service.run import protocol
from hhstudio.store.session.session import open as open_session

ENDLESS = Training(steps=1_000_000, batch_size=16, threads=1)


def paused(event: events.Event) -> bool:
    return isinstance(event, events.StateChanged) and event.state == "paused"


def test_a_paused_session_shows_what_was_grown_at_once_and_stops_with_it(launch, tmp_path):
    spec = tiny(training=ENDLESS)
    tree = growth.grow(spec.topology, spec.topology.root or "")
    run = launch(spec, in_process=True)
    run.until(events.Progress)
    run.client.pause()
    run.until(paused)
    run.client.grow(tree.topology, "by hand, while paused")
    change = run.until(events.TopologyChanged)
    assert change.paths == ("P1", "P2-0")
    run.client.stop()
    run.finish()
    with open_session(tmp_path / "s.h5") as session:
        assert session.history.topology == tree.topology
        assert session.history.topologies[-1][2] == "by hand, while paused"
        assert session.trainer_state().meta["changes"] == 1
    with h5py.File(tmp_path / "s.h5") as file:
        assert file["topology_step"][()].tolist() == [0, change.step]
        assert len(file["topology"]) == 2


def test_a_session_that_grew_by_hand_goes_on_as_if_it_had_never_stopped(launch, tmp_path):
    spec = tiny(150)
    tree = growth.grow(spec.topology, spec.topology.root or "")
    run = launch(spec, in_process=True)
    run.until(events.Progress)
    run.client.pause()
    run.until(paused)
    run.client.grow(tree.topology)
    run.until(events.TopologyChanged)
    run.client.stop()
    run.finish()
    with open_session(tmp_path / "s.h5") as session:
        state = session.trainer_state()
    again = launch(None, resume=True, in_process=True)
    assert again.until(events.Resumed).changes == 1
    assert again.finish()[-1].state == "finished"
    from hhstudio.learn.data import build_stream
    from hhstudio.learn.training.trainer import Trainer

    straight = Trainer(spec, build_stream(spec.stream, spec.seed, tmp_path), "cpu", state)
    for _ in straight.events():
        pass
    with open_session(tmp_path / "s.h5") as session:
        assert list(session.history.paths) == ["P1", "P2-0"]
        assert len(session.history.growth) == 1
        for path in ("P1", "P2-0"):
            for name, array in straight.weights(path, 1).items():
                assert np.array_equal(array, session.weights(path, 1)[name]), (path, name)


def test_growth_by_a_policy_is_kept_with_its_reason(launch, tmp_path):
    spec = tiny(30, tasks=3)
    spec = replace(spec, growth=Growth(policy="every", tasks=1, limit=1))
    run = launch(spec, in_process=True)
    run.finish()
    with open_session(tmp_path / "s.h5") as session:
        (change,) = session.history.growth
        assert change.step == 30
        assert change.reason.startswith("P1 has learned a task: H1 grows below H0")
        assert np.isfinite(session.history.accuracy["P2-0"][2, 1:]).all()
        assert np.isnan(session.history.accuracy["P1"][2]).all()


def test_what_cannot_grow_is_refused_with_a_reason_that_comes_back(launch):
    spec = tiny(training=ENDLESS)
    run = launch(spec, in_process=True)
    run.until(events.Progress)
    run.client.grow(editing.update(spec.topology, spec.topology.root or "", hidden=(3,)))
    refused = run.until(events.Refused)
    assert refused.command == "grow"
    assert "H0 has trained weights on path P1" in refused.reason
    said = [e.message for e in run.events if isinstance(e, events.Log) and e.level == "error"]
    assert said == [f"the tree stays as it is: {refused.reason}"]
    run.until(events.Progress)
    run.client.stop()
    assert run.finish()[-1].state == "stopped"


def test_a_path_is_removed_from_a_running_session_only_by_name(launch):
    spec = tiny(20, tasks=2)
    tree = growth.grow(spec.topology, spec.topology.root or "").topology
    endless = replace(spec, topology=tree, training=ENDLESS, stream=Stream(tasks=2, train_limit=100))
    run = launch(endless, in_process=True)
    run.until(events.Progress)
    smaller, gone = growth.without_path(tree, tree.path("P2-0").solver)
    run.client.send(protocol.Grow(topology=smaller))
    assert "nobody asked to remove it" in run.until(events.Refused).reason
    run.client.grow(smaller, "P2-0 is not wanted", gone)
    assert run.until(events.TopologyChanged).topology == smaller
    run.client.stop()
    run.finish()
