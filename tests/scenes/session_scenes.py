"""Session scenes: the list, the trash, damage and recovery, sessions and code of others."""

from __future__ import annotations

import shutil
from pathlib import Path

from PySide6.QtWidgets import QWidget

from hhstudio.core.run.history import History
from hhstudio.gui.screenshots.session import ScreenshotSession, environment
from hhstudio.service.run.client import RunClient

from .demo_sessions import DemoSessions, small
from .scene import Look, Scene, open_dialogs, show_document

_NAMES = (
    "morning", "morning-2", "two-levels-one-head-a-condition-with-curvature-and-a-very-long-name", "beta-0",
    "beta-1", "alpha-0.3-seed-1", "try", "ours-against-direct-at-depth-3", "Übung 2 – naïve", "no-notes",
)  # fmt: skip
_NOTES = (
    ("Best so far; the root's width matters more than its depth.", ("paper", "figure-2")),
    ("", ("baseline",)),
    ("Again with seed 1 before anybody believes it.", ("check", "seed", "long-runs")),
)


def _copied_sessions(shot: ScreenshotSession, demos: DemoSessions) -> list[Path]:
    """Sessions in the shot's folder, copies of those of a sweep, some with notes and tags."""
    from hhstudio.store.catalog.notes import Notes, write_notes

    sessions = []
    for name, source in zip(_NAMES, sorted(demos.sweep().glob("*.h5")), strict=False):
        sessions.append(shot.folder / f"{name}.h5")
        shutil.copyfile(source, sessions[-1])
    for path, (text, tags) in zip(sessions, _NOTES, strict=False):
        write_notes(path, Notes(text, tags))
    return sessions


def _damaged(path: Path) -> None:
    """What a failing disk does: 4 KB in the middle are noise."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(bytes(n * 73 % 251 for n in range(4096)))


def _list(shot: ScreenshotSession, demos: DemoSessions) -> Look:
    """Ten whole ones, one that is damaged beyond opening."""
    sessions = _copied_sessions(shot, demos)
    (shot.folder / "cut-short.h5").write_bytes(sessions[0].read_bytes()[:3000])
    shot.workspace.load(sessions[2])

    def look() -> QWidget:
        shot.look()
        shot.window.panels["sessions"].choose_session(sessions[2])
        return shot.window

    return look


def _thrown(shot: ScreenshotSession, demos: DemoSessions) -> Look:
    sessions = _copied_sessions(shot, demos)
    shot.look()
    view = shot.window.panels["sessions"]
    with environment("XDG_DATA_HOME", str(shot.folder.parent)):
        view.delete_requested.emit([sessions[1]])
        shot.until(lambda: not view.toast.isHidden(), "the word about the trash")
    shot.look()
    return lambda: shot.window


def _offer(shot: ScreenshotSession, demos: DemoSessions) -> Look:
    """Opening a session that is damaged."""
    path = _copied_sessions(shot, demos)[0]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    shot.workspace.open(path)
    shot.until(lambda: open_dialogs(shot), "the question")
    return lambda: open_dialogs(shot)[-1]


def _report(shot: ScreenshotSession, demos: DemoSessions) -> Look:
    path = _copied_sessions(shot, demos)[0]
    _damaged(path)
    shot.window.files.recover(path)
    shot.until(lambda: open_dialogs(shot), "the report")
    return lambda: open_dialogs(shot)[-1]


def _read_only(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    """A worker that is not this window's writes the session that it opens."""
    out = shot.folder / "overnight.h5"
    client = RunClient(small("overnight", training__steps=1000, evaluation__every=10), out)
    history = History()

    def learned() -> bool:
        for event in client.drain():
            history.apply(event)
        return history.step > 1200

    def end() -> None:
        client.kill()
        client.wait(10.0)

    shot.after(end)
    client.start()
    shot.until(learned, "the second task")
    client.checkpoint()
    client.pause()
    shot.until(lambda: learned() and history.state == "paused", "the pause")
    shot.workspace.open(out)
    shot.until(lambda: shot.workspace.source is not None, "the session in the window")
    return lambda: shot.window


def _consent(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    show_document(
        shot, small("from-a-friend", solver__architecture="friendly.cells:Cell", solver__options={})
    )
    shot.workspace.runs.start()
    shot.until(lambda: open_dialogs(shot), "the question")
    return lambda: open_dialogs(shot)[-1]


SCENES = (
    Scene("session-list", "the list: thumbnails, long names, notes and tags, one that is damaged", _list),
    Scene("session-trash", "a session that has just been thrown away, and can be had back", _thrown),
    Scene("session-damaged", "opening a session that is damaged", _offer, whole=False),
    Scene("session-recovered", "what recovery saved, and what was lost", _report, whole=False),
    Scene("session-read-only", "a session that another process writes", _read_only),
    Scene("session-consent", "asking before code of a stranger is imported", _consent, whole=False),
)
