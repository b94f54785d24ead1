"""Sessions: the list, the trash, damage and what is saved of it, sessions of others, code of strangers."""

from __future__ import annotations

import shutil
from pathlib import Path

from PySide6.QtWidgets import QWidget

from hhstudio.core.run.history import History
from hhstudio.gui.screenshots.material import Material, small
from hhstudio.gui.screenshots.scene import Look, Scene
from hhstudio.gui.screenshots.stage import Stage, environment
from hhstudio.service.run.client import RunClient

_NAMES = (
    "morning", "morning-2", "two-levels-one-head-a-condition-with-curvature-and-a-very-long-name", "beta-0",
    "beta-1", "alpha-0.3-seed-1", "try", "ours-against-direct-at-depth-3", "Übung 2 – naïve", "no-notes",
)  # fmt: skip
_NOTES = (
    ("Best so far; the root's width matters more than its depth.", ("paper", "figure-2")),
    ("", ("baseline",)),
    ("Again with seed 1 before anybody believes it.", ("check", "seed", "long-runs")),
)


def _kept(stage: Stage, material: Material) -> list[Path]:
    """Sessions in the stage's folder, copies of those of a sweep, some with notes and tags."""
    from hhstudio.store.catalog.notes import Notes, write_notes

    made = []
    for name, source in zip(_NAMES, sorted(material.sweep().glob("*.h5")), strict=False):
        made.append(stage.folder / f"{name}.h5")
        shutil.copyfile(source, made[-1])
    for path, (text, tags) in zip(made, _NOTES, strict=False):
        write_notes(path, Notes(text, tags))
    return made


def _damaged(path: Path) -> None:
    """What a failing disk does: 4 KB in the middle are noise."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(bytes(n * 73 % 251 for n in range(4096)))


def _list(stage: Stage, material: Material) -> Look:
    """Ten whole ones, one that is damaged beyond opening."""
    made = _kept(stage, material)
    (stage.folder / "cut-short.h5").write_bytes(made[0].read_bytes()[:3000])
    stage.workspace.load(made[2])

    def look() -> QWidget:
        stage.look()
        stage.window.panels["sessions"].choose_session(made[2])
        return stage.window

    return look


def _thrown(stage: Stage, material: Material) -> Look:
    made = _kept(stage, material)
    stage.look()
    view = stage.window.panels["sessions"]
    with environment("XDG_DATA_HOME", str(stage.folder.parent)):
        view.delete_requested.emit([made[1]])
        stage.until(lambda: not view.toast.isHidden(), "the word about the trash")
    stage.look()
    return lambda: stage.window


def _offer(stage: Stage, material: Material) -> Look:
    """Opening a session that is damaged."""
    path = _kept(stage, material)[0]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    stage.workspace.open(path)
    stage.until(lambda: stage.open_dialogs, "the question")
    return lambda: stage.open_dialogs[-1]


def _report(stage: Stage, material: Material) -> Look:
    path = _kept(stage, material)[0]
    _damaged(path)
    stage.window.files.recover(path)
    stage.until(lambda: stage.open_dialogs, "the report")
    return lambda: stage.open_dialogs[-1]


def _read_only(stage: Stage, _material: Material) -> Look:
    """A worker that is not this window's writes the session that it opens."""
    out = stage.folder / "overnight.h5"
    client = RunClient(small("overnight", training__steps=1000, evaluation__every=10), out)
    history = History()

    def learned() -> bool:
        for event in client.drain():
            history.apply(event)
        return history.step > 1200

    def end() -> None:
        client.kill()
        client.wait(10.0)

    stage.after(end)
    client.start()
    stage.until(learned, "the second task")
    client.checkpoint()
    client.pause()
    stage.until(lambda: learned() and history.state == "paused", "the pause")
    stage.workspace.open(out)
    stage.until(lambda: stage.workspace.source is not None, "the session in the window")
    return lambda: stage.window


def _consent(stage: Stage, _material: Material) -> Look:
    stage.show_document(
        small("from-a-friend", solver__architecture="friendly.cells:Cell", solver__options={})
    )
    stage.workspace.runs.start()
    stage.until(lambda: stage.open_dialogs, "the question")
    return lambda: stage.open_dialogs[-1]


SCENES = (
    Scene("session-list", "the list: thumbnails, long names, notes and tags, one that is damaged", _list),
    Scene("session-trash", "a session that has just been thrown away, and can be had back", _thrown),
    Scene("session-damaged", "opening a session that is damaged", _offer, whole=False),
    Scene("session-recovered", "what recovery saved, and what was lost", _report, whole=False),
    Scene("session-read-only", "a session that another process writes", _read_only),
    Scene("session-consent", "asking before code of a stranger is imported", _consent, whole=False),
)
