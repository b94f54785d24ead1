"""What ``hhstudio show --json`` prints: a contract with scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from hhstudio.core.run import baselines, edge_contributions
from hhstudio.core.run.rerun_command import command_of_session
from hhstudio.core.spec.costs import ParameterCount
from hhstudio.core.tree.topology import Topology
from hhstudio.store.file import file_format
from hhstudio.store.session.writing import finite

if TYPE_CHECKING:
    from hhstudio.store.session.session import Session


def summarise(session: Session) -> dict[str, Any]:
    """One JSON-able object; NaN is None."""
    history = session.history
    run = history.run
    assert run is not None
    return {
        "format": file_format.FORMAT,
        "version": file_format.VERSION,
        "state": session.state,
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
        "accuracy": {path: _accuracy(session, path) for path in history.paths},
        "contributions": _contributions(session),
        "baselines": {path: found for path in history.paths if (found := _baselines(session, path))},
        "parameters": _parameters(history.parameters),
        "name": session.spec.name,
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
        "command": command_of_session(history, session.path.name),
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


def _accuracy(session: Session, path: str) -> dict[str, Any]:
    matrix = session.history.accuracy[path]
    found = session.history.summary(path)
    return {
        "matrix": [[finite(value) for value in row] for row in np.asarray(matrix, float)],
        "final": [finite(value) for value in found.final],
        "average": finite(found.average),
        "backward_transfer": finite(found.backward_transfer),
        "forward_transfer": finite(found.forward_transfer),
        "forgetting": finite(found.forgetting),
    }


def _baselines(session: Session, path: str) -> dict[str, dict[str, Any]]:
    """By kind (scratch, fine-tune, joint), for those that were trained: the final accuracy on every task, and
    the mean over those that were measured."""
    found = {}
    for kind, values in baselines.finals(session.history, path).items():
        known = values[~np.isnan(values)]
        found[kind] = {
            "final": [finite(value) for value in values],
            "average": finite(known.mean()) if len(known) else None,
        }
    return found


def _contributions(session: Session) -> dict[str, list[dict[str, Any]]]:
    """By path, where measured: accuracy (a share of 1) lost without each edge's generated part."""
    history = session.history
    found = {path: edge_contributions.contributions(history, path) for path in history.paths}
    return {
        path: [{"edge": w.title, "lost": finite(w.lost), "bypassed": w.bypassed} for w in worths]
        for path, worths in found.items()
        if worths
    }


def _parameters(counts: tuple[ParameterCount, ...]) -> dict[str, Any]:
    """Of the whole tree. ``ratio``: stored over generated, None where nothing is generated."""
    whole = next((count for count in counts if count.path == ""), ParameterCount())
    return {
        "stored": whole.stored,
        "generated": whole.generated,
        "ratio": whole.stored / whole.generated if whole.generated else None,
    }
