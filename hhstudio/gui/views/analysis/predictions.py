"""Predictions: an image in, what every path makes of it out; feature maps, and confusions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QKeySequence,
    QPainter,
    QPixmap,
    QShortcut,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QScrollArea,
    QSplitter,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from hhstudio.core.analysis import questions as q
from hhstudio.core.analysis.answers import Confusion, FeatureMaps, Images, Prediction, TaskConfusion
from hhstudio.gui.state.analysis import Analysis
from hhstudio.gui.views.analysis.prediction_table import GuessTable
from hhstudio.gui.views.analysis.thumbnails import Thumbnails
from hhstudio.gui.views.analysis.view import AnalysisView, readers_in_words
from hhstudio.gui.widgets.choice import Choice
from hhstudio.gui.widgets.heat_map import Content, HeatMap, Label, labels
from hhstudio.gui.widgets.markup import Markup, TextLabel, letters
from hhstudio.gui.widgets.pixels import enlarged, image_of, maps_of, pixels_of
from hhstudio.gui.widgets.task_style import task_label, task_short
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.service.analysis.protocol import Reply

_PAGE = 60
_PICTURE = 132
_LARGEST = 4096
"""Pixels of the longer side of an image that is taken in."""


class PredictionsView(AnalysisView):
    """The browser on the left gives the image; the tabs show what becomes of it."""

    nothing = Markup(
        "<p style='font-size:15px'><b>Try the solvers</b></p>"
        "<p>Choose a test image, drop one, or paste one: every path says what it sees,<br>"
        "how sure it is, and which task it takes it for.</p>"
    )

    def __init__(self, analysis: Analysis) -> None:
        super().__init__(analysis)
        self._prediction: Prediction | None = None
        self.setAcceptDrops(True)
        self.path = Choice("Path", "for feature maps and confusion")
        self.task = Choice("Task", "whose test images are shown, and whose solver is looked into")
        self.open = QToolButton()
        self.open.setText("Open …")
        self.open.setToolTip("Open an image file; files can also be dropped here")
        self.open.clicked.connect(self.choose_file)
        self.paste = QToolButton()
        self.paste.setText("Paste")
        self.paste.setToolTip("Take the image on the clipboard (Ctrl+V)")
        self.paste.clicked.connect(self.paste_image)
        for control in (self.path, self.task, self.open, self.paste):
            self.flow.addWidget(control)
        QShortcut(
            QKeySequence.StandardKey.Paste,
            self,
            self.paste_image,
            context=Qt.ShortcutContext.WidgetWithChildrenShortcut,
        )
        self.thumbnails = Thumbnails()
        self.picture = TextLabel()
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setMinimumHeight(_PICTURE + 8)
        self.truth = TextLabel()
        self.truth.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.truth.setWordWrap(True)
        self.guesses = GuessTable()
        self.features = TextLabel()
        self.features.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.confusion = HeatMap("Confusion matrix")
        self.which = Choice("Of", "classes within a task, or tasks of the path")
        self.which.offer([("classes", "classes"), ("tasks", "tasks")])
        self._build()
        self._image: q.Predict | None = None
        self._confusion: Confusion | None = None
        for choice in (self.path, self.task):
            choice.chosen.connect(self._chosen)
        self.which.chosen.connect(self._ask_confusion)
        self.thumbnails.image_chosen.connect(self._image_chosen)
        self.guesses.condition_chosen.connect(self._condition_chosen)
        self.confusion.described.connect(self.words.setText)
        self.confusion.chosen.connect(self._cell_chosen)
        self.tabs.currentChanged.connect(lambda _: self._ask_tab())

    def _build(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (self.picture, self.truth):
            column.addWidget(widget)
        column.addWidget(self.thumbnails, 1)
        maps = QScrollArea()
        maps.setWidgetResizable(True)
        maps.setWidget(self.features)
        grid = QWidget()
        below = QVBoxLayout(grid)
        below.setContentsMargins(4, 4, 4, 4)
        line = QHBoxLayout()
        line.addWidget(self.which)
        line.addStretch(1)
        below.addLayout(line)
        below.addWidget(self.confusion, 1)
        self.tabs = QTabWidget()
        self.tabs.setProperty("plain", True)
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.guesses, "Predictions")
        self.tabs.addTab(maps, "Feature maps")
        self.tabs.addTab(grid, "Confusion")
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(left)
        splitter.addWidget(self.tabs)
        splitter.setStretchFactor(1, 3)
        splitter.setSizes([190, 470])
        outer = QHBoxLayout(self.body)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(splitter)

    # what is chosen -----------------------------------------------------------------------------------

    def history_changed(self) -> None:
        history = self.history
        self.path.offer([(path, path) for path in (history.paths if history else ())])
        tasks = history.tasks if history else ()
        self.task.offer([(task_label(tasks, task), task) for task in range(len(tasks))])
        self._image = None

    def question(self) -> q.Images | None:
        """The page of test images; the rest follows from the image that is chosen."""
        if not isinstance(self.task.value, int):
            return None
        return q.Images(task=self.task.value, indices=tuple(range(_PAGE)))

    def show_answer(self, reply: Reply) -> None:
        assert isinstance(reply.answer, Images)
        self._show_images(reply.answer)
        if self._image is None and self.thumbnails.count():
            self.thumbnails.setCurrentRow(0)
        self._ask_tab()

    def recolour(self) -> None:
        if self._prediction is not None and self.guesses.rowCount():
            self.guesses.show_prediction(self._prediction, self.history.tasks if self.history else ())
            self._ask_tab()

    def select_path(self, path: str) -> None:
        """As chosen elsewhere in the window."""
        if path != self.path.value and self.path.set_value(path):
            self._ask_tab()

    def select_task(self, task: int) -> None:
        if task >= 0 and task != self.task.value and self.task.set_value(task):
            self.ask_soon()

    def _chosen(self) -> None:
        self.ask_now()

    def _condition_chosen(self, path: str, task: int) -> None:
        """A row of the table: look into that solver, at the same image."""
        self.path.set_value(path)
        if task != self.task.value:
            self.task.set_value(task)

    # an image -----------------------------------------------------------------------------------------

    def _image_chosen(self, task: int, index: int) -> None:
        self._take(q.Predict(test_image=(task, index)))

    def choose_file(self) -> None:
        dialog = QFileDialog(self, "An image", "", "Images (*.png *.jpg *.jpeg *.bmp *.webp *.gif)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.take_file(Path(name)))
        dialog.open()

    def take_file(self, path: Path) -> None:
        image = QImage(str(path))
        if image.isNull():
            self.complain(f"{path.name}: this is no image that can be read")
        else:
            self.take_image(image)

    def paste_image(self) -> None:
        image = QGuiApplication.clipboard().image()
        if image.isNull():
            self.words.setText("There is no image on the clipboard")
        else:
            self.take_image(image)

    def take_image(self, image: QImage) -> None:
        """Have the paths look at a picture; it is brought to the size that they know."""
        if max(image.width(), image.height()) > _LARGEST:
            image = image.scaled(_LARGEST, _LARGEST, Qt.AspectRatioMode.KeepAspectRatio)
        self.thumbnails.setCurrentItem(None)  # type: ignore[call-overload]
        self._take(q.Predict(image=pixels_of(image)))

    def _take(self, question: q.Predict) -> None:
        self._image = question
        self.ask(question, self._predicted, "prediction")
        if self.tabs.currentIndex() == 1:
            self._ask_features()

    def _predicted(self, reply: Reply) -> None:
        if not isinstance(reply.answer, Prediction):
            self.complain(reply.error)
            return
        self._prediction = prediction = reply.answer
        self.picture.setPixmap(enlarged(image_of(prediction.image), _PICTURE))
        task, name = prediction.truth
        tasks = self.history.tasks if self.history else ()
        answer = f"<b>{letters(name)}</b><br>{letters(task_label(tasks, task))}"
        self.truth.setText(Markup(answer) if task >= 0 else "your image")
        self.guesses.show_prediction(prediction, tasks)
        self.words.setText("")

    # tabs ---------------------------------------------------------------------------------------------

    def _ask_tab(self) -> None:
        if self.tabs.currentIndex() == 1:
            self._ask_features()
        elif self.tabs.currentIndex() == 2:
            self._ask_confusion()

    def _ask_features(self) -> None:
        path, task = self.path.value, self.task.value
        if self._image is None or not isinstance(path, str) or not isinstance(task, int):
            return
        image = self._image
        self.ask(
            q.Features(path=path, task=task, image=image.image, test_image=image.test_image),
            self._featured,
            "features",
        )

    def _featured(self, reply: Reply) -> None:
        if not isinstance(reply.answer, FeatureMaps):
            self.complain(reply.error)
            return
        width = max(self.features.width(), 240)
        sheets = []
        for name, maps in reply.answer.maps.items():
            side = 6 if maps.shape[2] < 8 else 3 if maps.shape[2] < 20 else 2
            columns = max(1, width // ((maps.shape[2] + 1) * side))
            sheet = maps_of(np.asarray(maps), columns, current_theme().dark)
            sheets.append((name, maps.shape, QPixmap.fromImage(sheet.scaled(sheet.size() * side))))
        self.features.setPixmap(_stacked(sheets, width, self.font()))
        self.words.setText(
            f"{reply.answer.path}, {task_short(reply.answer.task)}: what each convolution gives, before its "
            "activation; every map from its lowest to its highest value"
        )

    def _ask_confusion(self) -> None:
        path, task = self.path.value, self.task.value
        if not isinstance(path, str) or not isinstance(task, int):
            return
        if self.which.value == "tasks":
            self.ask(q.TaskConfusion(path=path), self._tasks_confused, "confusion")
        else:
            self.ask(q.Confusion(path=path, task=task), self._confused, "confusion")

    def _confused(self, reply: Reply) -> None:
        if not isinstance(reply.answer, Confusion):
            self.complain(reply.error)
            return
        confusion = self._confusion = reply.answer
        shares = confusion.matrix / np.maximum(confusion.matrix.sum(axis=1, keepdims=True), 1)

        def described(i: int, j: int) -> str:
            count = int(confusion.matrix[i, j])
            what = "classified right" if i == j else f"taken for {confusion.classes[j]}"
            return f"{confusion.classes[i]}: {count} ({100 * shares[i, j]:.1f} %) {what}; click to see them"

        names = labels(confusion.classes)
        self.confusion.set_content(Content(shares, names, names, 0.0, 1.0, False, _percent, described))
        wrong = [
            f"{confusion.classes[i]} for {confusion.classes[j]} ({n})"
            for i, j, n in confusion.most_confused(3)
        ]
        said = "most often taken wrongly: " + ", ".join(wrong) if wrong else "nothing is confused"
        self.words.setText(f"{said}; {readers_in_words(confusion.task, confusion.readers)}")

    def _tasks_confused(self, reply: Reply) -> None:
        if not isinstance(reply.answer, TaskConfusion):
            self.complain(reply.error)
            return
        confusion, self._confusion = reply.answer, None
        tasks = self.history.tasks if self.history else ()
        names = tuple(Label(task_short(task), task) for task in confusion.tasks)

        def described(i: int, j: int) -> str:
            one, other = (task_label(tasks, confusion.tasks[k]) for k in (i, j))
            return f"of {one}, {100 * confusion.matrix[i, j]:.1f} % seem to belong to {other}: least entropy"

        self.confusion.set_content(
            Content(confusion.matrix, names, names, 0.0, 1.0, False, _percent, described)
        )
        right = float(np.trace(confusion.matrix)) / max(len(confusion.tasks), 1)
        self.words.setText(f"entropy picks the right task for {100 * right:.0f} % of the images")

    def _cell_chosen(self, i: int, j: int) -> None:
        """Show the images of a cell."""
        confusion = self._confusion
        if confusion is None:
            return
        indices = confusion.cell(i, j)[:_PAGE]
        if not len(indices):
            return
        taken = [confusion.classes[j]] * len(indices) if i != j else []
        self.ask(
            q.Images(task=confusion.task, indices=tuple(int(at) for at in indices)),
            lambda reply: self._show_cell(reply, taken),
            "cell",
        )

    def _show_cell(self, reply: Reply, taken: list[str]) -> None:
        if isinstance(reply.answer, Images):
            self._show_images(reply.answer, taken)
        else:
            self.complain(reply.error)

    def _show_images(self, images: Images, taken: list[str] | None = None) -> None:
        self.thumbnails.show_images(images, taken or ())

    # dropped files ------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasImage() or _picture_of(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = _picture_of(event)
        if path is not None:
            self.take_file(path)
        elif event.mimeData().hasImage():
            self.take_image(QImage(event.mimeData().imageData()))
        event.acceptProposedAction()


def _picture_of(event: QDragEnterEvent | QDropEvent) -> Path | None:
    urls = event.mimeData().urls()
    if len(urls) != 1 or not urls[0].isLocalFile():
        return None
    path = Path(urls[0].toLocalFile())
    return path if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif") else None


def _percent(value: float) -> str:
    return f"{100 * value:.0f}"


def _stacked(sheets, width, font) -> QPixmap:  # type: ignore[no-untyped-def]
    """Sheets below each other, each under its name."""
    height = sum(sheet.height() + 26 for _, _, sheet in sheets)
    stack = QPixmap(max([width, *(sheet.width() for _, _, sheet in sheets)]), max(height, 1))
    stack.fill(Qt.GlobalColor.transparent)
    painter = QPainter(stack)
    painter.setFont(font)
    top = 0
    for name, shape, sheet in sheets:
        painter.setPen(QColor(current_theme().text))
        painter.drawText(2, top + 15, f"{name}   {' × '.join(map(str, shape))}")
        painter.drawPixmap(0, top + 21, sheet)
        top += sheet.height() + 26
    painter.end()
    return stack
