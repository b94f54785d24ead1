"""Questions: each is one record and one function, whoever asks it."""

import inspect
import subprocess
import sys
from typing import get_type_hints

import msgspec
import numpy as np
import pytest

import hhstudio
import hhstudio.learn.analysis
from hhstudio.core.analysis import answers, registry
from hhstudio.core.analysis import questions as q
from hhstudio.service.analysis import level_snapshots, protocol, weight_comparison, weight_export  # noqa: F401
from hhstudio.service.analysis.session import Session


@pytest.mark.parametrize("kind", q.KINDS, ids=q.name_of)
def test_every_question_is_answered_by_one_function_and_asked_by_one_method(kind):
    function = registry.function_for(kind)
    assert function is not None
    assert get_type_hints(function)["return"] is q.answer_of(kind)
    method = inspect.signature(getattr(Session, q.name_of(kind)))
    assert list(method.parameters) == ["self", *kind.__struct_fields__]
    assert method.return_annotation is q.answer_of(kind)
    assert "Returns\n" in getattr(Session, q.name_of(kind)).__doc__


def test_a_method_asks_its_question(session):
    asked, called = session.ask(q.Distances(path="P1")), session.distances(path="P1")
    assert isinstance(asked, answers.Distances)
    np.testing.assert_array_equal(asked.matrices, called.matrices)
    confusion = session.ask(q.Confusion("P1", 0))
    np.testing.assert_array_equal(confusion.matrix, session.confusion(path="P1", task=0).matrix)
    assert session.overview().paths == session.ask(q.Overview()).paths


def test_a_question_without_what_it_needs_is_refused(session):
    with pytest.raises(TypeError, match="task"):
        session.confusion("P1")
    with pytest.raises(TypeError, match="lane"):
        session.drift(lane=1)


def test_questions_arrive_as_they_were_asked():
    for question in (
        q.Interpolate("P1", {0: 0.25, 3: 0.75}, on=(1,)),
        q.Histograms("P1", 2, ("a", "b"), level=1),
        q.Predict((2, 7)),
        q.Export("x.npz"),
    ):
        sent = protocol.encode(protocol.Request(number=3, question=question))
        assert protocol.decode_request(sent).question == question
    image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    sent = protocol.encode(protocol.Request(number=3, question=q.Predict(image)))
    np.testing.assert_array_equal(protocol.decode_request(sent).question.image, image)
    with pytest.raises(msgspec.ValidationError):
        protocol.decode_request(msgspec.msgpack.encode({"number": 1, "question": {"t": "no such"}}))


def test_what_takes_seconds_has_a_lane_of_its_own():
    assert q.Health("P1").long
    assert q.Export("x.npz").long
    assert q.Embeddings(nearby=True).long
    assert not q.Embeddings().long
    assert not q.Confusion("P1", 0).long


def test_a_function_for_other_fields_or_a_second_one_is_refused():
    with pytest.raises(TypeError, match="not those of Confusion"):

        @registry.answers(q.Confusion)
        def other(model, path): ...

    with pytest.raises(TypeError, match="answered already"):

        @registry.answers(q.Drift)
        def again(session, path): ...


def test_what_a_file_answers_needs_no_torch(session_file):
    program = f"""
import sys, hhstudio
with hhstudio.open({str(session_file)!r}) as session:
    assert session.distances().matrices.shape[0] > 1
    assert session.drift().points and session.weight_map().points
    assert session.histograms("P1", 0).layers
assert "torch" not in sys.modules
session = hhstudio.open({str(session_file)!r})
assert session.overview().paths
assert "torch" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=100)


def test_a_session_that_is_refreshed_rebuilds_its_model_at_the_newer_checkpoint(session_file, tmp_path):
    import h5py

    path, newer = tmp_path / "s.h5", tmp_path / "newer.h5"
    for file in (path, newer):
        file.write_bytes(session_file.read_bytes())
    with h5py.File(newer, "r+") as changed:
        changed["state"].attrs["step"] = 145
    with hhstudio.open(path) as session:
        assert session.overview().step == 144
        model = session.model
        assert not session.refresh()
        assert session.model is model
        newer.replace(path)
        assert session.refresh()
        assert session.overview().step == 145
