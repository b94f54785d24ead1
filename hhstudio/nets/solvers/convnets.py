"""Convolutional solvers without residual connections: SmallCNN, LeNet, ZenkeNet."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class SmallCNN(nn.Module):
    """Strided convolutions, one for each width, then one linear layer.

    Every stage halves the image (rounding up). About 2 600 weights on 8x8 digits.

    Parameters
    ----------
    image_shape : tuple of int
        C, H, W.
    outputs : int
        Logits.
    channels : sequence of int
        Width of each stage.
    """

    def __init__(
        self, image_shape: tuple[int, int, int], outputs: int, channels: tuple[int, ...] | list[int] = (8, 16)
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs, height, width = image_shape
        for c in channels:
            layers += [nn.Conv2d(inputs, c, 3, stride=2, padding=1), nn.ReLU()]
            inputs, height, width = c, -(-height // 2), -(-width // 2)
        self.features = nn.Sequential(*layers, nn.Flatten())
        self.head = nn.Linear(inputs * height * width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of images.

        Parameters
        ----------
        x : Tensor, shape (N, C, H, W)

        Returns
        -------
        Tensor, shape (N, outputs)
        """
        return self.head(self.features(x))


class LeNet(nn.Module):
    """LeNet-5 in its usual modern form: two convolutions with max pooling, one hidden linear layer.

    Parameters
    ----------
    image_shape : tuple of int
        C, H, W.
    outputs : int
        Logits.
    channels : sequence of int
        Widths of the two convolutions.
    hidden : int
        Width of the hidden layer.

    References
    ----------
    LeCun et al. 1998, Gradient-based learning applied to document recognition.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        outputs: int,
        channels: tuple[int, ...] | list[int] = (20, 50),
        hidden: int = 500,
    ) -> None:
        super().__init__()
        first, second = channels
        self.features = nn.Sequential(
            nn.Conv2d(image_shape[0], first, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(first, second, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        )  # fmt: skip
        self.hidden = nn.Sequential(nn.Linear(_size(self.features, image_shape), hidden), nn.ReLU())
        self.head = nn.Linear(hidden, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of images.

        Parameters
        ----------
        x : Tensor, shape (N, C, H, W)

        Returns
        -------
        Tensor, shape (N, outputs)
        """
        return self.head(self.hidden(self.features(x)))


class Zenke(nn.Module):
    """CIFAR network of Zenke et al.: two blocks of two convolutions, one hidden linear layer.

    Parameters
    ----------
    image_shape : tuple of int
        C, H, W.
    outputs : int
        Logits.
    channels : sequence of int
        Widths of the four convolutions.
    hidden : int
        Width of the hidden layer.
    dropout, hidden_dropout : float
        Probabilities after each block, and before the head.

    References
    ----------
    Zenke et al. 2017, Continual learning through synaptic intelligence.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        outputs: int,
        channels: tuple[int, ...] | list[int] = (32, 32, 64, 64),
        hidden: int = 512,
        dropout: float = 0.25,
        hidden_dropout: float = 0.5,
    ) -> None:
        super().__init__()
        a, b, c, d = channels
        self.features = nn.Sequential(
            nn.Conv2d(image_shape[0], a, 3, padding=1), nn.ReLU(),
            nn.Conv2d(a, b, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(dropout),
            nn.Conv2d(b, c, 3, padding=1), nn.ReLU(),
            nn.Conv2d(c, d, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(dropout), nn.Flatten(),
        )  # fmt: skip
        self.hidden = nn.Sequential(
            nn.Linear(_size(self.features, image_shape), hidden), nn.ReLU(), nn.Dropout(hidden_dropout)
        )
        self.head = nn.Linear(hidden, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of images.

        Parameters
        ----------
        x : Tensor, shape (N, C, H, W)

        Returns
        -------
        Tensor, shape (N, outputs)
        """
        return self.head(self.hidden(self.features(x)))


def _size(features: nn.Module, image_shape: tuple[int, int, int]) -> int:
    """Numbers that come out for one image; raises what the module raises when the image is too small."""
    training = features.training
    with torch.no_grad():
        sample = features.eval()(torch.zeros(1, *image_shape))
    features.train(training)
    return math.prod(sample.shape[1:])
