"""The solvers that a spec can name: what they are, and the smallest image that they can work on.

Known without torch, so that a palette can offer them and a spec is checked before a run. Building them
is :mod:`hhstudio.nets.solvers`.
"""

from __future__ import annotations

import re
from typing import Any, Literal, NamedTuple


class OptionInfo(NamedTuple):
    """An argument of a solver's constructor. ``low`` and ``high``: what its numbers may be; ``exactly``: how
    many numbers there must be, None: ``least`` or more; ``choices``: of a text."""

    name: str
    label: str
    kind: Literal["whole", "number", "wholes", "choice"]
    default: Any
    tip: str
    low: float = 1
    high: float = 100_000
    exactly: int | None = None
    least: int = 0
    choices: tuple[str, ...] = ()
    unit: str = ""


class ArchitectureInfo(NamedTuple):
    """``smallest``: least height and width of an image in pixels; 1 where any image will do."""

    name: str
    title: str
    summary: str
    smallest: int = 1
    options: tuple[OptionInfo, ...] = ()


_HIDDEN = "Units of the hidden layer between the convolutions and the outputs"


ARCHITECTURES: dict[str, ArchitectureInfo] = {
    info.name: info
    for info in (
        ArchitectureInfo(
            "small-cnn", "Small CNN", "two small strided convolutions, for quick looks", 1,
            (
                OptionInfo(
                    "channels", "Channels", "wholes", (8, 16),
                    "Channels of each convolution, which halves the image: as many convolutions as numbers",
                ),
            ),
        ),
        ArchitectureInfo(
            "mlp", "MLP", "fully connected layers on the pixels", 1,
            (
                OptionInfo(
                    "hidden", "Hidden widths", "wholes", (400, 400),
                    "Units of each hidden layer: as many layers as numbers", unit="units",
                ),
            ),
        ),
        ArchitectureInfo(
            "lenet", "LeNet", "two 5×5 convolutions and two dense layers", 16,
            (
                OptionInfo(
                    "channels", "Channels", "wholes", (20, 50), "Channels of the two convolutions",
                    exactly=2,
                ),
                OptionInfo("hidden", "Hidden width", "whole", 500, _HIDDEN, unit="units"),
            ),
        ),
        ArchitectureInfo(
            "zenke", "ZenkeNet", "four convolutions 32-32-64-64 and a dense 512", 10,
            (
                OptionInfo(
                    "channels", "Channels", "wholes", (32, 32, 64, 64), "Channels of the four convolutions",
                    exactly=4,
                ),
                OptionInfo("hidden", "Hidden width", "whole", 512, _HIDDEN, unit="units"),
                OptionInfo(
                    "dropout", "Dropout", "number", 0.25, "Share that is dropped after each block", 0, 0.95
                ),
                OptionInfo(
                    "hidden_dropout", "Dropout, hidden", "number", 0.5,
                    "Share that is dropped before the outputs", 0, 0.95,
                ),
            ),
        ),
        ArchitectureInfo(
            "resnet32", "ResNet-32", "31 convolutions with shortcuts, for 32×32 images", 1,
            (
                OptionInfo(
                    "channels", "Channels", "wholes", (16, 32, 64),
                    "Channels of each stage; every stage after the first halves the image",
                    least=1,
                ),
                OptionInfo(
                    "blocks", "Blocks a stage", "whole", 5,
                    "Residual blocks of each stage, two convolutions a block: 5 make 32 layers", 1, 200,
                ),
                OptionInfo(
                    "norm", "Normalisation", "choice", "batch",
                    "batch: statistics kept for each condition; group: no statistics; none",
                    choices=("batch", "group", "none"),
                ),
            ),
        ),
    )
}  # fmt: skip

_IMPORT_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


def is_import_path(architecture: str) -> bool:
    """Whether the text has the form ``package.module:Class``; nothing is imported."""
    return _IMPORT_PATH.fullmatch(architecture) is not None


def option(architecture: str, name: str) -> OptionInfo | None:
    """The option of that name; None where there is none, or the architecture is not known here."""
    info = ARCHITECTURES.get(architecture)
    return next((o for o in info.options if o.name == name), None) if info else None


def option_problem(info: OptionInfo, value: Any) -> str:
    """What is wrong with a value for an option, as ``must be ...``; empty when nothing is."""
    if info.kind == "choice":
        return "" if value in info.choices else f"must be one of {', '.join(info.choices)}"
    many = info.kind == "wholes"
    if many != isinstance(value, tuple | list):
        return "must be a list of numbers" if many else "must be one number"
    numbers = value if many else (value,)
    whole = info.kind != "number"
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int if whole else int | float):
            return f"must be {'whole numbers' if many else 'a whole number' if whole else 'a number'}"
    if many and info.exactly not in (None, len(numbers)):
        return f"must be {info.exactly} numbers"
    if len(numbers) < info.least:
        return "must be one number or more"
    if not all(info.low <= number <= info.high for number in numbers):
        return f"must {'all ' if many else ''}be {option_range(info)}"
    return ""


def option_range(info: OptionInfo) -> str:
    """What the numbers of an option may be, in words; empty where it has none."""
    return "" if info.kind == "choice" else f"from {info.low:g} to {info.high:g}".replace("100000", "100 000")
