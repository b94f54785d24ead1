"""Multilayer perceptron on flattened images."""

from __future__ import annotations

import itertools
import math

from torch import Tensor, nn


class MLP(nn.Module):
    """Linear layers with ReLU between them.

    Parameters
    ----------
    image_shape : tuple of int
        C, H, W.
    outputs : int
        Logits.
    hidden : sequence of int
        Widths of the hidden layers.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        outputs: int,
        hidden: tuple[int, ...] | list[int] = (400, 400),
    ) -> None:
        super().__init__()
        widths = (math.prod(image_shape), *hidden)
        layers: list[nn.Module] = [nn.Flatten()]
        for inputs, width in itertools.pairwise(widths):
            layers += [nn.Linear(inputs, width), nn.ReLU()]
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(widths[-1], outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of images.

        Parameters
        ----------
        x : Tensor, shape (N, C, H, W)

        Returns
        -------
        Tensor, shape (N, outputs)
        """
        return self.head(self.body(x))
