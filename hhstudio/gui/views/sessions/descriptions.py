"""Descriptions of sessions in a list: state, accuracy, data, tool tip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hhstudio.core.formatting import duration, percent, size

if TYPE_CHECKING:
    from hhstudio.store.catalog.catalog_entry import CatalogEntry
    from hhstudio.store.catalog.index import IndexedSession

_STATES = {"failed": "interrupted"}


def state_word(found: CatalogEntry) -> str:
    if found.error:
        return "cannot be read"
    return _STATES.get(found.state, found.state)


def summary(found: CatalogEntry) -> str:
    """What a session reached, in a few words."""
    if found.error:
        return found.error.removeprefix(f"{found.path}: ")
    reached = [f"{100 * value:.1f}" for value in found.average.values() if value is not None]
    if not reached:
        return f"at step {found.step}" if found.step else state_word(found)
    return " / ".join(reached) + " %"


def about(entry: IndexedSession) -> str:
    """What a session was about: its tags, data, time and size."""
    found = entry.session
    if found.error:
        return size(found.size)
    parts = [found.dataset, f"{found.tasks} tasks" if found.tasks else "", duration(found.seconds)]
    return " · ".join(filter(None, [*parts, size(found.size)]))


def tooltip(entry: IndexedSession) -> str:
    found, notes = entry.session, entry.notes
    lines = [str(found.path)]
    if found.error:
        lines.append(found.error)
    else:
        lines.append(f"{state_word(found)}, step {found.step} of {found.total_steps}")
        lines += [f"{name}: {percent(value)}" for name, value in found.average.items()]
        about_it = f"{found.name}: {found.dataset} on {found.device}"
        lines.append(f"{about_it}, {duration(found.seconds)}, {size(found.size)}")
    if found.pending_journal and found.state != "running":
        lines.append("ended without a word; opening it takes in what its journal holds")
    if notes.tags:
        lines.append("tags: " + ", ".join(notes.tags))
    if notes.text:
        lines.append(notes.text[:400])
    return "\n".join(lines)


def haystack(entry: IndexedSession) -> str:
    """All words by which a session can be found."""
    found, notes = entry.session, entry.notes
    tags = " ".join(f"#{tag}" for tag in notes.tags)
    parts = (found.path.stem, found.name, found.dataset, found.device, state_word(found), tags, notes.text)
    return "\n".join(parts).casefold()
