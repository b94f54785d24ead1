"""Chunk layout: the raw output of a generator as one flat row of weights, and back."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class ChunkLayout:
    """Equal pieces, one after the other; the end of the last piece may go unused.

    Attributes
    ----------
    size : int
        Numbers in the flat row.
    chunk : int
        Numbers in one piece.

    References
    ----------
    von Oswald et al. 2019, Continual learning with hypernetworks (chunked hypernetworks).
    """

    size: int
    chunk: int

    @property
    def chunks(self) -> int:
        """Number of pieces."""
        return -(-self.size // self.chunk)

    @property
    def unused(self) -> int:
        """Numbers at the end of the last chunk that belong to no tensor."""
        return self.chunks * self.chunk - self.size

    def join(self, pieces: Tensor) -> Tensor:
        """Flat row of chunks.

        Parameters
        ----------
        pieces : Tensor, shape (..., chunks, chunk)

        Returns
        -------
        Tensor, shape (..., size)
        """
        flat = pieces.reshape(*pieces.shape[:-2], self.chunks * self.chunk)
        # Split, not sliced: the gradient is then written once, not added to zeros.
        return flat if self.unused == 0 else flat.split((self.size, self.unused), -1)[0]

    def cut(self, flat: Tensor) -> Tensor:
        """Chunks of a flat row, zeros where nothing belongs; ``join(cut(x))`` equals ``x``.

        Parameters
        ----------
        flat : Tensor, shape (..., size)

        Returns
        -------
        Tensor, shape (..., chunks, chunk)
        """
        padded = functional.pad(flat, (0, self.unused))
        return padded.reshape(*flat.shape[:-1], self.chunks, self.chunk)
