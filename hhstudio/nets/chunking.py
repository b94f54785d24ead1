"""Layouts: how the raw output of a generator becomes one flat row of weights, and back."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class ChunkLayout:
    """Equal pieces, one after the other; the end of the last piece may go unused (von Oswald et al. 2019)."""

    size: int
    chunk: int

    @property
    def chunks(self) -> int:
        return -(-self.size // self.chunk)

    @property
    def unused(self) -> int:
        """Numbers at the end of the last chunk that belong to no tensor."""
        return self.chunks * self.chunk - self.size

    def join(self, pieces: Tensor) -> Tensor:
        """(..., chunks, chunk) -> (..., size)."""
        flat = pieces.reshape(*pieces.shape[:-2], self.chunks * self.chunk)
        # Split, not sliced: the gradient is then written once, not added to zeros.
        return flat if self.unused == 0 else flat.split((self.size, self.unused), -1)[0]

    def cut(self, flat: Tensor) -> Tensor:
        """(..., size) -> (..., chunks, chunk), zeros where nothing belongs; ``join(cut(x)) == x``."""
        padded = functional.pad(flat, (0, self.unused))
        return padded.reshape(*flat.shape[:-1], self.chunks, self.chunk)
