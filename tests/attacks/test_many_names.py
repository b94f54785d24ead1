"""Hundreds of thousands of names: refused at once, or read in a time that is worth them."""

import json
import time

import h5py
import numpy as np
import pytest
from whole_session import asked, copied

from hhstudio.core.run import events
from hhstudio.core.run.history import History
from hhstudio.core.spec import spec as specs
from hhstudio.core.tree import editing

MANY = 200_000


def put_text(file, name, value):
    data = json.dumps(value).encode()
    del file[name]
    file[name] = np.array(data, h5py.string_dtype("utf-8", len(data)))


def many_paths(file):
    put_text(file, "tables/paths", [f"P{n}" for n in range(MANY)])


def many_curves(file):
    put_text(file, "tables/curves", [[f"P{n}", 0, "loss", 1] for n in range(MANY)])


def many_names_of_metrics(file):
    del file["metrics/names"]
    file["metrics/names"] = np.array([f"m{n}".encode() for n in range(MANY)])


def many_marks(file):
    put_text(file, "tables/marks", [["P1", 0, n, n + 1] for n in range(MANY // 10)])


def many_settings(file):
    put_text(
        file, "tables/settings",
        [{"t": "setting", "step": n, "field": "training.lr", "value": 0.1} for n in range(MANY // 4)],
    )  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [many_paths, many_curves, many_names_of_metrics, many_marks, many_settings],
    ids=lambda c: c.__name__,
)
def test_many_names_are_read_or_refused_in_about_a_second(change, tmp_path):
    path = copied(tmp_path)
    with h5py.File(path, "r+") as file:
        change(file)
    began = time.process_time()
    failed = asked(path, conditions=1)
    assert time.process_time() - began < 4  # it is opened twice, and summed up
    assert not {name: text for name, text in failed.items() if text.startswith("WRONG")}


def test_more_paths_than_a_tree_has_are_told_by_their_number(tmp_path):
    path = copied(tmp_path)
    with h5py.File(path, "r+") as file:
        many_paths(file)
    assert "200,000 paths are named, but the tree has 3" in asked(path)["open"]


def test_many_curves_that_are_there_are_read_at_once(tmp_path):
    path = copied(tmp_path)
    count = 20_000
    with h5py.File(path, "r+") as file:
        columns = {"step": (1, "<i8"), "path": (0, "<i4"), "task": (0, "<i4"), "value": (0.5, "<f8")}
        for name, (value, kind) in columns.items():
            del file[f"metrics/{name}"]
            file[f"metrics/{name}"] = np.full(count, value, kind)
        for name in ("metric", "names"):
            del file[f"metrics/{name}"]
        file["metrics/metric"] = np.arange(count, dtype="<i4")
        file["metrics/names"] = np.array([f"m{n}".encode() for n in range(count)])
        put_text(file, "tables/curves", [["P1", 0, f"m{n}", 1] for n in range(count)])
    began = time.process_time()
    failed = asked(path, conditions=0)
    assert time.process_time() - began < 6
    assert failed == {}


def test_a_history_takes_many_tasks_that_begin_and_end_in_a_time_that_grows_with_their_number():
    spec = specs.with_fields(specs.Spec(topology=editing.single()), {"stream.tasks": 2})
    tasks = tuple(events.TaskInfo(name="", dataset="digits", classes=()) for _ in range(2))
    run = events.RunStarted(
        spec=specs.encode(spec), created="", app="", torch="", device="", seed=0, tasks=tasks, paths=("P1",),
        total_steps=1,
    )  # fmt: skip
    history = History()
    history.apply(run)
    began = time.process_time()
    for step in range(30_000):
        history.apply(events.TaskStarted(step=step, path="P1", task=step % 2))
        history.apply(events.TaskFinished(step=step + 1, path="P1", task=step % 2, accuracies=(0.5,)))
    assert time.process_time() - began < 3
    assert len(history.marks) == 30_000
    assert {mark.stop - mark.start for mark in history.marks} == {1}
