"""Environment differences between two runs (texts by name, as a session records them)."""

from __future__ import annotations

from collections.abc import Mapping

DECISIVE = ("device", "device_name", "torch", "threads", "cpu")
"""Entries on which the bits of a result depend."""

_WORDS = {
    "device_name": "",
    "torch": "PyTorch ",
    "cpu": "instructions ",
    "threads": "threads: ",
    "device": "device ",
}


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """Decisive entries that differ, as ``PyTorch 2.11.0 before, now 2.12.0``."""
    return tuple(
        f"{_WORDS[name]}{before[name]} before, now {now[name]}"
        for name in DECISIVE
        if before.get(name) and now.get(name) and before[name] != now[name]
    )
