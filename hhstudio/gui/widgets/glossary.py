"""Glossary on the screen: tool tips that say what a term means, and lead to its place in the guide."""

from __future__ import annotations

import re
from html import escape

from PySide6.QtWidgets import QWidget

from hhstudio.core import guide

_ADDRESS = re.compile(r'<a name="([\w#-]+)">')


def tip(term: str, text: str = "") -> str:
    """A tool tip for a term: ``text`` of the view's own, else the first sentence of the glossary. Raises
    KeyError for a term that the glossary has not."""
    known, address = guide.term(term), guide.address(term)
    said = text or f"{known.title}: {known.sentence}"
    return (
        f'<p><a name="{address}"></a>{escape(said, quote=False).replace(chr(10), "<br>")}</p>'
        "<p><i>F1: glossary</i></p>"
    )


def explain(widget: QWidget, term: str, text: str = "") -> None:
    """Give a widget the tool tip of a term, and an answer to *What is this?* with a link to the glossary."""
    known, address = guide.term(term), guide.address(term)
    widget.setToolTip(tip(term, text))
    widget.setWhatsThis(
        f"<p><b>{escape(known.title)}</b></p><p>{escape(known.sentence, quote=False)}</p>"
        f'<p><a href="{address}">More in the glossary</a></p>'
    )


def address_in(tool_tip: str) -> str:
    """Where in the guide a tool tip's term stands, as ``glossary#bwt``; empty where it is of no term."""
    address = _ADDRESS.search(tool_tip)
    return address[1] if address else ""
