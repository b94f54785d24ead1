"""Files in torchvision's layout: checked, refused, accepted with consent, damaged, hostile."""

from __future__ import annotations

import gzip
import hashlib
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from fake_files import cifar_entry, idx_bytes, write_cifar10, write_cifar100, write_idx
from torchvision import datasets

from hhstudio.core.errors import DataError
from hhstudio.core.spec.spec import Part, Stream
from hhstudio.learn.data import TaskStream, build_stream


def load(root: Path, dataset: str, consent: bool = True, **fields: object) -> TaskStream:
    stream = Stream(dataset=dataset, **fields)  # type: ignore[arg-type]
    return build_stream(stream, 0, root, allow_unverified=consent, download=False)


def refusal(root: Path, dataset: str, consent: bool = True, **fields: object) -> str:
    with pytest.raises(DataError) as caught:
        load(root, dataset, consent, **fields)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_idx_files_with_another_checksum_are_refused_and_named(tmp_path: Path) -> None:
    raw = write_idx(tmp_path)
    text = refusal(tmp_path, "mnist", consent=False)
    found = hashlib.md5((raw / "train-images-idx3-ubyte").read_bytes()).hexdigest()
    assert str(raw / "train-images-idx3-ubyte") in text
    assert "6bbc9ace898e44ae57da46a324031adb" in text
    assert found in text
    assert "--allow-unverified" in text


def test_idx_files_with_another_checksum_are_read_with_consent_and_that_is_recorded(tmp_path: Path) -> None:
    write_idx(tmp_path)
    stream = load(tmp_path, "mnist")
    assert stream.unverified
    assert "train-images-idx3-ubyte" in stream.notices[0]
    assert stream.image_shape == (1, 28, 28)
    task = stream.task(2)
    assert task.train_images.shape == (12, 1, 28, 28)
    # every pixel of these images is its digit
    assert (task.train_images[:, 0, 5, 5].long() - 4).tolist() == task.train_labels.tolist()


def test_packed_files_of_the_known_checksum_are_unpacked_and_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = write_idx(tmp_path, "FashionMNIST", packed=True)
    known = [(f.name, hashlib.md5(f.read_bytes()).hexdigest()) for f in sorted(raw.iterdir())]
    monkeypatch.setattr(datasets.FashionMNIST, "resources", known)
    assert not load(tmp_path, "fashion-mnist", consent=False).unverified
    # now both are there, and the unpacked ones are what the packed ones hold
    assert not load(tmp_path, "fashion-mnist", consent=False).unverified
    (raw / "t10k-labels-idx1-ubyte").write_bytes(b"something else")
    assert "t10k-labels-idx1-ubyte does not match" in refusal(tmp_path, "fashion-mnist", consent=False)


def test_a_packed_file_of_another_checksum_vouches_for_nothing(tmp_path: Path) -> None:
    write_idx(tmp_path, "FashionMNIST", packed=True)
    write_idx(tmp_path, "FashionMNIST")
    assert "cannot be checked" in refusal(tmp_path, "fashion-mnist", consent=False)


def test_unpacked_files_that_nothing_vouches_for_are_refused(tmp_path: Path) -> None:
    write_idx(tmp_path, "FashionMNIST")
    text = refusal(tmp_path, "fashion-mnist", consent=False)
    assert "cannot be checked without train-images-idx3-ubyte.gz" in text
    assert load(tmp_path, "fashion-mnist").unverified


@pytest.mark.parametrize(
    "content",
    [b"", b"\0\0\x08\x03\0\0", idx_bytes(np.zeros((3, 28, 28), np.uint8))[:-5], b"no idx file at all" * 9],
)
def test_a_damaged_idx_file_is_named_even_with_consent(tmp_path: Path, content: bytes) -> None:
    raw = write_idx(tmp_path)
    (raw / "t10k-images-idx3-ubyte").write_bytes(content)
    assert "t10k-images-idx3-ubyte" in refusal(tmp_path, "mnist")


def test_labels_that_do_not_fit_their_images_are_refused(tmp_path: Path) -> None:
    raw = write_idx(tmp_path)
    (raw / "train-labels-idx1-ubyte").write_bytes(idx_bytes(np.zeros(7, np.uint8)))
    assert "60 images and 7 labels" in refusal(tmp_path, "mnist")
    (raw / "train-labels-idx1-ubyte").write_bytes(idx_bytes(np.full(60, 10, np.uint8)))
    assert "labels 10 to 10" in refusal(tmp_path, "mnist")


def test_a_damaged_packed_file_leaves_no_half_file(tmp_path: Path) -> None:
    raw = write_idx(tmp_path, packed=True)
    packed = raw / "train-images-idx3-ubyte.gz"
    packed.write_bytes(gzip.compress(os.urandom(5000))[:-900])
    assert "cannot be unpacked" in refusal(tmp_path, "mnist")
    assert not (raw / "train-images-idx3-ubyte").exists()
    assert not list(raw.glob("*.part"))


def test_pickles_with_another_checksum_are_refused_unopened(tmp_path: Path) -> None:
    folder = write_cifar100(tmp_path)
    witness = tmp_path / "witness"
    (folder / "train").write_bytes(pickle.dumps(_Hostile(str(witness)), protocol=2))
    text = refusal(tmp_path, "cifar100", consent=False)
    assert str(folder / "train") in text
    assert "16019d7e3df5f24257cddd939b257f8d" in text
    assert not witness.exists()


def test_a_part_of_cifar100_is_read_with_consent(tmp_path: Path) -> None:
    write_cifar100(tmp_path, classes=20)
    stream = load(tmp_path, "cifar100", tasks=2, classes_per_task=10)
    assert stream.unverified
    assert stream.tasks[0].class_names[:2] == ("apple", "aquarium_fish")
    assert stream.tasks[1].train_images == 50
    data = stream.task(1)
    assert data.train_images.shape == (50, 3, 32, 32)
    assert (data.train_images[:, 2, 31, 0].long() - 10).tolist() == data.train_labels.tolist()


def test_classes_without_images_are_named_with_their_data_set(tmp_path: Path) -> None:
    write_cifar100(tmp_path, classes=20)
    text = refusal(tmp_path, "cifar100", parts=(Part(dataset="cifar100", classes=(3, 70)),))
    assert "CIFAR-100" in text
    assert "70 (rose)" in text
    assert "3 (bear)" not in text


def test_the_batches_of_cifar10_that_are_there_are_used_with_consent(tmp_path: Path) -> None:
    write_cifar10(tmp_path, batches=(1, 3))
    stream = load(tmp_path, "cifar10")
    assert stream.tasks[0].train_images == 20
    assert stream.tasks[0].test_images == 10
    assert stream.unverified
    assert any("data_batch_2, data_batch_4, data_batch_5 missing" in notice for notice in stream.notices)


def test_an_incomplete_but_genuine_cifar10_still_needs_consent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_cifar10(tmp_path)
    md5 = hashlib.md5((folder / "test_batch").read_bytes()).hexdigest()
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [["test_batch", md5]])
    monkeypatch.setattr(datasets.CIFAR10, "train_list", [["data_batch_1", md5], ["data_batch_2", md5]])
    text = refusal(tmp_path, "cifar10", consent=False)
    assert "not complete" in text
    assert "data_batch_2" in text
    assert "--allow-unverified" in text
    assert load(tmp_path, "cifar10").unverified


class _Hostile:
    def __init__(self, witness: str) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (self.witness,)


def test_a_pickle_that_would_run_code_is_refused_even_with_consent(tmp_path: Path) -> None:
    folder = write_cifar100(tmp_path)
    witness = tmp_path / "witness"
    entry = {**cifar_entry([1, 2], "fine_labels"), "extra": _Hostile(str(witness))}
    (folder / "test").write_bytes(pickle.dumps(entry, protocol=2))
    assert "mkdir" in refusal(tmp_path, "cifar100")
    assert not witness.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a pickle",
        pickle.dumps(cifar_entry([1, 2, 3], "fine_labels"), protocol=2)[:-2000],
        pickle.dumps([1, 2, 3]),
        pickle.dumps({"data": np.zeros((2, 3072), np.uint8)}),
        pickle.dumps({"data": np.zeros((2, 3072), np.float32), "fine_labels": [0, 1]}),
        pickle.dumps({"data": np.zeros((2, 99), np.uint8), "fine_labels": [0, 1]}),
        pickle.dumps({"data": np.zeros((2, 3072), np.uint8), "fine_labels": [0, 1, 2]}),
        pickle.dumps({"data": np.zeros((2, 3072), np.uint8), "fine_labels": [0, 100]}),
        pickle.dumps({"data": np.zeros((2, 3072), np.uint8), "fine_labels": ["a", "b"]}),
        pickle.dumps({"data": np.zeros((2, 3072), np.uint8), "fine_labels": 5}),
    ],
    ids=["empty", "text", "cut", "list", "no labels", "floats", "small", "many", "high", "words", "number"],
)
def test_a_damaged_pickle_is_named_even_with_consent(tmp_path: Path, content: bytes) -> None:
    folder = write_cifar100(tmp_path)
    (folder / "train").write_bytes(content)
    text = refusal(tmp_path, "cifar100")
    assert str(folder / "train") in text
    assert "CIFAR-100" in text


def test_a_legacy_file_of_torch_beside_the_data_is_never_opened(tmp_path: Path) -> None:
    write_idx(tmp_path)
    processed = tmp_path / "MNIST" / "processed"
    processed.mkdir()
    for name in ("training.pt", "test.pt"):
        (processed / name).write_bytes(b"would fail if anybody looked")
    assert load(tmp_path, "mnist").tasks[0].train_images == 12


def test_data_sets_with_images_of_one_size_can_follow_each_other(tmp_path: Path) -> None:
    write_cifar10(tmp_path)
    write_cifar100(tmp_path, classes=10)
    parts = (
        Part(dataset="cifar10", classes=tuple(range(10)), name="first"),
        Part(dataset="cifar100", classes=(5, 6)),
        Part(dataset="cifar10", classes=(0,)),
    )
    stream = load(tmp_path, "digits", parts=parts)
    assert [task.name for task in stream.tasks] == ["first", "cifar100 5-6", "cifar10 0"]
    assert [task.train_images for task in stream.tasks] == [50, 10, 5]
    assert stream.task(0).mean.tolist() != stream.task(1).mean.tolist()
