"""Sweep: one spec and lists of values, expanded to runs.

A sweep is JSON, as small as ``{"base": "quickstart", "vary": {"seed": [0, 1, 2], "link.alpha": [0.1,
0.3]}}``. ``vary`` is a grid, the last field changing fastest; ``runs`` lists settings one by one; with
both, every entry of ``runs`` goes through the grid. ``set`` holds for every run. Fields are the dotted
names of a spec, and three more: ``depth`` (nested paths P1 .. Pd), ``depth_alone`` (only the path of that
depth) and ``preset`` (another base). Expanding is deterministic: same text, same runs, same names.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from hhstudio.core.errors import NOT_DECODED, HHStudioError, SpecError
from hhstudio.core.ordinary_files import read_bytes
from hhstudio.core.plain_text import utf8
from hhstudio.core.spec import rules
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.presets import preset, spec_named
from hhstudio.core.spec.spec import Spec
from hhstudio.core.sweeps.run_names import run_names
from hhstudio.core.tree import depth_series

FORMAT = "hhstudio-sweep"
VERSION = 1
MOST_RUNS = 10_000
DEEPEST = 64

Fields = dict[str, Any]


class SweepError(SpecError):
    """A sweep that cannot be run; ``problems`` has all that is wrong with it, the text is one line."""

    def __init__(self, source: str, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"{source}: " + "; ".join(problems))


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """Contents of a sweep's file. ``base``: a preset's name, a spec's file, or the spec itself."""

    format: str = FORMAT
    version: int = VERSION
    name: str = ""
    notes: str = ""
    base: str | Fields = "quickstart"
    set: Fields = {}
    vary: dict[str, list[Any]] = {}
    runs: list[Fields] = []

    @property
    def count(self) -> int:
        """Number of runs that it expands to; nothing is expanded for it."""
        return (len(self.runs) or 1) * math.prod(len(values) for values in self.vary.values())


@dataclass(frozen=True)
class PlannedRun:
    """One run. ``name`` is its spec's and its file's; ``fields``: what was set for it, in order."""

    name: str
    fields: Fields
    spec: Spec


def decode(data: bytes | str, source: str = "sweep") -> Sweep:
    """The sweep in a JSON text, or in the results of an earlier one. Raises :class:`SweepError` with all
    that is wrong with its shape."""
    try:
        tree = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SweepError(source, [f"not JSON: {error}"]) from None
    if isinstance(tree, dict) and isinstance(tree.get("sweep"), dict):
        tree = tree["sweep"]
    problems = list(_shape_problems(tree))
    if problems:
        raise SweepError(source, problems)
    try:
        return msgspec.convert(tree, Sweep)
    except msgspec.ValidationError as error:
        raise SweepError(source, [str(error)]) from None


def encode(sweep: Sweep) -> bytes:
    """The sweep as indented JSON with a final newline."""
    return msgspec.json.format(msgspec.json.encode(sweep), indent=2) + b"\n"


def load(path: Path) -> Sweep:
    """The sweep in a file, with its base read, so that it depends on no other file any more; a sweep
    without a name is called after its file. Raises :class:`SpecError`, also when it cannot be read."""
    try:
        data = utf8(read_bytes(path))
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror or error}") from None
    sweep = decode(data, str(path))
    base = base_spec(sweep, path.parent, str(path))
    return replace(sweep, name=sweep.name or path.stem, base=msgspec.to_builtins(base))


def base_spec(sweep: Sweep, folder: Path = Path(), source: str = "sweep") -> Spec:
    """The spec that every run starts from; files are looked for in ``folder``. Raises SpecError."""
    base = sweep.base
    if isinstance(base, dict):
        return specs.decode(msgspec.json.encode(base), f"{source}: base")
    try:
        return spec_named(base, folder)
    except SpecError as error:
        raise SweepError(source, [f"base: {error}"]) from None


def expand(sweep: Sweep, folder: Path = Path(), source: str = "sweep") -> tuple[PlannedRun, ...]:
    """The runs of a sweep, in order. Raises :class:`SweepError` listing all that is wrong with any."""
    if sweep.count > MOST_RUNS:
        raise SweepError(source, [f"{sweep.count} runs are more than {MOST_RUNS}; vary fewer values"])
    base = base_spec(sweep, folder, source)
    given = [dict(sweep.set) | fields for fields in _combinations(sweep)]
    labels = [fields.pop("name", "") for fields in given]
    shown = [{k: v for k, v in fields.items() if k not in sweep.set or _varied(k, given)} for fields in given]
    names = run_names(shown, labels, sweep.name or "run")
    problems = _Problems(len(given))
    planned: list[PlannedRun] = []
    seen: dict[bytes, str] = {}
    for name, fields, own in zip(names, given, shown, strict=True):
        spec = _applied(base, fields, name, problems)
        if spec is None:
            continue
        twin = seen.setdefault(specs.encode(spec), name)
        if twin != name:
            problems.add(f"{twin} and {name} are the same run", "")
        planned.append(PlannedRun(name, own, replace(spec, name=name)))
    if lines := problems.lines():
        raise SweepError(source, lines)
    return tuple(planned)


def parse_values(text: str) -> list[Any]:
    """Values as people type them: ``0, 1, 2``, ``0..4`` (whole numbers, both ends), ``direct, anchored``,
    ``[64, 64], [32]``; each is JSON or else text."""
    parsed = _json_or_text(f"[{text}]")
    if isinstance(parsed, list):
        return parsed
    values: list[Any] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        if span := re.fullmatch(r"(-?\d{1,9})\s*\.\.\s*(-?\d{1,9})", part):
            first, last = int(span[1]), int(span[2])
            values += range(first, min(last, first + MOST_RUNS) + 1)
        else:
            values.append(_json_or_text(part))
    return values


def steps_of(spec: Spec) -> int | None:
    """Training steps of a run; None where only the data tell (``training.epochs``)."""
    if spec.training.epochs:
        return None
    return spec.training.steps * (len(spec.stream.parts) or spec.stream.tasks) * len(spec.topology.paths)


def _combinations(sweep: Sweep) -> Iterator[Fields]:
    for own in sweep.runs or [{}]:
        for values in itertools.product(*sweep.vary.values()):
            yield own | dict(zip(sweep.vary, values, strict=True))


def _varied(field: str, given: list[Fields]) -> bool:
    return any(fields.get(field) != given[0].get(field) for fields in given)


def _applied(base: Spec, fields: Fields, name: str, problems: _Problems) -> Spec | None:
    """The spec of one run, or None and what is wrong with it."""
    spec, plain, bad = base, dict[str, Any](), False
    if len(_TREES & fields.keys()) > 1:
        problems.add(f"{', '.join(sorted(_TREES))} exclude each other", name)
        return None
    for field in sorted(fields, key=lambda field: field != "preset"):
        value = fields[field]
        try:
            spec = _SPECIAL[field](spec, value) if field in _SPECIAL else spec
        except HHStudioError as error:
            problems.add(f"{field} {_json(value)}: {error}", "")
            bad = True
        if field not in _SPECIAL:
            plain[field] = value
    try:
        spec = specs.with_fields(spec, plain)
    except SpecError:
        for field, value in plain.items():
            try:
                specs.with_fields(spec, {field: value})
            except SpecError as error:
                reason = str(error).removeprefix("settings: ").removeprefix(f"--set {field}: ")
                problems.add(f"{field} {_json(value)}: {reason}", "")
        return None
    for issue in rules.issues(spec):
        if issue.severity == "error":
            problems.add(issue.message, name)
            bad = True
    return None if bad else spec


def _preset(_spec: Spec, value: Any) -> Spec:
    if not isinstance(value, str):
        raise SpecError("a preset is named by a text")
    return preset(value)


def _depth(spec: Spec, value: Any) -> Spec:
    return replace(spec, topology=depth_series.nested_paths(_depth_number(value)))


def _depth_alone(spec: Spec, value: Any) -> Spec:
    return replace(spec, topology=depth_series.single_path(_depth_number(value)))


def _depth_number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= DEEPEST:
        raise SpecError(f"a depth is a whole number from 1 to {DEEPEST}")
    return value


_SPECIAL = {"preset": _preset, "depth": _depth, "depth_alone": _depth_alone}

_TREES = {"depth", "depth_alone", "topology"}

SPECIAL_FIELDS: Mapping[str, str] = {
    "depth": "nested paths of depth 1 to d: P1, P2-0, P3-00 …",
    "depth_alone": "only the path of depth d",
    "preset": "another preset as base",
}
"""Fields that a sweep has beside those of a spec, and what they do."""


class _Problems:
    """Problems of a sweep, each said once with the runs that it concerns."""

    def __init__(self, runs: int) -> None:
        self._runs = runs
        self._found: dict[str, list[str]] = {}

    def add(self, text: str, run: str) -> None:
        """``run`` empty: the text says itself where."""
        self._found.setdefault(text, []).extend([run] if run else [])

    def lines(self) -> list[str]:
        return [text + self._where(runs) for text, runs in self._found.items()]

    def _where(self, runs: list[str]) -> str:
        if not runs or len(runs) == self._runs:
            return ""
        more = f" and {len(runs) - 1} more" if len(runs) > 1 else ""
        return f" (in {runs[0]}{more})"


def _shape_problems(tree: Any) -> Iterator[str]:
    if not isinstance(tree, dict):
        yield 'a sweep is a JSON object, as {"base": "quickstart", "vary": {"seed": [0, 1, 2]}}'
        return
    fields = Sweep.__struct_fields__
    for key in tree.keys() - set(fields):
        yield f"there is no {key!r} in a sweep; known: {', '.join(fields)}"
    if tree.get("format", FORMAT) != FORMAT:
        yield f"format is {tree['format']!r}, not {FORMAT!r}"
    if tree.get("version", VERSION) != VERSION:
        yield f"version {tree['version']!r} is not known, only {VERSION}"
    for key in ("name", "notes"):
        if not isinstance(tree.get(key, ""), str):
            yield f"{key} must be a text"
    if not isinstance(tree.get("base", ""), str | dict):
        yield "base must be a preset's name, a file's name or a spec"
    vary, runs = tree.get("vary", {}), tree.get("runs", [])
    for key, value in (("set", tree.get("set", {})), ("vary", vary)):
        if not isinstance(value, dict):
            yield f"{key} must be an object from fields to values"
    if isinstance(vary, dict):
        for field, values in vary.items():
            if not isinstance(values, list):
                yield f"vary.{field} must be a list of values, not {_json(values)}"
            elif not values:
                yield f"vary.{field} is empty: give at least one value"
    if not isinstance(runs, list) or not all(isinstance(run, dict) for run in runs):
        yield "runs must be a list of objects from fields to values"
        return
    if isinstance(vary, dict):
        for field in vary:
            if any(field in run for run in runs):
                yield f"{field} is in vary and in runs; a run can have one value of it"
    if any(not isinstance(run.get("name", ""), str) for run in runs):
        yield "the name of a run must be a text"


def _json_or_text(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except NOT_DECODED:
        return text


def _json(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else text[:57] + "..."
