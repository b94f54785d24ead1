"""A folder of images, one sub-folder a class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from fake_files import write_images
from PIL import Image

from hhstudio.core.errors import DataError, SpecError
from hhstudio.core.spec.spec import Stream
from hhstudio.learn.data import TaskStream, build_stream

RED, GREEN, BLUE, GREY = (250, 0, 0), (0, 250, 0), (0, 0, 250), (90, 90, 90)


def load(folder: Path, **fields: object) -> TaskStream:
    stream = Stream(dataset="folder", folder=str(folder), **fields)  # type: ignore[arg-type]
    return build_stream(stream, 0, folder.parent / "data", allow_unverified=False)


def four_classes(root: Path) -> Path:
    for name, colour in (("ash", RED), ("birch", GREEN), ("cedar", BLUE), ("dogwood", GREY)):
        write_images(root / name, colour, 10, (32, 32))
    return root


def test_sub_folders_are_the_classes_and_a_fifth_is_kept_for_testing(tmp_path: Path) -> None:
    stream = load(four_classes(tmp_path / "trees"), tasks=2)
    assert stream.image_shape == (3, 32, 32)
    assert stream.tasks[1].class_names == ("cedar", "dogwood")
    assert [(t.train_images, t.test_images) for t in stream.tasks] == [(16, 4), (16, 4)]
    data = stream.task(0)
    assert torch.equal(data.train_images[0, :, 0, 0], torch.tensor(RED, dtype=torch.uint8))
    assert data.train_labels.tolist() == [0] * 8 + [1] * 8
    assert not stream.unverified
    assert ["no test folder" in notice for notice in stream.notices] == [True]


def test_train_and_test_folders_are_taken_as_they_are(tmp_path: Path) -> None:
    for name, colour in (("ash", RED), ("birch", GREEN)):
        write_images(tmp_path / "trees" / "train" / name, colour, 3, (32, 32))
        write_images(tmp_path / "trees" / "test" / name, colour, 2, (32, 32))
    stream = load(tmp_path / "trees", tasks=1)
    assert (stream.tasks[0].train_images, stream.tasks[0].test_images) == (6, 4)
    assert stream.notices == ()


def test_images_of_other_sizes_and_kinds_are_fitted_and_that_is_said(tmp_path: Path) -> None:
    folder = four_classes(tmp_path / "trees")
    for file in (folder / "ash").iterdir():
        file.unlink()
    write_images(folder / "ash" / "deeper", RED, 2, (90, 40))
    Image.new("L", (16, 16), 200).save(folder / "ash" / "grey.jpg")
    Image.new("RGBA", (16, 16), (1, 2, 3, 255)).save(folder / "ash" / "alpha.webp", lossless=True)
    Image.fromarray(np.full((16, 16), 0x8000, np.uint16)).save(folder / "ash" / "deep.tif")
    (folder / "ash" / "notes.txt").write_text("no image")
    stream = load(folder, tasks=1, image_size=16)
    assert stream.image_shape == (3, 16, 16)
    data = stream.task(0)
    everything = torch.cat([data.train_images, data.test_images])
    labels = torch.cat([data.train_labels, data.test_labels])
    colours = {tuple(image[:, 8, 8].tolist()) for image in everything[labels == 0]}
    assert colours == {RED, (200, 200, 200), (1, 2, 3), (128, 128, 128)}
    assert any("12 of 15 images were not 16×16" in notice for notice in stream.notices)


def test_broken_images_are_named(tmp_path: Path) -> None:
    folder = four_classes(tmp_path / "trees")
    whole = (folder / "birch" / "003.png").read_bytes()
    (folder / "birch" / "003.png").write_bytes(whole[:-40])
    (folder / "ash" / "broken.jpg").write_bytes(b"")
    with pytest.raises(DataError) as caught:
        load(folder, tasks=1)
    text = str(caught.value)
    assert "2 images cannot be read" in text
    assert "ash/broken.jpg" in text
    assert "birch/003.png" in text
    assert "\n" not in text


def test_only_the_classes_of_the_stream_are_read(tmp_path: Path) -> None:
    folder = four_classes(tmp_path / "trees")
    (folder / "dogwood" / "broken.png").write_bytes(b"")
    assert load(folder, tasks=1).tasks[0].class_names == ("ash", "birch")


def test_a_class_is_split_alike_whichever_others_are_used(tmp_path: Path) -> None:
    folder = tmp_path / "trees"
    for offset, name in enumerate(("ash", "birch", "cedar")):
        write_images(folder / name, (0, 0, 0), 10, (8, 8))
        for index, file in enumerate(sorted((folder / name).iterdir())):
            Image.new("RGB", (8, 8), (offset, index, 0)).save(file)
    one, both = load(folder, tasks=1, image_size=8), load(folder, tasks=1, classes_per_task=3, image_size=8)
    chosen = [s.task(0).test_images[s.task(0).test_labels == 1] for s in (one, both)]
    assert torch.equal(chosen[0], chosen[1])


def test_a_class_with_a_single_image_cannot_be_tested(tmp_path: Path) -> None:
    folder = four_classes(tmp_path / "trees")
    for file in list((folder / "ash").iterdir())[1:]:
        file.unlink()
    with pytest.raises(DataError, match=r"no test images here of class 0 \(ash\)"):
        load(folder, tasks=1)


def test_reading_images_is_reported(tmp_path: Path) -> None:
    folder = four_classes(tmp_path / "trees")
    heard: list[tuple[str, int, int]] = []
    stream = Stream(dataset="folder", folder=str(folder), tasks=2)
    build_stream(stream, 0, tmp_path, allow_unverified=False, progress=lambda *told: heard.append(told))
    assert heard[0] == ("reading images of trees", 0, 40)
    assert heard[-1] == ("reading images of trees", 40, 40)


def test_a_relative_folder_is_below_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    four_classes(tmp_path / "trees")
    monkeypatch.chdir(tmp_path)
    stream = build_stream(Stream(dataset="folder", folder="trees", tasks=2), 0, tmp_path / "data")
    assert stream.tasks[0].train_images == 16


def test_folders_that_hold_no_classes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"stream\.folder is empty"):
        build_stream(Stream(dataset="folder"), 0, tmp_path)
    with pytest.raises(DataError, match="no such folder"):
        load(tmp_path / "absent")
    (tmp_path / "bare").mkdir()
    with pytest.raises(DataError, match="no sub-folders"):
        load(tmp_path / "bare")
    write_images(tmp_path / "uneven" / "train" / "ash", RED, 2, (8, 8))
    write_images(tmp_path / "uneven" / "test" / "oak", RED, 2, (8, 8))
    with pytest.raises(DataError, match="'oak' is a class here"):
        load(tmp_path / "uneven")
    (tmp_path / "hollow" / "ash").mkdir(parents=True)
    with pytest.raises(DataError, match="no images"):
        load(tmp_path / "hollow", tasks=1, classes_per_task=1)
