"""Chain health: why a deep chain fails or holds, for a path, beside the same of another session."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QScrollArea, QToolButton, QVBoxLayout, QWidget

from hhstudio.core.analysis import questions as q
from hhstudio.core.analysis.answers import Health
from hhstudio.gui.state.analysis import Analysis
from hhstudio.gui.views.analysis.chain_picture import Axes, ChainPicture
from hhstudio.gui.views.analysis.chain_verdict import HELP, verdict
from hhstudio.gui.views.analysis.view import AnalysisView, readers_in_words
from hhstudio.gui.widgets.choice import Choice
from hhstudio.gui.widgets.markup import Markup, TextLabel, letters
from hhstudio.gui.widgets.task_style import task_label
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.service.analysis.client import AnalysisClient
from hhstudio.service.analysis.protocol import Reply


class HealthView(AnalysisView):
    """One picture for the session that is shown, and one below for another that was put beside it."""

    nothing = Markup(
        "<p style='font-size:15px'><b>Why does this chain hold, or fail?</b></p>"
        "<p>Scale of what each level generates, the gradient that reaches it,<br>"
        "how errors grow on their way, and what each level contributes.</p>"
    )
    _beside_replied = Signal(object)

    def __init__(self, analysis: Analysis) -> None:
        super().__init__(analysis)
        self.path = Choice("Path", "root → … → solver")
        self.task = Choice("Task", "on whose test images gradients, errors and contributions are measured")
        self.beside = QToolButton()
        self.beside.setText("Beside …")
        self.beside.setToolTip("Show the same path of another session below, on the same axes")
        self.beside.clicked.connect(self.choose_beside)
        self.help = QToolButton()
        self.help.setText("How to read this")
        self.help.setCheckable(True)
        self.help.toggled.connect(self._help_toggled)
        for control in (self.path, self.task, self.beside, self.help):
            self.flow.addWidget(control)
        self.explanation = TextLabel(HELP)
        self.explanation.setWordWrap(True)
        self.explanation.hide()
        self.verdict = _verdict_label()
        self.picture = ChainPicture()
        self.other_verdict = _verdict_label()
        self.other_picture = ChainPicture()
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 4, 0)
        for widget in (self.explanation, self.verdict, self.picture, self.other_verdict, self.other_picture):
            column.addWidget(widget, 1 if isinstance(widget, ChainPicture) else 0)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        scroll.setWidget(inside)
        outer = QVBoxLayout(self.body)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        self._shown: object = None
        self._health: Health | None = None
        self._other: Health | None = None
        self._other_client: AnalysisClient | None = None
        self._other_name = ""
        self._other_path: Path | None = None
        self._other_due = False
        self._beside_replied.connect(self._take_beside)
        for choice in (self.path, self.task):
            choice.chosen.connect(self._chosen)
        self._show_other()

    # asking -------------------------------------------------------------------------------------------

    def history_changed(self) -> None:
        history = self.history
        self.path.offer([(path, path) for path in (history.paths if history else ())])
        if history is not None and history.paths and self._shown is not history:
            self._shown = history
            self.path.set_value(history.paths[-1])  # the deepest, most often: the one in question
        tasks = history.tasks if history else ()
        self.task.offer([("latest", None), *((task_label(tasks, t), t) for t in range(len(tasks)))])

    def question(self) -> q.Health | None:
        path, task = self.path.value, self.task.value
        if not isinstance(path, str):
            return None
        return q.Health(path=path, task=task if isinstance(task, int) else None)

    def select_path(self, path: str) -> None:
        """As chosen elsewhere in the window."""
        if path != self.path.value and self.path.set_value(path):
            self.ask_soon()

    def _chosen(self) -> None:
        self.ask_now()
        self._ask_beside()

    # showing ------------------------------------------------------------------------------------------

    def show_answer(self, reply: Reply) -> None:
        assert isinstance(reply.answer, Health)
        self._health = reply.answer
        self._draw()
        measured = f"measured at step {reply.step}" if reply.step is not None else ""
        health = reply.answer
        images = f" on {health.images} test images" if health.images else ", without test images"
        images += (
            f" (contributions on {health.contribution_images})"
            if health.contribution_images > health.images
            else ""
        )
        if health.images:
            images += f", {readers_in_words(health.task, health.readers)}"
        self.words.setText(f"{measured}{images}; in {reply.seconds:.1f} s")

    def recolour(self) -> None:
        self._draw()

    def _draw(self) -> None:
        shown = [health for health in (self._health, self._other) if health is not None]
        axes = Axes.of(shown) if shown else None
        mine = self.analysis.path
        own = f"{mine.stem}: " if mine is not None and self._other is not None else ""
        for health, label, picture, name in (
            (self._health, self.verdict, self.picture, own),
            (self._other, self.other_verdict, self.other_picture, f"{self._other_name}: "),
        ):
            picture.set_health(health, axes, self._root())
            if health is not None:
                grade, text = verdict(health)
                theme = current_theme()
                color = {"good": theme.ok, "mixed": theme.warn, "bad": theme.error}[grade]
                label.setText(Markup(f"<span style='color:{color}'>●</span> {letters(name + text)}"))
        self._show_other()

    def _root(self) -> str:
        topology = self.history.topology if self.history else None
        return topology.by_id[topology.root].name if topology and topology.root in topology.by_id else "H0"

    def _help_toggled(self, on: bool) -> None:
        self.explanation.setVisible(on)

    # another session ----------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether the session beside has yet to answer."""
        return self._other_client is not None and (self._other_client.busy or self._other_due)

    def choose_beside(self) -> None:
        """Ask for another session, or take the one that is there away."""
        if self._other_client is not None:
            self.release()
            self._draw()
            return
        dialog = QFileDialog(self, "Another session", "", "Sessions (*.h5)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.put_beside(Path(name)))
        dialog.open()

    def put_beside(self, path: Path) -> None:
        """Show the same path of this session below."""
        if self._other_client is not None and path == self._other_path:
            return
        self.release()
        self._other_name, self._other_path = path.stem, path
        self._other_client = self.analysis.another(path)
        self.other_verdict.setText(f"{path.stem}: asking …")
        self.other_verdict.show()
        self._ask_beside()

    def release(self) -> None:
        """Let go of the other session."""
        if self._other_client is not None:
            self._other_client.close(wait=5.0)
        self._other_client, self._other = None, None
        self._show_other()

    def _ask_beside(self) -> None:
        question = self.question()
        if self._other_client is not None and question is not None:
            self._other_due = True
            self._other_client.ask(question, self._beside_replied.emit)

    def _take_beside(self, reply: Reply) -> None:
        if self._other_client is None:
            return
        self._other_due = False
        if not isinstance(reply.answer, Health):
            self._other = None
            self._draw()
            self.other_verdict.setText(f"{self._other_name}: {reply.error}")
            self.other_verdict.show()
            return
        self._other = reply.answer
        self._draw()

    def _show_other(self) -> None:
        there = self._other_client is not None
        self.other_verdict.setVisible(there)
        self.other_picture.setVisible(self._other is not None)
        self.beside.setText("Alone" if there else "Beside …")


def _verdict_label() -> TextLabel:
    label = TextLabel()
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
