"""Tables of curves and accuracies: one long CSV, or the pair of files that Avalanche's CSVLogger writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hhstudio.core.atomic_write import replacing
from hhstudio.core.errors import ExportError
from hhstudio.core.file_names import folder_names
from hhstudio.core.spreadsheet import SpreadsheetWriter

if TYPE_CHECKING:
    from hhstudio.store.session.session import Session

LONG = ("step", "path", "task", "metric", "value")
TRAINING = ("training_exp", "epoch", "training_accuracy", "val_accuracy", "training_loss", "val_loss")
END = ("eval_exp", "end_accuracy", "through_other_paths")
EVALUATION = ("eval_exp", "training_exp", "eval_accuracy", "eval_loss", "forgetting")

Cell = int | float | str


def export_metrics(session: Session, out: Path) -> None:
    """One row a value: step, path, task (counted from 0, -1 where none is meant), metric, value.

    Numbers have as many digits as they need to be read back exactly. Raises WriteError.
    """
    _write(out, LONG, _long(session))


def export_avalanche(session: Session, folder: Path, path: str | None = None) -> list[Path]:
    """``training_results.csv`` and ``eval_results.csv`` with the columns of Avalanche's CSVLogger, in a
    folder for each path of the session, or in ``folder`` itself for the one path given.

    An experience is a task, an epoch one evaluation while the task is learned: ``val_accuracy`` is the
    accuracy on its test images there, ``training_loss`` the mean loss since the evaluation before. What is
    not measured here (training accuracy, losses on test images) is left empty. Avalanche knows one path only:
    accuracies when every path had learned, where they were measured, stand in ``end_results.csv``. Where a
    folder cannot be called as its path is, ``paths.csv`` says whose it is. Returns the files. Raises
    ExportError and WriteError.
    """
    if path is not None and path not in session.paths:
        raise ExportError(f"{session.path}: there is no path {path!r}; known: {', '.join(session.paths)}")
    written = []
    names = session.paths if path is None else (path,)
    folders = [""] if path is not None else folder_names(names)
    for name, own in zip(names, folders, strict=True):
        place = folder / own
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ExportError(f"{place}: cannot be made: {error.strerror or error}") from None
        training, evaluation = place / "training_results.csv", place / "eval_results.csv"
        _write(training, TRAINING, _training(session, name))
        _write(evaluation, EVALUATION, _evaluation(session, name))
        written += [training, evaluation]
        if session.end_accuracy(name) is not None:
            written.append(place / "end_results.csv")
            _write(written[-1], END, _end(session, name))
    if path is None and tuple(folders) != tuple(names):
        written.append(folder / "paths.csv")
        _write(written[-1], ("folder", "path"), zip(folders, names, strict=True))
    return written


def _write(out: Path, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    with replacing(out) as file, file.open("w", newline="", encoding="utf-8") as stream:
        table = SpreadsheetWriter(stream)
        table.writerow(head)
        table.writerows(rows)


def _long(session: Session) -> Iterator[Sequence[Cell]]:
    for (path, task, metric), series in session.history.series.items():
        for step, value in zip(series.steps.tolist(), series.values.tolist(), strict=True):
            yield step, path, task, metric, repr(value)


def _training(session: Session, path: str) -> Iterator[Sequence[Cell]]:
    series = session.history.series
    for mark in session.history.marks:
        accuracy = series.get((path, mark.task, "accuracy"))
        if mark.path != path or accuracy is None:
            continue
        stop = np.inf if mark.stop is None else mark.stop
        loss = series.get((path, mark.task, "loss"))
        before = mark.start
        epoch = 0
        for step, value in zip(accuracy.steps.tolist(), accuracy.values.tolist(), strict=True):
            if not mark.start < step <= stop:
                continue
            mean = float("nan")
            if loss is not None:
                within = (loss.steps > before) & (loss.steps <= step)
                mean = float(np.mean(loss.values[within])) if within.any() else mean
            yield mark.task, epoch, "", _cell(value), _cell(mean), ""
            before, epoch = step, epoch + 1


def _evaluation(session: Session, path: str) -> Iterator[Sequence[Cell]]:
    matrix = session.accuracy(path)
    joint = session.spec.training.mode == "joint"
    for learned, row in enumerate(matrix):
        for task in np.flatnonzero(~np.isnan(row)).tolist():
            own = float("nan") if joint or task > learned else matrix[task, task]
            forgotten = float(own - row[task])
            yield task, learned, _cell(float(row[task])), "", _cell(forgotten)


def _end(session: Session, path: str) -> Iterator[Sequence[Cell]]:
    end = session.end_accuracy(path)
    assert end is not None
    matrix = session.accuracy(path)
    rows = np.flatnonzero(~np.isnan(matrix).all(axis=1))
    last = matrix[rows[-1]] if rows.size else np.full_like(end, np.nan)
    for task in np.flatnonzero(~np.isnan(end)).tolist():
        yield task, _cell(float(end[task])), _cell(float(end[task] - last[task]))


def _cell(value: float) -> Cell:
    return "" if np.isnan(value) else f"{value:.6g}"
