"""Where data are looked for, as the window shows it before a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from hhstudio.core.spec.datasets import DATASETS, default_data_root
from hhstudio.core.spec.spec import Part, Stream
from hhstudio.core.spec.stream_data import expected_files


def test_shipped_digits_need_no_file() -> None:
    assert expected_files(Stream(), Path("x")) == []


def test_missing_and_present_files_are_told_apart(tmp_path: Path) -> None:
    folder = tmp_path / "cifar-100-python"
    folder.mkdir()
    (folder / "train").write_bytes(b"")
    found = expected_files(Stream(dataset="cifar100"), tmp_path)
    assert found == [(folder / "train", True), (folder / "test", False)]


def test_packed_files_as_downloaded_count_as_present(tmp_path: Path) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte.gz").write_bytes(b"")
    assert [present for _, present in expected_files(Stream(dataset="mnist"), tmp_path)] == [True] + [
        False
    ] * 3
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(b"")
    assert all(present for _, present in expected_files(Stream(dataset="cifar10"), tmp_path))


def test_a_folder_of_images_is_expected_itself(tmp_path: Path) -> None:
    stream = Stream(dataset="folder", folder=str(tmp_path / "trees"))
    assert expected_files(stream, tmp_path) == [(tmp_path / "trees", False)]
    (tmp_path / "trees").mkdir()
    assert expected_files(stream, tmp_path) == [(tmp_path / "trees", True)]


def test_every_data_set_of_the_parts_is_listed_once() -> None:
    parts = (Part(dataset="cifar100", classes=(0,)), Part(dataset="cifar100", classes=(1,)))
    assert len(expected_files(Stream(parts=parts), Path("x"))) == 2


def test_every_class_has_a_name() -> None:
    assert all(len(set(info.class_names)) == info.classes for info in DATASETS.values())


def test_the_data_folder_is_the_users_unless_the_environment_names_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HHSTUDIO_DATA", str(tmp_path))
    assert default_data_root() == tmp_path
    monkeypatch.delenv("HHSTUDIO_DATA")
    assert default_data_root().parts[-2:] == ("hhstudio", "data")
