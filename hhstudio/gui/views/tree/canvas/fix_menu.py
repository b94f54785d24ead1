"""Fix menu: what is wrong with a node or with the tree, and what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QMenu, QWidget

from hhstudio.core.issues import Issue
from hhstudio.core.spec.fixes import fixes
from hhstudio.gui.state.tree_editor import TreeEditor
from hhstudio.gui.widgets.markup import plain

_MOST = 8
"""Problems that are listed."""
_LONGEST = 90


class FixMenu(QMenu):
    """Every issue as a heading with its remedies below."""

    def __init__(self, editor: TreeEditor, issues: Sequence[Issue], parent: QWidget, title: str = "") -> None:
        super().__init__(title, parent)
        self.setToolTipsVisible(True)
        for issue in issues[:_MOST]:
            if not self.isEmpty():
                self.addSeparator()
            message = issue.message
            heading = self.addAction(message if len(message) <= _LONGEST else f"{message[: _LONGEST - 2]}…")
            heading.setEnabled(False)
            heading.setToolTip(plain(message))
            remedies = fixes(editor.document.spec, issue)
            for fix in remedies:
                entry = self.addAction(f"Fix: {fix.title}")
                entry.triggered.connect(lambda _=False, fix=fix: editor.fix(fix.title, fix.spec))
                entry.setEnabled(not editor.locked)
                entry.setToolTip(plain(editor.locked))
            if not remedies:
                self.addAction("Nothing to do by itself: change it in the properties").setEnabled(False)
