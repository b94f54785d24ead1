"""The sender between a run and its window."""

from __future__ import annotations

import threading
import time

import numpy as np

from hhstudio.core.run import events
from hhstudio.service.run.event_sender import INTERVAL, EventSender
from hhstudio.service.run.protocol import Batch, Bye, Heartbeat


def progress(step: int) -> events.Progress:
    return events.Progress(
        step=step, total_steps=9, path="P1", task=0, task_step=step, task_steps=9, seconds=0
    )


class Window:
    """Receives what an event sender sends; ``open`` lets messages through."""

    def __init__(self) -> None:
        self.messages, self.times = [], []
        self.open = threading.Event()
        self.open.set()
        self.entered = threading.Event()

    def receive(self, message) -> None:
        self.entered.set()
        assert self.open.wait(10)
        self.messages.append(message)
        self.times.append(time.monotonic())

    def events(self) -> list[events.Event]:
        return [e for m in self.messages if isinstance(m, Batch) for e in m.events]


def test_everything_arrives_in_order_before_the_last_message():
    window = Window()
    sender = EventSender(window.receive)
    sent = [events.Log(time=k, level="info", message=str(k)) for k in range(500)]
    for event in sent:
        sender.put(event)
    sender.close(0)
    assert window.events() == sent
    assert window.messages[-1] == Bye(status=0)


def test_batches_keep_their_distance():
    window = Window()
    arrived = threading.Semaphore(0)

    def receive(message) -> None:
        window.receive(message)
        arrived.release()

    sender = EventSender(receive)
    for k in range(5):
        sender.put(events.Log(time=k, level="info", message=""))
        assert arrived.acquire(timeout=5)
    sender.close(0)
    batches = [t for t, m in zip(window.times, window.messages, strict=True) if isinstance(m, Batch)]
    assert len(batches) == 5
    assert np.diff(batches).min() > 0.8 * INTERVAL


def test_a_slow_window_gets_the_latest_progress_only_and_every_log():
    window = Window()
    sender = EventSender(window.receive)
    window.open.clear()
    sender.put(progress(0))
    assert window.entered.wait(5)
    for step in range(1, 1000):
        sender.put(progress(step))
    sender.put(events.Log(time=0, level="info", message="still here"))
    window.open.set()
    sender.close(0)
    steps = [e.step for e in window.events() if isinstance(e, events.Progress)]
    assert steps[-1] == 999
    assert len(steps) <= 3
    assert any(isinstance(e, events.Log) for e in window.events())


def test_silence_is_filled_with_heartbeats():
    window = Window()
    beat = threading.Event()

    def receive(message) -> None:
        window.receive(message)
        if isinstance(message, Heartbeat):
            beat.set()

    sender = EventSender(receive)
    assert beat.wait(5)
    sender.close(0)


def test_weights_travel_without_their_numbers():
    window = Window()
    sender = EventSender(window.receive)
    tensor = events.Tensor.of(np.zeros(10, np.float32))
    sender.put(events.Weights(step=1, path="P1", task=0, tensors={"w": tensor}))
    sender.close(0)
    assert window.events() == [events.Weights(step=1, path="P1", task=0, tensors={})]


def test_a_window_that_is_gone_does_not_hold_the_run_up():
    def gone(message) -> None:
        raise BrokenPipeError

    sender = EventSender(gone)
    for step in range(100):
        sender.put(progress(step))
    began = time.monotonic()
    sender.close(0)
    assert time.monotonic() - began < 2
