"""Snapshots of levels: embeddings as they were, and generated hypernetworks as digests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hhstudio.core.analysis import questions as q
from hhstudio.core.analysis import weight_statistics
from hhstudio.core.analysis.answers import Embeddings, Histograms, LayerHistory
from hhstudio.core.analysis.registry import answers
from hhstudio.core.errors import SessionError
from hhstudio.service.analysis.model_session import ModelSession

_OWN = "task_code/"
_LEVEL = "level/"


@answers(q.Embeddings)
def embeddings(session: ModelSession, nearby: bool, step: int | None) -> Embeddings:
    """As the model has them, or as the last snapshot until a step kept them."""
    from hhstudio.learn.analysis.embeddings import embeddings as embeddings_of

    if step is None:
        return embeddings_of(session.model, nearby)
    taken, recorded = embeddings_at(session, step)
    return embeddings_of(session.model, nearby, recorded, taken)


def embeddings_at(session: ModelSession, step: int) -> tuple[int, dict[str, np.ndarray]]:
    """The step of the last snapshot until ``step``, and the embeddings that it keeps, by the names under
    which a hierarchy stores them; a condition's own chunk codes from its last snapshot.

    Raises SessionError where there is no such snapshot.
    """
    recorded: dict[str, np.ndarray] = {}
    extras, owners, at_step = session.snapshot_extras, set(), -1
    for at in range(len(extras) - 1, -1, -1):
        taken, path, task = extras.keys[at]
        if taken > step or (path, task) in owners:
            continue
        arrays = extras.read(at)
        if not arrays:
            continue
        owners.add((path, task))
        newest, at_step = at_step < 0, max(at_step, taken)
        recorded |= {
            name: values
            for name, values in arrays.items()
            if name.startswith(_OWN) or (newest and not name.startswith(_LEVEL))
        }
    if at_step < 0:
        raise SessionError(
            f"{session.path}: no embeddings were kept up to step {step} (recording.snapshot_every keeps them)"
        )
    return at_step, recorded


def level_histograms(
    session: ModelSession, path: str, task: int, layers: Sequence[str], bins: int, level: int
) -> Histograms:
    """Of what level ``level`` of a condition's chain generates: as kept with its snapshots and, last, as the
    model generates it now. Raises SessionError."""
    from hhstudio.learn.analysis.overview import level_digests

    now, step = level_digests(session.model, path, task, level), session.model.step
    before = f"{_LEVEL}{level}/"
    extras = session.snapshot_extras
    moments = [(taken, at) for at, (taken, *key) in enumerate(extras.keys) if key == [path, task]]
    rows = [(taken, extras.read(at)) for taken, at in moments]
    digests = [
        (
            taken,
            {name.removeprefix(before): values for name, values in row.items() if name.startswith(before)},
        )
        for taken, row in rows
    ]
    known = [(taken, digest) for taken, digest in digests if digest.keys() >= now.keys()] + [(step, now)]
    unknown = set(layers) - set(now)
    if unknown:
        raise SessionError(f"{session.path}: level {level} of {path} has no tensor {sorted(unknown)[0]!r}")
    histories = tuple(_history(name, [digest[name] for _, digest in known], bins) for name in layers or now)
    return Histograms(
        path=path, task=task, level=level, steps=np.array([taken for taken, _ in known]), layers=histories
    )


def _history(name: str, digests: Sequence[np.ndarray], bins: int) -> LayerHistory:
    rows = np.stack([np.asarray(digest, np.float64) for digest in digests])
    spans = rows[:, 4:]
    low, high = (np.nanmin(spans), np.nanmax(spans)) if np.isfinite(spans).any() else (np.nan, np.nan)
    edges = weight_statistics.common_edges(float(low), float(high), bins)
    places = [
        int(np.argmin(np.abs(weight_statistics.DIGEST - share))) for share in weight_statistics.QUANTILES
    ]
    return LayerHistory(
        name=name,
        edges=edges,
        counts=np.stack([weight_statistics.digested_histogram(row, edges) for row in rows]),
        quantiles=spans[:, places],
        mean=rows[:, 1],
        std=rows[:, 2],
        norm=rows[:, 3],
    )
