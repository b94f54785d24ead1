"""Everything that can be asked of a session, and every command that reads one: what came of each."""

from __future__ import annotations

import contextlib
import io
import json
import resource
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hhstudio
from hhstudio.cli import main
from hhstudio.core.analysis import questions as q
from hhstudio.core.errors import HHStudioError
from hhstudio.store.catalog.catalog_entry import catalog_entry
from hhstudio.store.catalog.comparison_entry import read_comparison_entry

DEMO = Path(__file__).parents[2] / "sessions" / "demo.h5"
LAST = ("P3-00", 4)
QUESTIONS: tuple[q.Question[Any], ...] = (
    q.Overview(), q.Embeddings(), q.Embeddings(nearby=True), q.WeightMap(), q.Distances(), q.Drift(),
    q.DistancesInTime("P1", 0), q.Histograms("P1", 0), q.Units("P1", 0, images=4), q.Tensors("P1", 0),
    q.Health("P2-0", images=4, samples=1), q.TaskConfusion("P1", images=4),
    q.Interpolate("P1", {0: 0.5, 1: 0.5}, images=4), q.Walk("P1", 0, 0.5, images=4),
    q.Predict(test_image=(0, 0)),
    q.Features(None, "P1", 0, test_image=(0, 0)), q.Confusion(*LAST, images=4), q.Images(0, (0, 1)),
)  # fmt: skip


def reading(session: Any, conditions: int) -> Iterator[tuple[str, Callable[[], object]]]:
    """What a session reads from its file, as (name, call); weights of so many conditions."""
    yield "summary", lambda: json.dumps(session.summary(), allow_nan=False)
    yield "metrics", session.metrics
    yield "accuracy", lambda: [(session.accuracy(p), session.end_accuracy(p)) for p in session.paths]
    yield "state_step", lambda: session.state_step
    yield "trainer_state", session.trainer_state
    yield "snapshot_steps", session.snapshot_steps
    yield (
        "snapshot_extras",
        lambda: [session.snapshot_extras.read(at) for at in range(min(2, len(session.snapshot_extras)))],
    )
    yield "refresh", session.refresh
    yield "available", session.available
    for key in sorted(session.history.weights)[:conditions]:
        yield "weights", lambda key=key: session.weights(*key)
        yield "probe", lambda key=key: session.probe(*key)
        yield "tensor", lambda key=key: sum(session.tensor(*key, n).size for n in session.tensor_names(*key))
        yield (
            "snapshots",
            lambda key=key: sum(
                s.tensor(0, n).size for s in [session.snapshots(*key)] for n in s.names if len(s)
            ),
        )


def computing(session: Any) -> Iterator[tuple[str, Callable[[], object]]]:
    """Every question of the Python interface, and a solver."""
    yield "solver", lambda: session.solver(*LAST)
    for question in QUESTIONS:
        yield q.name_of(type(question)), lambda question=question: session.ask(question)


def asked(path: Path, model: bool = False, conditions: int = 99) -> dict[str, str]:
    """By what was asked: why it was not answered; of those that failed otherwise than in our words the error,
    after ``WRONG:``. With ``model``, also what is computed with the rebuilt hierarchy."""
    failed: dict[str, str] = {}

    def ask(name: str, call: Callable[[], object]) -> Any:
        try:
            return call()
        except HHStudioError as error:
            text = str(error)
            failed[name] = text if text.isprintable() else f"WRONG: {text!r}"
        except Exception as error:
            failed[name] = f"WRONG: {type(error).__name__}: {error}"
        return None

    ask("catalog", lambda: catalog_entry(path))
    ask("comparison", lambda: read_comparison_entry(path, ("loss",)))
    session = ask("open", lambda: hhstudio.open(path))
    if session is not None:
        with session:
            for name, call in reading(session, conditions):
                ask(name, call)
            if model:
                for name, call in computing(session):
                    ask(name, call)
    return failed


def commanded(path: Path) -> dict[str, str]:
    """By command: what it said where it did not end with status 0; after ``WRONG:`` where that is not an
    error of ours in one line. ``recover`` comes last, and writes the file."""
    failed = {}
    with tempfile.TemporaryDirectory() as folder:
        exports = [("metrics", "m.csv"), ("spec", "s.json"), ("weights", "w.npz"), ("python", "p.py")]
        commands = [["show", str(path)], ["show", str(path), "--json"]]
        commands += [["export", str(path), kind, "--out", f"{folder}/{name}"] for kind, name in exports]
        for command in [*commands, ["recover", str(path)]]:
            said, complaint = io.StringIO(), io.StringIO()
            try:
                with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complaint):
                    status = main(command)
            except (Exception, SystemExit) as error:
                failed[" ".join(command[:1])] = f"WRONG: {type(error).__name__}: {error}"
                continue
            if status:
                text = complaint.getvalue().strip() or said.getvalue().strip()
                ours = status in (1, 2) and "unexpected error" not in text and "Traceback" not in text
                failed[" ".join(command[:1])] = text if ours else f"WRONG: {status} {text}"
    return failed


def main_of_child(arguments: list[str]) -> int:
    """``python whole_session.py MEGABYTES FILE …``: a line of JSON a file, what was asked within so much more
    memory than a process takes that has done nothing yet."""
    megabytes, *files = arguments
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limit = taken + (int(megabytes) << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for name in files:
        before = resource.getrusage(resource.RUSAGE_SELF)
        failed = asked(Path(name))
        after = resource.getrusage(resource.RUSAGE_SELF)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        grown = (after.ru_maxrss - before.ru_maxrss) / 1024
        print(json.dumps({"file": name, "failed": failed, "seconds": seconds, "grown": grown}), flush=True)
    return 0


def copied(folder: Path, name: str = "s.h5") -> Path:
    """A copy of the small session that the tests damage."""
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(DEMO, folder / name))


if __name__ == "__main__":
    import sys

    sys.exit(main_of_child(sys.argv[1:]))
