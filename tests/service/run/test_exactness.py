"""A resumed run says truly whether it goes on bit for bit."""

from __future__ import annotations

from PIL import Image
from small_specs import tiny

from hhstudio.core.run import events
from hhstudio.core.run.environments import differences
from hhstudio.core.spec.spec import Stream, Training
from hhstudio.store.session.session import open as open_session

HERE = {"device": "cpu", "device_name": "a processor", "torch": "2.11", "threads": "1", "cpu": "AVX2"}


def test_what_decides_the_bits_is_compared_and_named():
    assert differences(HERE, HERE) == ()
    assert differences(HERE, HERE | {"python": "3.13", "commit": "abc"}) == ()
    assert differences(HERE, HERE | {"torch": "2.12"}) == ("PyTorch 2.11 before, now 2.12",)
    assert differences({"torch": "2.11"}, HERE) == ()
    changed = HERE | {"device": "cuda:0", "device_name": "a card", "threads": "4"}
    assert differences(HERE, changed) == (
        "device cpu before, now cuda:0", "a processor before, now a card", "threads: 1 before, now 4",
    )  # fmt: skip


def test_a_run_goes_on_exactly_unless_its_last_checkpoint_was_made_elsewhere(launch, tmp_path, monkeypatch):
    """The checkpoint counts, not the first run: back on the old version, the second half is foreign too."""
    path = tmp_path / "s.h5"
    spec = tiny(training=Training(steps=1_000_000, batch_size=16, threads=1))

    def until_stopped(resume, torch=None):
        if torch:
            monkeypatch.setattr(
                "hhstudio.learn.training.trainer.environment", lambda _: HERE | {"torch": torch}
            )
        run = launch(None if resume else spec, path, resume=resume, in_process=True)
        first = run.until(events.Resumed if resume else events.RunStarted)
        run.until(events.Progress)
        run.client.stop()
        run.finish()
        return first, [
            e.message for e in run.events if isinstance(e, events.Log) and "bit for bit" in e.message
        ]

    started, _ = until_stopped(False, "2.11")
    assert started.environment["torch"] == "2.11"
    resumed, said = until_stopped(True, "2.11")
    assert (resumed.exact, resumed.differs, said) == (True, (), [])
    resumed, said = until_stopped(True, "2.12")
    assert (resumed.exact, resumed.differs) == (False, ("PyTorch 2.11 before, now 2.12",))
    assert "PyTorch 2.11 before, now 2.12" in said[0]
    assert until_stopped(True, "2.12")[0].exact
    assert not until_stopped(True, "2.11")[0].exact
    with open_session(path) as session:
        assert [r.exact for r in session.history.resumed] == [True, False, True, False]
        assert session.history.run.environment["torch"] == "2.11"


def test_a_run_does_not_go_on_with_other_classes_than_it_began_with(launch, tmp_path):
    for name in ("ash", "birch"):
        (tmp_path / "trees" / name).mkdir(parents=True)
        for index in range(5):
            Image.new("RGB", (8, 8), (index, 90, 90)).save(tmp_path / "trees" / name / f"{index}.png")
    stream = Stream(dataset="folder", folder=str(tmp_path / "trees"), image_size=8, tasks=1)
    spec = tiny(stream=stream, training=Training(steps=1_000_000, batch_size=4, threads=1))
    run = launch(spec, in_process=True)
    run.until(events.Progress)
    run.client.stop()
    run.finish()
    (tmp_path / "trees" / "birch").rename(tmp_path / "trees" / "cedar")
    (end,) = (
        e for e in launch(None, resume=True, in_process=True).finish() if isinstance(e, events.Finished)
    )
    assert end.state == "failed"
    assert "a class of task 0 was 'birch', and is 'cedar' now" in end.message
