"""A solver that draws random numbers, named in tests by its import path."""

from __future__ import annotations

from torch import Tensor, nn


class DropoutNet(nn.Module):
    def __init__(self, outputs: int, rate: float = 0.2) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(64, 12), nn.ReLU(), nn.Dropout(rate), nn.Linear(12, outputs)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)
