"""Resource files: ``resources/``, beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def resource(name: str) -> Path:
    """Path of a shipped file or folder, as ``presets/quickstart.json``. Raises FileNotFoundError."""
    for base in (_PACKAGE / "resources", _PACKAGE.parent / "resources"):
        if (base / name).exists():
            return base / name
    raise FileNotFoundError(f"hhstudio was installed without its resource {name!r}")
