"""Normalisation and augmentation."""

from __future__ import annotations

import torch

from hhstudio.learn.data import augment, normalise


def images(count: int = 64) -> torch.Tensor:
    drawn = torch.randint(1, 256, (count, 3, 8, 8), generator=torch.Generator().manual_seed(1))
    return drawn.to(torch.uint8)


def test_normalising_is_the_usual_formula_channel_by_channel() -> None:
    x = images()
    mean, std = torch.tensor([0.1, 0.5, 0.9]), torch.tensor([0.2, 1.0, 0.3])
    expected = (x.double() / 255 - mean.view(3, 1, 1)) / std.view(3, 1, 1)
    result = normalise(x, mean, std)
    assert result.dtype == torch.float32
    assert torch.allclose(result.double(), expected, atol=1e-5)


def test_every_augmented_image_is_a_shifted_perhaps_mirrored_original() -> None:
    x = images()
    padding = 2
    result = augment(x, torch.Generator().manual_seed(3), padding=padding)
    assert result.shape == x.shape
    assert result.dtype == torch.uint8
    padded = torch.nn.functional.pad(x, (padding,) * 4)
    met = set()
    for k in range(len(x)):
        found = [
            (dy, dx, mirrored)
            for dy in range(2 * padding + 1)
            for dx in range(2 * padding + 1)
            for mirrored in (False, True)
            if torch.equal(
                result[k].flip(-1) if mirrored else result[k], padded[k, :, dy : dy + 8, dx : dx + 8]
            )
        ]
        assert len(found) == 1
        met.add(found[0])
    assert len({dy for dy, _, _ in met}) == len({dx for _, dx, _ in met}) == 5
    assert {mirrored for _, _, mirrored in met} == {False, True}


def test_the_same_generator_state_gives_the_same_images() -> None:
    x = images()
    first, second = torch.Generator().manual_seed(9), torch.Generator().manual_seed(9)
    torch.manual_seed(1234)
    assert torch.equal(augment(x, first), augment(x, second))
    assert not torch.equal(augment(x, first), augment(x, torch.Generator().manual_seed(9)))


def test_without_mirroring_only_the_position_changes() -> None:
    x = torch.zeros(32, 1, 8, 8, dtype=torch.uint8)
    x[:, :, :, 3], x[:, :, :, 4] = 1, 2
    result = augment(x, torch.Generator().manual_seed(0), padding=2, flip=False)
    rows = result.amax(2).squeeze(1)
    assert torch.equal((rows == 2).int().argmax(1), (rows == 1).int().argmax(1) + 1)
