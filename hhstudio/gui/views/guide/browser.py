"""Guide browser: a page of Markdown as the theme has it, with pictures as wide as there is room."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontInfo,
    QImage,
    QResizeEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
)
from PySide6.QtWidgets import QFrame, QTextBrowser, QTextEdit, QWidget

from hhstudio.core import guide
from hhstudio.gui.widgets.theme import current_theme

_MONOSPACED = ["DejaVu Sans Mono", "Menlo", "Consolas", "monospace"]
_LARGER = {1: 1.5, 2: 1.22, 3: 1.08}
"""Size of headings by level, against the text's."""
_LEADING = 118.0
"""Height of a line in per cent."""
_PICTURE = "\ufffc"
"""The letter that stands where a picture is."""
_CODE_FENCE = int(QTextFormat.Property.BlockCodeFence)


class GuideBrowser(QTextBrowser):
    """Shows one page at a time, by its address: a page's name, with ``#`` and an anchor if need be.

    ``page``: name of the one that is shown, empty before there is one. ``page_changed``: it is another one.
    """

    page_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures: dict[str, QImage] = {}
        self._width = 0
        self.page = ""
        self.sourceChanged.connect(self._source_changed)
        self._refit = QTimer(self)
        self._refit.setSingleShot(True)
        self._refit.setInterval(60)
        self._refit.timeout.connect(self._fit_pictures)
        self.setOpenExternalLinks(True)
        self.setAccessibleName("Page of the guide")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # pictures know their room
        self.document().setDocumentMargin(12)

    def open_address(self, address: str) -> None:
        """``growing#policies``. A page that is not there leaves things as they are."""
        name, _, anchor = address.partition("#")
        if guide.page(name) is None:
            return
        url = QUrl.fromLocalFile(str(guide.folder() / f"{name}.md"))
        url.setFragment(anchor)
        self.setSource(url)

    def recolour(self) -> None:
        self._render_again()

    def mark(self, words: str) -> int:
        """Mark every place of the page where the words stand; how many there are."""
        marks: list[Any] = []
        place = self.document().find(words, 0) if words else QTextCursor()
        while not place.isNull():
            mark = QTextEdit.ExtraSelection()
            mark.cursor = place
            mark.format.setBackground(QColor(current_theme().selection))
            mark.format.setForeground(QColor(current_theme().text))
            marks.append(mark)
            place = self.document().find(words, place)
        self.setExtraSelections(marks)
        return len(marks)

    def go_to(self, words: str, back: bool = False, here: bool = False) -> bool:
        """Select the next place of the words, from the start again after the last; ``here``: also the one
        that is selected. Whether there is one."""
        flag = QTextDocument.FindFlag.FindBackward if back else QTextDocument.FindFlag(0)
        start = self.textCursor()
        if here:
            start.setPosition(start.selectionStart())
        place = self.document().find(words, start, flag)
        if place.isNull():
            ends = QTextCursor(self.document())
            if back:
                ends.movePosition(QTextCursor.MoveOperation.End)
            place = self.document().find(words, ends, flag)
        if place.isNull():
            return False
        self.setTextCursor(place)
        self.ensureCursorVisible()
        return True

    def _source_changed(self, url: QUrl) -> None:
        page = url.fileName().removesuffix(".md")
        if self.page != page:
            self.page = page
            self._pictures.clear()
            self._dress()
            self.page_changed.emit(self.page)
        if url.fragment():
            self.scrollToAnchor(url.fragment())

    # what Qt asks -----------------------------------------------------------------------------------

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        """Pictures as wide as there is room; everything else as it is, from the guide's folder only."""
        name = QUrl(name)
        url = self.source().resolved(name)
        if url.isLocalFile() and not url.toLocalFile().startswith(str(guide.folder())):
            return None
        if kind != QTextDocument.ResourceType.ImageResource.value or not url.isLocalFile():
            return super().loadResource(kind, name)
        picture = self._pictures.get(name.toString())
        if picture is None:
            picture = self._pictures[name.toString()] = QImage(url.toLocalFile())
        return self._fitted(picture)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._room() != self._width:
            self._refit.start()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self.page:
            self._render_again()

    # dressing ---------------------------------------------------------------------------------------

    def _room(self) -> int:
        return max(self.viewport().width() - 2 * round(self.document().documentMargin()) - 2, 80)

    def _fitted(self, picture: QImage) -> QImage:
        """At its own size where that fits, else as wide as the page, sharp on a fine screen."""
        ratio = self.devicePixelRatioF()
        width = min(self._room(), picture.width())
        if picture.isNull():
            return picture
        size = QSize(round(width * ratio), round(width * ratio * picture.height() / picture.width()))
        fitted = picture.scaled(
            size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        fitted.setDevicePixelRatio(ratio)
        return fitted

    def _fit_pictures(self) -> None:
        """After the page's width has changed."""
        if self._room() == self._width:
            return
        self._width = self._room()
        for name, picture in self._pictures.items():
            kind = QTextDocument.ResourceType.ImageResource
            self.document().addResource(kind.value, QUrl(name), self._fitted(picture))
        self.document().markContentsDirty(0, self.document().characterCount())

    def _render_again(self) -> None:
        """The same page at the same place, in other colours or another size."""
        if not self.page:
            return
        bar = self.verticalScrollBar()
        share = bar.value() / max(bar.maximum(), 1)
        self.reload()
        self._dress()
        bar.setValue(round(share * bar.maximum()))

    def _dress(self) -> None:
        """What Qt's reading of Markdown leaves plain: headings get anchors and room, code a ground, tables
        thin lines."""
        self._width = self._room()
        document = self.document()
        document.setUndoRedoEnabled(False)
        block = document.begin()
        while block.isValid():
            level = block.blockFormat().headingLevel()
            if level:
                self._dress_heading(block, level)
            elif block.blockFormat().hasProperty(_CODE_FENCE):
                self._dress_code(block)
            elif block.textList() is None and QTextCursor(block).currentTable() is None:
                self._space(block, above=0, below=8)
            block = block.next()
        for frame in document.rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                self._dress_table(frame)
        self._dress_inline_code()

    def _dress_heading(self, block: QTextBlock, level: int) -> None:
        form = QTextCharFormat(block.begin().fragment().charFormat())
        form.clearProperty(QTextFormat.Property.FontSizeAdjustment.value)
        form.setAnchor(True)
        form.setAnchorNames([guide.anchor(block.text())])
        form.setFontPointSize(self._points() * _LARGER.get(level, 1.0))
        form.setFontWeight(QFont.Weight.DemiBold)
        form.setForeground(QColor(current_theme().text))
        _whole(block).setCharFormat(form)
        self._space(block, above=4 if level == 1 else 14, below=6)

    def _dress_code(self, block: QTextBlock) -> None:
        form = block.blockFormat()
        form.setBackground(QColor(current_theme().raised))
        form.setNonBreakableLines(False)
        form.setLeftMargin(8)
        last = not block.next().isValid() or not block.next().blockFormat().hasProperty(_CODE_FENCE)
        form.setBottomMargin(8 if last else 0)
        cursor = QTextCursor(block)
        cursor.setBlockFormat(form)
        _whole(block).mergeCharFormat(self._code())

    def _dress_table(self, table: QTextTable) -> None:
        form = table.format()
        form.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        form.setBorderBrush(QBrush(QColor(current_theme().border)))
        form.setBorder(1)
        form.setBorderCollapse(True)
        form.setCellSpacing(0)
        form.setCellPadding(4)
        form.setBottomMargin(10)
        form.setWidth(QTextLength(QTextLength.Type.PercentageLength, 99))
        table.setFormat(form)
        for column in range(table.columns()):
            cell = table.cellAt(0, column)
            head = cell.format()
            head.setBackground(QColor(current_theme().raised))
            cell.setFormat(head)

    def _dress_inline_code(self) -> None:
        block = self.document().begin()
        while block.isValid():
            fragments = []
            at = block.begin()
            while not at.atEnd():
                fragment = at.fragment()
                if fragment.charFormat().fontFixedPitch():
                    fragments.append((fragment.position(), fragment.length()))
                at += 1
            for start, length in fragments:
                cursor = QTextCursor(self.document())
                cursor.setPosition(start)
                cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
                cursor.mergeCharFormat(self._code())
            block = block.next()

    def _code(self) -> QTextCharFormat:
        form = QTextCharFormat()
        form.setFontFamilies(_MONOSPACED)
        form.setFontPointSize(self._points() * 0.92)
        return form

    def _points(self) -> float:
        """Size of the text; a font that is set in pixels does not say it."""
        return QFontInfo(self.font()).pointSizeF()

    def _space(self, block: QTextBlock, above: float, below: float) -> None:
        form = block.blockFormat()
        form.setTopMargin(above)
        form.setBottomMargin(below)
        if _PICTURE not in block.text():
            form.setLineHeight(_LEADING, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        QTextCursor(block).setBlockFormat(form)


def _whole(block: QTextBlock) -> QTextCursor:
    """Everything in a block, selected."""
    cursor = QTextCursor(block)
    cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
    return cursor
