"""Python snippets that load what a view shows: copied from the window, run in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def curves(session: Path, metrics: Sequence[str]) -> str:
    """The recorded points of some metrics, as columns."""
    return (
        "import hhstudio\n\n"
        f"with hhstudio.open({str(session)!r}) as session:\n"
        "    columns = session.metrics()  # step, path, task, metric, value: arrays of equal length\n"
        f"chosen = [metric in {tuple(metrics)!r} for metric in columns['metric']]\n"
        "curves = {name: column[chosen] for name, column in columns.items()}\n"
    )


def weights(session: Path, path: str, task: int) -> str:
    """The generated weights of one condition, and the solver that has them."""
    return (
        "import hhstudio\n\n"
        f"with hhstudio.open({str(session)!r}) as session:\n"
        f"    weights = session.weights({path!r}, {task})  # arrays by tensor name\n"
        f"    solver = session.solver({path!r}, {task})  # a torch.nn.Module, ready to use\n"
    )


def accuracy(session: Path, path: str) -> str:
    """The accuracy matrix of a path."""
    return (
        "import hhstudio\n\n"
        f"with hhstudio.open({str(session)!r}) as session:\n"
        f"    matrix = session.accuracy({path!r})  # R[i, j]: on task j after learning task i\n"
    )
