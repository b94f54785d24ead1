"""A writer to be killed: ``python writing_child.py S.h5 [--die-at N] [--limit BYTES] [--large]``.

Says on stdout what it has done, a line each: ``step S`` after a record, ``task PATH T`` when a task's end
was recorded, ``checkpoint S``. ``--die-at N``: SIGKILL before the N-th operation that changes the folder
(write, fsync, rename, unlink, truncate), counted over the whole process. ``--limit``: files cannot grow
beyond that many bytes from then on.
"""

import argparse
import itertools
import os
import signal
import sys
import time
from pathlib import Path

from recorded_runs import TASK_STEPS, finished, run_started, task_events, trainer_state

from hhstudio.core.errors import HHStudioError
from hhstudio.core.run import events
from hhstudio.store.session import writer
from hhstudio.store.session.session import open as open_session

SIZE = 2000
"""Rows of the largest tensor: 32 KB, so that writing takes a while."""


def die_at(number: int) -> None:
    """Kill this process just before its ``number``-th change of the folder."""
    counter = itertools.count(1)

    def watch(event: str, arguments: tuple) -> None:
        changes = event in ("os.rename", "os.remove", "os.truncate") or event.startswith("store.")
        if event == "open" and isinstance(arguments[2], int):
            changes = bool(arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        if changes and next(counter) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    for name in ("fsync", "write"):
        original = getattr(os, name)

        def announced(*arguments, _name=name, _original=original):
            sys.audit(f"store.{_name}")
            return _original(*arguments)

        setattr(os, name, announced)


def limit(size: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def say(*words: object) -> None:
    print(*words, flush=True)


def pause(seconds: float, busy: bool) -> None:
    """As between the records of two steps."""
    if not busy:
        time.sleep(seconds)
        return
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        sum(range(10_000))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("--die-at", type=int)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--busy", action="store_true", help="compute in a pause, rather than sleep")
    parser.add_argument("--large", action="store_true", help="save as large sessions are saved")
    parser.add_argument("--tasks", type=int, default=3)
    options = parser.parse_args()
    if options.large:
        writer.SMALL_BYTES = 0
    if options.die_at:
        die_at(options.die_at)
    try:
        write(options)
    except HHStudioError as error:
        say("error", error)
        return error.exit_status
    say("done")
    return 0


def write(options: argparse.Namespace) -> None:
    with writer.SessionWriter(options.path) as recorder:
        recorder.start(run_started(options.tasks))
        say("started")
        if options.limit:
            limit(options.limit)
        for task in range(options.tasks):
            for event in task_events("P1", task, task * TASK_STEPS, SIZE):
                recorder.record(event)
                if isinstance(event, events.Progress):
                    say("step", event.step, time.monotonic())
                    pause(options.pause, options.busy)
                if isinstance(event, events.TaskFinished):
                    say("task", event.path, event.task)
            recorder.checkpoint(trainer_state(TASK_STEPS * (task + 1), SIZE))
            say("checkpoint", TASK_STEPS * (task + 1))
        recorder.close(finished(TASK_STEPS * options.tasks))
    with open_session(options.path) as session:
        assert session.state == "finished"


if __name__ == "__main__":
    sys.exit(main())
