"""Presets that ship with the studio: complete specs in ``resources/presets``."""

from __future__ import annotations

import os
from pathlib import Path

from hhstudio.core.errors import SpecError
from hhstudio.core.resources import resource
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import Spec

#: Quickest first; a preset that is not named here follows, by name.
_ORDER = ("quickstart", "split-mnist", "permuted-mnist", "split-cifar100", "original-figure", "growing")


def preset_names() -> tuple[str, ...]:
    names = [file.stem for file in resource("presets").glob("*.json")]
    return tuple(
        sorted(names, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))
    )


def preset(name: str) -> Spec:
    """The preset of that name. Raises :class:`SpecError` naming the known ones."""
    if name not in preset_names():
        raise SpecError(f"there is no preset {name!r}; known: {', '.join(preset_names())}")
    return specs.load(resource(f"presets/{name}.json"))


def spec_named(name: str, folder: Path = Path()) -> Spec:
    """What somebody means who names a spec: a preset, else a file, looked for in ``folder``.

    Raises :class:`SpecError` naming the presets, or saying what is wrong with the file.
    """
    if name in preset_names():
        return preset(name)
    file = folder / os.path.expanduser(name)  # noqa: PTH111 - pathlib raises for an unknown user
    if file.suffix == ".json" or file.is_file():
        return specs.load(file)
    names = ", ".join(preset_names())
    raise SpecError(f"{name!r} is neither a preset ({names}) nor a file")
