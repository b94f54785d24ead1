"""Analysis helper: real processes, real sessions."""

from __future__ import annotations

import queue
import shutil
from pathlib import Path

import numpy as np
import psutil
import pytest

import hhstudio
from hhstudio.core.analysis import questions as q
from hhstudio.core.analysis.answers import Confusion, Distances, Mixture, Overview, Prediction
from hhstudio.core.resources import resource
from hhstudio.core.run import events
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.presets import preset
from hhstudio.service.analysis import protocol
from hhstudio.service.analysis.answer_service import AnswerService
from hhstudio.service.analysis.client import AnalysisClient
from hhstudio.service.analysis.protocol import Begin, Reply
from hhstudio.store.session.session import open as open_session

PATIENCE = 100.0


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("analysis") / "demo.h5"
    shutil.copy(Path(__file__).parents[3] / "sessions" / "demo.h5", found)
    return found


def ask(client: AnalysisClient, question: q.Question) -> Reply:
    heard: queue.Queue[Reply] = queue.Queue()
    client.ask(question, heard.put, key=str(id(heard)))
    return heard.get(timeout=PATIENCE)


def test_arrays_arrive_as_they_were_sent():
    for array in (
        np.arange(6.0).reshape(2, 3)[:, ::2],
        np.zeros((0, 4), np.int32),
        np.array(3.5),
        np.array([True]),
    ):
        reply = Reply(number=1, answer=Mixture(
            path="P1", tasks=(0,), shares=array, on=(), images=0, accuracy=array, loss=array, apart=array,
            tensors={"w": array},
        ))  # fmt: skip
        found = protocol.decode_reply(protocol.encode(reply)).answer.tensors["w"]
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, array)
        assert found.shape == array.shape


def test_an_array_that_lies_about_its_size_is_refused():
    import msgspec

    body = msgspec.msgpack.encode(
        {"number": 1, "question": {"t": "predict", "image": {"dtype": "|u1", "shape": [99], "data": b"x"}}}
    )
    with pytest.raises(msgspec.ValidationError, match="disagree"):
        protocol.decode_request(body)
    body = body.replace(b"|u1", b"|O8")
    with pytest.raises(msgspec.ValidationError):
        protocol.decode_request(body)


def test_the_helper_answers_dies_and_comes_back_and_goes_with_its_client(file):
    client = AnalysisClient(file)
    try:
        assert client.pid is None
        overview = ask(client, q.Overview()).answer
        assert isinstance(overview, Overview)
        assert [p.name for p in overview.paths] == ["P1", "P2-0", "P3-00"]
        mixed = ask(client, q.Interpolate(path="P3-00", shares={0: 0.5, 1: 0.5})).answer
        assert isinstance(mixed, Mixture)
        assert mixed.accuracy.shape == (2,)
        image = np.zeros((8, 8), np.uint8)
        assert isinstance(ask(client, q.Predict(image=image)).answer, Prediction)
        wrong = ask(client, q.Confusion(path="P9", task=0))
        assert wrong.answer is None
        assert "there is no path 'P9'" in wrong.error
        first = client.pid
        psutil.Process(first).kill()
        died = ask(client, q.Overview())
        assert died.answer is None
        assert "killed" in died.error
        reply = ask(client, q.Distances(path="P1"))
        assert isinstance(reply.answer, Distances)
        assert client.pid not in (None, first)
        second = client.pid
    finally:
        client.close(20)
    assert not psutil.pid_exists(second)


def test_of_questions_of_one_kind_that_wait_the_newest_is_asked(file):
    client = AnalysisClient(file)
    heard: queue.Queue[tuple[float, Reply]] = queue.Queue()
    try:
        client.ask(q.Overview(), lambda reply: heard.put((-1.0, reply)))
        for share in np.linspace(0, 1, 20).tolist():
            client.ask(
                q.Interpolate(path="P1", shares={0: share, 1: 1 - share}),
                lambda reply, share=share: heard.put((share, reply)),
            )
        found = [heard.get(timeout=PATIENCE) for _ in range(2)]
        assert {share for share, _ in found} == {-1.0, 1.0}
        assert heard.empty()
    finally:
        client.close(20)


def test_a_helper_that_does_not_answer_in_time_is_ended(file):
    client = AnalysisClient(file, patience=0.01)
    try:
        reply = ask(client, q.Overview())
        assert "no answer within 0.01 s" in reply.error
        assert client.pid is None
    finally:
        client.close(20)


def test_a_file_that_is_no_session_is_an_answer_not_a_crash(tmp_path):
    other = tmp_path / "other.h5"
    other.write_bytes(resource("data/digits.npz").read_bytes()[:4000])
    client = AnalysisClient(other)
    try:
        reply = ask(client, q.Overview())
        assert "other.h5" in reply.error
        assert "\n" not in reply.error
    finally:
        client.close(20)


def test_a_service_sees_the_newer_state_of_a_session_that_was_replaced(file, tmp_path, monkeypatch):
    import h5py

    from hhstudio.service.analysis import answer_service

    monkeypatch.setattr(answer_service, "FRESH", 0.0)
    path = tmp_path / "s.h5"
    shutil.copy(file, path)
    service = AnswerService(Begin(session=str(path)))
    assert isinstance(service.answer(q.Confusion(path="P1", task=0)), Confusion)
    assert service.step == 1800
    newer = tmp_path / "newer.h5"
    shutil.copy(file, newer)
    with h5py.File(newer, "r+") as changed:
        changed["state"].attrs["step"] = 1801
    newer.replace(path)
    service.answer(q.Overview())
    assert service.step == 1801
    service.close()
    with open_session(path) as session:
        assert session.state_step == 1801


def test_a_running_session_is_inspected_at_its_newest_checkpoint(tmp_path):
    service = AnswerService(Begin(session=str(tmp_path / "live.h5")))
    seen: list[tuple[bool, int | None, tuple[int, ...]]] = []

    def look(event: events.Event) -> None:
        if isinstance(event, events.Checkpointed) and event.step and not seen:
            answer = service.answer(q.Overview())
            assert isinstance(answer, Overview)
            with open_session(tmp_path / "live.h5") as session:
                seen.append((session.live, service.step, answer.paths[0].tasks))

    spec = specs.with_fields(
        preset("quickstart"),
        {"training.steps": 60, "training.threads": 1, "recording.checkpoint_seconds": 0.2},
    )
    end = hhstudio.run(spec, tmp_path / "live.h5", look)
    assert end.state == "finished"
    (live, step, tasks), *_ = seen
    assert live
    assert step
    assert tasks[0] == 0
    service.close()


def test_a_question_that_takes_long_keeps_no_quick_one_waiting(file):
    """A real long one: chain health with errors injected in 60 directions takes seconds."""
    client = AnalysisClient(file)
    answered: queue.Queue[tuple[str, Reply]] = queue.Queue()
    try:
        ask(client, q.Interpolate(path="P1", shares={0: 1.0}))  # torch is loaded, images are read
        long = q.Health(path="P3-00", samples=60)
        client.ask(long, lambda reply: answered.put(("long", reply)))
        for at in range(5):
            share = {0: at / 4, 1: 1 - at / 4}
            reply = ask(client, q.Interpolate(path="P1", shares=share))
            answered.put(("quick", reply))
        order = [answered.get(timeout=PATIENCE) for _ in range(6)]
        assert [kind for kind, _ in order] == ["quick"] * 5 + ["long"]
        quick, slow = order[0][1], order[-1][1]
        assert slow.error == ""
        assert slow.answer.injections[0].error.shape == (3, 60)
        assert slow.seconds > 5 * quick.seconds
        with hhstudio.open(file) as session:  # and they did not get into each other's way
            expected = session.interpolate("P1", {0: 0.5, 1: 0.5})
        np.testing.assert_allclose(order[2][1].answer.loss, expected.loss, rtol=1e-5)
    finally:
        client.close(20)
