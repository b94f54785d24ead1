"""What the bar says of the time left, and what that takes for granted."""

from PySide6.QtWidgets import QApplication
from small_specs import tiny

from hhstudio.core.run import events
from hhstudio.core.run.history import History
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import EarlyStopping, Growth, Training
from hhstudio.gui.views.runs.run_status import RunStatus


def running(spec):
    """A run in the middle, with a minute left."""
    history = History()
    names = tuple(path.name for path in spec.topology.paths)
    history.apply(
        events.RunStarted(
            spec=specs.encode(spec), created="", app="0", torch="0", device="cpu", seed=0,
            tasks=(events.TaskInfo(name="a", dataset="digits", classes=(0, 1)),), paths=names, total_steps=80,
        )
    )  # fmt: skip
    history.apply(events.StateChanged(state="training"))
    history.apply(
        events.Progress(
            step=40, total_steps=80, path=names[0], task=0, task_step=40, task_steps=80,
            seconds=60.0, rate=0.7, eta=60.0,
        )
    )  # fmt: skip
    return history


def test_the_time_left_says_what_it_cannot_foresee(qtbot):
    bar = RunStatus()
    qtbot.addWidget(bar)
    bar.show()
    bar.show_run(running(tiny()), True)
    QApplication.processEvents()
    assert "1:00 left" in bar.figures.text()
    assert bar.figures.toolTip() == ""
    unsure = tiny(
        growth=Growth(policy="accuracy"),
        training=Training(steps=40, early_stopping=EarlyStopping(patience=3)),
    )
    bar.show_run(running(unsure), True)
    assert bar.figures.toolTip() == "Time left, if the tree does not grow any more and no task ends early"
