"""hhstudio: the studio for hierarchical hypernetworks.

``hhstudio.open(path)`` reads a session, ``hhstudio.run(spec, out)`` trains one. Importing the package
loads neither torch nor Qt.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.3.0"
__all__ = ["__version__", "open", "run"]

_LAZY = {"open": "hhstudio.service.analysis.session", "run": "hhstudio.service.api"}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'hhstudio' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)
