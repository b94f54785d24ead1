"""Comparison entry: what is compared of a session, read without touching its files."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from hhstudio.core.sweeps.comparison import ComparisonEntry, comparison_entry
from hhstudio.store.journal.lock import owner
from hhstudio.store.session import pending_journal


def read_comparison_entry(path: Path, metrics: Collection[str] = ()) -> ComparisonEntry:
    """Settings and figures of a session, with the curves of ``metrics``; one that is being written is read
    as far as it has come. Raises SessionError."""
    lives = owner(path) is not None
    loaded = pending_journal.load(path, {*metrics, "untrained"})  # what forward transfer is measured against
    try:
        end = loaded.history.end
        state = "running" if lives else end.state if end is not None else "failed"
        return comparison_entry(str(path), loaded.history, state, metrics)
    finally:
        loaded.close()
