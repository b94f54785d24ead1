"""A program that is not hhstudio writes a session by the README's table alone: python foreign_writer.py S.h5

Needs h5py and NumPy. Two tasks of digits learned one after the other on one path.
"""

import json
import sys

import h5py
import numpy as np

TASKS = [
    {"name": "0 or 1", "dataset": "digits", "classes": [0, 1]},
    {"name": "2 or 3", "dataset": "digits", "classes": [2, 3]},
]
TREE = {
    "root": "h0",
    "nodes": [
        {"kind": "hypernetwork", "id": "h0", "name": "H0"},
        {"kind": "solver", "id": "f", "name": "P1"},
    ],
    "slots": [{"id": "g", "source": "h0", "target": "f"}],
}
SPEC = {"name": "from elsewhere", "seed": 3, "topology": TREE,
        "stream": {"dataset": "digits", "tasks": 2, "classes_per_task": 2}}  # fmt: skip
STEPS, SECONDS = 200, 12.5


def text(value):
    """UTF-8 of fixed length."""
    data = value.encode()
    return np.array(data, dtype=h5py.string_dtype("utf-8", max(1, len(data))))


def texts(values):
    data = [value.encode() for value in values]
    return np.array(data, dtype=h5py.string_dtype("utf-8", max([1, *map(len, data)])))


def main(path):
    with h5py.File(path, "w") as file:
        for name, value in {
            "format": "hhstudio-session", "state": "finished", "session": "5e" * 16, "app": "another program",
            "torch": "", "created": "2026-01-02T03:04:05+00:00", "device": "cpu", "name": "from elsewhere",
            "dataset": "digits",
        }.items():  # fmt: skip
            encoded = text(value)
            file.attrs.create(name, encoded, dtype=encoded.dtype)
        for name, value in {"version": 1, "sequence": 1, "seed": 3, "step": STEPS, "total_steps": STEPS,
                            "seconds": SECONDS, "unverified_data": 0}.items():  # fmt: skip
            file.attrs[name] = value
        file["spec"] = text(json.dumps(SPEC))
        file["topology"] = texts([json.dumps(TREE)])
        file["topology_step"] = np.array([0], "<i8")
        metrics(file.create_group("metrics"))
        file["accuracy/P1"] = np.array([[0.99, np.nan], [0.97, 0.98]], "<f4")
        for task in (0, 1):
            group = file.create_group(f"weights/P1/{task}")
            group.attrs["step"] = 100 * (task + 1)
            group["weight"] = np.full((2, 64), task, "<f4")
        log = file.create_group("log")
        log["time"] = np.array([1767323045.0], "<f8")
        log["level"], log["message"] = texts(["info"]), texts(["written by another program"])
        tables(file.create_group("tables"))
        file.attrs["complete"] = 1


def metrics(group):
    """The loss of every tenth step, then the accuracy at the end of each task."""
    step = np.arange(10, STEPS + 1, 10)
    rows = [(s, 0, (s - 1) // 100, 0, 1.0 / s) for s in step] + [(100, 0, 0, 1, 0.99), (200, 0, 1, 1, 0.98)]
    columns = {"step": "<i8", "path": "<i4", "task": "<i4", "metric": "<i4", "value": "<f8"}
    for (name, kind), values in zip(columns.items(), zip(*rows, strict=True), strict=True):
        group[name] = np.array(values, kind)
    group["paths"], group["tasks"] = texts(["P1"]), texts([task["name"] for task in TASKS])
    group["names"] = texts(["loss", "accuracy"])


def tables(group):
    for name, value in {
        "run": {"t": "run", "spec": "", "created": "2026-01-02T03:04:05+00:00", "app": "another program",
                "torch": "", "device": "cpu", "seed": 3, "tasks": TASKS, "paths": ["P1"],
                "total_steps": STEPS},
        "paths": ["P1"],
        "parameters": [],
        "growth": [],
        "settings": [],
        "marks": [["P1", 0, 0, 100], ["P1", 1, 100, 200]],
        "progress": None,
        "checkpoint": None,
        "end": {"t": "end", "state": "finished", "step": STEPS, "seconds": SECONDS},
        "last": ["finished", "", SECONDS, STEPS],
    }.items():  # fmt: skip
        group[name] = text(json.dumps(value))


if __name__ == "__main__":
    main(sys.argv[1])
