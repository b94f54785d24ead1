"""What is not a session, or a dangerous one, is refused in one line."""

import resource
import shutil
import tracemalloc

import h5py
import numpy as np
import pytest
from msgspec.structs import replace
from recorded_runs import finished, record, run_started

from hhstudio.core.errors import SessionError
from hhstudio.core.run import events
from hhstudio.service.analysis.session import open as open_session
from hhstudio.store.catalog.catalog_entry import catalog_entry
from hhstudio.store.journal.journal import JournalWriter, journal_path
from hhstudio.store.session.writer import SessionWriter


@pytest.fixture
def copy(finished_session, tmp_path):
    path = tmp_path / "copy.h5"
    shutil.copyfile(finished_session[0], path)
    return path


def refused(path, read=lambda session: None):
    """The one line that opening (and reading) the file is refused with."""
    with pytest.raises(SessionError) as caught, open_session(path) as session:
        read(session)
    text = str(caught.value)
    assert "\n" not in text
    assert str(path) in text
    assert len(text) < 400
    return text


def everything(session):
    session.summary()
    session.trainer_state()
    session.metrics()
    for path, task in session.available():
        session.weights(path, task)
        session.snapshots(path, task)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such file"),
        (b"", "an empty file"),
        (b"dear diary,\n", "a text file"),
        ("täglich\n".encode() * 600, "a text file"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not an HDF5 file"),
        (b"\x89HDF\r\n\x1a\n", "damaged"),
        (b"\x89HDF\r\n\x1a\n" + bytes(4000), "damaged"),
    ],
)
def test_a_file_that_is_no_session_is_refused_by_what_it_is(tmp_path, content, message):
    path = tmp_path / "s.h5"
    if content is not None:
        path.write_bytes(content)
    assert message in refused(path)
    assert message in catalog_entry(path).error


def test_a_folder_is_refused(tmp_path):
    assert "a folder" in refused(tmp_path)


def test_an_hdf5_file_of_another_program_is_refused(tmp_path):
    path = tmp_path / "s.h5"
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(3)
    assert "of another program" in refused(path)


def test_a_session_of_a_newer_version_is_refused_with_what_to_do(copy):
    with h5py.File(copy, "r+") as file:
        file.attrs["version"] = 2
    assert "format version 2" in refused(copy)
    assert "newer hhstudio" in refused(copy)


def test_a_session_that_was_not_written_to_its_end_is_refused(copy):
    with h5py.File(copy, "r+") as file:
        del file.attrs["complete"]
    assert "not written to its end" in refused(copy)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_session_that_was_cut_short_is_refused_with_what_to_do(copy, share):
    data = copy.read_bytes()
    copy.write_bytes(data[: int(len(data) * share)])
    text = refused(copy)
    assert "cut short" in text
    assert "hhstudio recover" in text


def edited(copy, change):
    with h5py.File(copy, "r+") as file:
        change(file)


def replaced(name, **made):
    def change(file):
        del file[name]
        file.create_dataset(name, **made)

    return change


def linked(name, link):
    def change(file):
        del file[name]
        file[name] = link

    return change


def virtual(file):
    del file["weights/P1/0/layers.2.bias"]
    layout = h5py.VirtualLayout(shape=(3,), dtype="f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", shape=(3,))
    file.create_virtual_dataset("weights/P1/0/layers.2.bias", layout)


def external_storage(file):
    del file["weights/P1/0/layers.2.bias"]
    file["weights/P1/0"].create_dataset("layers.2.bias", (3,), "f4", external=[("/etc/passwd", 0, 12)])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (linked("weights/P1/0/layers.2.bias", h5py.ExternalLink("/etc/passwd", "/x")), "somewhere else"),
        (linked("weights", h5py.ExternalLink("other.h5", "/weights")), "somewhere else"),
        (linked("spec", h5py.SoftLink("/tables/run")), "somewhere else"),
        (linked("state", h5py.ExternalLink("other.h5", "/state")), "somewhere else"),
        (virtual, "refers to another file"),
        (external_storage, "refers to another file"),
    ],
    ids=["external tensor", "external group", "soft link", "external state", "virtual", "external storage"],
)
def test_a_session_that_leads_to_another_file_is_refused(copy, change, message):
    edited(copy, change)
    assert message in refused(copy, everything)


@pytest.mark.parametrize(
    "change",
    [
        replaced("weights/P1/0/layers.2.bias", data=np.array([b"abc"])),
        replaced("weights/P1/0/layers.2.bias", data=np.array([(1, 2.0)], dtype="i4,f4")),
        replaced("accuracy/P1", data=np.zeros((2, 3), "f4")),
        replaced("accuracy/P1", data=np.zeros(3, "f4")),
        replaced("accuracy/P1", data=np.zeros((3, 3), "i4")),
        replaced("metrics/step", data=np.zeros(3, "i8")),
        replaced("metrics/value", data=np.zeros(144, "i1").astype("S1")),
        replaced("metrics/path", data=np.full(144, 99)),
        replaced("metrics/path", data=np.full(144, -1)),
        replaced("metrics/names", data=np.arange(3)),
        replaced("spec", data=b"{}}"),
        replaced("spec", data=b'{"training": {"steps": "many"}}'),
        replaced("spec", data=b'{"stream": ' * 3000),
        replaced("spec", data=np.arange(9)),
        replaced("tables/run", data=b"[]"),
        replaced("tables/marks", data=b'[["P1", 99, 0, 5]'),
        replaced("tables/last", data=b'["dancing", "", 1.0, 2]'),
        replaced("topology", data=np.array([b"{}"])),
        replaced("log/level", data=np.array([b"loud", b"silent"])),
        replaced("state/meta", data=b"[1]"),
        replaced("state/meta", data=b"[" * 100_000),
        lambda file: file["weights/P1"].move("0", "zero"),
        lambda file: file["weights/P1/0"].attrs.__setitem__("step", [1, 2]),
        lambda file: file.attrs.__setitem__("session", "../../etc"),
        lambda file: file.__delitem__("tables"),
        lambda file: file.attrs.__setitem__("sequence", "x"),
    ],
)
def test_wrong_types_shapes_and_texts_are_refused(copy, change):
    edited(copy, change)
    refused(copy, everything)


def absurd_weights(file):
    del file["weights/P1/0/layers.2.bias"]
    file["weights/P1/0"].create_dataset("layers.2.bias", (10**12,), "f4")


def absurd_metrics(file):
    for name in ("step", "path", "task", "metric", "value"):
        kind = file["metrics"][name].dtype
        del file["metrics"][name]
        file["metrics"].create_dataset(name, (10**11,), kind, chunks=(1 << 16,), compression="gzip")


def absurd_pieces(file):
    del file["metrics/value"]
    file["metrics"].create_dataset(
        "value", (144,), "f8", maxshape=(None,), chunks=(1 << 28,), compression="gzip"
    )


def absurd_text(file):
    del file["spec"]
    file.create_dataset("spec", (), h5py.string_dtype("utf-8", 2_000_000_000))


def absurd_state(file):
    del file["state/arrays/count"]
    file["state/arrays"].create_dataset("count", (10**12,), "f8", chunks=True)


@pytest.mark.parametrize("change", [absurd_weights, absurd_metrics, absurd_pieces, absurd_text, absurd_state])
def test_declared_sizes_are_checked_before_memory_is_taken(copy, change):
    edited(copy, change)
    tracemalloc.start()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(copy, everything)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 << 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kilobytes


def test_a_journal_cannot_make_a_session_take_absurd_memory(tmp_path):
    path = tmp_path / "s.h5"
    record(path, close=False)
    with h5py.File(path) as file:
        session, sequence = file.attrs["session"].decode(), int(file.attrs["sequence"])
    tasks = tuple(events.TaskInfo(name="", dataset="", classes=()) for _ in range(50_000))
    run = run_started()
    fields = {name: getattr(run, name) for name in run.__struct_fields__}
    writer = JournalWriter(journal_path(path), session, base=sequence)
    writer.append(events.RunStarted(**{**fields, "tasks": tasks}))
    writer.close()
    with open_session(path) as opened:
        assert len(opened.tasks) == 3


def test_a_solver_given_by_import_path_is_not_imported_unasked(tmp_path, monkeypatch):
    from hhstudio.store.session.writer import SessionWriter

    (tmp_path / "evil_module_of_a_stranger.py").write_text("raise SystemExit('it ran')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    path = tmp_path / "s.h5"
    with SessionWriter(path) as writer:
        from recorded_runs import finished, task_events

        writer.start(run_started(architecture="evil_module_of_a_stranger:Net"))
        for event in task_events("P1", 0, 0):
            writer.record(event)
        writer.close(finished(20))
    text = refused(path, lambda session: session.solver("P1", 0))
    assert "evil_module_of_a_stranger:Net" in text
    assert "allow_import=True" in text


def test_no_attribute_stands_in_a_heap(copy):
    """HDF5 searches a damaged heap for ever: texts of attributes have a fixed length."""
    with h5py.File(copy, "r") as file:
        kinds = {name: file.attrs.get_id(name).get_type() for name in file.attrs}
        texts = [k for k in kinds.values() if k.get_class() == h5py.h5t.STRING]
        assert len(texts) > 5
        assert not [k for k in texts if k.is_variable_str()]


def test_an_attribute_of_another_type_is_refused(copy):
    with h5py.File(copy, "r+") as file:
        del file.attrs["session"]
        file.attrs.create("session", np.void(b"\x01\x02\x03"))
    refused(copy)


def test_names_in_a_session_do_not_speak_to_the_terminal(tmp_path, capsys):
    from hhstudio.cli import main

    started = run_started()
    tasks = tuple(replace(task, name="\x1b]0;owned\x07\x1b[31mred") for task in started.tasks)
    with SessionWriter(tmp_path / "s.h5") as writer:
        writer.start(replace(started, tasks=tasks))
        writer.close(finished(1))
    assert main(["show", str(tmp_path / "s.h5")]) == 0
    said = capsys.readouterr().out
    assert "red" in said
    assert not [c for c in said if not c.isprintable() and c != "\n"]


def test_an_error_is_one_short_line_whatever_it_quotes():
    text = str(SessionError("a\nb\r\x1b[31mc\0" + 10_000 * "x"))
    assert text.isprintable()
    assert len(text) < 3000
