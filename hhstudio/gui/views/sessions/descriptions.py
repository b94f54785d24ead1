"""Descriptions of sessions in a list: state, accuracy, data, tool tip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hhstudio.core.formatting import duration, number, percent, size
from hhstudio.core.run.state_words import state_word

if TYPE_CHECKING:
    from hhstudio.store.catalog.catalog_entry import CatalogEntry
    from hhstudio.store.catalog.index import IndexedSession


def state_of(session: CatalogEntry) -> str:
    """In a word; of a file that is none of ours, that it cannot be read."""
    return "cannot be read" if session.error else state_word(session.state)


def summary(session: CatalogEntry) -> str:
    """What a session reached, in a few words."""
    if session.error:
        return session.error.removeprefix(f"{session.path}: ")
    reached = [number(100 * value, ".1f") for value in session.average.values() if value is not None]
    if not reached:
        return f"at step {session.step}" if session.step else state_of(session)
    return " / ".join(reached) + " %"


def about(entry: IndexedSession) -> str:
    """What a session was about: its tags, data, time and size."""
    session = entry.session
    if session.error:
        return size(session.size)
    parts = [session.dataset, f"{session.tasks} tasks" if session.tasks else "", duration(session.seconds)]
    return " · ".join(filter(None, [*parts, size(session.size)]))


def tooltip(entry: IndexedSession) -> str:
    session, notes = entry.session, entry.notes
    lines = [str(session.path)]
    if session.error:
        lines.append(session.error)
    else:
        lines.append(f"{state_of(session)}, step {session.step} of {session.total_steps}")
        lines += [f"{name}: {percent(value)}" for name, value in session.average.items()]
        about_it = f"{session.name}: {session.dataset} on {session.device}"
        lines.append(f"{about_it}, {duration(session.seconds)}, {size(session.size)}")
    if session.pending_journal and session.state != "running":
        lines.append("ended without a word; opening it takes in what its journal holds")
    if notes.tags:
        lines.append("tags: " + ", ".join(notes.tags))
    if notes.text:
        lines.append(notes.text[:400])
    return "\n".join(lines)


def haystack(entry: IndexedSession) -> str:
    """All words by which a session can be found."""
    session, notes = entry.session, entry.notes
    tags = " ".join(f"#{tag}" for tag in notes.tags)
    words = (session.path.stem, session.name, session.dataset, session.device, state_of(session))
    return "\n".join((*words, tags, notes.text)).casefold()
