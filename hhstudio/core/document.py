"""The document: a spec that changes under its views, with undo.

Because specs are immutable, a command is its title and the two specs around it: its inverse is exact by
construction, and undo is one assignment. Views hold ids, listen to :attr:`Document.changed`, and never
write to the document themselves; they ask a controller.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace
from psygnal import Signal

from hhstudio.core.spec import Spec
from hhstudio.core.topology import Topology


@dataclass(frozen=True)
class Diff:
    """What differs between two topologies, by id; ``settings``: the rest of the spec differs."""

    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    updated: frozenset[str] = frozenset()
    slots: bool = False
    settings: bool = False

    @classmethod
    def between(cls, before: Spec, after: Spec) -> Diff:
        old, new = before.topology, after.topology
        settings = any(
            getattr(before, f) is not getattr(after, f)
            for f in Spec.__struct_fields__
            if f != "topology" and getattr(before, f) != getattr(after, f)
        )
        if old is new:
            return cls(settings=settings)
        kept = {i for i in old.by_id.keys() & new.by_id.keys() if old.by_id[i] is not new.by_id[i]}
        return cls(
            added=frozenset(new.by_id.keys() - old.by_id.keys()),
            removed=frozenset(old.by_id.keys() - new.by_id.keys()),
            updated=frozenset(i for i in kept if old.by_id[i] != new.by_id[i]),
            slots=old.slots != new.slots or old.root != new.root,
            settings=settings,
        )


@dataclass(frozen=True)
class Command:
    """One undoable change. Commands with the same ``merge`` key that follow each other become one."""

    title: str
    before: Spec
    after: Spec
    merge: str | None = None


class Document:
    """A spec, its undo stack, and the signals that views listen to.

    ``changed(diff)`` follows every change of the spec; ``history_changed()`` every change of what can be
    undone, and of :attr:`modified`.
    """

    changed = Signal(Diff)
    history_changed = Signal()

    LIMIT = 1000
    """Commands kept; the oldest are forgotten first."""

    def __init__(self, spec: Spec | None = None) -> None:
        self._spec = spec or Spec()
        self._saved: Spec | None = self._spec
        self._done: list[Command] = []
        self._undone: list[Command] = []
        self._merging = False

    @property
    def spec(self) -> Spec:
        return self._spec

    @property
    def topology(self) -> Topology:
        return self._spec.topology

    @property
    def modified(self) -> bool:
        return self._spec is not self._saved and self._spec != self._saved

    @property
    def done(self) -> tuple[Command, ...]:
        """Commands that can be undone, oldest first."""
        return tuple(self._done)

    @property
    def undone(self) -> tuple[Command, ...]:
        """Commands that can be redone, the next one last."""
        return tuple(self._undone)

    def apply(self, title: str, after: Spec, merge: str | None = None) -> None:
        """Make ``after`` the spec, undoably. Nothing happens when it equals the present one."""
        if after == self._spec:
            return
        last = self._done[-1] if self._done else None
        if merge is not None and self._merging and last is not None and last.merge == merge:
            self._done[-1] = Command(last.title, last.before, after, merge)
        else:
            self._done.append(Command(title, self._spec, after, merge))
            del self._done[: -self.LIMIT]
        self._merging = merge is not None
        self._undone.clear()
        self._show(after)

    def apply_topology(self, title: str, after: Topology, merge: str | None = None) -> None:
        self.apply(title, replace(self._spec, topology=after), merge)

    def end_merge(self) -> None:
        """The gesture is over: the next command stands alone even with the same key."""
        self._merging = False

    def undo(self) -> bool:
        """Take the last command back; False when there is none."""
        if not self._done:
            return False
        command = self._done.pop()
        self._undone.append(command)
        self._merging = False
        self._show(command.before)
        return True

    def redo(self) -> bool:
        """Do again what was undone last; False when there is nothing."""
        if not self._undone:
            return False
        command = self._undone.pop()
        self._done.append(command)
        self._merging = False
        self._show(command.after)
        return True

    def reset(self, spec: Spec, saved: bool = True) -> None:
        """Another document: forget the undo history."""
        self._done.clear()
        self._undone.clear()
        self._merging = False
        self._saved = spec if saved else None
        self._show(spec)

    def mark_saved(self) -> None:
        self._saved = self._spec
        self.history_changed.emit()

    def _show(self, after: Spec) -> None:
        diff = Diff.between(self._spec, after)
        self._spec = after
        self.changed.emit(diff)
        self.history_changed.emit()
