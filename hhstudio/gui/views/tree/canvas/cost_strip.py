"""Cost line below the canvas: what the tree costs before it is trained, with a look ahead while one draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from msgspec.structs import replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from hhstudio.core.formatting import rough_duration, short_count, signed, size
from hhstudio.core.spec import rules
from hhstudio.core.spec.costs import Costs, ParameterCount, costs, count_costs, memory, steps
from hhstudio.core.spec.document import Diff, Document
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree import editing
from hhstudio.gui.widgets import glossary
from hhstudio.gui.widgets.markup import TextLabel
from hhstudio.gui.widgets.node_text import compression


class Measured(Protocol):
    """Measurements of a short run of a spec: seconds a step by path, of the whole run, and bytes."""

    @property
    def step_seconds(self) -> dict[str, float]: ...

    @property
    def seconds(self) -> float: ...

    @property
    def memory(self) -> int: ...


Measure = Callable[[Spec, Callable[[Measured], object], Callable[[Exception], object]], object]


class CostStrip(QWidget):
    """Numbers that are known at once; time and memory after :attr:`measure` has tried some steps."""

    said = Signal(str, bool)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self._measure: Measure | None = None
        self._measured: tuple[Spec, Measured] | None = None
        self._busy = False
        self.text = TextLabel()
        self.text.setAccessibleName("What the tree costs")
        self.ahead = TextLabel()
        self.ahead.setProperty("ahead", True)
        self.button = QPushButton("Measure step time")
        self.button.setToolTip("Try a few steps of every path in a worker: time a step, time in all, memory")
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(self.measure)
        self.button.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 3, 8, 3)
        row.setSpacing(12)
        row.addWidget(self.text)
        row.addWidget(self.ahead)
        row.addStretch(1)
        row.addWidget(self.button)
        for label in (self.text, self.ahead):
            label.setMinimumWidth(1)  # a long line is cut off: it must not push the panels beside it away
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        document.changed.connect(self._on_changed)
        self.show_costs()

    def set_measure(self, measure: Measure | None) -> None:
        """Who tries some steps; without one nothing is offered."""
        self._measure = measure
        self.button.setVisible(measure is not None)

    @property
    def step_seconds(self) -> dict[str, float]:
        """Seconds a step by path, as they were measured last; empty before. Paths keep theirs while other
        parts of the tree change, but not when settings do."""
        if self._measured is None or not _alike(self._measured[0], self.document.spec):
            return {}
        return dict(self._measured[1].step_seconds)

    def release(self) -> None:
        """Stop following the document; for when the widget goes."""
        self.document.changed.disconnect(self._on_changed, missing_ok=True)
        close = getattr(self._measure, "close", None)
        if close is not None:
            close()

    def preview(self, what: str, after: Spec | None) -> None:
        """Say what an edit that is being considered would add; None takes it back."""
        if after is None:
            self.ahead.clear()
            return
        self.ahead.setText(f"{what}: {difference(costs(self.document.spec), count_costs(after))}")

    def consider(self, source: str, target: str) -> None:
        """A slot that may be drawn, by ids: of ``source`` (empty: none) to ``target`` (empty: a solver)."""
        topology = self.document.topology
        if not source:
            self.preview("", None)
            return
        if target:
            after, what = editing.connect(topology, source, target), f"with {topology.by_id[target].name}"
        else:
            after, what = editing.add_solver(topology, source)[0], "a solver here"
        self.preview(what, replace(self.document.spec, topology=after))

    def measure(self) -> None:
        """Try some steps of the present spec."""
        if self._measure is None or self._busy:
            return
        spec = self.document.spec
        self._set_busy(True)

        def done(measured: Measured) -> None:
            self._measured = spec, measured
            self._set_busy(False)

        def failed(error: Exception) -> None:
            self._set_busy(False)
            self.said.emit(str(error), True)

        self._measure(spec, done, failed)

    def show_costs(self) -> None:
        spec = self.document.spec
        self.text.setText(line(spec, costs(spec)) + self._time(spec))
        glossary.explain(self.text, "Generated", _TIP)
        wrong = any(issue.severity == "error" for issue in rules.issues(spec))
        self.button.setEnabled(not self._busy and not wrong)

    def _time(self, spec: Spec) -> str:
        if self._measured is None:
            return ""
        for_spec, measured = self._measured
        each = [f"{1e3 * seconds:.3g} ms" for seconds in measured.step_seconds.values()]
        between = each[0] if len(set(each)) == 1 else f"{min(each, key=_ms)} to {max(each, key=_ms)}"
        old = "" if for_spec is spec else " (measured before the last edit)"
        whole = f"{rough_duration(measured.seconds)} in all, {size(measured.memory)} peak"
        return f"  ·  {between} a step, {whole}{old}"

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        self.button.setText("Measuring …" if busy else "Measure step time")
        self.show_costs()

    def _on_changed(self, diff: Diff) -> None:
        self.ahead.clear()
        if diff.tree or diff.settings:
            self.show_costs()


def _alike(one: Spec, other: Spec) -> bool:
    """Whether two specs differ in their trees only."""
    return replace(one, topology=other.topology) == other


_TIP = (
    "stored: weights of the root, embeddings and anchors, which are trained and kept\n"
    "generated: weights of all solvers for all their tasks\n"
    "×: numbers generated for each one that is stored\n"
    "memory: stored numbers with gradients and the optimiser's state, kept targets, and what one path "
    "generates"
)


def line(spec: Spec, tree_costs: Costs) -> str:
    """The costs of a spec in one line."""
    total = tree_costs.total
    if total is None:
        return "No path to count yet" if not spec.topology.paths else "Costs are known when the run starts"
    parts = [
        f"{short_count(total.stored)} stored",
        f"{short_count(total.generated)} generated ({compression(total)})",
        f"about {size(memory(spec, tree_costs) or 0)} memory",
    ]
    count = steps(spec)
    if count is not None:
        parts.append(f"{short_count(count)} steps")
    return "  ·  ".join(parts)


def difference(before: Costs, after: Costs) -> str:
    """What changes from one to the other, in words."""
    empty = ParameterCount()
    old, new = before.total or empty, after.total
    if new is None:
        weights = sum(cost.weights or 0 for cost in after.nodes.values())
        weights -= sum(cost.weights or 0 for cost in before.nodes.values())
        return f"{signed(weights)} weights" if weights else "no path yet"
    return f"{signed(new.stored - old.stored)} stored, {signed(new.generated - old.generated)} generated"


def _ms(text: str) -> float:
    return float(text.split()[0])
