"""Python snippets that open a session in a notebook: copied from the window, or exported as a script."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def everything(session: Path) -> str:
    """All recorded points, as columns, and the accuracy matrices by path."""
    return (
        f"{_opened(session)}"
        "metrics = session.metrics()  # step, path, task, metric, value: arrays of equal length\n"
        "accuracy = {path: session.accuracy(path) for path in session.paths}  # by path: R[i, j]\n"
    )


def curves(session: Path, metrics: Sequence[str]) -> str:
    """The recorded points of some metrics, as columns."""
    return (
        f"{_opened(session)}"
        "columns = session.metrics()  # step, path, task, metric, value: arrays of equal length\n"
        f"chosen = [metric in {tuple(metrics)!r} for metric in columns['metric']]\n"
        "curves = {name: column[chosen] for name, column in columns.items()}\n"
    )


def weights(session: Path, path: str, task: int) -> str:
    """The generated weights of one condition, and the solver that has them."""
    return (
        f"{_opened(session)}"
        f"weights = session.weights({path!r}, {task})  # arrays by tensor name\n"
        f"solver = session.solver({path!r}, {task})  # a torch.nn.Module, ready to use\n"
    )


def _opened(session: Path) -> str:
    return f"import hhstudio\n\nsession = hhstudio.open({str(session.resolve())!r})\n"
