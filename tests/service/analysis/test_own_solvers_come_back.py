"""Solvers of one's own, of many kinds: trained, grown, stopped, continued, exported in every form, and as
accurate as the session says each time."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import own_solvers
import pytest
import torch

import hhstudio
from hhstudio.core.analysis import questions
from hhstudio.core.errors import ExportError
from hhstudio.core.run import events
from hhstudio.core.spec import spec as specs
from hhstudio.learn.data.stream import TaskData, build_stream
from hhstudio.nets.seeding import solver_seed
from hhstudio.nets.solvers import build_solver
from hhstudio.service.analysis.weight_export import export_weights
from hhstudio.service.run import protocol
from hhstudio.service.run.session_run import SessionRun

QUICK = ["Frozen", "Order", "Tied", "Bare", "Scalar", "Lazy", "Unsaved", "Counter", "Named"]
IN_ONNX = "Counter"
"""The one quick kind that goes through PyTorch's exporter, which takes seconds: it has 0-d buffers."""


@pytest.mark.parametrize("kind", QUICK)
def test_a_solver_comes_back_as_it_was(kind, small, tmp_path):
    come_back(small, f"own_solvers:{kind}", tmp_path, in_process=True, onnx=kind == IN_ONNX)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", own_solvers.KINDS)
def test_every_solver_comes_back_as_it_was_in_a_fresh_process(kind, small, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(own_solvers.__file__).parent), prepend=":")
    come_back(small, f"own_solvers:{kind}", tmp_path, in_process=False, onnx=True)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("architecture", ["resnet32", "mlp", "small-cnn"])
def test_every_shipped_solver_comes_back_as_it_was(architecture, small, tmp_path):
    come_back(small, architecture, tmp_path, in_process=True, onnx=True)


def test_a_solver_that_onnx_cannot_hold_is_refused_in_one_line(small, tmp_path):
    out = tmp_path / "s.h5"
    spec = small(**{
        "solver.architecture": "own_solvers:FixedBatch", "solver.options": {}, "stream.tasks": 1,
        "training.steps": 1,
    })  # fmt: skip
    hhstudio.run(spec, out, allow_imports=["own_solvers:FixedBatch"])
    with (
        hhstudio.open(out, data=tmp_path, allow_import=True) as session,
        pytest.raises(ExportError, match=r"len\(x\)") as caught,
    ):
        export_weights(session, tmp_path / "x.onnx", "P1", 0)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "x.onnx").exists()


def come_back(small: Callable, architecture: str, folder: Path, in_process: bool, onnx: bool) -> None:
    allowed = [architecture] if ":" in architecture else []
    options = {"channels": [4, 6]} if architecture == "small-cnn" else {}
    spec = small(**{
        "solver.architecture": architecture, "solver.options": options, "stream.tasks": 2,
        "training.steps": 8, "evaluation.every": 0, "recording.snapshot_dtype": "float16",
        "growth.policy": "every", "growth.tasks": 1, "growth.limit": 1,
    })  # fmt: skip
    out = folder / "s.h5"
    until_grown(spec, out, allowed)
    finished = hhstudio.run(out, out, allow_imports=allowed, data=folder, in_process=in_process)
    assert (finished.state, finished.message) == ("finished", "")
    with hhstudio.open(out, data=folder, allow_import=True) as session:
        assert len(session.paths) == 3
        stream = build_stream(session.spec.stream, session.spec.seed, folder)
        for path, task in sorted(session.available()):
            end = session.end_accuracy(path)  # of the weights that the session holds: those of the end
            assert end is not None
            accuracy = float(end[task])
            data = stream.task(task)
            assert share(session.solver(path, task), data) == accuracy, (path, task)
        for question in (
            questions.WeightMap(),
            questions.Distances(),
            questions.Drift(),
            questions.Histograms("P1", 0),
            questions.Tensors("P1", 0),
        ):
            session.ask(question)  # whatever the types of its tensors
        for path, task in sorted(session.available())[-1:]:
            data, expected = stream.task(task), session.solver(path, task)
            for suffix, tensors in exported(session, folder, path, task):
                node = session.history.topology.path(path).solver
                seed, shape = solver_seed(session.spec.seed, node), stream.image_shape
                again = build_solver(architecture, options, shape, 2, 1, seed, agreed=[architecture])
                again.load_state_dict(tensors, strict=True)
                assert same(again.eval(), expected, data), suffix
            if onnx:
                check_onnx(session, folder / "solver.onnx", path, task, data, expected)


def until_grown(spec: specs.Spec, out: Path, allowed: list[str]) -> None:
    """The beginning of a run, up to the first growth."""
    commands: queue.SimpleQueue = queue.SimpleQueue()

    def emit(event: object) -> None:
        if isinstance(event, events.TopologyChanged):
            commands.put(protocol.Stop(reason="a test"))

    start = protocol.Start(
        out=str(out), data=str(out.parent), spec=specs.encode(spec), allow_imports=tuple(allowed)
    )
    SessionRun(start, commands, emit).run()
    with hhstudio.open(out) as session:
        assert (session.state, len(session.paths)) == ("stopped", 3), session.history.end


def exported(
    session: hhstudio.Session, folder: Path, path: str, task: int
) -> Iterator[tuple[str, dict[str, torch.Tensor]]]:
    """The solver's tensors, by every format of tensors, read by the libraries of these."""
    for suffix in (".npz", ".safetensors", ".pt"):
        file = folder / f"solver{suffix}"
        export_weights(session, file, path, task)
        if suffix == ".npz":
            yield suffix, {name: torch.from_numpy(array) for name, array in np.load(file).items()}
        elif suffix == ".pt":
            yield suffix, torch.load(file, weights_only=True)
        else:
            yield suffix, pytest.importorskip("safetensors.torch").load_file(file)


def check_onnx(
    session: hhstudio.Session, file: Path, path: str, task: int, data: TaskData, solver: torch.nn.Module
) -> None:
    reference = pytest.importorskip("onnx.reference")
    export_weights(session, file, path, task)
    images = data.test_images[:20]
    (logits,) = reference.ReferenceEvaluator(str(file)).run(["logits"], {"image": (images / 255).numpy()})
    with torch.no_grad():
        expected = solver(data.inputs(images))[:, : logits.shape[1]].numpy()
    np.testing.assert_allclose(logits, expected, rtol=1e-3, atol=1e-4)


def share(solver: torch.nn.Module, data: TaskData) -> float:
    with torch.no_grad():
        right = solver(data.inputs(data.test_images)).argmax(1) == data.test_labels
    return float(right.float().sum() / len(right))


def same(one: torch.nn.Module, other: torch.nn.Module, data: TaskData) -> bool:
    images = data.inputs(data.test_images)
    with torch.no_grad():
        return torch.equal(one(images), other(images))
