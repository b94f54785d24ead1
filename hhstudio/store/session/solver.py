"""Sessions as PyTorch objects. torch is imported inside functions, so that reading a session needs none."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from hhstudio.core.errors import SessionError
from hhstudio.core.spec.spec import solver_of
from hhstudio.core.tree.topology import Solver

if TYPE_CHECKING:
    from torch import nn

    from hhstudio.store.session.session import Session

_NETS = "hhstudio.nets.solvers"
"""By name, at run time: this layer knows nothing of nets, and a session without torch must still open."""


def solver(session: Session, path: str, task: int, allow_import: bool = False) -> nn.Module:
    """The solver of a path with the weights that were generated for a task, in eval mode.

    It maps (N, C, H, W) images to the logits of all heads. A solver given by import path is imported
    only with ``allow_import``. Raises SessionError.
    """
    weights = session.weights(path, task)
    architecture, options = _architecture(session, path)
    if ":" in architecture and not allow_import:
        raise SessionError(
            f"{session.path}: the solver of {path} is {architecture!r}; using it imports that module and "
            "runs its code. If you trust it, allow it with allow_import=True"
        )
    run = session.history.run
    if run is None or run.image_shape is None:
        raise SessionError(f"{session.path}: does not say which images its solvers take")
    import torch

    nets = import_module(_NETS)
    classes, heads = nets.output_heads(session.spec.stream, session.tasks)
    module: nn.Module = nets.build_solver(architecture, options, run.image_shape, classes, heads)
    own = module.state_dict()
    for name, values in weights.items():
        if name not in own or tuple(own[name].shape) != values.shape:
            raise SessionError(
                f"{session.path}: {path}, task {task}: the tensor {name} {values.shape} does not fit the "
                f"solver {architecture!r}"
            )
    tensors = {name: torch.from_numpy(np.array(values)) for name, values in weights.items()}
    module.load_state_dict(tensors, strict=False)
    return module.eval()


def _architecture(session: Session, path: str) -> tuple[str, dict[str, object]]:
    topology = session.history.topology
    try:
        node = topology.by_id[topology.path(path).solver] if topology is not None else None
    except KeyError:
        raise SessionError(f"{session.path}: there is no path {path!r}") from None
    if not isinstance(node, Solver):
        raise SessionError(f"{session.path}: there is no path {path!r}")
    architecture, options = solver_of(session.spec, node)
    return architecture, dict(options)
