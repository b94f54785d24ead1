"""What can be done in the window, as actions for menus, toolbar and palette."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hhstudio.gui.actions import Action
from hhstudio.gui.preferences import ThemeChoice

if TYPE_CHECKING:
    from hhstudio.gui.main_window import MainWindow
    from hhstudio.gui.studio import Studio


def all_actions(window: MainWindow) -> list[Action]:
    studio = window.studio
    return [
        *_file(window, studio),
        *_edit(studio),
        *_run(studio),
        *_view(window),
        *_help(window),
    ]


def _idle(studio: Studio):  # type: ignore[no-untyped-def]
    return lambda: not studio.running


def _busy(studio: Studio):  # type: ignore[no-untyped-def]
    return lambda: studio.running


_RUNNING = "A run is going on: stop it first"


def _file(window: MainWindow, studio: Studio) -> list[Action]:
    files = window.files
    idle = {"enabled_when": _idle(studio), "reason_when_disabled": lambda: _RUNNING, "menu": "File"}
    return [
        Action("file.new", "New tree", files.new, "Ctrl+N", icon="new", group="open", **idle),
        Action("file.open", "Open …", files.choose, "Ctrl+O", icon="open", group="open", **idle),
        Action(
            "file.save", "Save settings and tree", files.save, "Ctrl+S", icon="save",
            menu="File", group="save",
        ),
        Action(
            "file.save_as", "Save settings and tree as …", files.save_as, "Ctrl+Shift+S",
            menu="File", group="save",
        ),
        Action(
            "data.settings", "Data folder and trust …", window.run_bar_data, icon="folder", group="folders",
            tip="Where the data are, and which files may be read", **idle,
        ),
        Action("file.sessions", "Sessions folder …", files.choose_sessions_folder, group="folders", **idle),
        Action("file.quit", "Quit", window.close, "Ctrl+Q", menu="File", group="quit"),
    ]  # fmt: skip


def _edit(studio: Studio) -> list[Action]:
    document = studio.document

    def title(word: str, commands: tuple) -> str:  # type: ignore[type-arg]
        return f"{word}: {commands[-1].title}" if commands else f"Nothing to {word.lower()}"

    return [
        Action(
            "edit.undo", "Undo", document.undo, "Ctrl+Z", icon="undo", menu="Edit", group="undo",
            enabled_when=lambda: bool(document.done) and not studio.running,
            reason_when_disabled=lambda: _RUNNING if studio.running else title("Undo", document.done),
        ),
        Action(
            "edit.redo", "Redo", document.redo, "Ctrl+Shift+Z; Ctrl+Y", icon="redo",
            menu="Edit", group="undo",
            enabled_when=lambda: bool(document.undone) and not studio.running,
            reason_when_disabled=lambda: _RUNNING if studio.running else title("Redo", document.undone),
        ),
    ]  # fmt: skip


def _run(studio: Studio) -> list[Action]:
    def why_not() -> str:
        error = studio.first_error
        return _RUNNING if studio.running else (error.message if error else "")

    busy = {"enabled_when": _busy(studio), "reason_when_disabled": lambda: "There is no run", "menu": "Run"}
    return [
        Action(
            "run.start", "Start", studio.start, "F5; Ctrl+Return", icon="start", menu="Run", group="start",
            tip="Train this tree into a new session", reason_when_disabled=why_not,
            enabled_when=lambda: not studio.running and studio.first_error is None,
        ),
        Action(
            "run.continue", "Continue", studio.resume_session, "Ctrl+F5", icon="continue",
            menu="Run", group="start", tip="Continue this session from its last checkpoint",
            enabled_when=lambda: studio.can_continue,
            reason_when_disabled=lambda: "Open a session that was interrupted",
        ),
        Action(
            "run.pause", "Pause", studio.toggle_pause, "F6", icon="pause", group="steer",
            checked_when=lambda: studio.paused, tip="Pause or resume", **busy,
        ),
        Action(
            "run.stop", "Stop", studio.stop, "Shift+F5", icon="stop", group="steer",
            tip="Save a checkpoint and stop", **busy,
        ),
        Action(
            "run.checkpoint", "Checkpoint now", studio.checkpoint, "Ctrl+K", icon="checkpoint", group="steer",
            tip="Save a checkpoint and go on", **busy,
        ),
    ]  # fmt: skip


def _view(window: MainWindow) -> list[Action]:
    def choose(choice: ThemeChoice) -> Action:
        titles = {"system": "As the system", "light": "Light", "dark": "Dark"}
        return Action(
            f"view.theme.{choice}", titles[choice], lambda: window.choose_theme(choice),
            menu="View/Theme", group="looks", checked_when=lambda: window.studio.preferences.theme == choice,
        )  # fmt: skip

    def dock(name: str, title: str, key: str) -> Action:
        return Action(
            f"view.{name}", title, lambda: window.toggle_dock(name), key, menu="View", group="docks",
            checked_when=lambda: not window.docks[name].isHidden(),
        )  # fmt: skip

    return [
        Action(
            "view.palette", "Find a command …", window.open_palette, "Ctrl+Shift+P", icon="palette",
            menu="View", group="palette",
        ),
        dock("sessions", "Sessions", "Ctrl+1"),
        dock("curves", "Curves", "Ctrl+2"),
        dock("matrix", "Accuracy matrix", "Ctrl+3"),
        dock("filters", "Filters", "Ctrl+4"),
        dock("log", "Log", "Ctrl+5"),
        dock("outline", "Outline", "Ctrl+6"),
        choose("system"),
        choose("light"),
        choose("dark"),
        Action("view.reset", "Reset the layout", window.reset_layout, menu="View", group="window"),
        Action(
            "view.full_screen", "Full screen", window.toggle_full_screen, "F11", menu="View", group="window",
            checked_when=window.isFullScreen,
        ),
    ]  # fmt: skip


def _help(window: MainWindow) -> list[Action]:
    return [
        Action("help.welcome", "First steps", window.show_welcome, menu="Help", group="help"),
        Action(
            "help.shortcuts", "Keyboard shortcuts", window.show_shortcuts, "F1", menu="Help", group="help"
        ),
        Action("help.about", "About hhstudio", window.show_about, icon="info", menu="Help", group="about"),
    ]
