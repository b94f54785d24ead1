"""A picture of each class, from every kind of file that a data set may be, without torch and pickle here."""

import gzip
import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import Image

from hhstudio.core.errors import DataError
from hhstudio.core.spec.spec import Stream
from hhstudio.service.class_pictures import thumbnails


def write_idx(path, array, packed):
    path.parent.mkdir(parents=True, exist_ok=True)
    head = bytes([0, 0, 8, array.ndim]) + b"".join(side.to_bytes(4, "big") for side in array.shape)
    data = head + array.tobytes()
    if packed:
        path = path.with_name(path.name + ".gz")
        data = gzip.compress(data)
    path.write_bytes(data)


@pytest.fixture
def mnist(tmp_path):
    def make(packed=False, labels=(7, 2, 2, 0)):
        images = np.arange(len(labels) * 28 * 28, dtype=np.uint8).reshape(len(labels), 28, 28)
        raw = tmp_path / "MNIST/raw"
        write_idx(raw / "t10k-images-idx3-ubyte", images, packed)
        write_idx(raw / "t10k-labels-idx1-ubyte", np.array(labels, np.uint8), packed)
        return images

    return make


@pytest.mark.parametrize("packed", [False, True])
def test_the_first_image_of_each_class_of_an_idx_file(tmp_path, mnist, packed):
    images = mnist(packed)
    found = thumbnails("mnist", Stream(), tmp_path)
    assert sorted(found) == [0, 2, 7]
    assert (found[2] == images[1]).all()


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not an idx file", bytes([0, 0, 8, 3]) + b"\xff" * 12])
def test_a_damaged_file_is_a_data_error_in_words(tmp_path, mnist, damage):
    mnist()
    (tmp_path / "MNIST/raw/t10k-images-idx3-ubyte").write_bytes(damage)
    with pytest.raises(DataError, match="t10k-images-idx3-ubyte"):
        thumbnails("mnist", Stream(), tmp_path)


def test_missing_files_are_a_data_error(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        thumbnails("fashion-mnist", Stream(), tmp_path)


def test_a_folder_of_images_gives_one_of_each_sub_folder(tmp_path):
    for name, color in (("cats", (255, 0, 0)), ("dogs", (0, 0, 255)), ("empty", None)):
        (tmp_path / name).mkdir()
        if color is not None:
            Image.new("RGB", (80, 40), color).save(tmp_path / name / "one.png")
    found = thumbnails("folder", Stream(dataset="folder", folder=str(tmp_path)), tmp_path)
    assert sorted(found) == [0, 1]
    assert found[0].shape == (16, 32, 3)
    assert found[1][0, 0].tolist() == [0, 0, 255]


def test_an_image_that_is_none_is_a_data_error(tmp_path):
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats/one.png").write_bytes(b"no image")
    with pytest.raises(DataError, match="cannot be looked at"):
        thumbnails("folder", Stream(dataset="folder", folder=str(tmp_path)), tmp_path)


def test_nobody_waits_for_a_process_that_is_given_up(tmp_path):
    given_up = threading.Event()
    given_up.set()
    with pytest.raises(DataError, match="cifar10"):
        thumbnails("cifar10", Stream(), tmp_path, cancelled=given_up)


def test_importing_it_loads_neither_torch_nor_pickled_data_readers():
    names = ("torch", "hhstudio.learn")
    code = f"import sys, hhstudio.service.class_pictures; print(*(name in sys.modules for name in {names}))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["False", "False"]


def test_pictures_of_a_folder_have_the_numbers_and_the_range_that_training_gives_them(tmp_path):
    for number in (2, 10):
        folder = tmp_path / "Train" / str(number)
        folder.mkdir(parents=True)
        (folder / "notes.txt").write_text("no image")
        ramp = np.linspace(0, 4000 + number, 64).reshape(8, 8)
        Image.fromarray(ramp.astype(np.uint16)).save(folder / "one.png")
        (tmp_path / "TEST" / str(number)).mkdir(parents=True)
    found = thumbnails("folder", Stream(dataset="folder", folder=str(tmp_path)), tmp_path)
    assert sorted(found) == [0, 1]
    assert len(np.unique(found[0])) == 64
    assert found[1].max() == 255
