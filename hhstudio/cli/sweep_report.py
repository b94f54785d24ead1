"""Report of ``hhstudio sweep``: progress while it runs, tables of what came of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from hhstudio.core.formatting import duration, number
from hhstudio.core.plain_text import printable
from hhstudio.core.run.state_words import state_word
from hhstudio.core.sweeps import comparison
from hhstudio.core.sweeps.run_names import value_text
from hhstudio.core.sweeps.sweep import PlannedRun, Sweep, steps_of
from hhstudio.service.sweep.table import RunRow, SweepTable

LINE_SECONDS = 30.0
"""Seconds between progress lines where there is no bar."""


class Progress(Protocol):
    def begin(self, sweep: Sweep, planned: Sequence[PlannedRun], engine: str, out: Path) -> None: ...
    def take(self, table: SweepTable) -> None: ...
    def close(self) -> None: ...


def progress(quiet: bool) -> Progress:
    """On stderr, so that the tables on stdout can be piped."""
    if quiet:
        return _Silent()
    return _Bar() if sys.stderr.isatty() else _Lines()


class _Silent:
    def begin(self, sweep: Sweep, planned: Sequence[PlannedRun], engine: str, out: Path) -> None:
        pass

    def take(self, table: SweepTable) -> None:
        pass

    def close(self) -> None:
        pass


class _Lines:
    """A line for the sweep, one for every run that ended or lost its worker, one every half minute."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, int]] = {}
        self._first = True
        self._due = time.monotonic() + LINE_SECONDS

    def begin(self, sweep: Sweep, planned: Sequence[PlannedRun], engine: str, out: Path) -> None:
        steps = [steps_of(run.spec) for run in planned]
        known = [count for count in steps if count is not None]
        total = f", {sum(known)} steps" if len(known) == len(steps) else ""
        self.say(f"{sweep.name}: {len(planned)} runs{total}, {engine} -> {out}")

    def take(self, table: SweepTable) -> None:
        for row in table.runs:
            before = self._seen.get(row.name, ("waiting", 0))
            self._seen[row.name] = (row.state, row.losses)
            if row.losses > before[1] and row.state == "running":
                self.say(f"{row.name}: worker lost; goes on from the checkpoint at step {row.step}")
            if row.state != before[0] and row.state in ("finished", "failed") and not self._first:
                self.say(f"{row.name}: {state_word(row.state)}  {_outcome(row)}".rstrip())
        if self._first and (finished := table.count("finished")):
            self.say(f"{finished} of {len(table.runs)} runs were finished already")
        self._first = False
        self._show(table)

    def say(self, line: str) -> None:
        print(printable(line, allowed=""), file=sys.stderr, flush=True)

    def close(self) -> None:
        pass

    def _show(self, table: SweepTable) -> None:
        now = time.monotonic()
        if now >= self._due:
            self._due = now + LINE_SECONDS
            self.say(f"  {_standing(table)}")


class _Bar(_Lines):
    def __init__(self) -> None:
        super().__init__()
        from tqdm import tqdm

        self._bar = tqdm(
            total=None, leave=False, dynamic_ncols=True, bar_format="{percentage:3.0f} %|{bar}| {desc}"
        )

    def say(self, line: str) -> None:
        self._bar.write(printable(line, allowed=""), file=sys.stderr)

    def close(self) -> None:
        self._bar.close()

    def _show(self, table: SweepTable) -> None:
        self._bar.total = len(table.runs)
        self._bar.n = sum(_share(row) for row in table.runs)
        self._bar.set_description_str(_standing(table))


def _share(row: RunRow) -> float:
    if row.state in ("finished", "failed"):
        return 1.0
    return min(row.step / row.total_steps, 1.0) if row.total_steps else 0.0


def _standing(table: SweepTable) -> str:
    parts = [f"{table.count('finished')} of {len(table.runs)} finished", f"{table.count('running')} running"]
    if failed := table.count("failed"):
        parts.append(f"{failed} failed")
    if table.eta is not None:
        parts.append(f"{duration(table.eta)} left")
    return ", ".join(parts)


def _outcome(row: RunRow) -> str:
    if row.state == "failed":
        return row.message
    averages = [
        f"{path} {number(f.average, '.3f')}" for path, f in row.accuracy.items() if f.average is not None
    ]
    lost = f"  ({row.losses} worker{'s' if row.losses > 1 else ''} lost)" if row.losses else ""
    return f"{'  '.join(averages)}  {duration(row.seconds)}{lost}"


def failures(table: SweepTable) -> list[str]:
    """One line for every run that failed, and why."""
    return [f"{row.name}: {row.message}" for row in table.runs if row.state == "failed"]


def final_tables(table: SweepTable, planned: Sequence[PlannedRun], out: Path) -> str:
    """Every run, then means over seeds where there are several, then where it all is."""
    specs = {run.name: run.spec for run in planned}
    entries = [row.entry(specs[row.name], out) for row in table.runs]
    paths = list(dict.fromkeys(path for entry in entries for path in entry.paths))
    parts = [_runs_text(table, paths)]
    grouped = comparison.groups(entries)
    if len(grouped) < len(entries):
        parts.append(_means_text(grouped, paths))
    parts.append(f"{out / 'sweep.csv'}, sweep.json and {table.count('finished')} finished sessions beside it")
    return "\n\n".join(parts)


def _runs_text(table: SweepTable, paths: Sequence[str]) -> str:
    from hhstudio.experiments.report import ResultTable as Text

    text = Text("Final average accuracy (ACC) by run", ("run", "state", *paths, "time"))
    for row in table.runs:
        figures = [row.accuracy[path].average if path in row.accuracy else None for path in paths]
        text.add(row.name, state_word(row.state), *figures, duration(row.seconds))
    return text.text()


def _means_text(grouped: Sequence[comparison.Group], paths: Sequence[str]) -> str:
    from hhstudio.experiments.report import ResultTable as Text

    names = list(grouped[0].settings)
    text = Text("Mean over seeds ± standard error", ("settings", "runs", *paths))
    for group in grouped:
        label = ", ".join(f"{name}={value_text(group.settings[name])}" for name in names) or "all"
        text.add(label, len(group.entries), *(group.estimate(path) for path in paths))
    return text.text()
