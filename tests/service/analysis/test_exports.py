import csv
import sys

import numpy as np
import pytest
import torch

from hhstudio.core.errors import ExportError, WriteError
from hhstudio.learn.analysis.deployable import deployable
from hhstudio.service.analysis.weight_export import export_weights
from hhstudio.store.export.figures import export_figures
from hhstudio.store.export.python_script import export_python
from hhstudio.store.export.tables import export_avalanche, export_metrics


def rows_of(file):
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def logits(model):
    """(images from 0 to 1, the session's own logits) of P2-0, task 1."""
    images = model.data(1).test_images[:9]
    condition = model.condition("P2-0", 1)
    return images.float() / 255, model.logits(condition, model.weights(condition), images)


def test_an_onnx_solver_answers_as_the_session_does_for_any_batch(session, logits, tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    out = tmp_path / "solver.onnx"
    export_weights(session, out, "P2-0", 1)
    images, expected = logits
    ready = runtime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
    for count in (1, 9):
        (found,) = ready.run(["logits"], {"image": images[:count].numpy()})
        np.testing.assert_allclose(found, expected[:count].numpy(), rtol=1e-4, atol=1e-5)
    assert [file.name for file in tmp_path.iterdir()] == ["solver.onnx"]


def test_an_exported_solver_gives_the_sessions_own_logits(session, model, logits):
    images, expected = logits
    with torch.no_grad():
        found = deployable(model, session.solver("P2-0", 1), "P2-0", 1)(images)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_a_state_dict_loads_without_pickled_code_and_fits_the_solver(session, tmp_path):
    out = tmp_path / "solver.pt"
    export_weights(session, out, "P1", 0)
    tensors = torch.load(out, weights_only=True)
    solver = session.solver("P1", 0)
    assert solver.load_state_dict(tensors, strict=False).unexpected_keys == []
    for name, values in session.weights("P1", 0).items():
        np.testing.assert_array_equal(tensors[name].numpy(), values)


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_all_conditions_fit_into_one_file(session, tmp_path, suffix):
    out = tmp_path / f"all{suffix}"
    load = pytest.importorskip("safetensors.numpy").load_file if suffix == ".safetensors" else np.load
    export_weights(session, out)
    found = load(out)
    assert len(found.keys()) == sum(len(session.tensor_names(*key)) for key in session.available())
    np.testing.assert_array_equal(found["P2-0/2/head.bias"], session.tensor("P2-0", 2, "head.bias"))


def test_a_missing_library_is_named_with_its_cure(session, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ExportError, match=r"needs safetensors, .* pip install hhstudio\[export\]"):
        export_weights(session, tmp_path / "x.safetensors")
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_written_leaves_nothing_and_says_where(session, tmp_path):
    with pytest.raises(WriteError, match="cannot be written"):
        export_weights(session, tmp_path / "nowhere" / "x.npz")
    with pytest.raises(ExportError, match="choose a path and a task"):
        export_weights(session, tmp_path / "x.onnx", "P1")
    with pytest.raises(ExportError, match="no such weights; known: P1 task 0"):
        export_weights(session, tmp_path / "x.npz", "P9")
    assert not list(tmp_path.iterdir())


def test_metrics_read_back_exactly(session, tmp_path):
    export_metrics(session, tmp_path / "m.csv")
    rows = rows_of(tmp_path / "m.csv")
    columns = session.metrics()
    assert len(rows) == len(columns["value"])
    np.testing.assert_array_equal([float(row["value"]) for row in rows], columns["value"])
    assert [row["metric"] for row in rows] == columns["metric"].tolist()


def test_the_avalanche_pair_holds_the_accuracy_matrix(session, tmp_path):
    files = export_avalanche(session, tmp_path, "P1")
    assert [file.name for file in files] == ["training_results.csv", "eval_results.csv", "end_results.csv"]
    training, evaluation, end = (rows_of(file) for file in files)
    assert [float(row["end_accuracy"]) for row in end] == pytest.approx(session.end_accuracy("P1"), abs=1e-5)
    changes = session.end_accuracy("P1") - session.accuracy("P1")[-1]
    assert [float(row["through_other_paths"]) for row in end] == pytest.approx(changes, abs=1e-5)
    assert list(training[0]) == [
        "training_exp", "epoch", "training_accuracy", "val_accuracy", "training_loss", "val_loss",
    ]  # fmt: skip
    assert list(evaluation[0]) == [
        "eval_exp", "training_exp", "eval_accuracy", "eval_loss", "forgetting",
    ]  # fmt: skip
    assert {row["training_exp"] for row in training} == {"0", "1", "2"}
    assert all(float(row["training_loss"]) > 0 for row in training)
    matrix = session.accuracy("P1")
    for row in evaluation:
        i, j = int(row["training_exp"]), int(row["eval_exp"])
        assert float(row["eval_accuracy"]) == pytest.approx(matrix[i, j], abs=1e-5)
        if j <= i:
            assert float(row["forgetting"]) == pytest.approx(matrix[j, j] - matrix[i, j], abs=1e-5)
    assert len(evaluation) == np.count_nonzero(~np.isnan(matrix))


def test_figures_are_drawn_without_a_screen(session, tmp_path):
    pytest.importorskip("matplotlib")
    for suffix in (".png", ".svg"):
        export_figures(session, tmp_path / f"f{suffix}")
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    first = (tmp_path / "f.svg").read_bytes()
    export_figures(session, tmp_path / "f.svg")
    assert (tmp_path / "f.svg").read_bytes() == first


def test_an_exported_script_opens_the_same_data(session, tmp_path):
    names: dict = {}
    export_python(session, tmp_path / "open.py", "P1", 2)
    exec((tmp_path / "open.py").read_text(), names)
    np.testing.assert_array_equal(names["weights"]["head.bias"], session.tensor("P1", 2, "head.bias"))
    names["session"].close()
    export_python(session, tmp_path / "open.py")
    exec((tmp_path / "open.py").read_text(), names)
    np.testing.assert_array_equal(names["accuracy"]["P1"], session.accuracy("P1"))
    names["session"].close()
