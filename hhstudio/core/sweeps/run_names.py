"""Names of a sweep's runs, from what differs between them: ``alpha=0.1,seed=2``. Also their files'."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from hhstudio.core.file_names import unique_name

LONGEST = 80
"""Characters of a name, so that ``NAME.h5.journal`` fits every file system."""


def run_names(runs: Sequence[Mapping[str, Any]], labels: Sequence[str], fallback: str) -> list[str]:
    """One name a run: the differing fields and their values, after the run's own label if it has one.

    Names are safe as file names everywhere, unique whatever the case, and depend on nothing but the
    arguments. ``fallback`` names a run when nothing differs.
    """
    overall = _differing(runs)
    short = _short(overall)
    members: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for run, label in zip(runs, labels, strict=True):
        members[label].append(run)
    telling = {label: _differing(same) if label else overall for label, same in members.items()}
    taken: set[str] = set()
    names = []
    for run, label in zip(runs, labels, strict=True):
        parts = [f"{short[field]}={value_text(run[field])}" for field in telling[label] if field in run]
        text = ",".join([label, *parts] if label else parts)
        names.append(unique_name(_safe(text or fallback), taken))
    return names


def _differing(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Fields that not all runs have the same value of, in the order in which they are first met."""
    return [
        field
        for field in dict.fromkeys(field for run in runs for field in run)
        if any(run.get(field, _ABSENT) != runs[0].get(field, _ABSENT) for run in runs)
    ]


def value_text(value: Any) -> str:
    """A value as people write it in a name; a hash of what is too large for one."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        text = "-".join(value_text(each) for each in value)
        return text if len(text) <= 24 else _digest(text)
    if isinstance(value, dict):
        return _digest(json.dumps(value, sort_keys=True))
    return str(value)


_ABSENT = object()


def _short(fields: Sequence[str]) -> dict[str, str]:
    """The last word of each dotted field, or as many as tell it from the others."""
    last = Counter(field.rpartition(".")[2] for field in fields)
    return {f: f if last[f.rpartition(".")[2]] > 1 else f.rpartition(".")[2] for f in fields}


def _safe(name: str) -> str:
    safe = re.sub(r"[^\w.,=+-]+", "-", name, flags=re.ASCII).strip(".- ") or "run"
    if len(safe) <= LONGEST:
        return safe
    return f"{safe[: LONGEST - 9]}-{_digest(name)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
