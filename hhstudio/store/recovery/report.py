"""Recovery report: what salvage says piece by piece, as a few lines for a person."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypeVar

from hhstudio.core.formatting import count
from hhstudio.store.recovery.messages import Lost, Saved

M = TypeVar("M", Saved, Lost)

_PIECES = {
    "identity": "which run it is of",
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
    "file": "the whole file",
}
_CONDITIONS = {"weights": "generated weights", "snapshots": "snapshots"}
_HDF5 = re.compile(r"Unable to [^()]*\((.+)\)")
"""How the library words a failure: what it was doing, and, in brackets, what was wrong."""


def in_words(messages: Iterable[Saved | Lost]) -> tuple[list[str], list[str]]:
    """Saved and lost, one line each; pieces that are many of a kind are put together."""
    messages = list(messages)
    saved = [message for message in messages if isinstance(message, Saved)]
    lost = [message for message in messages if isinstance(message, Lost)]
    return _saved_lines(saved), _lost_lines(lost)


def _saved_lines(saved: list[Saved]) -> list[str]:
    plain = [m for m in saved if m.piece.kind in _PIECES and m.identity is None]
    lines = [f"{_PIECES[m.piece.kind]} {m.detail}".strip() for m in plain]
    if any(m.piece.kind == "metrics" for m in saved):
        lines.append(f"curves: {count(sum(m.rows for m in saved), space=' ')} values")
    return lines + [_condition_line(*each) for each in _by_condition(saved)]


def _lost_lines(lost: list[Lost]) -> list[str]:
    lines = [_because(_PIECES[m.piece.kind], m.why) for m in lost if m.piece.kind in _PIECES]
    if rows := [m for m in lost if m.piece.kind == "metrics"]:
        lines.append(_because(f"pieces of the curves: {len(rows)}", rows[0].why))
    for kind, path, pieces in _by_condition(lost):
        lines.append(_because(_condition_line(kind, path, pieces), pieces[0].why))
    return lines


def _by_condition(messages: Sequence[M]) -> list[tuple[str, str, list[M]]]:
    """Messages on weights and snapshots, by kind and path."""
    groups: dict[tuple[str, str], list[M]] = {}
    for message in messages:
        if message.piece.kind in _CONDITIONS:
            groups.setdefault((message.piece.kind, message.piece.path), []).append(message)
    return [(kind, path, each) for (kind, path), each in groups.items()]


def _condition_line(kind: str, path: str, messages: Sequence[Saved | Lost]) -> str:
    numbers = [message.piece.task for message in messages if message.piece.task is not None]
    tasks = f", task {numbers[0]}" if len(numbers) == 1 else f", tasks {_listed(numbers)}" if numbers else ""
    return f"{_CONDITIONS[kind]} of {path}{tasks}"


def _because(what: str, why: str) -> str:
    """With the reason; of one of the library's own only what was wrong."""
    why = why.strip().strip("'\"")
    if wrong := _HDF5.fullmatch(why):
        why = wrong[1]
    return f"{what} ({why})" if why else what


def _listed(numbers: list[int]) -> str:
    """``1 to 5`` where nothing is missing between them, ``1, 3, 4`` otherwise."""
    whole = sorted(numbers)
    if whole == list(range(whole[0], whole[-1] + 1)):
        return f"{whole[0]} to {whole[-1]}"
    return ", ".join(map(str, whole))
