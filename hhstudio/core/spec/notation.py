"""Notation of settings that are more than a number: a stream's tasks, a solver's own options."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from hhstudio.core.spec.datasets import DATASETS, FOLDER
from hhstudio.core.spec.spec import Options, Part

_NAME = re.compile(r"[^\W\d]\w*")
_SPLIT = re.compile(r",(?![^\[\]]*\])")
"""Commas outside brackets."""
_MOST = 100_000
"""Classes that a range may span: more is a slip of the finger."""


def write_parts(parts: Iterable[Part]) -> str:
    """One task a line: ``cifar100: 0-9``, with a name ``animals = cifar10: 2-7``."""
    return "\n".join(
        (f"{' '.join(part.name.split())} = " if part.name else "")
        + f"{part.dataset}: {write_classes(part.classes)}"
        for part in parts
    )


def read_parts(text: str) -> tuple[Part, ...]:
    """The tasks of such lines; empty ones are passed over. Raises ValueError that names the line."""
    parts = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                parts.append(_read_part(line))
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from None
    shapes = {DATASETS[part.dataset].shape for part in parts if part.dataset in DATASETS}
    if len(shapes) > 1:
        raise ValueError("all data sets of a stream need images of the same size and colours")
    return tuple(parts)


def _read_part(line: str) -> Part:
    name, _, rest = line.rpartition("=")
    dataset, colon, classes = (piece.strip() for piece in rest.partition(":"))
    if dataset not in DATASETS and dataset != FOLDER:
        names = ", ".join([*DATASETS, FOLDER])
        raise ValueError(f"there is no data set {dataset!r}; known: {names}")
    if not colon or not classes:
        raise ValueError(f"name its classes, as {dataset}: 0-1")
    labels = read_classes(classes)
    info = DATASETS.get(dataset)
    if info is not None and max(labels) >= info.classes:
        raise ValueError(f"{info.title} has the classes 0 to {info.classes - 1}, not {max(labels)}")
    return Part(dataset=dataset, classes=labels, name=name.strip())


def write_classes(classes: Iterable[int]) -> str:
    """``0, 1, 2, 7`` as ``0-2, 7``."""
    runs: list[list[int]] = []
    for label in classes:
        if runs and label == runs[-1][1] + 1:
            runs[-1][1] = label
        else:
            runs.append([label, label])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def read_classes(text: str) -> tuple[int, ...]:
    """Raises ValueError for what is no list of different classes."""
    labels: list[int] = []
    for piece in text.replace(",", " ").split():
        first, dash, last = piece.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise ValueError(f"{piece!r} is neither a class nor a range like 0-9")
        low, high = int(first), int(last) if dash else int(first)
        if high < low or high - low > _MOST:
            raise ValueError(f"{piece!r} is no range of classes")
        labels.extend(range(low, high + 1))
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice is not None:
        raise ValueError(f"class {twice} is named twice")
    return tuple(labels)


def write_options(options: Mapping[str, Any]) -> str:
    """Keyword arguments: ``width=32, layers=[64, 64], norm=batch``."""
    return ", ".join(f"{name}={_write_value(value)}" for name, value in options.items())


def _write_value(value: Any) -> str:
    if isinstance(value, str) and _is_word(value):
        return value
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def _is_word(text: str) -> bool:
    """Whether a text reads back as itself without quotes."""
    return _NAME.fullmatch(text) is not None and text.lower() not in ("true", "false", "null", "none", "nan")


def read_options(text: str) -> Options:
    """The arguments of such a text. Raises ValueError that says which one is wrong."""
    options: Options = {}
    for piece in _SPLIT.split(text):
        if not piece.strip():
            continue
        name, equals, value = (part.strip() for part in piece.partition("="))
        if not equals or not value:
            raise ValueError(f"{piece.strip()!r} is not an argument: write name=value, as width=32")
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of an argument")
        if name in options:
            raise ValueError(f"{name} is given twice")
        options[name] = _read_value(name, value)
    return options


def _read_value(name: str, text: str) -> int | float | str | bool | tuple[int, ...]:
    if _is_word(text):
        return text
    try:
        value = json.loads({"True": "true", "False": "false"}.get(text, text))
    except (ValueError, RecursionError):
        raise ValueError(
            f"{name}: {text} is neither a number, nor true or false, nor a word, nor a list like [64, 64]"
        ) from None
    if isinstance(value, list):
        if not all(isinstance(each, int) and not isinstance(each, bool) for each in value):
            raise ValueError(f"{name}: a list holds whole numbers, as [64, 64]")
        return tuple(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name}: {text} is not a finite number")
    if not isinstance(value, int | float | str | bool):
        raise ValueError(f"{name}: {text} cannot be handed over")
    return value
