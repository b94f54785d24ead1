"""Glossary on the screen: tool tips that say what a term means, and lead to its place in the guide."""

from __future__ import annotations

import re

from PySide6.QtWidgets import QWidget

from hhstudio.core import guide
from hhstudio.gui.widgets.markup import Markup, letters

SETTINGS = {
    "baselines": "Baseline",
    "consolidation": "Consolidation",
    "consolidation.beta": "Beta",
    "consolidation.curvature": "Curvature",
    "consolidation.curvature_images": "Curvature",
    "growth": "Growth",
    "growth.policy": "Policy",
    "hypernetwork": "Hypernetwork",
    "hypernetwork.chunk": "Chunk",
    "hypernetwork.chunk_embedding": "Chunk embedding",
    "hypernetwork.slot_embedding": "Slot embedding",
    "hypernetwork.task_chunks": "Chunk embedding",
    "hypernetwork.task_embedding": "Task embedding",
    "link": "Link",
    "link.anchor": "Anchor",
    "link.residual": "Residual",
    "link.solver_anchor": "Anchor",
    "recording.checkpoint_seconds": "Checkpoint",
    "recording.snapshot_budget": "Snapshot",
    "recording.snapshot_every": "Snapshot",
    "solver": "Solver",
    "stream": "Stream",
    "stream.heads": "Head",
    "stream.scenario": "Scenario",
}
"""The term that a setting, or a group of them, is about."""
_ADDRESS = re.compile(r'<a name="([\w#-]+)">')


def tip(term: str, text: str = "") -> Markup:
    """A tool tip for a term: ``text`` of the view's own, else the first sentence of the glossary. Raises
    KeyError for a term that the glossary has not."""
    known, address = guide.term(term), guide.address(term)
    said = text or f"{known.title}: {known.sentence}"
    return Markup(f'<p><a name="{address}"></a>{letters(said)}</p><p><i>F1: glossary</i></p>')


def explain(widget: QWidget, term: str, text: str = "") -> None:
    """Give a widget the tool tip of a term, and an answer to *What is this?* with a link to the glossary."""
    known, address = guide.term(term), guide.address(term)
    widget.setToolTip(tip(term, text))
    widget.setWhatsThis(
        f"<p><b>{letters(known.title)}</b></p><p>{letters(known.sentence)}</p>"
        f'<p><a href="{address}">More in the glossary</a></p>'
    )


def explain_setting(widget: QWidget, name: str, label: str, text: str) -> None:
    """Answer *What is this?* for a setting by its dotted name: ``text``, and links to the term that it is
    about and to the page of all settings."""
    term = SETTINGS.get(name) or SETTINGS.get(name.partition(".")[0])
    about = "" if term is None else f'<a href="{guide.address(term)}">{letters(term)} in the glossary</a>, '
    widget.setWhatsThis(
        f"<p><b>{letters(label)}</b></p><p>{letters(text)}</p>"
        f'<p>{about}<a href="settings">all settings</a></p>'
    )


def address_in(tool_tip: str) -> str:
    """Where in the guide a tool tip's term stands, as ``glossary#bwt``; empty where it is of no term."""
    address = _ADDRESS.search(tool_tip)
    return address[1] if address else ""
