"""Numbers that are not finite, wherever a session has numbers: a dash where they are shown."""

import json
import math
import warnings

import h5py
import numpy as np
import pytest
from whole_session import asked, commanded, copied

from hhstudio.cli import main
from hhstudio.core import formatting
from hhstudio.core.run.series import LAST_STEP
from hhstudio.core.statistics import Estimate
from hhstudio.gui.views.compare.model import estimate_text
from hhstudio.gui.views.sessions.descriptions import summary, tooltip
from hhstudio.gui.widgets import metric_names
from hhstudio.gui.widgets.formatting import when
from hhstudio.store.catalog import index
from hhstudio.store.catalog.catalog_entry import catalog_entry
from hhstudio.store.catalog.index import IndexedSession

NONE = (math.inf, -math.inf, math.nan, 10**400, -(10**400))
ODD = (np.inf, np.nan, -np.inf, 1e308, -1e-320, 0.5)


@pytest.mark.parametrize("value", NONE, ids=["inf", "-inf", "nan", "huge", "-huge"])
def test_every_way_to_write_a_number_has_a_dash_for_what_is_none(value):
    writers = [
        formatting.count, formatting.short_count, formatting.size, formatting.signed, formatting.duration,
        formatting.rough_duration, formatting.rate, lambda v: formatting.number(v, ".3f"),
        lambda v: formatting.number(v, "+.2g"), lambda v: formatting.moment(v, "%H:%M"), when,
    ]  # fmt: skip
    assert [write(value) for write in writers] == [formatting.UNKNOWN] * len(writers)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 1e308])
def test_every_metric_is_written(value):
    for name in ("accuracy", "loss", "memory", "gradient", "something else"):
        text = metric_names.text(metric_names.metric(name), value)
        assert len(text) < 12
        assert text == formatting.UNKNOWN or value == 1e308


@pytest.mark.parametrize("values", [(math.inf, -math.inf), (math.nan, 0.5), (1e308, 1e308), (1e200, -1e200)])
def test_a_mean_over_runs_that_went_wrong_is_no_error(values):
    estimate = Estimate.of(values)
    assert estimate.n == 2
    assert len(estimate_text(estimate, "average")) < 30


def put_text(file, name, value):
    data = json.dumps(value).encode()
    del file[name]
    file[name] = np.array(data, h5py.string_dtype("utf-8", len(data)))


def spoil(path, seconds=math.inf):
    """Odd values in every table and every array of a session."""
    with h5py.File(path, "r+") as file:
        spoil_array("", file["metrics/value"])
        spoil_array("", file["log/time"])
        for group in ("accuracy", "weights", "snapshots", "state/arrays"):
            file[group].visititems(spoil_array)
        for table in ("progress", "end", "checkpoint"):
            record = json.loads(file[f"tables/{table}"][()])
            numbers = {name: seconds for name, value in record.items() if isinstance(value, float)}
            put_text(file, f"tables/{table}", {**record, **numbers})
        state, detail, _, step = json.loads(file["tables/last"][()])
        put_text(file, "tables/last", [state, detail, seconds, step])
        brief = json.loads(file.attrs["brief"])
        brief |= {"seconds": seconds, "average": dict.fromkeys(brief["average"], seconds)}
        data = json.dumps(brief).encode()
        file.attrs.create("brief", np.array(data, h5py.string_dtype("utf-8", len(data))))


def spoil_array(_name, dataset):
    if isinstance(dataset, h5py.Dataset) and dataset.dtype.kind == "f" and dataset.size > 1:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values = np.resize(np.array(ODD).astype(dataset.dtype), dataset.shape)
        dataset[...] = values
        dataset.attrs.pop("crc32", None)


@pytest.fixture
def odd(tmp_path):
    path = copied(tmp_path)
    spoil(path)
    return path


def test_a_session_of_odd_numbers_is_shown_exported_and_found_whole(odd, capsys):
    assert asked(odd) == {}
    assert commanded(odd) == {}
    assert main(["show", str(odd)]) == 0
    text = capsys.readouterr().out
    assert "steps in – on cpu" in text
    assert "inf" not in text.lower().replace("information", "")
    assert "nan" not in text
    assert max(map(len, text.splitlines())) < 200
    assert main(["show", str(odd), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out, parse_constant=lambda name: pytest.fail(name))
    assert shown["seconds"] is None


@pytest.mark.parametrize("seconds", [math.inf, math.nan, -math.inf, 1e300])
def test_a_list_of_sessions_has_dashes(seconds, tmp_path):
    path = copied(tmp_path)
    spoil(path, seconds)
    entry = catalog_entry(path)
    indexed = IndexedSession(stamp=(), session=entry)
    assert not entry.error
    assert "–" in summary(entry)
    assert "inf" not in tooltip(indexed)


@pytest.mark.parametrize("number", [10**30, -(10**30), LAST_STEP + 1, 10**400])
@pytest.mark.parametrize("table", ["last", "marks", "progress", "end"])
def test_whole_numbers_that_no_array_holds_are_damage(table, number, tmp_path):
    path = copied(tmp_path)
    with h5py.File(path, "r+") as file:
        record = json.loads(file[f"tables/{table}"][()])
        if table == "marks":
            record[0][2] = number
        elif table == "last":
            record[3] = number
        else:
            record["step"] = number
        put_text(file, f"tables/{table}", record)
    failed = asked(path, conditions=1)
    assert "damaged" in failed["open"]
    assert not {name: text for name, text in failed.items() if text.startswith("WRONG")}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_view_shows_a_session_of_odd_numbers(odd, tmp_path, capfd):
    """Warnings of NumPy are errors here, and an error in a view ends the command."""
    views = "window,sessions,outline,runs,curves,compare,log,matrix,filters,health,weights,mixing,distances"
    out = tmp_path / "out"
    command = ["screenshot", str(odd), "--out", str(out), "--theme", "light", "--size", "1280x800"]
    assert main([*command, "--beside", str(odd), "--only", f"{views},maps"]) == 0
    assert "Traceback" not in capfd.readouterr().err
    assert len(list(out.iterdir())) == 14


def test_a_session_of_odd_numbers_costs_a_folder_no_more_than_its_own_place_in_the_index(tmp_path):
    spoil(copied(tmp_path, "odd.h5"))
    copied(tmp_path, "usual.h5")
    seen = index.up_to_date(index.load(tmp_path), 60.0)
    assert set(seen.entries) == {"odd.h5", "usual.h5"}
    assert index.store(seen)
    assert set(index.load(tmp_path).entries) == {"usual.h5"}
