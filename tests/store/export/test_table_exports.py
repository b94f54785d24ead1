"""Tables of sessions whose paths have awkward names."""

import csv

import msgspec
import pytest
from recorded_runs import run_started, task_events

from hhstudio.core.run.events import Metrics
from hhstudio.store.export.tables import export_avalanche, export_metrics
from hhstudio.store.session.session import open as open_session
from hhstudio.store.session.writer import SessionWriter

NAMES = ("P 1", "P_1", "a b", "a/b", "p_1", "=cmd|'/c calc'!A1")


@pytest.fixture
def session(tmp_path):
    """Each path has learned one task, at steps of its own."""
    out = tmp_path / "s.h5"
    with SessionWriter(out) as writer:
        writer.start(msgspec.structs.replace(run_started(tasks=1), paths=NAMES))
        for at, name in enumerate(NAMES):
            for event in task_events(name, 0, 20 * at):
                if not hasattr(event, "tensors"):
                    place = {"path": [at] * 6} if isinstance(event, Metrics) else {}
                    writer.record(msgspec.structs.replace(event, **place))
    with open_session(out) as session:
        yield session


def rows_of(file):
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_every_path_has_a_folder_of_its_own_and_a_table_says_whose_it_is(session, tmp_path):
    files = export_avalanche(session, tmp_path / "out")
    assert len(files) == len({str(file).casefold() for file in files}) == 2 * len(NAMES) + 1
    whose = {row["folder"]: row["path"].removeprefix("'") for row in rows_of(tmp_path / "out" / "paths.csv")}
    assert sorted(whose.values()) == sorted(NAMES)
    assert whose["P_1"] == "P_1"
    assert {file.parent.name for file in files[:-1]} == set(whose)
    assert all((tmp_path / "out" / folder / "eval_results.csv").is_file() for folder in whose)


def test_no_name_of_a_path_is_a_formula_in_the_metrics(session, tmp_path):
    export_metrics(session, tmp_path / "m.csv")
    rows = rows_of(tmp_path / "m.csv")
    assert "'=cmd|'/c calc'!A1" in {row["path"] for row in rows}
    assert not any(text.startswith("=") for row in rows for text in row.values())
    assert any(float(row["value"]) < 0 for row in rows)
