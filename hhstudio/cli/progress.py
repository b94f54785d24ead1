"""Progress of ``hhstudio run``: a bar on a terminal, lines otherwise, or nothing."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Protocol

import numpy as np

from hhstudio.cli.complaints import complain
from hhstudio.core.formatting import duration, number
from hhstudio.core.plain_text import one_line, printable
from hhstudio.core.run import events
from hhstudio.core.run.events import Event
from hhstudio.core.run.history import History
from hhstudio.core.run.state_words import state_word

LINE_SECONDS = 10.0
"""Seconds between progress lines where there is no bar."""


class Reporter(Protocol):
    def take(self, event: Event) -> None: ...
    def close(self) -> None: ...


def reporter(history: History, out: Path, quiet: bool) -> Reporter:
    """``history``: what happened before, when a session is continued."""
    if quiet:
        return _Silent()
    if sys.stderr.isatty():
        return _Bar(history, out)
    return _Lines(history, out)


class _Silent:
    """Says nothing but that the run waits for the disk, or has gone elsewhere."""

    def take(self, event: Event) -> None:
        match event:
            case events.StateChanged(blocked=True, detail=detail):
                complain(f"waiting: {detail}")
            case events.Moved(out=out, reason=reason):
                complain(f"goes on in {out}: {reason}")
            case _:
                pass

    def close(self) -> None:
        pass


class _Lines:
    """A line for what the run is, for every finished task, and every ten seconds."""

    def __init__(self, history: History, out: Path) -> None:
        self._history, self._out = history, out
        self._told = {(mark.path, mark.task) for mark in history.marks if mark.stop is not None}
        self._due = time.monotonic() + LINE_SECONDS

    def take(self, event: Event) -> None:
        self._history.apply(event)
        match event:
            case events.RunStarted() | events.Resumed():
                self.say(self._title(event))
                self._due = time.monotonic() + LINE_SECONDS
            case events.StateChanged(detail=detail, progress=float()):
                self._now_and_then(f"  {detail}")
            case events.TaskFinished() if (event.path, event.task) not in self._told:
                self._told.add((event.path, event.task))
                self.say(self._task_line(event))
            case events.TopologyChanged(reason=reason):
                self.say(f"  step {event.step}: the tree grew ({reason})")
            case events.Progress():
                self._progress(event)
            case events.Log(message=message) if self._wrong(message):
                pass  # the run ends of it, and its end says it
            case events.Log(level="warning" | "error" as level, message=message):
                self.say(f"  {level}: {' '.join(message.split())}")
            case _:
                pass

    def _wrong(self, message: str) -> bool:
        """Whether a message is what the numbers of the run went wrong by."""
        divergence = self._history.diverged
        return divergence is not None and message == divergence.message

    def say(self, line: str) -> None:
        print(printable(line, allowed=""), flush=True)

    def close(self) -> None:
        pass

    def _progress(self, event: events.Progress) -> None:
        place = f"step {event.step}/{event.total_steps}  {_what(event)}"
        self._now_and_then(f"  {place}  {rate_and_eta(event)}")

    def _now_and_then(self, line: str) -> None:
        now = time.monotonic()
        if now >= self._due:
            self._due = now + LINE_SECONDS
            self.say(line)

    def _title(self, event: events.RunStarted | events.Resumed) -> str:
        history, run = self._history, self._history.run
        if run is None or history.spec is None:
            return f"{self._out}"
        size = f"{len(run.tasks)} tasks on {len(history.paths)} paths"
        if isinstance(event, events.Resumed):
            how = "exactly" if event.exact else f"not bit for bit: {'; '.join(event.differs)}"
            return f"{history.spec.name}: {self._out} goes on at step {event.step} on {event.device} ({how})"
        return (
            f"{history.spec.name}: {size}, {run.total_steps} steps on {run.device}, "
            f"seed {run.seed} -> {self._out}"
        )

    def _task_line(self, event: events.TaskFinished) -> str:
        tasks = self._history.tasks
        name = tasks[event.task].name if event.task < len(tasks) else ""
        known = [a for a in event.accuracies if not np.isnan(a)]
        mean = f"mean of {len(known)} {number(float(np.mean(known)), '.3f')}" if known else ""
        new = event.accuracies[event.task] if event.task < len(event.accuracies) else float("nan")
        place = f"{event.task + 1}/{len(tasks)}"
        accuracy, seconds = number(new, ".3f"), number(event.seconds, ".1f")
        return f"{event.path:<8} task {place:<6} {name:<20} accuracy {accuracy}  {mean}  {seconds} s".rstrip()


class _Bar(_Lines):
    """A bar on stderr with our own time left: tqdm's does not know that paths differ in cost."""

    def __init__(self, history: History, out: Path) -> None:
        super().__init__(history, out)
        from tqdm import tqdm

        self._bar = tqdm(
            total=None,
            leave=False,
            dynamic_ncols=True,
            bar_format="{desc} {percentage:3.0f} %|{bar}| {n_fmt}/{total_fmt}{postfix}",
        )
        self._bar.set_description_str(state_word("starting"))

    def take(self, event: Event) -> None:
        super().take(event)
        if isinstance(event, events.StateChanged):
            self._describe(" ".join(filter(None, [state_word(event.state), event.detail])))

    def say(self, line: str) -> None:
        self._bar.write(printable(line, allowed=""))

    def close(self) -> None:
        self._bar.close()

    def _progress(self, event: events.Progress) -> None:
        self._bar.total, self._bar.n = event.total_steps, event.step
        self._describe(_what(event), refresh=False)
        self._bar.set_postfix_str(rate_and_eta(event))

    def _describe(self, text: str, refresh: bool = True) -> None:
        self._bar.set_description_str(one_line(text), refresh=refresh)


def _what(event: events.Progress) -> str:
    """What is being trained."""
    return " ".join([event.phase or event.path, *([f"task {event.task + 1}"] if event.task >= 0 else [])])


def rate_and_eta(event: events.Progress) -> str:
    left = "" if event.eta is None else f"  {duration(event.eta)} left"
    return f"{number(event.rate, '.0f')} steps/s{left}"
