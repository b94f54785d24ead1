"""Real data sets, where the tester has them: HHSTUDIO_TEST_DATA names their folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from hhstudio.core.errors import DataError
from hhstudio.core.spec.spec import Part, Stream
from hhstudio.core.spec.stream_data import expected_files
from hhstudio.learn.data import build_stream

pytestmark = pytest.mark.needs_data


def root(*files: str) -> Path:
    """The folder of real data; skips the test where it lacks one of the files."""
    named = os.environ.get("HHSTUDIO_TEST_DATA")
    if not named:
        pytest.skip("HHSTUDIO_TEST_DATA is not set")
    absent = [file for file in files if not (Path(named) / file).exists()]
    if absent:
        pytest.skip(f"HHSTUDIO_TEST_DATA has no {absent[0]}")
    return Path(named)


def test_mnist_is_recognised_and_complete() -> None:
    data_root = root("MNIST/raw/train-images-idx3-ubyte")
    wanted = Stream(dataset="mnist")
    stream = build_stream(wanted, 0, data_root, allow_unverified=False, download=False)
    assert not stream.unverified
    assert sum(task.train_images for task in stream.tasks) == 60_000
    assert sum(task.test_images for task in stream.tasks) == 10_000
    assert all(present for _, present in expected_files(wanted, data_root))


def test_mnist_permuted_ten_times_is_kept_once() -> None:
    data_root = root("MNIST/raw/train-images-idx3-ubyte")
    stream = build_stream(
        Stream(dataset="mnist", kind="permuted", tasks=10), 0, data_root, allow_unverified=False
    )
    assert len({data.train_images.data_ptr() for data in stream.data}) == 1
    inputs = stream.task(3).inputs(stream.task(3).train_images[:10_000])
    assert abs(inputs.mean().item()) < 0.02
    assert abs(inputs.std().item() - 1) < 0.02


def test_a_part_of_cifar100_needs_consent_and_is_read_with_it() -> None:
    data_root = root("cifar-100-python/train")
    wanted = Stream(dataset="cifar100", tasks=3, classes_per_task=10, train_limit=1000)
    stream = build_stream(wanted, 0, data_root, allow_unverified=True, download=False)
    assert [task.train_images for task in stream.tasks] == [1000] * 3
    assert [task.test_images for task in stream.tasks] == [1000] * 3
    if stream.unverified:
        with pytest.raises(DataError, match="16019d7e3df5f24257cddd939b257f8d"):
            build_stream(wanted, 0, data_root, allow_unverified=False, download=False)


def test_the_stream_of_the_original_figure_is_read() -> None:
    data_root = root("cifar-100-python/train", "cifar-10-batches-py/data_batch_1")
    parts = (
        Part(dataset="cifar10", classes=tuple(range(10))),
        *(Part(dataset="cifar100", classes=tuple(range(k, k + 10))) for k in range(0, 50, 10)),
    )
    wanted = Stream(parts=parts, heads="each")
    stream = build_stream(wanted, 0, data_root, allow_unverified=True, download=False)
    assert stream.image_shape == (3, 32, 32)
    assert stream.heads == (10,) * 6
    assert stream.tasks[0].train_images >= 10_000
    assert [task.train_images for task in stream.tasks[1:]] == [5000] * 5
    for data in stream.data:
        assert torch.bincount(data.test_labels).min() > 0
        assert abs(data.inputs(data.train_images[:1000]).mean().item()) < 0.3
