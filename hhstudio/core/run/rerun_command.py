"""Rerun command: runs a session again, exactly, for a shell, a colleague, a supplement."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Any

import msgspec
from msgspec.structs import replace

from hhstudio.core.plain_text import command_line, one_line
from hhstudio.core.run.events import RunStarted
from hhstudio.core.run.history import History
from hhstudio.core.spec import consent, presets
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.architectures import is_import_path
from hhstudio.core.spec.spec import Spec

LONGEST = 8
"""Settings that a command still names one by one; with more of them the spec goes into a file."""


def command_of(
    spec: Spec, *, run: RunStarted | None = None, session: str = "S.h5", out: str = "again.h5"
) -> str:
    """The command, one or two lines for a POSIX shell. ``run``: how the session began, so that device and
    threads are those of then; ``session``: the file that has the spec, for when it is too long for a line.

    The spec may be a stranger's: every word is quoted, none has a line break or a control character, and
    consent is only offered for what is an import path.
    """
    session, out = _typeable(session, "S.h5"), _typeable(out, "again.h5")
    device = run.device if run is not None and spec.device == "auto" else None
    fields = _missing_threads(spec, run)
    flags = ["--device", device] if device else []
    imports = filter(is_import_path, consent.imported(spec))
    flags += [word for name in imports for word in ("--allow-import", name)]
    if run is not None and run.unverified_data:
        flags.append("--allow-unverified")
    nearest = _nearest_preset(spec)
    if nearest is not None:
        name, differing = nearest
        settings = [f"{field}={_typed(value)}" for field, value in (differing | fields).items()]
        return command_line("run", name, *_sets(settings), *flags, "--out", PurePath(out))
    file = PurePath(f"{PurePath(session).stem}.json")
    settings = [f"{field}={_typed(value)}" for field, value in fields.items()]
    return "\n".join(
        [
            command_line("export", PurePath(session), "spec", "--out", file),
            command_line("run", file, *_sets(settings), *flags, "--out", PurePath(out)),
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
        lines.append(_comment(f"made with {', '.join(versions)}{commit}"))
    lines += [
        _comment(f"at step {s.step} {s.field} was set to {s.value:g} by hand") for s in history.settings
    ]
    lines += [_comment(f"at step {g.step} the tree grew: {g.reason}") for g in history.growth]
    for resumed in history.resumed:
        if not resumed.exact:
            differs = ", ".join(resumed.differs)
            lines.append(_comment(f"at step {resumed.step} it went on, not bit for bit: {differs}"))
    return "\n".join(lines)


def _comment(text: str) -> str:
    """A comment of a shell, and nothing else where a shell takes none (zsh, typed into): one line of letters,
    figures and what no shell gives a meaning to."""
    return "# " + "".join(char if char.isalnum() or char in _HARMLESS else "_" for char in one_line(text))


_HARMLESS = " .,:_-+/%→"


def _typeable(file: str, otherwise: str) -> str:
    """A file's name for a command; another that stands for it where it has line breaks or the like."""
    return file if file.isprintable() else otherwise


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
    """As ``--set`` reads it back: texts as they are unless they look like something else, or are not all
    printable. Then escapes keep them on one line."""
    if isinstance(value, str):
        try:
            json.loads(value)
        except ValueError:
            if value.isprintable():
                return value
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else json.dumps(value)


def _sets(settings: list[str]) -> list[str]:
    return [word for setting in settings for word in ("--set", setting)]
