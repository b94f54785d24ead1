"""Verification of a file that was just written: whether two histories are the same."""

from __future__ import annotations

import numpy as np

from hhstudio.core.run.history import History
from hhstudio.store.file import json_text


def differences(one: History, two: History) -> list[str]:
    """Names of the fields in which two histories differ; curves without points count as absent."""
    differing = []
    records = (
        "run", "state", "state_detail", "progress", "tasks", "paths", "parameters", "growth", "weights",
        "settings", "resumed", "diverged", "log", "checkpoint", "end", "marks",
    )  # fmt: skip
    for name in records:
        a, b = getattr(one, name), getattr(two, name)
        if a != b and not _same_text(a, b):
            differing.append(name)
    for name in ("seconds", "step"):
        if not np.array_equal(getattr(one, name), getattr(two, name), equal_nan=True):
            differing.append(name)
    if one.accuracy.keys() != two.accuracy.keys() or any(
        not np.array_equal(matrix, two.accuracy[path], equal_nan=True)
        for path, matrix in one.accuracy.items()
    ):
        differing.append("accuracy")
    if one.ends.keys() != two.ends.keys() or any(
        end.step != two.ends[path].step
        or not np.array_equal(end.accuracies, two.ends[path].accuracies, equal_nan=True)
        for path, end in one.ends.items()
    ):
        differing.append("ends")
    curves = [{key: series for key, series in h.series.items() if len(series)} for h in (one, two)]
    if curves[0].keys() != curves[1].keys() or any(
        not np.array_equal(series.steps, curves[1][key].steps)
        or not np.array_equal(series.values, curves[1][key].values, equal_nan=True)
        for key, series in curves[0].items()
    ):
        differing.append("series")
    return differing


def _same_text(a: object, b: object) -> bool:
    """NaN is not equal to itself, its text is."""
    try:
        return json_text.encode(a) == json_text.encode(b)
    except TypeError:
        return False
