"""Vector map: places along principal components (or by t-SNE), nearest neighbours, distances."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hhstudio.core.analysis import geometry
from hhstudio.core.analysis.answers import Point, VectorMap


def vector_map(title: str, points: Sequence[Point], products: np.ndarray, nearby: bool = False) -> VectorMap:
    """A map of vectors from their scalar products. ``nearby``: with t-SNE, where that can be had."""
    apart = geometry.distances(products)
    principal = geometry.principal(products)
    return VectorMap(
        title=title,
        points=tuple(points),
        coordinates=principal.coordinates,
        share=principal.share,
        neighbours=geometry.neighbours(apart),
        apart=apart,
        nearby=geometry.t_sne(apart) if nearby and len(points) >= 4 else None,
    )
