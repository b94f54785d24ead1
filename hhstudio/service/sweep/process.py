"""Sweep process: a sweep on its own, so that a window can start one and be closed without holding it up."""

from __future__ import annotations

import subprocess
from pathlib import Path

from hhstudio.core import interpreter
from hhstudio.core.atomic_write import write_file
from hhstudio.core.sweeps import sweep as sweeps
from hhstudio.core.sweeps.sweep import Sweep
from hhstudio.service.run.process import LastLines, own_group

PLAN = "plan.json"
"""The sweep as it was set up, beside its results: what it can be started again from."""
STAY = b"+"
"""Said on the standard input of a tied sweep before it closes: go on without us."""


_LINES = 50
"""Of what it complains about that are kept."""


class SweepProcess:
    """``hhstudio sweep`` on a folder. ``tied``: it saves checkpoints and ends when this process does, or
    when :meth:`stop` is called; otherwise, or once it was :meth:`let_go`, it goes on, and another window may
    follow it.

    Raises OSError when the folder cannot be written or no process can be started.
    """

    def __init__(
        self,
        sweep: Sweep,
        out: Path,
        *,
        jobs: int | None = None,
        data: Path | None = None,
        allow_unverified: bool = False,
        allow_imports: tuple[str, ...] = (),
        tied: bool = True,
    ) -> None:
        out.mkdir(parents=True, exist_ok=True)
        write_file(out / PLAN, sweeps.encode(sweep), through_links=False)
        self.out = out
        self._tied = tied
        command = interpreter.command("hhstudio", "sweep", str(out / PLAN))
        command += ["--out", str(out), "--quiet"]
        command += ["--jobs", str(jobs)] if jobs else []
        command += ["--data", str(data)] if data is not None else []
        command += ["--allow-unverified"] if allow_unverified else []
        command += [word for name in allow_imports for word in ("--allow-import", name)]
        command += ["--until-stdin-closes"] if tied else []
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if tied else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=interpreter.environment(),
            **own_group(),
        )
        assert self._process.stderr
        self._stderr = LastLines(self._process.stderr, _LINES, "hhstudio-sweep-stderr", self._see_off)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def status(self) -> int | None:
        """Exit status of ``hhstudio sweep``; None while it is alive."""
        return self._process.poll()

    def complaint(self) -> str:
        """What it said was wrong, once it has ended; "" when nothing was."""
        if self.alive:
            return ""
        lines = self._stderr.lines(ended=True)
        return "\n".join(line.strip().removeprefix("hhstudio: error: ") for line in lines)

    def stop(self) -> None:
        """Ask it to save checkpoints and end. Returns at once."""
        if self._tied and self._process.stdin is not None:
            try:
                self._process.stdin.close()
            except OSError:
                pass  # it has just ended
        else:
            self._process.terminate()

    def let_go(self) -> None:
        """A tied sweep is tied no longer: it goes on when this process ends."""
        stdin = self._process.stdin
        if self._tied and stdin is not None:
            self._tied = False
            try:
                stdin.write(STAY)
                stdin.close()
            except OSError:
                pass  # it has just ended

    def wait(self, seconds: float) -> bool:
        """Until it has ended; False when it has not within that time."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self._stderr.lines(ended=True)
        return True

    def _see_off(self) -> None:
        """Wait for a process that ends, also one that was let go."""
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
