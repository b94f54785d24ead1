"""Maps of vectors: where they lie along their principal components, and who is near whom."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hhstudio.core.analysis import geometry
from hhstudio.core.analysis.answers import Point, VectorMap


def vector_map(title: str, points: Sequence[Point], products: np.ndarray, nearby: bool = False) -> VectorMap:
    """A map of vectors from their scalar products. ``nearby``: with t-SNE, where that can be had."""
    apart = geometry.distances(products)
    found = geometry.principal(products)
    embed = geometry.neighbour_map() if nearby and len(points) >= 4 else None
    return VectorMap(
        title=title,
        points=tuple(points),
        coordinates=found.coordinates,
        share=found.share,
        neighbours=geometry.neighbours(apart),
        apart=apart,
        nearby=embed(apart, 0) if embed is not None else None,
    )
