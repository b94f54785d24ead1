"""Calibration: what a run will take, from a few steps of it: time, memory, disk.

A process of its own builds the run, times trial steps of every path and the measuring of accuracies, and
ends; nothing is written, nothing is downloaded. ``python -m hhstudio.service.run.calibration`` is that
process."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hhstudio.core.errors import NOT_DECODED, DataError, DeviceError, HHStudioError, SpecError, TrainingError
from hhstudio.core.spec import consent, rules, sizes
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.datasets import default_data_root
from hhstudio.core.spec.disk_usage import disk
from hhstudio.core.spec.spec import Spec
from hhstudio.service.failures import explain
from hhstudio.service.run.process import HelperProcess

if TYPE_CHECKING:
    from hhstudio.learn.training.trainer import Trainer

TIME_LIMIT = 60.0
"""Seconds beyond those asked for that imports and data may take before the process is given up."""


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """``step_seconds`` by path, with earlier conditions to be kept. ``steps`` and ``seconds`` of the whole
    run, accuracies and baselines included. ``memory``: bytes at the peak (of the device on CUDA); ``disk``:
    bytes of the session, None where they cannot be told."""

    device: str
    steps: int
    step_seconds: dict[str, float]
    seconds: float
    memory: int
    disk: int | None


class _Question(msgspec.Struct, frozen=True, kw_only=True):
    spec: bytes
    data: str
    device: str | None
    seconds: float
    allow_unverified: bool
    allow_imports: tuple[str, ...]


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    calibration: Calibration | None = None
    kind: str = ""
    problem: str = ""


_ERRORS: dict[str, type[HHStudioError]] = {
    kind.__name__: kind for kind in (SpecError, DataError, DeviceError, TrainingError)
}


def calibrate(
    spec: Spec,
    data: Path | None = None,
    device: str | None = None,
    seconds: float = 4.0,
    *,
    allow_unverified: bool = False,
    allow_imports: Collection[str] = (),
    cancelled: threading.Event | None = None,
) -> Calibration:
    """Time a few steps in a process of their own; blocks for its imports and about ``seconds``.

    Parameters
    ----------
    spec
        What is to be trained.
    data
        Folder of the data sets, None the usual one. Nothing is downloaded.
    device
        None takes the spec's.
    seconds
        How long trial steps may take.
    allow_unverified, allow_imports
        As of :class:`~hhstudio.service.run.client.RunClient`.
    cancelled
        Set it to give up.

    Raises
    ------
    SpecError, DataError, DeviceError
        As the run would; DataError also for data that would have to be downloaded.
    TrainingError
        When it ran out of memory, took too long, or was ``cancelled``.
    """
    rules.check(spec)
    question = _Question(
        spec=specs.encode(spec),
        data=str(data or default_data_root()),
        device=device,
        seconds=seconds,
        allow_unverified=allow_unverified,
        allow_imports=tuple(allow_imports),
    )
    try:
        process = HelperProcess("hhstudio.service.run.calibration")
    except OSError as error:
        raise TrainingError(f"no process could be started to time the run: {error}") from None
    ended = threading.Event()
    watch = threading.Thread(
        target=_watch, args=(process, ended, cancelled, TIME_LIMIT + seconds), daemon=True
    )
    watch.start()
    try:
        process.outgoing.write(msgspec.json.encode(question))
        process.outgoing.close()
        answer = msgspec.json.decode(process.incoming.read(), type=_Answer)
    except (OSError, ValueError, *NOT_DECODED):
        lines = process.last_lines()
        gone = cancelled is not None and cancelled.is_set()
        why = "it was given up" if gone else lines[-1] if lines else "the process ended"
        raise TrainingError(f"the run could not be timed: {why}") from None
    finally:
        ended.set()
        process.kill_tree()
        process.wait(5.0)
        process.close()
    if answer.calibration is None:
        raise _ERRORS.get(answer.kind, TrainingError)(answer.problem)
    return answer.calibration


def _watch(
    process: HelperProcess, ended: threading.Event, cancelled: threading.Event | None, limit: float
) -> None:
    due = time.monotonic() + limit
    while not ended.wait(0.1):
        if time.monotonic() > due or (cancelled is not None and cancelled.is_set()):
            process.kill_tree()
            return


# in the process -------------------------------------------------------------------------------------------


def answered(question: _Question) -> _Answer:
    """What a run will take, or why that cannot be told."""
    device = ""
    try:
        spec = specs.decode(question.spec, "the spec")
        trainer = _trainer(spec, question)
        device = trainer.device
        return _Answer(calibration=measured(trainer, spec, question.seconds))
    except Exception as error:
        _, problem = explain(error, device)
        return _Answer(kind=type(error).__name__, problem=problem)


def measured(trainer: Trainer, spec: Spec, seconds: float) -> Calibration:
    """Trial steps, and one measuring, of a trainer that has not begun."""
    from hhstudio.learn.devices import peak_memory

    forecast = trainer.forecast
    costs: dict[str, tuple[float, float]] = forecast.step_costs(seconds)
    forecast.measure_once()
    left = forecast.workload()
    image = left.evaluation_seconds / max(left.passes_done, 1)
    dearest = max((seconds_a_step for _, seconds_a_step in costs.values()), default=0.0)
    steps = sum(left.steps.values())
    return Calibration(
        device=trainer.device,
        steps=steps,
        step_seconds={path: seconds_a_step for path, (_, seconds_a_step) in costs.items()},
        seconds=sum(n * costs.get(key, (0.0, dearest))[1] for key, n in left.steps.items())
        + left.passes * image,
        memory=peak_memory(forecast.device),
        disk=disk(spec),
    )


def _trainer(spec: Spec, question: _Question) -> Trainer:
    from hhstudio.learn.data import build_stream
    from hhstudio.learn.devices import resolve_device, whole_memory
    from hhstudio.learn.training.trainer import Trainer

    consent.check(question.allow_imports, spec)
    device = resolve_device(question.device or spec.device)
    sizes.check(spec, whole_memory(device))
    stream = build_stream(
        spec.stream,
        spec.seed,
        Path(question.data),
        allow_unverified=question.allow_unverified,
        download=False,
    )
    return Trainer(spec, stream, device, agreed=question.allow_imports)


def _main(answer: Callable[[_Question], _Answer] = answered) -> int:
    from hhstudio.service.run.worker import claim_standard_streams

    incoming, outgoing = claim_standard_streams(lambda *streams: streams)  # type: ignore[arg-type]
    question = msgspec.json.decode(incoming.read(), type=_Question)
    outgoing.write(msgspec.json.encode(answer(question)))
    outgoing.flush()
    return 0


if __name__ == "__main__":
    sys.exit(_main())
