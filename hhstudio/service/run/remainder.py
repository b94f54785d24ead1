"""Remainder of a run whose process ended without a last word: what its files hold, as they are read back."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from hhstudio.store.session.stamps import Stamps, stamps


class Remainder(NamedTuple):
    """``text``: in words; ``step``: of the last checkpoint, None where there is none; ``recorded``: whether
    the run wrote the session."""

    text: str
    step: int | None
    recorded: bool


def remainder(out: Path, before: Stamps) -> Remainder:
    """What a run left in ``out``, whose files had the stamps ``before`` when it began. Never raises."""
    after = stamps(out)
    if after == (None, None):
        return Remainder("nothing was kept", None, False)
    from hhstudio.store.session.read_back import read_back

    kept = read_back(out)
    if kept is None:
        return Remainder(f"what is left of {out} cannot be read", None, False)
    step = kept.checkpoint
    if after == before:
        return Remainder(f"{out} is as it was before", step, False)
    if step is None:
        return Remainder(f"{out} holds the settings, and no checkpoint", None, True)
    text = f"the session {out} is kept: continue from the last checkpoint, step {step}"
    return Remainder(text, step, True)
