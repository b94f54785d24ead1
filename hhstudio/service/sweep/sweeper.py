"""Sweeper: runs a sweep to its end, keeps what is there, runs what is missing, one table has it all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from hhstudio.core.errors import HHStudioError
from hhstudio.core.spec import consent
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import Spec
from hhstudio.core.sweeps.sweep import PlannedRun, Sweep, steps_of
from hhstudio.service.run.eta import DEPTH_COST
from hhstudio.service.sweep import table as tables
from hhstudio.service.sweep.attempt import Standing, refuse_foreign
from hhstudio.service.sweep.engine import Engine
from hhstudio.service.sweep.job import Job, Outcome, Update
from hhstudio.service.sweep.table import RunRow, SweepTable

TICK = 0.5
"""Seconds between looks at the clock."""
SAVE = 1.0
"""Seconds between tables on disk at most, where nothing but progress has changed."""

Report = Callable[[SweepTable], None]


class Sweeper:
    """One sweep in one folder. Start it again after anything: it goes on where it was."""

    def __init__(
        self,
        sweep: Sweep,
        planned: Sequence[PlannedRun],
        out: Path,
        engine: Engine,
        *,
        data: Path | None = None,
        device: str | None = None,
        allow_unverified: bool = False,
        allow_imports: Sequence[str] = (),
    ) -> None:
        """Raises ConsentError where a solver would be imported that ``allow_imports`` does not name."""
        for run in planned:
            consent.check(allow_imports, run.spec)
        self._sweep, self._planned, self._out, self._engine = sweep, tuple(planned), out, engine
        self._jobs = [
            Job(
                name=run.name,
                spec=specs.encode(run.spec),
                out=str(out.resolve() / f"{run.name}.h5"),
                data=None if data is None else str(data.resolve()),
                device=device,
                allow_unverified=allow_unverified,
                allow_imports=tuple(allow_imports),
            )
            for run in planned
        ]
        self._rows = {
            run.name: RunRow(name=run.name, file=f"{run.name}.h5", fields=run.fields) for run in planned
        }
        self._work = {run.name: work(run.spec) for run in planned}
        self._lock = threading.Lock()
        self._urgent = threading.Event()
        self._measure: set[str] = set()
        self._began = time.monotonic()
        self._started = ""
        self._work_before = 0.0
        self._state: tables.SweepState = "running"

    def run(self, report: Report, stopping: Callable[[], bool] = lambda: False) -> SweepTable:
        """Run everything that is missing, and return the table. ``report`` gets the table now and then, on
        this thread. ``stopping`` is asked twice a second: checkpoints are written, and it ends.

        KeyboardInterrupt does the same and is raised again in the end; a second one ends the workers at
        once. Raises SessionError where a file is not of this sweep, or another sweep is at work in the
        folder; OSError where the folder cannot be written.
        """
        from hhstudio.store.journal.lock import Lock

        self._out.mkdir(parents=True, exist_ok=True)
        lock = Lock(self._out / "sweep", "a sweep")
        try:
            standings = refuse_foreign(self._jobs)
            self._began, self._started = time.monotonic(), datetime.now(UTC).isoformat(timespec="seconds")
            return self._run(standings, report, stopping)
        finally:
            lock.release()

    def _run(
        self, standings: dict[str, Standing], report: Report, stopping: Callable[[], bool]
    ) -> SweepTable:
        self._measure = {name for name, standing in standings.items() if standing not in ("missing", "busy")}
        for name, standing in standings.items():
            if standing == "finished":
                self._change(name, state="finished")
        self._take_figures()
        self._work_before = self._work_done()
        missing = [job for job in self._jobs if standings[job.name] != "finished"]
        self._save(report)
        try:
            self._engine.start(missing, self._tell, self._done)
            self._watch(report, stopping)
        except KeyboardInterrupt:
            self._engine.stop()
            try:
                self._watch(report, stopping)
            except KeyboardInterrupt:
                self._engine.kill()
                self._watch(report, stopping)
            raise
        except BaseException:
            self._engine.stop()
            raise
        finally:
            self._conclude(report)
        return self.table()

    def table(self) -> SweepTable:
        with self._lock:
            rows = tuple(self._rows[run.name] for run in self._planned)
        fields = tuple(dict.fromkeys(name for row in rows for name in row.fields))
        return SweepTable(
            name=self._sweep.name,
            state=self._state,
            engine=self._engine.title,
            started=self._started,
            seconds=time.monotonic() - self._began,
            eta=self._eta(rows),
            fields=fields,
            runs=rows,
            sweep=self._sweep,
        )

    # what engines say, from any thread --------------------------------------------------------------

    def _tell(self, name: str, update: Update) -> None:
        with self._lock:
            row = self._rows[name]
            news = row.state != "running" or row.losses != update.losses
            self._rows[name] = replace(
                row,
                state="running",
                step=update.step or row.step,  # a new attempt knows no step until it has read the file
                total_steps=update.total_steps or row.total_steps,
                detail=update.detail,
                eta=update.eta,
                losses=update.losses,
                pid=update.pid,
                host=update.host,
            )
            if update.checkpointed:
                self._measure.add(name)
        if news:
            self._urgent.set()

    def _done(self, name: str, outcome: Outcome) -> None:
        with self._lock:
            self._measure.add(name)
        self._change(name, state=outcome.state, message=outcome.message, losses=outcome.losses)
        self._urgent.set()

    def _change(self, name: str, **changes: object) -> None:
        with self._lock:
            self._rows[name] = replace(self._rows[name], detail="", eta=None, pid=None, **changes)

    # on the thread that called run ------------------------------------------------------------------

    def _watch(self, report: Report, stopping: Callable[[], bool]) -> None:
        due = 0.0
        asked = False
        while True:
            over = self._engine.wait(TICK)
            if not asked and stopping():
                asked = True
                self._engine.stop()
            now = time.monotonic()
            if over or self._urgent.is_set() or now >= due:
                self._urgent.clear()
                due = now + SAVE
                self._take_figures()
                self._save(report)
            if over:
                return

    def _take_figures(self) -> None:
        """From the sessions that have new ones."""
        from hhstudio.store.catalog.comparison_entry import read_comparison_entry

        with self._lock:
            names, self._measure = self._measure, set()
        for name in names:
            try:
                entry = read_comparison_entry(self._out / f"{name}.h5")
            except (HHStudioError, OSError) as error:
                with self._lock:
                    row = self._rows[name]
                    if row.state == "finished":  # a running one has a file later, and is read again
                        self._rows[name] = replace(row, message=f"its figures cannot be read: {error}")
                continue
            with self._lock:
                self._rows[name] = self._rows[name].measured(entry)

    def _save(self, report: Report) -> None:
        table = self.table()
        tables.save(table, self._out)
        report(table)

    def _conclude(self, report: Report) -> None:
        self._take_figures()
        states = {row.state for row in self._rows.values()}
        for name, row in self._rows.items():
            if row.state in ("waiting", "running"):
                self._change(name, state="stopped")
        if states <= {"finished"}:
            self._state = "finished"
        else:
            self._state = "stopped" if states & {"stopped", "waiting", "running"} else "failed"
        self._save(report)

    # time left --------------------------------------------------------------------------------------

    def _eta(self, rows: tuple[RunRow, ...]) -> float | None:
        """From the work done since this start; never less than what a running run says of itself."""
        if self._state != "running":
            return None
        done = self._work_done(rows)
        now, total = done - self._work_before, sum(self._work.values())
        if now < 0.02 * (total - self._work_before) or not now:
            return None
        lost = sum(self._work[row.name] for row in rows if row.state in ("failed", "stopped"))
        left = max(total - done - lost, 0.0) * (time.monotonic() - self._began) / now
        return max([left, *(row.eta for row in rows if row.eta is not None)])

    def _work_done(self, rows: tuple[RunRow, ...] | None = None) -> float:
        rows = tuple(self._rows.values()) if rows is None else rows
        done = 0.0
        for row in rows:
            if row.state == "finished":
                done += self._work[row.name]
            elif row.state in ("waiting", "running") and row.total_steps:
                done += self._work[row.name] * min(row.step / row.total_steps, 1.0)
        return done


def work(spec: Spec) -> float:
    """What a run costs, in steps of depth 1: deeper chains generate more."""
    steps = steps_of(spec)
    paths = spec.topology.paths
    if steps is None or not paths:
        return 1.0
    return steps / len(paths) * sum(1 + DEPTH_COST * (path.depth - 1) for path in paths)
