"""Arrays as messages and journals carry them: NumPy type, shape and bytes, checked when they are read."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np

NUMBERS = "biuf"
"""Kinds of NumPy types that travel between processes."""


class StoredArray(msgspec.Struct, frozen=True, kw_only=True):
    """A dense array: NumPy type text (``<f4``), shape, row-major bytes."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes

    @classmethod
    def of(cls, values: np.ndarray) -> StoredArray:
        values = np.asarray(values)
        return cls(dtype=values.dtype.str, shape=values.shape, data=values.tobytes())

    def numpy(self, kinds: str = NUMBERS) -> np.ndarray:
        """The array, read-only. Raises ValueError where its type is none of ``kinds``, or where shape and
        bytes disagree; TypeError where the type is none at all."""
        dtype = np.dtype(self.dtype)
        if dtype.kind not in kinds:
            raise ValueError(f"arrays of the type {self.dtype[:20]} are not read")
        if any(side < 0 for side in self.shape) or math.prod(self.shape) * dtype.itemsize != len(self.data):
            raise ValueError("an array's shape and bytes disagree")
        return np.frombuffer(self.data, dtype).reshape(self.shape)


def encoded(value: Any) -> StoredArray:
    """For msgspec's ``enc_hook``: NumPy arrays as :class:`StoredArray`. Raises NotImplementedError."""
    if not isinstance(value, np.ndarray) or value.dtype.kind not in NUMBERS:
        raise NotImplementedError(f"{type(value).__name__} does not travel")
    return StoredArray.of(value)


def decoded(kind: type, value: Any) -> np.ndarray:
    """For msgspec's ``dec_hook``: what :func:`encoded` made. Raises ValueError, NotImplementedError."""
    if kind is not np.ndarray:
        raise NotImplementedError(f"{kind} does not travel")
    return msgspec.convert(value, StoredArray).numpy()
