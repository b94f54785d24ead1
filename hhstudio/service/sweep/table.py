"""Sweep table: ``sweep.json`` for programs and the window, ``sweep.csv`` for spreadsheets.

Both are replaced whole, so that a reader never sees half of one; the session files are the truth, and the
table can be made again from them at any time.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Literal

import msgspec

from hhstudio.core.atomic_write import write_file
from hhstudio.core.errors import SessionError
from hhstudio.core.ordinary_files import read_bytes
from hhstudio.core.run.continual import Summary
from hhstudio.core.spec.spec import Spec
from hhstudio.core.spreadsheet import SpreadsheetWriter
from hhstudio.core.sweeps.comparison import ComparisonEntry
from hhstudio.core.sweeps.sweep import Sweep

JSON, CSV = "sweep.json", "sweep.csv"
FORMAT = "hhstudio-sweep-results"

RowState = Literal["waiting", "running", "finished", "failed", "stopped"]
SweepState = Literal["running", "finished", "failed", "stopped"]


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Of one path, as ``hhstudio show --json`` has them: shares of 1, null where not measured."""

    average: float | None = None
    backward_transfer: float | None = None
    forward_transfer: float | None = None
    forgetting: float | None = None
    final: tuple[float | None, ...] = ()
    end_average: float | None = None
    through_other_paths: float | None = None

    @classmethod
    def of(cls, summary: Summary) -> Figures:
        return cls(**summary._asdict())

    def summary(self) -> Summary:
        return Summary(**{name: getattr(self, name) for name in Summary._fields})


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """One run. ``file``: its session, beside the table. ``fields``: what was set for it. ``detail``: what
    it does while it runs; ``message``: why it ended early. ``losses``: workers lost and replaced."""

    name: str
    file: str
    fields: dict[str, Any] = {}
    state: RowState = "waiting"
    detail: str = ""
    message: str = ""
    step: int = 0
    total_steps: int = 0
    seconds: float = 0.0
    eta: float | None = None
    losses: int = 0
    pid: int | None = None
    host: str = ""
    stored: int | None = None
    accuracy: dict[str, Figures] = {}

    def measured(self, entry: ComparisonEntry) -> RunRow:
        """With the figures that a session holds."""
        return msgspec.structs.replace(
            self,
            step=max(self.step, entry.step),
            total_steps=entry.total_steps,
            seconds=entry.seconds,
            stored=entry.stored,
            accuracy={path: Figures.of(summary) for path, summary in entry.figures.items()},
        )

    def entry(self, spec: Spec, folder: Path) -> ComparisonEntry:
        """For comparing and averaging; without curves."""
        return ComparisonEntry(
            key=str(folder / self.file),
            name=self.name,
            spec=spec,
            state=self.state,
            message=self.message,
            step=self.step,
            total_steps=self.total_steps,
            seconds=self.seconds,
            depths={path.name: path.depth for path in spec.topology.paths},
            figures={path: figures.summary() for path, figures in self.accuracy.items()},
            stored=self.stored,
        )


class SweepTable(msgspec.Struct, frozen=True, kw_only=True):
    """``started``: UTC, ISO 8601; ``seconds`` since then, of this start; ``eta``: seconds to the end, null
    while unknown. ``sweep``: enough to start it again."""

    format: Literal["hhstudio-sweep-results"] = "hhstudio-sweep-results"
    version: Literal[1] = 1
    name: str
    state: SweepState
    engine: str = ""
    started: str = ""
    seconds: float = 0.0
    eta: float | None = None
    fields: tuple[str, ...] = ()
    runs: tuple[RunRow, ...] = ()
    sweep: Sweep

    def count(self, *states: RowState) -> int:
        return sum(row.state in states for row in self.runs)


def encode(table: SweepTable) -> bytes:
    return msgspec.json.format(msgspec.json.encode(table), indent=1) + b"\n"


def as_csv(table: SweepTable) -> str:
    """A line a run: its settings, then its figures by path."""
    paths = list(dict.fromkeys(path for row in table.runs for path in row.accuracy))
    measures = ("average", "backward_transfer", "forgetting")
    out = io.StringIO()
    writer = SpreadsheetWriter(out, lineterminator="\n")
    head = [f"{path} {measure}" for path in paths for measure in measures]
    last = ["numbers stored", "workers lost", "message", "file"]
    writer.writerow(["run", *table.fields, "state", "steps", "seconds", *head, *last])
    for row in table.runs:
        settings = [_cell(row.fields.get(name)) for name in table.fields]
        figures = [getattr(row.accuracy.get(path), m, None) for path in paths for m in measures]
        ended = [row.stored, row.losses, row.message, row.file]
        writer.writerow([row.name, *settings, row.state, row.step, f"{row.seconds:.1f}", *figures, *ended])
    return out.getvalue()


def save(table: SweepTable, folder: Path) -> None:
    """Both files, each whole or as before. Raises WriteError."""
    write_file(folder / JSON, encode(table), through_links=False)
    write_file(folder / CSV, as_csv(table).encode(), through_links=False)


def read(path: Path) -> SweepTable:
    """The table of a sweep's folder, or in a file. Raises SessionError."""
    file = path / JSON if path.is_dir() else path
    try:
        return msgspec.json.decode(read_bytes(file), type=SweepTable)
    except OSError as error:
        raise SessionError(f"{file}: {error.strerror or error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SessionError(f"{file}: not the results of a sweep ({error})") from None


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, int | float | str):
        return value
    return msgspec.json.encode(value).decode()
