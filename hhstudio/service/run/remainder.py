"""Remainder of a run whose process ended without a last word: what its files hold, as they are read back."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from hhstudio.core.errors import SessionError
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
    from hhstudio.store.session.read_back import kept_in

    try:
        step = kept_in(out).checkpoint
    except (SessionError, OSError) as error:
        return Remainder(f"what is left cannot be read: {error}", None, False)
    if after == before:
        return Remainder(f"{out} is as it was before", step, False)
    if step is None:
        return Remainder(f"{out} holds the settings, and no checkpoint", None, True)
    text = f"the session {out} is kept: continue from the last checkpoint, step {step}"
    return Remainder(text, step, True)
