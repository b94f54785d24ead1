"""Residual networks for small images."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn import functional

from hhstudio.core.errors import SpecError

_NORMS: dict[str, Callable[[int], nn.Module]] = {
    "batch": lambda c: nn.BatchNorm2d(c),
    "group": lambda c: nn.GroupNorm(min(8, c), c),
    "none": lambda c: nn.Identity(),
}


class _Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int, norm: Callable[[int], nn.Module]) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = norm(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = norm(outputs)
        self.stride, self.more = stride, outputs - inputs

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        # Option A of the paper: the shortcut has no weights.
        shortcut = functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.more))
        return functional.relu(y + shortcut)


class ResNet32(nn.Module):
    """Three stages of residual blocks: 6 * 5 + 2 = 32 layers by default.

    Parameters
    ----------
    image_shape : tuple of int
        C, H, W.
    outputs : int
        Logits.
    channels : sequence of int
        Width of each stage.
    blocks : int
        Residual blocks in each stage.
    norm : {"batch", "group", "none"}
        Batch norm has statistics, kept for each condition; group norm has none.

    Raises
    ------
    SpecError
        For an unknown ``norm``.

    References
    ----------
    He et al. 2016, Deep residual learning for image recognition, section 4.2 (shortcuts of option A).
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        outputs: int,
        channels: tuple[int, ...] | list[int] = (16, 32, 64),
        blocks: int = 5,
        norm: str = "batch",
    ) -> None:
        super().__init__()
        if norm not in _NORMS:
            raise SpecError(f"norm {norm!r} is unknown; known: {', '.join(_NORMS)}")
        make = _NORMS[norm]
        self.stem = nn.Conv2d(image_shape[0], channels[0], 3, 1, 1, bias=False)
        self.norm = make(channels[0])
        residual_blocks: list[nn.Module] = []
        inputs = channels[0]
        for stage, width in enumerate(channels):
            for block in range(blocks):
                residual_blocks.append(_Block(inputs, width, 2 if stage and not block else 1, make))
                inputs = width
        self.blocks = nn.Sequential(*residual_blocks)
        self.head = nn.Linear(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of images.

        Parameters
        ----------
        x : Tensor, shape (N, C, H, W)

        Returns
        -------
        Tensor, shape (N, outputs)
        """
        x = self.blocks(functional.relu(self.norm(self.stem(x))))
        return self.head(x.mean((2, 3)))
