"""Result table of an experiment, with means and standard errors, as text, CSV and JSON."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field
from typing import Any

from hhstudio.core.spreadsheet import SpreadsheetWriter
from hhstudio.core.statistics import Estimate
from hhstudio.experiments.figures import FigurePanel

Cell = str | int | float | Estimate | None


@dataclass
class ResultTable:
    """Columns, rows of cells, notes below, and the panels of a figure.

    ``digits``: decimals of floats and estimates. ``share_y``: the panels have one y axis."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    digits: int = 3
    panels: list[FigurePanel] = field(default_factory=list)
    share_y: bool = False

    def add(self, *cells: Cell) -> None:
        """Raises ValueError when there are not as many cells as columns."""
        if len(cells) != len(self.columns):
            raise ValueError(f"{len(cells)} cells for {len(self.columns)} columns")
        self.rows.append(cells)

    def text(self) -> str:
        body = [list(self.columns), *([self.shown(c) for c in row] for row in self.rows)]
        widths = [max(len(row[at]) for row in body) for at in range(len(self.columns))]
        lines = [self.title, ""]
        for number, row in enumerate(body):
            cells = [
                row[0].ljust(widths[0]),
                *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
            ]
            lines.append("  ".join(cells).rstrip())
            if number == 0:
                lines.append("  ".join("-" * w for w in widths))
        return "\n".join([*lines, *(["", *self.notes] if self.notes else [])])

    def csv(self) -> str:
        out = io.StringIO()
        writer = SpreadsheetWriter(out, lineterminator="\n")
        writer.writerow([name for column in self.columns for name in (column, f"{column} (standard error)")])
        for row in self.rows:
            writer.writerow([value for cell in row for value in self._pair(cell)])
        return out.getvalue()

    def json(self) -> dict[str, Any]:
        """``{title, columns, rows: [{column: value or {mean, standard_error, n}}], notes}``; NaN is null."""
        return {
            "title": self.title,
            "columns": list(self.columns),
            "rows": [
                {name: _plain(cell) for name, cell in zip(self.columns, row, strict=True)}
                for row in self.rows
            ],
            "notes": self.notes,
        }

    def shown(self, cell: Cell) -> str:
        """A cell as the table prints it."""
        if cell is None or (isinstance(cell, float) and math.isnan(cell)):
            return "-"
        if isinstance(cell, Estimate):
            shown = f"{cell.mean:.{self.digits}f}"
            return shown if cell.error is None else f"{shown} ± {cell.error:.{self.digits}f}"
        return f"{cell:.{self.digits}f}" if isinstance(cell, float) else str(cell)

    @staticmethod
    def _pair(cell: Cell) -> tuple[Any, Any]:
        return (cell.mean, cell.error) if isinstance(cell, Estimate) else (cell, None)


def _plain(cell: Cell) -> Any:
    if isinstance(cell, Estimate):
        return {"mean": _plain(cell.mean), "standard_error": cell.error, "n": cell.n}
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell
