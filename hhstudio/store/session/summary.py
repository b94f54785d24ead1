"""Summary of a session, as ``hhstudio show --json`` prints it: a contract with scripts."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from hhstudio.core.run import baselines, edge_contributions
from hhstudio.core.run.history import History
from hhstudio.core.run.rerun_command import command_of_session
from hhstudio.core.spec.costs import ParameterCount
from hhstudio.core.tree.topology import Topology
from hhstudio.store.file import file_format
from hhstudio.store.session.writing import finite


def summarise(history: History, file: str) -> dict[str, Any]:
    """One JSON-able object; NaN is None. ``file``: the session's, by name."""
    run, spec = history.run, history.spec
    assert run is not None
    assert spec is not None
    return {
        "format": file_format.FORMAT,
        "version": file_format.VERSION,
        "state": history.end.state if history.end is not None else "running",
        "seed": run.seed,
        "device": run.device,
        "steps": history.step,
        "seconds": finite(history.seconds),
        "peak_memory": history.peak_memory,
        "tasks": [
            {"name": task.name, "dataset": task.dataset, "classes": list(task.classes)}
            for task in history.tasks
        ],
        "paths": _paths(history.topology or Topology(), history.paths),
        "accuracy": {path: _accuracy(history, path) for path in history.paths},
        "end": {path: end for path in history.paths if (end := _end(history, path)) is not None},
        "contributions": _contributions(history),
        "baselines": {path: finals for path in history.paths if (finals := _baselines(history, path))},
        "parameters": _parameters(history.parameters),
        "name": spec.name,
        "app": run.app,
        "torch": run.torch,
        "created": run.created,
        "message": history.end.message if history.end else "",
        "diverged": None if history.diverged is None else msgspec.to_builtins(history.diverged),
        "unverified_data": run.unverified_data,
        "environment": dict(run.environment),
        "resumed": [
            {
                "step": r.step,
                "device": r.device,
                "torch": r.torch,
                "exact": r.exact,
                "differs": list(r.differs),
            }
            for r in history.resumed
        ],
        "command": command_of_session(history, file),
    }


def _paths(topology: Topology, names: tuple[str, ...]) -> list[dict[str, Any]]:
    known = {path.name: path for path in topology.paths}
    return [
        {
            "name": name,
            "depth": known[name].depth,
            "hypernetworks": list(known[name].hypernetworks),
            "solver": known[name].solver,
        }
        for name in names
        if name in known
    ]


def _accuracy(history: History, path: str) -> dict[str, Any]:
    matrix = history.accuracy[path]
    figures = history.summary(path)
    return {
        "matrix": [[finite(value) for value in row] for row in np.asarray(matrix, float)],
        "final": [finite(value) for value in figures.final],
        "average": finite(figures.average),
        "backward_transfer": finite(figures.backward_transfer),
        "forward_transfer": finite(figures.forward_transfer),
        "forgetting": finite(figures.forgetting),
    }


def _end(history: History, path: str) -> dict[str, Any] | None:
    """Of a path when every path had learned; None where that was not measured."""
    row, figures = history.end_row(path), history.summary(path)
    if row is None:
        return None
    return {
        "accuracy": [finite(value) for value in row],
        "average": finite(figures.end_average),
        "through_other_paths": finite(figures.through_other_paths),
    }


def _baselines(history: History, path: str) -> dict[str, dict[str, Any]]:
    """By kind (scratch, fine-tune, joint), for those that were trained: the final accuracy on every task, and
    the mean over those that were measured."""
    summaries = {}
    for kind, values in baselines.finals(history, path).items():
        known = values[~np.isnan(values)]
        summaries[kind] = {
            "final": [finite(value) for value in values],
            "average": finite(known.mean()) if len(known) else None,
        }
    return summaries


def _contributions(history: History) -> dict[str, list[dict[str, Any]]]:
    """By path, where measured: accuracy (a share of 1) lost without each edge's generated part."""
    return {
        path: [{"edge": w.title, "lost": finite(w.lost), "bypassed": w.bypassed} for w in edges]
        for path, edges in edge_contributions.all_contributions(history).items()
    }


def _parameters(counts: tuple[ParameterCount, ...]) -> dict[str, Any]:
    """Of the whole tree. ``ratio``: stored over generated, None where nothing is generated."""
    whole = next((count for count in counts if count.path == ""), ParameterCount())
    return {
        "stored": whole.stored,
        "generated": whole.generated,
        "ratio": whole.stored / whole.generated if whole.generated else None,
    }
