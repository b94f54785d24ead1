"""Solver architectures that a spec can name: what they are, their options, the smallest image they work on.

Known without torch, so that a palette can offer them and a spec is checked before a run. Building them
is :mod:`hhstudio.nets.solvers`.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, NamedTuple

import msgspec

from hhstudio.core.spec.setting import setting

_MOST = 100_000
"""Units or channels of a layer."""
_HIDDEN = "Units of the hidden layer between the convolutions and the outputs"

# fmt: off

class SmallCNNOptions(msgspec.Struct, frozen=True, kw_only=True):
    channels: Annotated[tuple[int, ...], setting(
        "Channels", "Channels of each convolution, which halves the image: as many convolutions as numbers",
        at_least=1, at_most=_MOST,
    )] = (8, 16)


class MLPOptions(msgspec.Struct, frozen=True, kw_only=True):
    hidden: Annotated[tuple[int, ...], setting(
        "Hidden widths", "Units of each hidden layer: as many layers as numbers", at_least=1, at_most=_MOST,
        unit="units",
    )] = (400, 400)


class LeNetOptions(msgspec.Struct, frozen=True, kw_only=True):
    channels: Annotated[tuple[int, int], setting(
        "Channels", "Channels of the two convolutions", at_least=1, at_most=_MOST,
    )] = (20, 50)
    hidden: Annotated[int, setting(
        "Hidden width", _HIDDEN, at_least=1, at_most=_MOST, unit="units",
    )] = 500


class ZenkeOptions(msgspec.Struct, frozen=True, kw_only=True):
    channels: Annotated[tuple[int, int, int, int], setting(
        "Channels", "Channels of the four convolutions", at_least=1, at_most=_MOST,
    )] = (32, 32, 64, 64)
    hidden: Annotated[int, setting(
        "Hidden width", _HIDDEN, at_least=1, at_most=_MOST, unit="units",
    )] = 512
    dropout: Annotated[float, setting(
        "Dropout", "Share that is dropped after each block", at_least=0, at_most=0.95, slider=(0.0, 0.95),
    )] = 0.25
    hidden_dropout: Annotated[float, setting(
        "Dropout, hidden", "Share that is dropped before the outputs", at_least=0, at_most=0.95,
        slider=(0.0, 0.95),
    )] = 0.5


class ResNet32Options(msgspec.Struct, frozen=True, kw_only=True):
    channels: Annotated[tuple[int, ...], setting(
        "Channels", "Channels of each stage; every stage after the first halves the image", at_least=1,
        at_most=_MOST, count=(1, None),
    )] = (16, 32, 64)
    blocks: Annotated[int, setting(
        "Blocks a stage", "Residual blocks of each stage, two convolutions a block: 5 make 32 layers",
        at_least=1, at_most=200,
    )] = 5
    norm: Annotated[Literal["batch", "group", "none"], setting(
        "Normalisation", "batch: statistics kept for each condition; group: no statistics; none",
    )] = "batch"

# fmt: on


class ArchitectureInfo(NamedTuple):
    """``options``: its arguments, as settings. ``smallest``: least height and width of an image in pixels; 1
    where any image will do."""

    name: str
    title: str
    summary: str
    options: type[msgspec.Struct]
    smallest: int = 1


ARCHITECTURES: dict[str, ArchitectureInfo] = {
    info.name: info
    for info in (
        ArchitectureInfo(
            "small-cnn", "Small CNN", "two small strided convolutions, for quick looks", SmallCNNOptions
        ),
        ArchitectureInfo("mlp", "MLP", "fully connected layers on the pixels", MLPOptions),
        ArchitectureInfo("lenet", "LeNet", "two 5×5 convolutions and two dense layers", LeNetOptions, 16),
        ArchitectureInfo(
            "zenke", "ZenkeNet", "four convolutions 32-32-64-64 and a dense 512", ZenkeOptions, 10
        ),
        ArchitectureInfo(
            "resnet32", "ResNet-32", "31 convolutions with shortcuts, for 32×32 images", ResNet32Options
        ),
    )
}

IMPORT_PATH = r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*"
"""Regular expression of ``package.module:Class``."""


def is_import_path(architecture: str) -> bool:
    """Whether the text has the form ``package.module:Class``: letters, digits, underlines, dots and a colon,
    which can stand in a command as they are. Nothing is imported."""
    return re.fullmatch(IMPORT_PATH, architecture) is not None
