"""Font embedding: the bundled typeface inside vector pictures, so that they look the same everywhere."""

from __future__ import annotations

import base64
import html
import io
import re
from pathlib import Path

from hhstudio.core.resources import resource

FAMILY = "Inter"
_WEIGHTS = {"Regular": 400, "Medium": 500, "SemiBold": 600}
_TEXT = re.compile(r"<text\b[^>]*>(.*?)</text>", re.DOTALL)
_WEIGHT = re.compile(r'font-weight="(\d+)"')


def embed(svg: Path) -> None:
    """Put the glyphs that an SVG uses into it, as ``@font-face`` rules. Raises OSError."""
    text = svg.read_text(encoding="utf-8")
    letters = set(html.unescape("".join(_TEXT.findall(text))))
    used = {_nearest(int(weight)) for weight in _WEIGHT.findall(text)} or {"Regular"}
    if not letters:
        return
    rules = "".join(_rule(style, letters) for style in sorted(used))
    start = text.index(">", text.index("<svg")) + 1
    style = f'\n<style type="text/css">{rules}</style>'
    svg.write_text(text[:start] + style + text[start:], encoding="utf-8")


def _nearest(weight: int) -> str:
    return min(_WEIGHTS, key=lambda style: abs(_WEIGHTS[style] - weight))


def _rule(style: str, letters: set[str]) -> str:
    from fontTools import subset
    from fontTools.ttLib import TTFont

    font = TTFont(resource(f"fonts/{FAMILY}-{style}.otf"))
    options = subset.Options(layout_features=["kern", "calt", "ccmp"], notdef_outline=True)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[ord(letter) for letter in letters])
    cutter.subset(font)
    file = io.BytesIO()
    font.save(file)
    data = base64.b64encode(file.getvalue()).decode("ascii")
    weights = "700" if style == "SemiBold" else str(_WEIGHTS[style])
    faces = {str(_WEIGHTS[style]), weights}
    return "".join(
        f"@font-face{{font-family:'{FAMILY}';font-weight:{weight};"
        f"src:url(data:font/otf;base64,{data}) format('opentype')}}"
        for weight in sorted(faces)
    )
