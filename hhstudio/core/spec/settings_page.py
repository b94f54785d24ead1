"""Settings page of the guide, by ``python -m hhstudio.core.spec.settings_page``."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hhstudio.core.resources import resource
from hhstudio.core.spec.architectures import ARCHITECTURES
from hhstudio.core.spec.fields import live_fields, sections
from hhstudio.core.spec.setting import Field, fields_of
from hhstudio.core.spec.spec import Spec

_HEAD = "| field | label | default | allowed | meaning |\n|---|---|---|---|---|\n"


def settings_page() -> str:
    """The page as Markdown: a table a section, and the options of each solver."""
    live = ", ".join(f"`{field.name}`" for field in live_fields())
    text = f"""\
# Settings

A spec is one JSON document that decides a run: `hhstudio presets quickstart` prints one. `--set FIELD=VALUE`
changes any field below by its dotted name, as `--set training.steps=200`, and a sweep varies any of them. In
the studio the panel *Properties* shows them while nothing is selected. `hhstudio presets --schema` prints a
JSON schema, with which an editor completes and checks spec files.

Those that are marked **live** may change while a run goes on, from the next step on: {live}. Each change is
recorded.

What a spec leaves out has the default below. A spec names its `version` (now {Spec().version}), which pins
the meaning of what is left out: a file of an older version keeps the defaults of its time.
"""
    for section in sections().values():
        fields = [field for field in section.fields if field.name != "solver.options"]
        text += f"\n## {section.title}\n\n{section.tip}\n\n{_HEAD}{_rows(fields)}"
        if section.name == "solver":
            for info in ARCHITECTURES.values():
                text += f"\n### `{info.name}`: {info.title}, {info.summary}\n\n{_HEAD}"
                text += _rows(fields_of(info.options, "solver.options."))
    return text


def _rows(fields: Iterable[Field]) -> str:
    rows = ""
    for field in fields:
        name = f"`{field.name}`{' **live**' if field.live else ''}"
        cells = (name, field.label, _default(field), _allowed(field), field.tip)
        rows += f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"
    return rows


def _default(field: Field) -> str:
    if field.default is None:
        return f"`null`: {field.absent}"
    written = msgspec.json.encode(field.default).decode().replace(",", ", ")
    return f"`{written}` {field.unit}".strip()


def _allowed(field: Field) -> str:
    absent = f"; `null`: {field.absent}" if field.optional and field.default is not None else ""
    if field.range is not None:
        fewest, most = field.count
        each = "each " if field.kind in ("wholes", "numbers") else ""
        return f"{f'{most} numbers, ' if fewest == most else ''}{each}{field.range}{absent}"
    words = [*field.choices, *([field.example] if field.example else [])]
    if field.kind == "yes":
        words = ["true", "false"]
    return ", ".join(f"`{word}`" for word in words) + absent


if __name__ == "__main__":
    (resource("guide") / "settings.md").write_text(settings_page(), encoding="utf-8")
