"""Worker processes as their parent sees them: spawned, spoken to, and ended for certain."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import IO, Any, BinaryIO

import psutil

from hhstudio.core import interpreter
from hhstudio.service.run.protocol import Connection

LAST_LINES = 20
"""Lines of the worker's stderr that are kept."""


class HelperProcess:
    """A fresh interpreter that runs ``module`` and speaks over its standard streams, with ``environment``
    on top of ours."""

    def __init__(self, module: str, environment: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            interpreter.command(module),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=interpreter.environment() | dict(environment or {}),
            **own_group(),
        )
        assert self._process.stdin
        assert self._process.stdout
        assert self._process.stderr
        self.incoming: BinaryIO = self._process.stdout  # type: ignore[assignment]
        self.outgoing: BinaryIO = self._process.stdin  # type: ignore[assignment]
        self._stderr = LastLines(self._process.stderr, LAST_LINES, "hhstudio-stderr")

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code; None when it has not ended within ``timeout`` seconds."""
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def close(self) -> None:
        """Close the pipes to it; nothing more is read or written."""
        for pipe in (self.outgoing, self.incoming):
            try:
                pipe.close()
            except OSError:
                pass  # what was still to be written goes to nobody

    def last_lines(self) -> list[str]:
        """What it printed last, complete once it has ended."""
        return self._stderr.lines(ended=self._process.poll() is not None)

    def terminate(self) -> None:
        """Ask the operating system to end it (SIGTERM, which it answers with a checkpoint)."""
        self._process.terminate()

    def kill_tree(self) -> None:
        """End it and whatever it started (data loaders, compilers), now."""
        try:
            parent = psutil.Process(self._process.pid)
            doomed = [*parent.children(recursive=True), parent]
        except psutil.NoSuchProcess:
            return
        for process in doomed:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                pass


class WorkerProcess(HelperProcess):
    """The process that trains: it runs :mod:`hhstudio.service.run.worker`."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        super().__init__("hhstudio.service.run.worker", environment)
        self.connection = Connection(self.incoming, self.outgoing)


class LastLines:
    """The last lines that a process prints into ``stream``, read by a thread called ``thread``, which calls
    ``then`` when there is no more to read."""

    def __init__(
        self, stream: IO[bytes], most: int, thread: str, then: Callable[[], object] | None = None
    ) -> None:
        self._lines: deque[str] = deque(maxlen=most)
        self._reader = threading.Thread(target=self._read, args=(stream, then), name=thread, daemon=True)
        self._reader.start()

    def lines(self, ended: bool) -> list[str]:
        """Complete where the process has ``ended``."""
        if ended:
            self._reader.join(1.0)
        return list(self._lines)

    def _read(self, stream: IO[bytes], then: Callable[[], object] | None) -> None:
        with stream:
            while line := stream.readline(4096):
                text = line.decode("utf-8", "replace").rstrip()
                if text:
                    self._lines.append(text)
        if then is not None:
            then()


def own_group() -> dict[str, Any]:
    """Arguments of Popen for a process of its own group: Ctrl-C in a terminal reaches its parent only."""
    if sys.platform == "win32":
        return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    return {"start_new_session": True}
