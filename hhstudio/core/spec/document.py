"""Document: a spec that changes under its views, with undo.

Because specs are immutable, a command is its title and the two specs around it: its inverse is exact by
construction, and undo is one assignment. Views hold ids, listen to :attr:`Document.changed`, and never
write to the document themselves; they ask a controller.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace
from psygnal import Signal

from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree.topology import Node, Topology


@dataclass(frozen=True)
class Diff:
    """What differs between two topologies, by id; ``settings``: the rest of the spec differs.

    ``updated``: nodes that are another in any field, ``moved`` those of them that have another place,
    ``rewritten`` those that differ in more than their place; ``orientation`` and ``annotations``: of the
    drawing.
    """

    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    updated: frozenset[str] = frozenset()
    slots: bool = False
    settings: bool = False
    moved: frozenset[str] = frozenset()
    rewritten: frozenset[str] = frozenset()
    orientation: bool = False
    annotations: bool = False

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
        touched = {i for i in old.by_id.keys() & new.by_id.keys() if old.by_id[i] is not new.by_id[i]}
        updated = frozenset(i for i in touched if old.by_id[i] != new.by_id[i])
        return cls(
            added=frozenset(new.by_id.keys() - old.by_id.keys()),
            removed=frozenset(old.by_id.keys() - new.by_id.keys()),
            updated=updated,
            slots=old.slots != new.slots or old.root != new.root,
            settings=settings,
            moved=frozenset(i for i in updated if old.by_id[i].position != new.by_id[i].position),
            rewritten=frozenset(i for i in updated if _unplaced(old.by_id[i]) != _unplaced(new.by_id[i])),
            orientation=old.orientation != new.orientation,
            annotations=old.annotations != new.annotations,
        )

    @property
    def tree(self) -> bool:
        """Whether anything but places, the drawing and the settings differs."""
        return bool(self.added or self.removed or self.slots or self.rewritten)


def _unplaced(node: Node) -> Node:
    return replace(node, position=None, pinned=False)


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

    LIMIT = 20_000
    """Commands kept; the oldest are forgotten first. A command costs two references a node, since specs
    share what they have in common."""

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
    def saved(self) -> Spec | None:
        """The spec as it was saved or opened; None for a document that never was."""
        return self._saved

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

    @property
    def position(self) -> int:
        """How many commands are done."""
        return len(self._done)

    @property
    def steps(self) -> int:
        """How many commands there are, done or undone."""
        return len(self._done) + len(self._undone)

    def step_title(self, number: int) -> str:
        """The title of the command with that number, counted from 1 over done and undone ones."""
        done = len(self._done)
        return self._done[number - 1].title if number <= done else self._undone[done - number].title

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

    def cancel_merge(self) -> None:
        """The gesture that is going on is cancelled: as if it had not begun. Nothing where there is none."""
        if self._merging and self._done:
            self._merging = False
            self._show(self._done.pop().before)

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

    def go_to(self, position: int) -> None:
        """Undo or redo until ``position`` commands are done; the views are told once. Raises IndexError
        where there are not so many."""
        steps = position - len(self._done)
        if position < 0 or steps > len(self._undone):
            raise IndexError(f"there are {len(self._done) + len(self._undone)} commands, not {position}")
        if not steps:
            return
        source, goal = (self._undone, self._done) if steps > 0 else (self._done, self._undone)
        for _ in range(abs(steps)):
            goal.append(source.pop())
        self._merging = False
        self._show(goal[-1].after if steps > 0 else goal[-1].before)

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
        before, self._spec = self._spec, after
        if before.topology is not after.topology:
            vars(before.topology).clear()  # its look-up tables: made again should it come back
        self.changed.emit(diff)
        self.history_changed.emit()
