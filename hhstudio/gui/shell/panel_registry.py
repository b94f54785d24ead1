"""Which parts the window has. A new view is one line here; its module is imported when it is first seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from hhstudio.gui.shell.panels import Part, Workbench

if TYPE_CHECKING:
    from hhstudio.gui.state.analysis import Inspection


def _sessions(bench: Workbench) -> QWidget:
    from hhstudio.gui.views.sessions.controller import Keeper
    from hhstudio.gui.views.sessions.view import SessionList

    studio, files = bench.studio, bench.files
    made = SessionList(studio.jobs)
    Keeper(studio, made)
    made.selection_changed.connect(bench.registry.refresh)
    made.open_requested.connect(files.open)
    made.duplicate_requested.connect(lambda path: files.unless_unsaved(lambda: studio.duplicate_spec(path)))
    made.recover_requested.connect(files.recover)
    made.compare_requested.connect(
        lambda paths: bench.window.parts.show("compare").compare(paths, together=len(paths) == 1)
    )
    made.folder_requested.connect(files.choose_sessions_folder)

    def look() -> None:
        folder = studio.preferences.sessions_folder
        made.look() if folder == made.model.folder else made.set_folder(folder)

    def run_changed() -> None:
        made.set_current(studio.session_path)
        if studio.running:
            made.look()

    studio.sessions_changed.connect(look)
    studio.run_changed.connect(run_changed)
    look()
    return made


def _outline(bench: Workbench) -> QWidget:
    from hhstudio.gui.views.tree.outline.view import TreeOutline

    made = TreeOutline(bench.studio.document)
    canvas = bench.window.canvas
    made.lend(canvas.actions, canvas.scene.select)
    made.node_selected.connect(bench.selection.choose_node)
    bench.selection.node_changed.connect(made.select_node)
    return made


def _curves(bench: Workbench) -> QWidget:
    from hhstudio.core.run import python_snippets
    from hhstudio.gui.views.curves.panels import CurvePanels

    made = CurvePanels()

    def copy_python() -> None:
        path = bench.studio.session_path
        if path is None:
            bench.studio.notice.emit("Train or open a session first: the lines read its file")
            return
        QGuiApplication.clipboard().setText(python_snippets.curves(path, made.settings.metrics))
        bench.studio.notice.emit("Copied: lines of Python that read these curves")

    made.python_wanted.connect(copy_python)
    bench.selection.step_changed.connect(made.set_step)
    return made


def _matrix(bench: Workbench) -> QWidget:
    from hhstudio.gui.views.accuracy.view import MatrixView

    made = MatrixView()
    bench.selection.step_changed.connect(made.set_step)
    return made


def _filters(bench: Workbench) -> QWidget:
    from hhstudio.gui.views.filters.view import FilterView

    made = FilterView()
    made.watch_requested.connect(bench.studio.runs.watch)
    made.watch_ended.connect(bench.studio.runs.end_watch)
    bench.selection.path_changed.connect(made.select)
    bench.selection.task_changed.connect(made.select_task)
    bench.selection.step_changed.connect(made.set_step)
    return made


def _inspecting(bench: Workbench, kind: Callable[[Inspection], Any]) -> QWidget:
    """A view that asks about the weights: it follows what is looked at as far as it can, and says what was
    clicked in it."""
    made, selection = kind(bench.inspection), bench.selection
    follows = {
        "select_path": selection.path_changed,
        "select_task": selection.task_changed,
        "set_step": selection.step_changed,
    }
    says = {"condition_chosen": selection.choose_condition, "step_chosen": selection.choose_step}
    for name, signal in follows.items():
        if hasattr(made, name):
            signal.connect(getattr(made, name))
    for name, choose in says.items():
        if hasattr(made, name):
            getattr(made, name).connect(choose)
    if hasattr(made, "set_step"):
        made.set_step(selection.step)
    return made


def _distances(bench: Workbench) -> QWidget:
    from hhstudio.gui.views.analysis.distances import DistancesView

    return _inspecting(bench, DistancesView)


def _maps(bench: Workbench) -> QWidget:
    from hhstudio.gui.views.analysis.maps import MapsView

    return _inspecting(bench, MapsView)


def _health(bench: Workbench) -> QWidget:
    from hhstudio.gui.views.analysis.chain_health import HealthView

    return _inspecting(bench, HealthView)


def _compare(bench: Workbench) -> QWidget:
    from hhstudio.gui.views.compare.sweep_controller import Sweeping
    from hhstudio.gui.views.compare.view import CompareView

    studio = bench.studio
    made = CompareView()
    made.sweeping = sweeping = Sweeping(studio, made)
    made.open_requested.connect(bench.files.open)
    made.folder_requested.connect(lambda: bench.registry.trigger("sweep.open"))
    sweeping.began.connect(made.compare_sweep)
    sweeping.changed.connect(bench.registry.refresh)
    sweeping.notice.connect(studio.notice)
    sweeping.problem.connect(studio.problem)
    return made


def _try(bench: Workbench) -> QWidget:
    from hhstudio.gui.views.analysis.predictions import TryView

    return _inspecting(bench, TryView)


def _mixing(bench: Workbench) -> QWidget:
    from hhstudio.gui.views.analysis.interpolation import MixingView

    return _inspecting(bench, MixingView)


def _weights(bench: Workbench) -> QWidget:
    from hhstudio.gui.views.analysis.weights import WeightsView

    return _inspecting(bench, WeightsView)


def _log(_bench: Workbench) -> QWidget:
    from hhstudio.gui.views.log import LogView

    return LogView()


def _properties(bench: Workbench) -> QWidget:
    from hhstudio.gui.views.properties import PropertyPanel

    canvas = bench.window.canvas
    made = PropertyPanel(bench.studio.document)
    canvas.selection_changed.connect(made.show_selection)
    made.show_selection(canvas.scene.selection)
    return made


def _runs(bench: Workbench) -> QWidget:
    from hhstudio.gui.views.runs.view import RunsView

    return RunsView(bench.studio)


def _history(bench: Workbench) -> QWidget:
    from hhstudio.gui.views.edit_history import EditHistory

    return EditHistory(bench.studio.document)


def _tasks(bench: Workbench) -> QWidget:
    from hhstudio.gui.views.tasks.pictures import Pictures
    from hhstudio.gui.views.tasks.view import TasksView

    studio = bench.studio
    pictures = Pictures(lambda: (studio.preferences.data_folder, studio.allow_unverified), studio)
    made = TasksView(studio.document, pictures)
    made.task_selected.connect(bench.selection.choose_task)
    bench.selection.task_changed.connect(made.select_task)
    return made


PARTS = (
    Part("sessions", "Sessions", _sessions, "left", key="Ctrl+1", tip="Sessions in the sessions folder"),
    Part("outline", "Outline", _outline, "left", row=1, key="Ctrl+6", tip="The tree as a list"),
    Part("tasks", "Tasks", _tasks, "left", row=1, key="Ctrl+9",
         tip="The stream's tasks: their classes, their order, the paths that learn them"),
    Part("runs", "Runs", _runs, "left", row=1, key="Alt+0",
         tip="The run that goes on, what can be changed in it, and those that wait"),
    Part("history", "History", _history, "left", row=1, key="Ctrl+8", roomy=True,
         tip="What was done, to go back to"),
    Part("curves", "Curves", _curves, "bottom", key="Ctrl+2", late=True, tip="Accuracy and losses, live"),
    Part("compare", "Compare", _compare, "bottom", key="Alt+9", late=True,
         tip="Sessions side by side, and sweeps while they go on"),
    Part("log", "Log", _log, "bottom", key="Ctrl+5", tip="What happened"),
    Part("matrix", "Accuracy matrix", _matrix, "right", key="Ctrl+3",
         tip="Accuracy on every task after every task"),
    Part("filters", "Filters", _filters, "right", row=1, key="Ctrl+4", tip="Generated weights as pictures",
         menu="Inspect"),
    Part("properties", "Properties", _properties, "right", row=1, key="Ctrl+7",
         tip="Settings of what is selected, and of everything"),
    Part("health", "Chain health", _health, "right", row=1, key="Alt+1", shown=False, menu="Inspect",
         tip="Why a chain of hypernetworks holds or fails"),
    Part("try", "Try it", _try, "right", row=1, key="Alt+4", shown=False, menu="Inspect",
         tip="An image in, what every path makes of it out"),
    Part("weights", "Weights", _weights, "right", row=1, key="Alt+5", shown=False, menu="Inspect",
         tip="Histograms of every layer through time, scales, dead units"),
    Part("mixing", "Between tasks", _mixing, "right", row=1, key="Alt+6", shown=False, menu="Inspect",
         tip="Weights from mixed task embeddings, and how well they do"),
    Part("distances", "Distances", _distances, "right", row=1, key="Alt+2", shown=False, menu="Inspect",
         tip="How far apart the generated solvers are, and how far they have moved"),
    Part("maps", "Map", _maps, "right", row=1, key="Alt+3", shown=False, menu="Inspect",
         tip="Embeddings and generated weights as a map"),
)  # fmt: skip
