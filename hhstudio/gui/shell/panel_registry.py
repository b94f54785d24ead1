"""Panel registry: a new panel is one line here; its module is imported when it is first seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from hhstudio.gui.shell.context import AppContext
from hhstudio.gui.shell.panel import Panel

if TYPE_CHECKING:
    from hhstudio.gui.state.analysis import Analysis


def _sessions(context: AppContext) -> QWidget:
    from hhstudio.gui.views.sessions.controller import SessionActions
    from hhstudio.gui.views.sessions.view import SessionList

    workspace, files = context.workspace, context.files
    sessions = SessionList(workspace.jobs)
    SessionActions(workspace, sessions)
    sessions.selection_changed.connect(context.registry.refresh)
    sessions.open_requested.connect(files.open)
    sessions.duplicate_requested.connect(
        lambda path: files.unless_unsaved(lambda: workspace.duplicate_spec(path))
    )
    sessions.recover_requested.connect(files.recover)
    sessions.compare_requested.connect(
        lambda paths: context.shell.show_panel("compare").compare(paths, together=len(paths) == 1)
    )
    sessions.folder_requested.connect(files.choose_sessions_folder)

    def look() -> None:
        folder = workspace.preferences.sessions_folder
        sessions.look() if folder == sessions.model.folder else sessions.set_folder(folder)

    def run_changed() -> None:
        sessions.set_current(workspace.session_path)
        if workspace.running:
            sessions.look()

    workspace.sessions_changed.connect(look)
    workspace.run_changed.connect(run_changed)
    look()
    return sessions


def _outline(context: AppContext) -> QWidget:
    from hhstudio.gui.views.tree.outline.view import TreeOutline

    canvas = context.canvas
    outline = TreeOutline(canvas.editor, context.registry)
    outline.selection_changed.connect(canvas.show_selection)
    canvas.selection_changed.connect(outline.show_selection)
    outline.show_selection(canvas.scene.selection)
    context.selection.step_changed.connect(outline.set_step)
    return outline


def _curves(context: AppContext) -> QWidget:
    from hhstudio.core.run import python_snippets
    from hhstudio.gui.views.curves.panels import CurvePanels

    curves = CurvePanels()

    def copy_python() -> None:
        path = context.workspace.session_path
        if path is None:
            context.workspace.notice.emit("Train or open a session first: the lines read its file")
            return
        QGuiApplication.clipboard().setText(python_snippets.curves(path, curves.settings.metrics))
        context.workspace.notice.emit("Copied: lines of Python that read these curves")

    curves.python_wanted.connect(copy_python)
    context.selection.step_changed.connect(curves.set_step)
    return curves


def _matrix(context: AppContext) -> QWidget:
    from hhstudio.gui.views.accuracy.view import MatrixView

    matrices = MatrixView()
    context.selection.step_changed.connect(matrices.set_step)
    return matrices


def _filters(context: AppContext) -> QWidget:
    from hhstudio.gui.views.filters.view import FilterView

    filters = FilterView()
    filters.watch_requested.connect(context.workspace.runs.watch)
    filters.watch_ended.connect(context.workspace.runs.end_watch)
    context.selection.path_changed.connect(filters.select)
    context.selection.task_changed.connect(filters.select_task)
    context.selection.step_changed.connect(filters.set_step)
    filters.condition_shown.connect(context.selection.show_weights)
    return filters


def _inspecting(context: AppContext, kind: Callable[[Analysis], Any]) -> QWidget:
    """A view that asks about the weights: it follows what is looked at as far as it can, and says what was
    clicked in it."""
    view, selection = kind(context.analysis), context.selection
    follows = {
        "select_path": selection.path_changed,
        "select_task": selection.task_changed,
        "set_step": selection.step_changed,
    }
    says = {"condition_chosen": selection.choose_condition, "step_chosen": selection.choose_step}
    for name, signal in follows.items():
        if hasattr(view, name):
            signal.connect(getattr(view, name))
    for name, choose in says.items():
        if hasattr(view, name):
            getattr(view, name).connect(choose)
    if hasattr(view, "set_step"):
        view.set_step(selection.step)
    return view


def _distances(context: AppContext) -> QWidget:
    from hhstudio.gui.views.analysis.distances import DistancesView

    return _inspecting(context, DistancesView)


def _maps(context: AppContext) -> QWidget:
    from hhstudio.gui.views.analysis.embeddings import EmbeddingsView

    return _inspecting(context, EmbeddingsView)


def _health(context: AppContext) -> QWidget:
    from hhstudio.gui.views.analysis.chain_health import HealthView

    return _inspecting(context, HealthView)


def _compare(context: AppContext) -> QWidget:
    from hhstudio.gui.views.compare.sweep_controller import SweepController
    from hhstudio.gui.views.compare.view import CompareView

    workspace = context.workspace
    compare = CompareView()
    compare.sweeps = sweeps = SweepController(workspace, compare)
    compare.open_requested.connect(context.files.open)
    compare.folder_requested.connect(lambda: context.registry.trigger("sweep.open"))
    sweeps.began.connect(compare.compare_sweep)
    sweeps.changed.connect(context.registry.refresh)
    sweeps.notice.connect(workspace.notice)
    sweeps.problem.connect(workspace.problem)
    return compare


def _try(context: AppContext) -> QWidget:
    from hhstudio.gui.views.analysis.predictions import PredictionsView

    return _inspecting(context, PredictionsView)


def _mixing(context: AppContext) -> QWidget:
    from hhstudio.gui.views.analysis.interpolation import InterpolationView

    return _inspecting(context, InterpolationView)


def _weights(context: AppContext) -> QWidget:
    from hhstudio.gui.views.analysis.weights import WeightsView

    return _inspecting(context, WeightsView)


def _log(_context: AppContext) -> QWidget:
    from hhstudio.gui.views.log import LogView

    return LogView()


def _properties(context: AppContext) -> QWidget:
    from hhstudio.gui.views.properties import PropertyPanel

    canvas = context.canvas
    properties = PropertyPanel(context.workspace.document)
    canvas.selection_changed.connect(properties.show_selection)
    properties.show_selection(canvas.scene.selection)
    return properties


def _runs(context: AppContext) -> QWidget:
    from hhstudio.gui.views.runs.view import RunsView

    return RunsView(context.workspace)


def _guide(_context: AppContext) -> QWidget:
    from hhstudio.gui.views.guide.view import GuideView

    return GuideView()


def _history(context: AppContext) -> QWidget:
    from hhstudio.gui.views.edit_history import EditHistory

    return EditHistory(context.workspace.document)


def _tasks(context: AppContext) -> QWidget:
    from hhstudio.gui.views.tasks.pictures import ClassPictures
    from hhstudio.gui.views.tasks.view import TasksView

    workspace = context.workspace
    pictures = ClassPictures(
        lambda: (workspace.preferences.data_folder, workspace.trust.unverified_data), workspace
    )
    tasks = TasksView(workspace.document, pictures)
    tasks.task_selected.connect(context.selection.choose_task)
    context.selection.task_changed.connect(tasks.select_task)
    return tasks


PANELS = (
    Panel("sessions", "Sessions", _sessions, "left", "sessions#the-list", key="Ctrl+1",
         tip="Sessions in the sessions folder"),
    Panel("outline", "Outline", _outline, "left", "drawing#the-outline", row=1, key="Ctrl+6",
         tip="The tree as a list"),
    Panel("tasks", "Tasks", _tasks, "left", "drawing#tasks", row=1, key="Ctrl+9",
         tip="The stream's tasks: their classes, their order, the paths that learn them"),
    Panel("runs", "Runs", _runs, "left", "runs#while-it-goes-on", row=1, key="Alt+0",
         tip="The run that goes on, what can be changed in it, and those that wait"),
    Panel("history", "History", _history, "left", "drawing#history", row=1, key="Ctrl+8", roomy=True,
         tip="What was done, to go back to"),
    Panel("curves", "Curves", _curves, "bottom", "curves-and-comparison#curves", key="Ctrl+2", late=True,
         tip="Accuracy and losses, live"),
    Panel("compare", "Compare", _compare, "bottom", "curves-and-comparison#compare", key="Alt+9", late=True,
         tip="Sessions side by side, and sweeps while they go on"),
    Panel("log", "Log", _log, "bottom", "runs#the-log", key="Ctrl+5", tip="What happened"),
    Panel("matrix", "Accuracy matrix", _matrix, "right", "curves-and-comparison#accuracy-matrix",
         key="Ctrl+3", tip="Accuracy on every task after every task"),
    Panel("filters", "Filters", _filters, "right", "analysis#filters", row=1, key="Ctrl+4",
         tip="Generated weights as pictures", menu="Inspect"),
    Panel("properties", "Properties", _properties, "right", "drawing#properties", row=1, key="Ctrl+7",
         tip="Settings of what is selected, and of everything"),
    Panel("health", "Chain health", _health, "right", "analysis#chain-health", row=1, key="Alt+1",
         shown=False, menu="Inspect", tip="Why a chain of hypernetworks holds or fails"),
    Panel("try", "Predict", _try, "right", "analysis#predict", row=1, key="Alt+4",
         shown=False, menu="Inspect", tip="An image in, what every path makes of it out"),
    Panel("weights", "Weights", _weights, "right", "analysis#weights", row=1, key="Alt+5",
         shown=False, menu="Inspect", tip="Histograms of every layer through time, scales, dead units"),
    Panel("mixing", "Interpolate", _mixing, "right", "analysis#interpolate", row=1, key="Alt+6",
         shown=False, menu="Inspect", tip="Weights from mixed task embeddings, and how well they do"),
    Panel("distances", "Distances", _distances, "right", "analysis#distances", row=1, key="Alt+2",
         shown=False, menu="Inspect",
         tip="How far apart the generated solvers are, and how far they have moved"),
    Panel("maps", "Embeddings", _maps, "right", "analysis#embeddings", row=1, key="Alt+3",
         shown=False, menu="Inspect", tip="Embeddings and generated weights as a map"),
    Panel("guide", "Guide", _guide, "right", "index", row=1, shown=False,
         tip="What everything is and how it is done, with search"),
)  # fmt: skip
