"""Weight export: generated weights as NumPy, safetensors, PyTorch state dict or ONNX files."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from hhstudio.core.analysis import questions as q
from hhstudio.core.analysis.answers import Exported
from hhstudio.core.analysis.registry import answers
from hhstudio.core.atomic_write import replacing, write_file
from hhstudio.core.errors import ExportError
from hhstudio.service.analysis.model_session import ModelSession
from hhstudio.store.export.files import Key, chosen, needed_for

SUFFIXES = (".npz", ".safetensors", ".pt", ".onnx")


@answers(q.Export)
def export(session: ModelSession, out: str, path: str | None, task: int | None) -> Exported:
    """A question that leaves a file."""
    export_weights(session, Path(out), path, task)
    return Exported(file=out)


def export_weights(
    session: ModelSession, out: Path, path: str | None = None, task: int | None = None
) -> None:
    """Write the kept weights of one condition, or of all that ``path`` and ``task`` leave.

    Parameters
    ----------
    session
        An open session.
    out
        The file, in the format of its suffix. A .pt file holds a plain dict of tensors, as
        ``torch.load(..., weights_only=True)`` reads it. An .onnx file holds one ready solver: input ``image``
        (N, C, H, W) float32 from 0 to 1, output ``logits`` (N, classes) of the task's classes.
    path, task
        Of one condition; tensors then carry the solver's own names, else ``path/task/name``.

    Raises
    ------
    ExportError, WriteError, SessionError
        What was asked for is not there, or cannot be written.
    DataError
        ONNX needs the data of the task, from which the normalisation follows, and they are not here.
    """
    if out.suffix not in SUFFIXES:
        raise ExportError(f"{out}: weights are written as {', '.join(SUFFIXES)}")
    keys = chosen(session, path, task)
    if out.suffix == ".onnx":
        if len(keys) > 1:
            raise ExportError(f"{out}: ONNX holds one solver; choose a path and a task")
        _write_onnx(session, out, keys[0])
        return
    single = path is not None and task is not None
    arrays = {
        name if single else f"{p}/{t}/{name}": np.asarray(array, order="C")
        for p, t in keys
        for name, array in session.weights(p, t).items()
    }
    # libraries first: what is missing is said before anything is written
    if out.suffix == ".safetensors":
        with needed_for(".safetensors"):
            from safetensors.numpy import save
        write_file(out, save(arrays, metadata=_about(session)))
    elif out.suffix == ".pt":
        with needed_for(".pt"):
            from hhstudio.learn.analysis.deployable import write_state_dict
        with replacing(out) as file:
            write_state_dict(arrays, file)
    else:
        with replacing(out) as file:
            _write_npz(file, arrays)


def _write_npz(file: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """As :func:`numpy.savez` does, which cannot hold an array named like one of its own arguments."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def _write_onnx(session: ModelSession, out: Path, key: Key) -> None:
    with needed_for(".onnx"):
        import onnx  # noqa: F401 - torch's exporter needs both
        import onnxscript  # noqa: F401
    from hhstudio.learn.analysis.deployable import deployable, write_onnx

    module = deployable(session.model, session.solver(*key), *key)
    with replacing(out) as file:
        write_onnx(module, session.model.image_shape, file)


def _about(session: ModelSession) -> dict[str, str]:
    """Where weights come from, for formats that carry a few words."""
    run = session.history.run
    return {"format": "pt", "session": session.spec.name, "app": run.app if run is not None else ""}
