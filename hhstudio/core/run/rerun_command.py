"""Rerun command: runs a session again, exactly, for a shell, a colleague, a supplement."""

from __future__ import annotations

import json
import shlex
from pathlib import PurePath
from typing import Any

import msgspec
from msgspec.structs import replace

from hhstudio.core.run.events import RunStarted
from hhstudio.core.run.history import History
from hhstudio.core.spec import consent, presets
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import Spec

LONGEST = 8
"""Settings that a command still names one by one; with more of them the spec goes into a file."""


def command_of(
    spec: Spec, *, run: RunStarted | None = None, session: str = "S.h5", out: str = "again.h5"
) -> str:
    """The command, one or two lines. ``run``: how the session began, so that device and threads are those of
    then; ``session``: the file that has the spec, for when it is too long for a line."""
    device = run.device if run is not None and spec.device == "auto" else None
    fields = _missing_threads(spec, run)
    flags = ["--device", device] if device else []
    flags += [word for name in consent.imported(spec) for word in ("--allow-import", name)]
    if run is not None and run.unverified_data:
        flags.append("--allow-unverified")
    nearest = _nearest_preset(spec)
    if nearest is not None:
        name, differing = nearest
        settings = [f"{field}={_typed(value)}" for field, value in (differing | fields).items()]
        return _line("run", name, *_sets(settings), *flags, "--out", out)
    file = f"{PurePath(session).stem}.json"
    settings = [f"{field}={_typed(value)}" for field, value in fields.items()]
    return "\n".join(
        [
            _line("export", session, "spec", "--out", file),
            _line("run", file, *_sets(settings), *flags, "--out", out),
        ]
    )


def command_of_session(history: History, session: str) -> str:
    """:func:`command_of`, and as comments what it takes besides. Raises ValueError without a run."""
    run, spec = history.run, history.spec
    if run is None or spec is None:
        raise ValueError("nothing was run")
    stem = PurePath(session).stem
    lines = [command_of(spec, run=run, session=session, out=f"{stem}-again.h5")]
    environment = run.environment
    if environment:
        versions = [f"{name} {environment[key]}" for key, name in _WORDS if environment.get(key)]
        changed = " with uncommitted changes" if environment.get("changes") == "yes" else ""
        commit = f", commit {environment['commit'][:12]}{changed}" if environment.get("commit") else ""
        lines.append(f"# made with {', '.join(versions)}{commit}")
    lines += [f"# at step {s.step} {s.field} was set to {s.value:g} by hand" for s in history.settings]
    lines += [f"# at step {g.step} the tree grew: {' '.join(g.reason.split())}" for g in history.growth]
    for resumed in history.resumed:
        if not resumed.exact:
            lines.append(
                f"# at step {resumed.step} it went on, not bit for bit: {'; '.join(resumed.differs)}"
            )
    return "\n".join(lines)


_WORDS = (
    ("hhstudio", "hhstudio"), ("torch", "PyTorch"), ("numpy", "NumPy"), ("python", "Python"),
    ("device_name", "on"),
)  # fmt: skip


def _missing_threads(spec: Spec, run: RunStarted | None) -> dict[str, Any]:
    """Threads were chosen by the machine: the number of them decides the last bits."""
    threads = run.environment.get("threads", "") if run is not None else ""
    return {"training.threads": int(threads)} if spec.training.threads == 0 and threads.isdigit() else {}


def _nearest_preset(spec: Spec) -> tuple[str, dict[str, Any]] | None:
    """The preset that becomes this spec with the fewest settings; None where that takes too many."""
    candidates = []
    for name in presets.preset_names():
        base = presets.preset(name)
        if base.topology != spec.topology:
            continue
        differing = _differing(msgspec.to_builtins(base), msgspec.to_builtins(spec))
        if differing is not None and len(differing) <= LONGEST and _gives(base, differing, spec):
            candidates.append((len(differing), name, differing))
    return min(candidates, key=lambda each: each[:2])[1:] if candidates else None


def _gives(base: Spec, differing: dict[str, Any], spec: Spec) -> bool:
    result = specs.with_fields(base, {field: _typed(value) for field, value in differing.items()})
    return replace(result, notes=spec.notes) == spec


def _differing(base: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Dotted settings that differ, notes apart: they decide nothing."""
    differing: dict[str, Any] = {}
    for name, value in wanted.items():
        if name == "notes" or base.get(name) == value:
            continue
        if isinstance(value, dict) and isinstance(base.get(name), dict) and name != "options":
            inner = _differing(base[name], value)
            differing |= {f"{name}.{field}": each for field, each in inner.items()}
        else:
            differing[name] = value
    return differing


def _typed(value: Any) -> str:
    """As ``--set`` reads it back: texts as they are unless they look like something else."""
    if isinstance(value, str):
        try:
            json.loads(value)
        except ValueError:
            return value
    return json.dumps(value, ensure_ascii=False)


def _sets(settings: list[str]) -> list[str]:
    return [word for setting in settings for word in ("--set", setting)]


def _line(*words: str) -> str:
    return shlex.join(["hhstudio", *words])
