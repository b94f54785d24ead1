"""A spec with one line more, and everything that shows or takes settings; run by test_one_line_setting."""

import argparse
import sys
import types
from pathlib import Path

import hhstudio.core.spec as package

LINE = (
    '    label_noise: Annotated[float, setting("Label noise", "Share of wrong labels", at_least=0, '
    "at_most=0.5, slider=(0.0, 0.5), live=True)] = 0.25\n"
)
PLACE = "    augment: Annotated["
NAME = "stream.label_noise"

file = Path(package.__file__).with_name("spec.py")
before = file.read_text(encoding="utf-8")
assert before.count(PLACE) == 1
spec = types.ModuleType("hhstudio.core.spec.spec")
sys.modules[spec.__name__] = package.spec = spec
exec(compile(before.replace(PLACE, LINE + PLACE), str(file), "exec"), spec.__dict__)

import msgspec  # noqa: E402 - everything else reads the spec with the line more
import pytest  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from hhstudio.cli.run import configure  # noqa: E402
from hhstudio.core.errors import SpecError  # noqa: E402
from hhstudio.core.spec import rules  # noqa: E402
from hhstudio.core.spec.document import Document  # noqa: E402
from hhstudio.core.spec.fixes import fixes  # noqa: E402
from hhstudio.core.spec.json_schema import json_schema  # noqa: E402
from hhstudio.core.spec.settings_page import settings_page  # noqa: E402
from hhstudio.core.sweeps import sweep as sweeps  # noqa: E402
from hhstudio.core.tree import editing  # noqa: E402
from hhstudio.gui.forms.live_settings import LiveSettings  # noqa: E402
from hhstudio.gui.views.compare.sweep_dialog import VariedField  # noqa: E402
from hhstudio.gui.views.properties import PropertyPanel  # noqa: E402

app = QApplication([])
plain = spec.Spec(topology=editing.single())
wrong = spec.with_fields(plain, {NAME: 0.7})


def on_the_command_line():
    assert spec.with_fields(plain, {NAME: "0.1"}).stream.label_noise == 0.1
    with pytest.raises(SpecError, match=f"--set {NAME}: must be a number, not 'much'"):
        spec.with_fields(plain, {NAME: "much"})
    parser = argparse.ArgumentParser()
    configure(parser)
    assert NAME in parser.format_help(), "it may change while a run goes on"


def in_files():
    assert spec.decode(spec.encode(wrong)) == wrong
    said = json_schema()["$defs"]["Stream"]["properties"]["label_noise"]
    assert (said["title"], said["minimum"], said["maximum"], said["default"]) == ("Label noise", 0, 0.5, 0.25)


def among_the_rules():
    issue = next(issue for issue in rules.issues(wrong) if issue.field == NAME)
    assert issue.message == f"{NAME} is 0.7, must be from 0 to 0.5"
    assert fixes(wrong, issue)[0].spec.stream.label_noise == 0.5


def in_sweeps():
    sweep = sweeps.Sweep(base=msgspec.to_builtins(plain), vary={NAME: [0.1, 0.2]})
    assert [run.spec.stream.label_noise for run in sweeps.expand(sweep)] == [0.1, 0.2]
    varied = VariedField(plain)
    varied.set(NAME, "")
    assert varied.name.findText(NAME) >= 0
    assert varied.values.placeholderText() == "now 0.25; from 0 to 0.5; several values"


def in_forms():
    panel = PropertyPanel(Document(plain))
    for group in panel.groups:
        if not group.rows:
            group.head.click()
    row = panel.row(NAME)
    assert (row.label.text(), row.line.text(), row.slider is not None) == ("Label noise", "0.25", True)
    panel.release()
    assert NAME in LiveSettings().boxes


def in_the_guide():
    row = f"| `{NAME}` **live** | Label noise | `0.25` | from 0 to 0.5 | Share of wrong labels |"
    assert row in settings_page()


for check in (on_the_command_line, in_files, among_the_rules, in_sweeps, in_forms, in_the_guide):
    check()
    print(check.__name__)
