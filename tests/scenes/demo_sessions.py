"""Demo sessions: small ones for scenes, really trained, on the digits that ship with the studio."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from msgspec.structs import replace

from hhstudio.core.errors import HHStudioError
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.presets import preset
from hhstudio.core.spec.spec import Spec
from hhstudio.core.sweeps import sweep as sweeps
from hhstudio.core.sweeps.sweep import Sweep
from hhstudio.core.tree import depth_series
from hhstudio.gui.screenshots.session import LONGEST
from hhstudio.service.run.client import RunClient
from hhstudio.service.sweep.engine import local_pool
from hhstudio.service.sweep.sweeper import Sweeper


def small(name: str, depth: int = 2, **fields: object) -> Spec:
    """The quickstart preset with paths P1 … of that depth and a short training; ``__`` in a field's name
    stands for a dot."""
    spec = replace(preset("quickstart"), name=name, topology=depth_series.nested_paths(depth))
    chosen = {"training.steps": 60, "training.threads": 1, "stream.tasks": 4, "evaluation.every": 5}
    chosen |= {field.replace("__", "."): value for field, value in fields.items()}
    return specs.with_fields(spec, chosen)


class DemoSessions:
    """Use it as a context: what has been made goes in the end. Each is made once, when first asked for."""

    def __init__(self, say: Callable[[str], None], sweep: Path | None = None) -> None:
        self._say, self._sweep = say, sweep
        self._folder = tempfile.TemporaryDirectory()
        self._paths: dict[str, Path] = {}

    def __enter__(self) -> DemoSessions:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    def trained(self, spec: Spec) -> Path:
        """A session of this spec, trained to its end by a worker. Raises HHStudioError."""
        if spec.name not in self._paths:
            self._say(f"training {spec.name} …")
            out = Path(self._folder.name) / f"{spec.name}.h5"
            client = RunClient(spec, out)
            client.start()
            if not client.wait(LONGEST):
                client.kill()
                raise HHStudioError(f"{spec.name} was not trained within {LONGEST:.0f} s")
            if client.status != 0:
                raise HHStudioError(f"{spec.name}: {client.finished.message if client.finished else 'ended'}")
            self._paths[spec.name] = out
        return self._paths[spec.name]

    def sweep(self) -> Path:
        """The folder of a sweep of twelve runs: the one that was given, else one that is run now."""
        if self._sweep is not None:
            return self._sweep
        if "sweep" not in self._paths:
            self._say("running a sweep of twelve …")
            short = {"training.steps": 60, "training.threads": 1, "stream.tasks": 3, "evaluation.every": 5}
            vary = {"consolidation.beta": [0, 0.1, 1], "link.alpha": [0.1, 0.3], "seed": [0, 1]}
            sweep = Sweep(name="betas", base="quickstart", set=short, vary=vary)
            planned = sweeps.expand(sweep)
            folder = Path(self._folder.name) / "betas"
            Sweeper(sweep, planned, folder, local_pool(len(planned), cpu=True)).run(lambda _table: None)
            self._paths["sweep"] = folder
        return self._paths["sweep"]
