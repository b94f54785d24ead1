"""Recovery report: what salvage says piece by piece, as a few lines for a person."""

from __future__ import annotations

import re
from typing import Any

_PIECES = {
    "run": "the record of the run: spec, tasks, paths",
    "spec": "the spec",
    "growth": "how the tree grew",
    "settings": "settings changed while it ran",
    "log": "the log",
    "marks": "where each task was learned",
    "accuracy": "the accuracy matrices",
    "aside": "embeddings beside snapshots",
    "state": "the checkpoint to go on from",
    "end": "how it ended",
}
_HDF5 = re.compile(r"Unable to [^()]*\((.+)\)")
"""How the library words a failure: what it was doing, and, in brackets, what was wrong."""
_CONDITION = re.compile(r"(weights|snapshots) of (.*), task (\d+)")


def in_words(lines: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """Saved and lost, one line each; pieces that are many of a kind are put together."""
    saved, lost = _Lines(), _Lines()
    for line in lines:
        name = line.get("saved", line.get("lost"))
        if not isinstance(name, str):
            continue
        kept = "saved" in line
        detail = str(line.get("detail" if kept else "why") or "").strip().strip("'\"")
        if wrong := _HDF5.fullmatch(detail):
            detail = wrong[1]
        into = saved if kept else lost
        if found := _CONDITION.fullmatch(name):
            into.conditions.setdefault((found[1], found[2]), []).append((int(found[3]), detail))
        elif name.startswith("metrics "):
            into.rows.append(detail)
        else:
            words = _PIECES.get(name, name)
            into.plain.append(f"{words} ({detail})" if detail and not kept else f"{words} {detail}".strip())
    return saved.joined(True), lost.joined(False)


class _Lines:
    def __init__(self) -> None:
        self.plain: list[str] = []
        self.rows: list[str] = []
        self.conditions: dict[tuple[str, str], list[tuple[int, str]]] = {}

    def joined(self, kept: bool) -> list[str]:
        found = list(self.plain)
        if self.rows:
            counts = [int(row.split()[0]) for row in self.rows if row[:1].isdigit()]
            many = f"curves: {sum(counts):,} values" if kept else f"pieces of the curves: {len(self.rows)}"
            found.append(many if kept or not self.rows[0] else f"{many} ({self.rows[0]})")
        for (kind, path), each in self.conditions.items():
            numbers = [task for task, _ in each]
            tasks = f"task {numbers[0]}" if len(numbers) == 1 else f"tasks {_listed(numbers)}"
            why = "" if kept or not each[0][1] else f" ({each[0][1]})"
            words = "generated weights" if kind == "weights" else kind
            found.append(f"{words} of {path}, {tasks}{why}")
        return found


def _listed(numbers: list[int]) -> str:
    """``1 to 5`` where nothing is missing between them, ``1, 3, 4`` otherwise."""
    whole = sorted(numbers)
    if whole == list(range(whole[0], whole[-1] + 1)):
        return f"{whole[0]} to {whole[-1]}"
    return ", ".join(map(str, whole))
