"""Code in a session: whatever a file says is to be built, nothing runs that nobody agreed to."""

from __future__ import annotations

import json
import queue
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from msgspec.structs import replace
from small_specs import tiny

import hhstudio
from hhstudio.core.errors import HHStudioError, SessionError, SpecError
from hhstudio.core.run import events
from hhstudio.core.run.trainer_state import TrainerState
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.consent import ConsentError
from hhstudio.core.tree.topology import Solver, Topology
from hhstudio.service.run import protocol
from hhstudio.service.run.preparation import Prepared, prepare
from hhstudio.service.run.session_run import SessionRun
from hhstudio.store.journal import records
from hhstudio.store.journal.journal import JournalWriter, journal_path
from hhstudio.store.journal.preamble import preamble
from hhstudio.store.recovery.recover import recover

CALLABLES = ("os:system", "posix:system", "subprocess:getoutput", "builtins:exec", "torch.hub:load")


@pytest.fixture(scope="module")
def stopped(tmp_path_factory) -> Path:
    """A harmless session that was stopped between two tasks, with a checkpoint."""
    out = tmp_path_factory.mktemp("harmless") / "s.h5"
    commands: queue.SimpleQueue = queue.SimpleQueue()

    def emit(event: object) -> None:
        if isinstance(event, events.TaskFinished):
            commands.put(protocol.Stop())

    start = protocol.Start(out=str(out), data=str(out.parent), spec=specs.encode(tiny(3)))
    SessionRun(start, commands, emit).run()
    with hhstudio.open(out) as session:
        assert (session.state, session.trainer_state().step) == ("stopped", 3)
    return out


@pytest.fixture
def session(stopped, tmp_path) -> Path:
    shutil.copy(stopped, tmp_path / "s.h5")
    return tmp_path / "s.h5"


@pytest.fixture
def trace(tmp_path) -> Path:
    return tmp_path / "EXECUTED"


def evil_tree(topology: Topology, name: str, trace: Path) -> Topology:
    options = {"command": f"touch {trace}"} if name.endswith(":system") else {}
    nodes = [
        replace(node, architecture=name, options=options) if isinstance(node, Solver) else node
        for node in topology.nodes
    ]
    return replace(topology, nodes=tuple(nodes))


def evil_state(path: Path, name: str, trace: Path) -> tuple[TrainerState, Topology]:
    with hhstudio.open(path) as session:
        state, tree = session.trainer_state(), evil_tree(session.spec.topology, name, trace)
    plain = json.loads(specs.encode(tiny(topology=tree)))["topology"]
    return TrainerState(state.step, {**state.meta, "topology": plain}, state.arrays), tree


def in_the_file(path: Path, name: str, trace: Path) -> None:
    state, _ = evil_state(path, name, trace)
    text = json.dumps(state.meta).encode()
    with h5py.File(path, "r+") as file:
        del file["state/meta"]
        kind = h5py.string_dtype("utf-8", len(text))
        file.create_dataset("state/meta", data=np.array(text, dtype=kind), dtype=kind)


def in_the_journal(path: Path, name: str, trace: Path) -> None:
    state, _ = evil_state(path, name, trace)
    journal = journal_of(path)
    journal.append(records.stored(state))
    journal.close()


def in_the_preamble(path: Path, name: str, trace: Path) -> None:
    state, _ = evil_state(path, name, trace)
    with hhstudio.open(path) as session:
        begin = preamble(session.history, state)
    journal_of(path, begin).close()
    path.unlink()
    recover(path)


def journal_of(path: Path, begin: records.Preamble | None = None) -> JournalWriter:
    with h5py.File(path) as file:
        session, sequence = file.attrs["session"].decode(), int(file.attrs["sequence"])
    return JournalWriter(journal_path(path), session, sequence, begin)


def resume(path: Path, *agreed: str) -> None:
    start = protocol.Start(out=str(path), data=str(path.parent), resume=True, allow_imports=agreed)
    prepare(Prepared(start), lambda *_: None, lambda *_: None)


@pytest.mark.parametrize("place", [in_the_file, in_the_journal, in_the_preamble])
@pytest.mark.parametrize("name", CALLABLES[:2])
def test_a_state_whose_tree_no_reader_was_shown_is_not_built(session, trace, place, name):
    place(session, name, trace)
    with pytest.raises(SessionError, match="damaged or altered"):
        resume(session)
    with pytest.raises(SessionError, match="damaged or altered"):
        resume(session, name)
    for allowed in (False, True, [name]):
        with hhstudio.open(session, allow_import=allowed) as opened:
            with pytest.raises(SessionError, match="damaged or altered"):
                assert opened.model
            with pytest.raises(SessionError, match="damaged or altered"):
                opened.embeddings()
    assert not trace.exists()


@pytest.mark.parametrize("name", CALLABLES)
def test_of_a_tree_that_the_run_grew_to_only_a_class_is_called_and_only_when_it_was_agreed_to(
    session, trace, name
):
    state, tree = evil_state(session, name, trace)
    journal = journal_of(session)
    paths = tuple(path.name for path in tree.paths)
    journal.append(events.TopologyChanged(step=state.step, topology=tree, reason="", paths=paths))
    journal.append(records.stored(state))
    journal.close()
    with pytest.raises(ConsentError, match=rf"--allow-import {name}$"):
        resume(session)
    with hhstudio.open(session) as opened:
        assert opened.imports == (name,)
        with pytest.raises(SessionError, match=f"'{name}'; using it imports"):
            assert opened.model
        with pytest.raises(SessionError, match=f"'{name}'; using it imports"):
            opened.solver("P1", 0)
    with pytest.raises(SpecError, match=r"not a torch\.nn\.Module: it was not called"):
        resume(session, name)
    with (
        hhstudio.open(session, allow_import=[name]) as opened,
        pytest.raises(SpecError, match="was not called"),
    ):
        assert opened.model
    assert not trace.exists()


def test_a_name_from_every_tree_of_the_run_is_asked_for(session, trace):
    states = [evil_state(session, name, trace) for name in ("first:Net", "second:Net")]
    journal = journal_of(session)
    for at, (_, tree) in enumerate(states):
        paths = tuple(path.name for path in tree.paths)
        journal.append(events.TopologyChanged(step=at, topology=tree, reason="", paths=paths))
    journal.append(records.stored(states[-1][0]))
    journal.close()
    with pytest.raises(ConsentError) as caught:
        resume(session)
    assert caught.value.names == ("first:Net", "second:Net")
    with (
        hhstudio.open(session, allow_import=["second:Net"]) as opened,
        pytest.raises(HHStudioError, match="first:Net"),
    ):
        assert opened.model


def test_recovery_leaves_a_checkpoint_out_whose_tree_is_none_of_the_run(session, trace):
    in_the_file(session, "os:system", trace)
    with session.open("r+b") as file:
        file.write(bytes(96))  # now it has to be read object by object
    report = recover(session)
    assert [line for line in report.lost if "the checkpoint, whose tree is none of those" in line]
    with hhstudio.open(session) as opened:
        assert opened.trainer_state() is None
    assert not trace.exists()


def test_a_state_that_was_not_touched_goes_on(session):
    resume(session)
    with hhstudio.open(session) as opened:
        assert opened.model.step == 3
