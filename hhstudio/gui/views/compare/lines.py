"""Compared lines: a session or the mean of several, with its colour, the same in every view."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtGui import QColor

from hhstudio.core.statistics import Estimate
from hhstudio.core.sweeps import comparison
from hhstudio.core.sweeps.comparison import ComparisonEntry
from hhstudio.core.sweeps.run_names import value_text
from hhstudio.gui.widgets.colormap import accuracy_map
from hhstudio.gui.widgets.theme import current_theme

BY_LINE = ""
"""In place of a setting's name: a colour for every line."""
MOST_COLORS = 10
"""More values than this are coloured by their place between the lowest and the highest."""

DASHES: tuple[tuple[float, ...], ...] = ((), (7, 3), (2, 2.5), (9, 3, 2, 3))


@dataclass(frozen=True)
class Line:
    """``key``: of the session, or of the first of several. ``settings``: those that differ."""

    key: str
    title: str
    settings: dict[str, Any]
    entries: tuple[ComparisonEntry, ...]

    @property
    def state(self) -> str:
        """The state of all, or how many are finished."""
        states = {entry.state for entry in self.entries}
        if len(states) == 1:
            return next(iter(states))
        return f"{sum(e.state == 'finished' for e in self.entries)} of {len(self.entries)} finished"

    @property
    def seconds(self) -> float:
        return sum(entry.seconds for entry in self.entries) / len(self.entries)

    def estimate(self, path: str, measure: str) -> Estimate | None:
        return comparison.Group(self.settings, self.entries).estimate(path, measure)


def lines_of(entries: list[ComparisonEntry], average: bool) -> list[Line]:
    """A line a session, or (``average``) a line for all that differ in the seed alone."""
    groups = comparison.groups(entries) if average else comparison.single(entries)
    names = titles(entries)
    return [
        Line(_key(group, average), _title(group, average, names), group.settings, group.entries)
        for group in groups
    ]


def titles(entries: list[ComparisonEntry]) -> dict[str, str]:
    """A name for every entry, by key, that tells it from the others: its own, its file's where others have
    the same, with the folder where files have the same."""
    ways = [
        {entry.key: entry.name for entry in entries},
        {entry.key: Path(entry.key).stem for entry in entries},
        {entry.key: f"{Path(entry.key).parent.name}/{Path(entry.key).stem}" for entry in entries},
        {entry.key: entry.key for entry in entries},
    ]
    chosen = dict(ways[0])
    for way in ways[1:]:
        often = Counter(chosen.values())
        chosen = {key: way[key] if often[name] > 1 else name for key, name in chosen.items()}
    return chosen


@dataclass
class Looks:
    """Colours and dashes of lines. ``by``: the setting that decides, or :data:`BY_LINE`. ``legend``: what
    the colours mean, as (text, colour, dashes)."""

    by: str = BY_LINE
    legend: list[tuple[str, str, tuple[float, ...]]] = field(default_factory=list)
    _pens: dict[str, tuple[str, tuple[float, ...]]] = field(default_factory=dict)

    def assign(self, lines: list[Line]) -> None:
        self._pens, self.legend = {}, []
        if self.by == BY_LINE or not any(self.by in line.settings for line in lines):
            for at, line in enumerate(lines):
                self._pens[line.key] = self._pen(at)
            return
        values = distinct([line.settings.get(self.by, comparison.MISSING) for line in lines])
        for at, value in enumerate(values):
            pen = self._pen(at) if len(values) <= MOST_COLORS else (self._shade(at, len(values)), ())
            if len(values) <= MOST_COLORS or at in (0, len(values) // 2, len(values) - 1):
                self.legend.append((value_text(value), *pen))
            for line in lines:
                if line.settings.get(self.by, comparison.MISSING) == value:
                    self._pens[line.key] = pen

    def pen(self, key: str) -> tuple[str, tuple[float, ...]]:
        return self._pens.get(key, (current_theme().muted, ()))

    def _pen(self, at: int) -> tuple[str, tuple[float, ...]]:
        color, dash = current_theme().task_pen(at)
        return color, DASHES[dash]

    def _shade(self, at: int, count: int) -> str:
        """Low values pale, high values strong, never as pale as the background."""
        table = accuracy_map(current_theme().dark)
        return QColor(*table[round(60 + 195 * at / max(count - 1, 1))].tolist()).name()


def distinct(values: list[Any]) -> list[Any]:
    """Each value once: numbers in order, then everything else as it comes."""
    different: list[Any] = []
    for value in values:
        if value not in different:
            different.append(value)
    numbers = sorted(v for v in different if _is_number(v))
    return [*numbers, *(v for v in different if not _is_number(v))]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _key(group: comparison.Group, average: bool) -> str:
    first = group.entries[0].key
    return f"mean {first}" if average else first


def _title(group: comparison.Group, average: bool, names: dict[str, str]) -> str:
    if not average:
        return names[group.entries[0].key]
    return ", ".join(f"{short(name)}={value_text(value)}" for name, value in group.settings.items()) or "all"


def short(field_name: str) -> str:
    """The last word of a dotted field: what column heads have room for."""
    return field_name.rpartition(".")[2]
