"""Task inference by entropy: of several solvers, the one that is the most certain of an image."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def log_entropy(logits: Tensor) -> Tensor:
    """Logarithm of the entropy of predictions, exact also where the entropy itself would round to 0.

    Parameters
    ----------
    logits : Tensor, shape (N, K)

    Returns
    -------
    Tensor, shape (N,), float64
        -inf for a single output, of which every solver is certain.

    Notes
    -----
    With d the distances of the logits from the largest, z = Σ exp(-d) and s = z - 1: the entropy is
    log z + Σ d exp(-d) / z. Both terms are summed as logarithms; log z is log1p(s), which is s where s is
    small.
    """
    values = logits.detach().double().sort(1, descending=True).values
    if values.shape[1] < 2:
        return torch.full((len(values),), -torch.inf, dtype=torch.float64, device=logits.device)
    d = values[:, :1] - values[:, 1:]
    log_s = torch.logsumexp(-d, 1)
    log_z = torch.log1p(log_s.exp())
    first = torch.where(log_s < -20, log_s, log_z.log())
    second = torch.logsumexp(torch.where(torch.isinf(d), -torch.inf, d.log() - d), 1) - log_z
    return torch.logaddexp(first, second)


def most_certain(logits: Sequence[Tensor]) -> Tensor:
    """Which of several solvers has the least entropy, image by image.

    Parameters
    ----------
    logits : sequence of Tensor, shape (N, K)
        Of each solver, of the same images; K may differ.

    Returns
    -------
    Tensor, shape (N,), int64
        Places in ``logits``.

    References
    ----------
    von Oswald et al. 2019, Continual learning with hypernetworks (HNET+ENT).
    """
    return torch.stack([log_entropy(own) for own in logits]).argmin(0)


def predicted(logits: Sequence[Tensor]) -> Tensor:
    """Labels as the most certain of several solvers predicts them, image by image.

    Parameters
    ----------
    logits : sequence of Tensor, shape (N, K)
        Of each solver, of the same images; K may differ.

    Returns
    -------
    Tensor, shape (N,), int64
    """
    labels = torch.stack([own.argmax(1) for own in logits])
    return labels[0] if len(labels) == 1 else labels.gather(0, most_certain(logits)[None])[0]
