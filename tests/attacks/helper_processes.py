"""Helper processes, each started as the studio starts it: ``python helper_processes.py KIND``."""

from __future__ import annotations

import os
import queue
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path


def analysis(session: str) -> None:
    from hhstudio.core.analysis import questions
    from hhstudio.service.analysis.client import AnalysisClient

    replies: queue.SimpleQueue = queue.SimpleQueue()
    client = AnalysisClient(session)
    client.ask(questions.Overview(), replies.put)
    reply = replies.get(timeout=100)
    client.close(wait=5.0)
    assert not reply.error, reply.error


def calibration() -> None:
    from hhstudio.core.spec.presets import preset
    from hhstudio.service.run.calibration import calibrate

    assert calibrate(preset("quickstart"), seconds=0.1).steps


def pictures() -> None:
    """CIFAR's files are not there: the process says so, once it has loaded what reads them."""
    import threading

    from hhstudio.core.errors import DataError
    from hhstudio.service.class_pictures import _from_process

    said = ""
    try:
        _from_process("cifar10", Path("data"), False, threading.Event())
    except DataError as error:
        said = str(error)
    assert "cifar" in said, said


def sweep() -> None:
    from hhstudio.core.sweeps import sweep as sweeps
    from hhstudio.service.sweep.process import SweepProcess

    process = SweepProcess(sweeps.load(Path("sweep.json")), Path("swept"), jobs=1)
    assert process.wait(100)
    assert process.status == 0, process.complaint()


def multiprocessing() -> None:
    """As the command starts them for an experiment."""
    from hhstudio.cli import main

    assert main(["presets"]) == 0
    for method in ("spawn", "forkserver"):
        with ProcessPoolExecutor(1, mp_context=get_context(method)) as pool:
            assert pool.submit(os.getpid).result(timeout=60) != os.getpid()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
