"""Session with its model: what a file keeps, and the hierarchy rebuilt at its newest checkpoint.

Reading needs no torch; it is loaded when the model or a solver is first asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hhstudio.core.errors import SessionError
from hhstudio.core.spec import consent
from hhstudio.core.spec.spec import solver_of
from hhstudio.core.tree.topology import Solver
from hhstudio.store.file.safe_read import computing
from hhstudio.store.session.session import Session

if TYPE_CHECKING:
    from hhstudio.learn.analysis import LoadedModel
    from hhstudio.learn.analysis.deployable import Module


class ModelSession(Session):
    """A session that is open for reading, and rebuilds its model when that is needed.

    ``data``: folder of the data sets, None the usual one; ``allow_unverified``: accept data files that
    torchvision's checksums do not know; ``allow_import``: import paths of solvers whose code may run, or True
    for all that the session names.
    """

    data: Path | None = None
    allow_unverified: bool = False
    allow_import: bool | Collection[str] = False
    _model: LoadedModel | None = None

    @property
    def model(self) -> LoadedModel:
        """The session's hierarchy at its newest checkpoint, rebuilt when it is first needed (loads torch).

        Raises SessionError where there is no checkpoint, or where building it would import a solver's code
        that was not allowed (see ``allow_import``).
        """
        if self._model is None:
            with computing(self.path, "the trainer's state"):
                self._model = self._load_model()
        return self._model

    @property
    def model_step(self) -> int | None:
        """The step of the checkpoint in :attr:`model`, None while that was not needed."""
        return None if self._model is None else self._model.step

    def refresh(self) -> bool:
        changed = super().refresh()
        if changed and self.state_step not in (None, self.model_step):
            self._model = None
        return changed

    @property
    def imports(self) -> tuple[str, ...]:
        """Import paths of the solvers of all trees that the run has had: whose code its model takes."""
        return consent.imported(self.spec, *(topology for _, topology, _ in self.history.topologies))

    def solver(self, path: str, task: int, allow_import: bool | Collection[str] | None = None) -> Module:
        """The solver of a path with the weights that were generated for a task, ready to run (loads torch).

        Parameters
        ----------
        path : str
        task : int
        allow_import : bool, collection of str or None
            Import paths of solvers whose code may run, or True for all that the session names; None: as
            ``self.allow_import`` says.

        Returns
        -------
        torch.nn.Module
            In eval mode: (N, C, H, W) normalised images -> (N, outputs) logits of all heads.

        Raises
        ------
        SessionError
            Where there are no weights, the solver's code may not be imported, or it makes another solver now.
        """
        weights, probe = self.weights(path, task), self.probe(path, task)
        node = self._solver_node(path)
        architecture, options = solver_of(self.spec, node)
        agreed = self._agreed(self.allow_import if allow_import is None else allow_import)
        self._check([name for name in self.imports if name == architecture], agreed)
        from hhstudio.learn.analysis.deployable import solver_module
        from hhstudio.nets.seeding import solver_seed

        seed, shape = solver_seed(self.spec.seed, node.id), self._image_shape
        with computing(self.path, f"the weights of {path}, task {task}"):
            try:
                return solver_module(
                    architecture, options, shape, self.spec.stream, self.tasks, weights, probe, seed, agreed
                )
            except SessionError as error:
                raise SessionError(f"{self.path}: {path}, task {task}: {error}") from None

    def _load_model(self) -> LoadedModel:
        state = self.state_to_build()
        if state is None:
            raise SessionError(
                f"{self.path}: holds no checkpoint yet; what is generated can be inspected after the "
                "first one"
            )
        image_shape, agreed = self._image_shape, self._agreed(self.allow_import)
        self._check(self.imports, agreed)
        from hhstudio.learn.analysis import LoadedModel

        return LoadedModel(
            self.spec, state, self.tasks, image_shape, self.data, self.allow_unverified, agreed=agreed
        )

    def _agreed(self, allowed: bool | Collection[str]) -> tuple[str, ...]:
        if isinstance(allowed, bool):
            return self.imports if allowed else ()
        return (allowed,) if isinstance(allowed, str) else tuple(allowed)

    def _check(self, names: Sequence[str], agreed: Collection[str]) -> None:
        """Raise SessionError where a name was not agreed to."""
        missing = [name for name in names if name not in agreed]
        if missing:
            listed = " and ".join(map(repr, missing))
            raise SessionError(
                f"{self.path}: its solver is {listed}; using it imports that module and runs its code. "
                "If you trust it, allow it with allow_import=True (hhstudio export: --allow-import)"
            )

    @property
    def _image_shape(self) -> tuple[int, int, int]:
        run = self.history.run
        if run is None or run.image_shape is None:
            raise SessionError(f"{self.path}: does not say which images its solvers take")
        return run.image_shape

    def _solver_node(self, path: str) -> Solver:
        topology = self.history.topology
        try:
            node = topology.by_id[topology.path(path).solver] if topology is not None else None
        except KeyError:
            node = None
        if not isinstance(node, Solver):
            raise SessionError(f"{self.path}: there is no path {path!r}")
        return node
