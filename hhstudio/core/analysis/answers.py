"""Answers about a session: plain records with NumPy arrays, no torch.

The same records come from Python (``hhstudio.open(...).health("P1")``) and, through the helper process,
to the window. Conditions are named by path and task, as everywhere. Paths' levels count from the root:
level 0 is what the root generates, the last level is the solver's weights.
"""

from __future__ import annotations

from typing import Union

import msgspec
import numpy as np

from hhstudio.core.analysis.weight_statistics import TensorRow


class Answer(msgspec.Struct, frozen=True, kw_only=True, tag_field="t"):
    """Base of all answers."""


class PathInfo(msgspec.Struct, frozen=True, kw_only=True):
    """``nodes``: names of its hypernetworks, root first; ``levels``: titles of its edges, as H0 → H1;
    ``tensors``: the solver's, in its order; ``tasks``: learned, or being learned, on it."""

    name: str
    nodes: tuple[str, ...]
    levels: tuple[str, ...]
    tensors: tuple[str, ...]
    tasks: tuple[int, ...]
    solver: str


class Overview(Answer, frozen=True, kw_only=True, tag="overview"):
    """What there is to inspect. ``step``: of the trainer's state from which weights are generated.

    ``images``: why there are no images to classify on this machine, "" where there seem to be.
    ``test_images``: how many each task has (0 where unknown). ``classes``: names of each task's outputs.
    ``image_shape``: channels, height, width.
    """

    step: int
    paths: tuple[PathInfo, ...]
    image_shape: tuple[int, int, int]
    images: str
    test_images: tuple[int, ...]
    classes: tuple[tuple[str, ...], ...]


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """What a vector belongs to. ``task`` -1: not of one task; ``step`` -1: as it is now; ``path`` "": of
    none; ``number``: of a chunk."""

    title: str
    path: str = ""
    task: int = -1
    step: int = -1
    number: int = -1


class VectorMap(Answer, frozen=True, kw_only=True, tag="map"):
    """N vectors as a map. ``coordinates``: (N, k) along the principal components, k <= 3; ``share``: (k,)
    of the variance; ``neighbours``: (N, <= 3) nearest others; ``apart``: (N, N) relative distances;
    ``nearby``: (N, 2) by t-SNE, None where that was not asked for or cannot be had."""

    title: str
    points: tuple[Point, ...]
    coordinates: np.ndarray
    share: np.ndarray
    neighbours: np.ndarray
    apart: np.ndarray
    nearby: np.ndarray | None = None


class EmbeddingGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Embeddings of one kind that share a space. ``kind``: task, slot or chunk; ``node``: the name of the
    hypernetwork that reads them; ``level``: its place on its paths, 0 for the root; ``vectors``: (N, size).
    """

    kind: str
    node: str
    level: int
    vectors: np.ndarray
    map: VectorMap


class Embeddings(Answer, frozen=True, kw_only=True, tag="embeddings"):
    """Task embeddings by hypernetwork, then slot embeddings, then chunk embeddings by contribution, as they
    were at ``step``."""

    step: int
    groups: tuple[EmbeddingGroup, ...]


class Distances(Answer, frozen=True, kw_only=True, tag="distances"):
    """``matrices``: (L, N, N), for the whole solver first, then for each of ``layers``[1:]."""

    metric: str
    points: tuple[Point, ...]
    layers: tuple[str, ...]
    matrices: np.ndarray


class Drift(Answer, frozen=True, kw_only=True, tag="drift"):
    """How far what is generated now has moved from what was generated just after learning.

    ``change``: (N, L) of |now - then| / |then|, first for the whole solver, then for each of
    ``layers``[1:]; NaN where a solver has no such layer. ``then``: (N,) steps at which it was learned.
    ``lost``: (N,) accuracy lost since, NaN where not measured.
    """

    points: tuple[Point, ...]
    layers: tuple[str, ...]
    change: np.ndarray
    then: np.ndarray
    lost: np.ndarray


class LayerHistory(msgspec.Struct, frozen=True, kw_only=True):
    """One tensor through time: ``counts`` (N, bins) over ``edges`` (bins + 1,), ``quantiles`` (N, 5)
    of 5, 25, 50, 75 and 95 %, ``mean``, ``std``, ``norm`` (N,)."""

    name: str
    edges: np.ndarray
    counts: np.ndarray
    quantiles: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    norm: np.ndarray


class Histograms(Answer, frozen=True, kw_only=True, tag="histograms"):
    """``steps``: (N,) of the snapshots and, last, of the weights kept at the end. ``level``: -1 for the
    solver; otherwise the level of the chain whose generated hypernetwork it is, from its digests (counts are
    then near enough, not exact), and the last step is that of the newest checkpoint."""

    path: str
    task: int
    level: int = -1
    steps: np.ndarray
    layers: tuple[LayerHistory, ...]


class Tensors(Answer, frozen=True, kw_only=True, tag="tensors"):
    """A table of the solver's tensors, or of a generated hypernetwork's (``level``, as for histograms)."""

    path: str
    task: int
    level: int = -1
    rows: tuple[TensorRow, ...]


class LayerUnits(msgspec.Struct, frozen=True, kw_only=True):
    """``dead``: (units,) bool, never above zero after the layer on any test image. ``saturated``: (units,)
    bool, always above zero: the unit is linear there. ``active``: (units,) share of values above zero."""

    name: str
    dead: np.ndarray
    saturated: np.ndarray
    active: np.ndarray


class Units(Answer, frozen=True, kw_only=True, tag="units"):
    """What the units of each hidden layer do on ``images`` test images of the task."""

    path: str
    task: int
    images: int
    layers: tuple[LayerUnits, ...]


class LevelHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One level of a chain.

    ``scale``: (conditions, tensors) root mean square of each generated tensor around its wanted mean over
    its wanted standard deviation: 1 is as wanted. ``gradient``: norm of the loss's gradient by this level's
    weights. ``contributions``: titles, and ``lost``: accuracy lost without each, ``unsure``: standard errors
    of that (over images, which are the same with and without; () where not known). ``generated``: numbers
    generated a condition; ``stored``: numbers stored for this level (root, anchors, slot and chunk
    embeddings).
    """

    title: str
    target: str
    tensors: tuple[str, ...]
    scale: np.ndarray
    gradient: float
    contributions: tuple[str, ...]
    lost: tuple[float, ...]
    generated: int
    unsure: tuple[float, ...] = ()
    stored: int


class Injection(msgspec.Struct, frozen=True, kw_only=True):
    """A relative error injected at one place of the chain. ``place``: the root's name, or the title of the
    level whose generated weights were disturbed; ``level`` -1 for the root. ``epsilons``: (E,) relative
    size; ``error``: (E, S) relative error of the solver's weights, S random directions; ``drop``: (E, S)
    accuracy lost on the batch. ``amplification``: median of error / epsilon at the smallest epsilon."""

    place: str
    level: int
    epsilons: np.ndarray
    error: np.ndarray
    drop: np.ndarray
    amplification: float


class Health(Answer, frozen=True, kw_only=True, tag="health"):
    """Why a chain holds or fails. ``tasks``: rows of ``scale``; ``task``: on whose batch of ``images`` test
    images the rest was measured (accuracies are NaN where there are none); ``contribution_images``: how many
    test images tell accuracies with and without a level. ``accuracy`` (on those), ``loss``: as things are;
    ``readers``: tasks of the path whose solvers read each image for an accuracy, the most certain of them
    answering (``(task,)`` where the task is told); ``anchors_only``: accuracy with nothing generated;
    ``root_gradient``: norm at the root's stored weights; ``embeddings``: numbers stored for each task on this
    path."""

    path: str
    task: int
    tasks: tuple[int, ...]
    images: int
    accuracy: float
    loss: float
    anchors_only: float
    levels: tuple[LevelHealth, ...]
    injections: tuple[Injection, ...]
    root_gradient: float
    embeddings: int
    contribution_images: int = 0
    readers: tuple[int, ...] = ()


class Mixture(Answer, frozen=True, kw_only=True, tag="mixture"):
    """Weights from a mixture of task embeddings. ``tasks`` and ``shares``: what was mixed, shares sum to 1.
    ``on``: tasks, ``accuracy`` and ``loss``: (len(on),) on the cached test batch of each, which the mixture
    alone reads. ``apart``:
    (len(tasks),) relative distance of the weights from those of each mixed task (NaN where its share is
    zero). ``tensors``: those asked for."""

    path: str
    tasks: tuple[int, ...]
    shares: np.ndarray
    on: tuple[int, ...]
    images: int
    accuracy: np.ndarray
    loss: np.ndarray
    apart: np.ndarray
    tensors: dict[str, np.ndarray]


class Guess(msgspec.Struct, frozen=True, kw_only=True):
    """One condition's answer to an image: ``logits`` and ``probabilities`` (classes,), ``entropy`` in nats,
    ``predicted``: index into ``classes``. ``chosen``: of least entropy among the tasks of its path."""

    path: str
    task: int
    classes: tuple[str, ...]
    logits: np.ndarray
    probabilities: np.ndarray
    entropy: float
    predicted: int
    chosen: bool


class Prediction(Answer, frozen=True, kw_only=True, tag="prediction"):
    """``image``: (height, width, channels) uint8 as the solvers saw it, before normalisation. ``truth``:
    the task and class name where it is a test image, else (-1, "")."""

    image: np.ndarray
    truth: tuple[int, str]
    guesses: tuple[Guess, ...]


class FeatureMaps(Answer, frozen=True, kw_only=True, tag="features"):
    """What each convolution gives for an image: name -> (channels, height, width) float32, in order."""

    path: str
    task: int
    image: np.ndarray
    maps: dict[str, np.ndarray]


class Confusion(Answer, frozen=True, kw_only=True, tag="confusion"):
    """``matrix[i, j]``: test images of class i taken for class j. ``labels`` and ``predicted``: (N,) for
    every image, so that the images of a cell can be asked for. ``readers``: tasks of the path whose solvers
    read each image, the most certain of them answering; ``(task,)`` where the task is told."""

    path: str
    task: int
    classes: tuple[str, ...]
    matrix: np.ndarray
    labels: np.ndarray
    predicted: np.ndarray
    readers: tuple[int, ...] = ()

    def cell(self, label: int, predicted: int) -> np.ndarray:
        """Indices of the test images of a class that were taken for another."""
        return np.flatnonzero((self.labels == label) & (self.predicted == predicted))

    def most_confused(self, count: int = 5) -> list[tuple[int, int, int]]:
        """(label, predicted, images) of the most frequent mistakes, most frequent first."""
        wrong = self.matrix.copy()
        np.fill_diagonal(wrong, 0)
        order = np.argsort(wrong, axis=None, kind="stable")[::-1][:count]
        cells = [divmod(int(at), wrong.shape[1]) for at in order]
        return [(i, j, int(wrong[i, j])) for i, j in cells if wrong[i, j]]


class TaskConfusion(Answer, frozen=True, kw_only=True, tag="task-confusion"):
    """Which task the entropy picks. ``matrix[i, j]``: of ``images`` test images of ``tasks[i]``, the share
    for which the solver of ``tasks[j]`` is the most certain one."""

    path: str
    tasks: tuple[int, ...]
    images: int
    matrix: np.ndarray


class Images(Answer, frozen=True, kw_only=True, tag="images"):
    """Test images of a task. ``images``: (N, height, width, channels) uint8; ``labels``: (N,) outputs of
    the task's head; ``classes``: their names; ``total``: images that the task has."""

    task: int
    indices: np.ndarray
    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    total: int


class Exported(Answer, frozen=True, kw_only=True, tag="exported"):
    """A file was written."""

    file: str


AnyAnswer = Union[tuple(Answer.__subclasses__())]  # type: ignore[valid-type]  # noqa: UP007
"""For decoders."""
