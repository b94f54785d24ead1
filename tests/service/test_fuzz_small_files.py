"""Seeded damage of everything that is not a session: specs, trees, sweeps, queues, notes, pictures ...

Whatever stands in them, reading gives an error in one line, or something that can be drawn, counted and
checked; what is only a cache, or beside the matter, is left out in silence. Quickly, and without taking
more memory than the file is worth.
"""

import contextlib
import random
import resource
import sys
import time

import msgspec
import pytest
from damage import damaged, strange
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsScene
from small_specs import tiny

from hhstudio.core.errors import HHStudioError, SpecError
from hhstudio.core.spec import examples, interchange, presets, rules
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.costs import costs
from hhstudio.core.spec.spec import Spec
from hhstudio.core.sweeps import sweep
from hhstudio.core.sweeps.sweep import Sweep
from hhstudio.core.tree.tidy_layout import arrange
from hhstudio.gui.state import autosave, opening
from hhstudio.gui.widgets import picture_files
from hhstudio.service.run.run_queue import RunQueue
from hhstudio.service.sweep import table
from hhstudio.store.catalog import index
from hhstudio.store.catalog.notes import Notes, notes_path, read_notes, write_notes

SECONDS = 5.0
"""Of the processor, that one file may take."""
MEMORY = 600
"""Megabytes by which the process may grow over all of them."""


def shown(spec):
    """What a window does with a spec that was opened."""
    rules.issues(spec)
    costs(spec)
    arrange(spec.topology)
    specs.decode(specs.encode(spec))


def open_document(path):
    found = opening.read(path)
    shown(found if isinstance(found, Spec) else tiny(topology=found.topology))


def open_spec(path):
    shown(specs.load(path))


def open_sweep(path):
    for run in sweep.expand(sweep.load(path), path.parent, str(path)):
        shown(run.spec)


def open_table(path):
    found = table.read(path)
    table.as_csv(found)
    for row in found.runs:
        row.entry(tiny(), path.parent)


def open_queue(path):
    queue = RunQueue(path.parent)
    try:
        assert "\n" not in queue.problem
        for entry in queue.entries:
            with contextlib.suppress(SpecError):  # said when its turn comes
                shown(entry.decoded())
    finally:
        queue.close()


def open_notes(path):
    found = read_notes(path.with_name(path.name.removesuffix(".notes.json")))
    assert isinstance(found.text, str)


def open_index(path):
    found = index.load(path.parent)
    assert all(entry.session.path.parent == path.parent for entry in found.entries.values())
    index.up_to_date(found)


def open_leftovers(path):
    for left in autosave.leftovers(path.parent):
        shown(left.document.spec)


def _picture(suffix, folder):
    path = folder / f"tree{suffix}"
    scene = QGraphicsScene()
    scene.addRect(QRectF(0, 0, 60, 40))
    picture_files.save(scene, scene.sceneRect(), QColor("white"), presets.preset("quickstart"), path)
    return path.read_bytes()


def _table():
    plan = Sweep(name="s", base=msgspec.to_builtins(tiny()), vary={"seed": [0, 1]})
    figures = {"P1": table.Figures(average=0.5, final=(0.5, None))}
    rows = tuple(table.RunRow(name=f"r{n}", file=f"r{n}.h5", accuracy=figures) for n in range(2))
    return table.encode(table.SweepTable(name="s", state="finished", fields=("seed",), runs=rows, sweep=plan))


def _queue(folder):
    queue = RunQueue(folder)
    for number in range(3):
        queue.add(tiny(), folder / f"{number}.h5")
    queue.close()
    return queue.path.read_bytes()


def _notes(folder):
    write_notes(folder / "s.h5", Notes("what I saw", ("one", "two")))
    return notes_path(folder / "s.h5").read_bytes()


def _index(folder, session):
    (folder / "s.h5").write_bytes(session)
    index.store(index.up_to_date(index.load(folder), 60.0))
    return (folder / index.FILE).read_bytes()


def _sweep():
    return sweep.encode(
        Sweep(
            name="s", base="quickstart", vary={"seed": [0, 1], "link.alpha": [0.1, 0.3]}, runs=[{"depth": 2}]
        )
    )


def _kept():
    return msgspec.json.encode(autosave.SavedDocument(pid=2**22 + 5, started=1.0, saved=2.0, spec=tiny()))


FILES = {
    "a spec": ("s.json", open_spec, lambda f: specs.encode(presets.preset("quickstart"))),
    "a spec in the window": ("s.json", open_document, lambda f: specs.encode(presets.preset("quickstart"))),
    "a tree": ("t.json", open_document, lambda f: interchange.encode_topology(
        examples.example(examples.example_names()[0]).topology)),
    "a sweep": ("w.json", open_sweep, lambda f: _sweep()),
    "a sweep's table": ("sweep.json", open_table, lambda f: _table()),
    "a queue": ("queue.json", open_queue, _queue),
    "notes": ("s.h5.notes.json", open_notes, _notes),
    "an index": (index.FILE, open_index, lambda f: _index(f, b"no session")),
    "a document left by a crash": ("k.json", open_leftovers, lambda f: _kept()),
    "an SVG": ("tree.svg", open_document, lambda f: _picture(".svg", f)),
    "a PNG": ("tree.png", open_document, lambda f: _picture(".png", f)),
}  # fmt: skip


def fuzz(kind, folder, count):
    name, read, make = FILES[kind]
    whole = make(folder)
    path = folder / name
    path.write_bytes(whole)
    read(path)
    taken, slowest, refused = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0.0, 0
    for number in range(count):
        chance = random.Random(f"{kind} {number}")
        is_json = name.endswith("json")
        path.write_bytes((strange if is_json and number % 2 else damaged)(whole, chance))
        began, line = time.process_time(), ""
        try:
            read(path)
        except HHStudioError as error:
            refused += 1
            line = str(error)
        except Exception as error:
            raise AssertionError(f"{kind}, number {number}: {type(error).__name__}: {error}") from error
        slowest = max(slowest, time.process_time() - began)
        assert slowest < SECONDS, number
        assert line.isprintable(), number
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - taken) / (
        2**20 if sys.platform == "darwin" else 2**10
    )
    print(f"{kind}: {count} damaged, {refused} refused, the slowest {slowest:.2f} s, {grown:.0f} MB more")
    assert grown < MEMORY


@pytest.mark.parametrize("kind", FILES)
def test_a_damaged_file_gives_a_line_or_what_can_be_shown(kind, tmp_path, qapp):
    fuzz(kind, tmp_path, 10)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", FILES)
def test_a_thousand_damaged_files_give_a_line_or_what_can_be_shown(kind, tmp_path, qapp):
    fuzz(kind, tmp_path, 120)
