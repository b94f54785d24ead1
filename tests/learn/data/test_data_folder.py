"""A folder of images, one sub-folder a class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from fake_files import write_images
from PIL import Image, features

from hhstudio.core.errors import DataError, SpecError
from hhstudio.core.spec.spec import Stream
from hhstudio.learn.data import TaskStream, build_stream
from hhstudio.learn.data.folder import check_memory

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


def files_used(stream: TaskStream) -> int:
    return sum(task.train_images + task.test_images for task in stream.tasks)


def ramp_images(folder: Path, pixels: np.ndarray, suffix: str, count: int = 5) -> None:
    for name in ("ash", "birch"):
        (folder / name).mkdir(parents=True)
        for index in range(count):
            Image.fromarray(pixels).save(folder / name / f"{index}.{suffix}")


RAMP = np.linspace(0, 65535, 64).reshape(8, 8)


@pytest.mark.parametrize(
    ("pixels", "suffix", "limits"),
    [
        (RAMP.astype(np.uint16), "png", "0 to 65535"),
        ((RAMP // 16).astype(np.uint16), "png", "0 to 4095"),
        ((RAMP // 16 + 5).astype(np.uint16), "tif", "5 to 4100"),
        (RAMP.astype(np.int32), "tif", "0 to 65535"),
        (RAMP.astype(np.int32) - 1024, "tif", "-1024 to 64511"),
        ((RAMP / 65535).astype(np.float32), "tif", "0 to 1"),
        ((RAMP / 655350 - 3).astype(np.float32), "tif", "-3 to -2.9"),
    ],
)
def test_images_of_more_than_8_bits_keep_their_range_and_that_is_said(
    tmp_path: Path, pixels: np.ndarray, suffix: str, limits: str
) -> None:
    ramp_images(tmp_path / "deep", pixels, suffix)
    stream = load(tmp_path / "deep", tasks=1, image_size=8)
    wanted = np.rint(np.linspace(0, 255, 64)).astype(np.int16)
    assert np.abs(stream.task(0).train_images[0, 1].numpy().ravel().astype(np.int16) - wanted).max() <= 1
    assert len(stream.task(0).train_images.unique()) == 64
    assert any(f"{limits}, the limits of those for training" in notice for notice in stream.notices)


def test_limits_are_those_of_training_images_and_what_lies_beyond_is_cut_and_counted(tmp_path: Path) -> None:
    ramp_images(tmp_path / "deep" / "train", (RAMP // 16).astype(np.uint16), "png")
    ramp_images(tmp_path / "deep" / "test", (RAMP // 8).astype(np.uint16), "png", 2)
    stream = load(tmp_path / "deep", tasks=1, image_size=8)
    assert any("0 to 4095" in text and "4 reach beyond" in text for text in stream.notices)
    assert len(stream.task(0).train_images.unique()) == 64
    assert int((stream.task(0).test_images[0, 0] == 255).sum()) >= 32


def test_deep_images_among_others_leave_those_as_they_are(tmp_path: Path) -> None:
    folder = four_classes(tmp_path / "trees")
    Image.fromarray((np.linspace(0, 1, 1024).reshape(32, 32)).astype(np.float32)).save(
        folder / "ash" / "deep.tif"
    )
    data = load(folder, tasks=1).task(0)
    birch = torch.cat([data.train_images[data.train_labels == 1], data.test_images[data.test_labels == 1]])
    assert {tuple(image[:, 8, 8].tolist()) for image in birch} == {GREEN}


def test_pixels_that_are_no_numbers_are_an_image_that_cannot_be_read(tmp_path: Path) -> None:
    pixels = (RAMP / 65535).astype(np.float32)
    pixels[3, 3] = np.nan
    ramp_images(tmp_path / "deep", pixels, "tif")
    with pytest.raises(DataError, match=r"ash/0\.tif \(holds values that are no finite numbers\)"):
        load(tmp_path / "deep", tasks=1, image_size=8)


@pytest.mark.parametrize(("train", "test"), [("Train", "Test"), ("TRAIN", "val"), ("train", "Validation")])
def test_training_and_test_folders_are_told_in_any_case(tmp_path: Path, train: str, test: str) -> None:
    for name in ("ash", "birch"):
        write_images(tmp_path / "trees" / train / name, RED, 3, (8, 8))
        write_images(tmp_path / "trees" / test / name, RED, 2, (8, 8))
    stream = load(tmp_path / "trees", tasks=1, image_size=8)
    assert stream.tasks[0].class_names == ("ash", "birch")
    assert (stream.tasks[0].train_images, stream.tasks[0].test_images) == (6, 4)


def test_numbers_in_names_of_classes_count_as_numbers(tmp_path: Path) -> None:
    names = ("0", "1", "2", "10", "11", "B2", "a1", "a2", "a10")
    for name in names:
        write_images(tmp_path / "trees" / name, RED, 2, (8, 8))
    stream = load(tmp_path / "trees", tasks=9, classes_per_task=1, image_size=8)
    assert [task.class_names for task in stream.tasks] == [(name,) for name in names]


def test_linked_folders_are_followed_within_the_folder_of_images_only(tmp_path: Path) -> None:
    folder = four_classes(tmp_path / "trees")
    write_images(folder / ".store", RED, 5, (32, 32))
    write_images(tmp_path / "elsewhere", RED, 5, (32, 32))
    (folder / "ash" / "more").symlink_to(folder / ".store")
    (folder / "ash" / "again").symlink_to(folder / ".store")
    (folder / "ash" / "round").symlink_to(folder / "ash")
    (folder / "ash" / "up").symlink_to(folder)
    (folder / "birch" / "out").symlink_to(tmp_path / "elsewhere")
    stream = load(folder, tasks=1)
    assert files_used(stream) == 25
    (notice,) = (text for text in stream.notices if "were skipped" in text)
    assert "4 files were skipped" in notice
    assert "birch/out leads out of the folder of images" in notice


def test_a_class_may_be_a_link_to_elsewhere(tmp_path: Path) -> None:
    folder = four_classes(tmp_path / "trees")
    write_images(tmp_path / "elsewhere" / "deeper", RED, 5, (32, 32))
    (folder / "alder").symlink_to(tmp_path / "elsewhere")
    assert files_used(load(folder, tasks=1, classes_per_task=1)) == 5


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow reads no AVIF")
def test_avif_is_read(tmp_path: Path) -> None:
    folder = four_classes(tmp_path / "trees")
    Image.new("RGB", (32, 32), RED).save(folder / "ash" / "one.avif")
    assert files_used(load(folder, tasks=1)) == 21


def test_files_that_are_skipped_are_counted_and_named(tmp_path: Path) -> None:
    folder = four_classes(tmp_path / "trees")
    (folder / "ash" / "notes.txt").write_text("no image")
    (folder / "birch" / "README").write_text("no image")
    (folder / "birch" / ".DS_Store").write_text("no image")
    (folder / "ash" / "gone.png").symlink_to(folder / "nowhere.png")
    Image.new("RGB", (8, 8)).save(folder / "loose.png")
    stream = load(folder, tasks=1)
    (notice,) = (text for text in stream.notices if "were skipped" in text)
    assert "4 files were skipped" in notice
    for named in ("loose.png lies", "ash/notes.txt is", "ash/gone.png is", "birch/README has"):
        assert named in notice
    assert files_used(stream) == 20


def test_pictures_after_the_first_of_a_file_are_not_passed_over_in_silence(tmp_path: Path) -> None:
    folder = four_classes(tmp_path / "trees")
    first, second = Image.new("RGB", (32, 32), RED), Image.new("RGB", (32, 32), BLUE)
    first.save(folder / "ash" / "moving.gif", save_all=True, append_images=[second])
    assert any("1 of 21 files hold several pictures" in text for text in load(folder, tasks=1).notices)


def test_a_class_without_an_image_to_spare_for_validation_is_refused_by_name(tmp_path: Path) -> None:
    folder = four_classes(tmp_path / "trees")
    for file in list((folder / "birch").iterdir())[2:]:
        file.unlink()
    with pytest.raises(DataError, match=r"validation 0\.1 .*class 1 \(birch\) has 1 and needs 2"):
        load(folder, tasks=1, validation=0.1)


def test_grey_images_have_one_channel(tmp_path: Path) -> None:
    stream = load(four_classes(tmp_path / "trees"), tasks=2, image_color="grey")
    assert stream.image_shape == (1, 32, 32)
    images = stream.task(1).train_images
    assert images.shape[1:] == (1, 32, 32)
    assert images[0].unique().tolist() == [Image.new("RGB", (1, 1), BLUE).convert("L").getpixel((0, 0))]
    ramp_images(tmp_path / "deep", RAMP.astype(np.uint16), "png")
    deep = load(tmp_path / "deep", tasks=1, image_size=8, image_color="grey").task(0).train_images
    assert deep.shape[1] == 1
    assert len(deep.unique()) == 64


@pytest.mark.parametrize(("alpha", "wanted"), [("ignored", 200), ("black", 100), ("white", 228)])
def test_transparent_images_stand_before_what_the_setting_says(
    tmp_path: Path, alpha: str, wanted: int
) -> None:
    folder = tmp_path / "trees"
    for name in ("ash", "birch"):
        (folder / name).mkdir(parents=True)
        for index in range(3):
            Image.new("RGBA", (8, 8), (200, 200, 200, 128)).save(folder / name / f"{index}.png")
            Image.new("LA", (8, 8), (200, 128)).save(folder / name / f"{index}.webp", lossless=True)
    images = load(folder, tasks=1, image_size=8, image_alpha=alpha).task(0).train_images
    assert set(images.unique().tolist()) <= set(range(wanted - 1, wanted + 2))


@pytest.mark.parametrize(
    ("depth", "white"), [("own", 3000), ("10-bit", 1023), ("12-bit", 4095), ("16-bit", 65535)]
)
def test_the_bit_depth_says_what_is_white(tmp_path: Path, depth: str, white: int) -> None:
    pixels = np.linspace(0, 3000, 64).astype(np.uint16).reshape(8, 8)
    ramp_images(tmp_path / "deep", pixels, "png")
    stream = load(tmp_path / "deep", tasks=1, image_size=8, image_depth=depth)
    wanted = np.rint(np.minimum(pixels / white, 1) * 255).astype(np.uint8)
    assert np.array_equal(stream.task(0).train_images[0, 0].numpy(), wanted)
    assert any(f"0 to {white}" in text for text in stream.notices)
    assert any("10 reach beyond" in text for text in stream.notices) == (depth == "10-bit")


def test_images_that_no_memory_holds_are_refused_with_what_they_would_take() -> None:
    stream = Stream(dataset="folder", image_size=1024)
    check_memory(stream, 10, (3, 1024, 1024))
    with pytest.raises(
        DataError, match=r"stream\.image_size is 1024: 1000000000 images take 3145728000000000 bytes"
    ):
        check_memory(stream, 10**9, (3, 1024, 1024))
