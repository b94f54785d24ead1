"""Questions of the inspector: one record each, with the type of its answer.

The same records are asked from Python (``session.ask(questions.Confusion("P1", 0))``, or
``session.confusion("P1", 0)``) and, through the helper process, by the window. What works an answer out is
registered beside the computation (:mod:`hhstudio.core.analysis.registry`). A question's fields are the
arguments of the method that is named like it, and its docstring is that method's.

Tasks, steps and levels are counted from 0; a task is its index in ``session.tasks``, a path its name, as
``"P2-0"``.
"""

from __future__ import annotations

import re
from typing import Any, Generic, Literal, TypeVar, Union, get_args

import msgspec
import numpy as np

from hhstudio.core.analysis import answers

A = TypeVar("A", bound=answers.Answer)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Question(
    msgspec.Struct, Generic[A], frozen=True, tag_field="t", tag=_snake, forbid_unknown_fields=True
):
    """Base of all questions: ``Question[A]`` is answered by an ``A``."""

    @property
    def long(self) -> bool:
        """Whether the answer may take seconds: such questions have a lane of their own, in which they keep
        nobody waiting who drags or clicks."""
        return False

    @property
    def key(self) -> str:
        """Of questions of the same key that wait, only the newest is asked."""
        return name_of(type(self))


class LongQuestion(Question[A], frozen=True):
    """A question whose answer takes seconds, and is remembered while the session stays as it is."""

    @property
    def long(self) -> bool:
        return True


class Overview(Question[answers.Overview], frozen=True):
    """What there is to inspect: paths with their hypernetworks and tensors, tasks, test images.

    Returns
    -------
    Overview
    """


class Embeddings(Question[answers.Embeddings], frozen=True):
    """Task, slot and chunk embeddings as maps, now or as a snapshot kept them.

    Parameters
    ----------
    nearby : bool
        With t-SNE too, where scikit-learn is installed and a group has at least four vectors.
    step : int or None
        As the last snapshot until this step kept them; None: as the newest checkpoint has them.

    Returns
    -------
    Embeddings

    Raises
    ------
    SessionError
        Where no embeddings were kept up to that step, or there is no checkpoint.
    """

    nearby: bool = False
    step: int | None = None

    @property
    def long(self) -> bool:
        return self.nearby


class WeightMap(LongQuestion[answers.VectorMap], frozen=True):
    """The generated weight vectors of all conditions as a map.

    Compared are the layers that all of them have in the same shape.

    Parameters
    ----------
    path : str or None
        Of this path only.
    nearby : bool
        With t-SNE too, where scikit-learn is installed and there are at least four vectors.
    step : int or None
        Of the conditions that had a snapshot by then, each from its last one; None: as they are kept now.

    Returns
    -------
    VectorMap

    Raises
    ------
    SessionError
        Where no weights are kept.
    """

    path: str | None = None
    nearby: bool = False
    step: int | None = None


class Distances(LongQuestion[answers.Distances], frozen=True):
    """Distances between the generated weights of all conditions, by layer and as a whole.

    Parameters
    ----------
    metric : {"euclidean", "cosine"}
        euclidean: relative, |a - b| / sqrt((|a|² + |b|²) / 2), 0 for equal vectors, sqrt(2) for unrelated
        ones; cosine: 1 - cos(a, b), from 0 to 2.
    path : str or None
        Of this path only.

    Returns
    -------
    Distances
        ``matrices`` (L, N, N): the whole solver first, then its layers.

    Raises
    ------
    SessionError
        Where no weights are kept, or the solvers have no layer of the same shape in common.
    """

    metric: Literal["euclidean", "cosine"] = "euclidean"
    path: str | None = None


class DistancesInTime(LongQuestion[answers.Distances], frozen=True):
    """Distances between the snapshots of one condition and, last, its weights at the end.

    Parameters
    ----------
    path : str
    task : int
    metric : {"euclidean", "cosine"}
        As for ``distances``.
    most : int
        Moments that are compared at most; of more, as many evenly spaced ones (time grows with the square).

    Returns
    -------
    Distances

    Raises
    ------
    SessionError
        Where nothing of that condition is kept.
    """

    path: str
    task: int
    metric: Literal["euclidean", "cosine"] = "euclidean"
    most: int = 40


class Drift(LongQuestion[answers.Drift], frozen=True):
    """How far every condition's weights have moved since just after it was learned.

    Parameters
    ----------
    path : str or None
        Of this path only.

    Returns
    -------
    Drift
        ``change`` (N, L): |now - then| / |then|. Conditions without a snapshot from then
        (``recording.at_task_ends``) are left out.

    Raises
    ------
    SessionError
        Where no condition has a snapshot from then.
    """

    path: str | None = None


class Histograms(LongQuestion[answers.Histograms], frozen=True):
    """Histograms of a condition's tensors, one for each snapshot and one for the end.

    Parameters
    ----------
    path : str
    task : int
    layers : sequence of str
        Tensors by name; empty: all.
    bins : int
        Number of bins, the same edges for all moments of a tensor.
    level : int
        -1: of the solver; 0, 1, …: of the hypernetwork that is generated there on the way to the solver, from
        digests (counts are then near enough, not exact).

    Returns
    -------
    Histograms

    Raises
    ------
    SessionError
        Where nothing of that condition is kept, or there is no such tensor or level.
    """

    path: str
    task: int
    layers: tuple[str, ...] = ()
    bins: int = 64
    level: int = -1


class Tensors(Question[answers.Tensors], frozen=True):
    """A table of a condition's tensors, with their scale against the fan-in scale that is wanted.

    Parameters
    ----------
    path : str
    task : int
    level : int
        -1: of the solver; 0, 1, …: of the hypernetwork that is generated there.

    Returns
    -------
    Tensors

    Raises
    ------
    SessionError
        For a condition that has not begun to learn, or a level that is not there.
    """

    path: str
    task: int
    level: int = -1


class Units(LongQuestion[answers.Units], frozen=True):
    """Dead and saturated units of every hidden layer of a condition's solver.

    Parameters
    ----------
    path : str
    task : int
    images : int
        The first so many test images of the task.

    Returns
    -------
    Units

    Raises
    ------
    SessionError
        For a condition that has not begun to learn.
    DataError
        Where the test images are not on this machine.
    """

    path: str
    task: int
    images: int = 500


class Health(LongQuestion[answers.Health], frozen=True):
    """Chain health: why a path's chain holds or fails.

    Scale of what each level generates against the wanted one, the gradient that reaches it, how a relative
    error injected at it is amplified at the solver, and the accuracy lost without it.

    Parameters
    ----------
    path : str
    task : int or None
        On whose test images gradients and errors are measured; None: the last that the path has begun.
    images : int
        Test images for gradients and errors (accuracies without a level are measured on at least 1000).
    samples : int
        Random directions of an injected error.
    epsilons : sequence of float
        Relative sizes of injected errors, above 0.
    readers : sequence of int or None
        Tasks of the path whose solvers read each image, the most certain of them answering; None: as the run
        measured it, in scenario task the task's own, which is told by that, else all that have begun.

    Returns
    -------
    Health
        What needs test images is NaN where there are none on this machine.

    Raises
    ------
    SessionError
        For a path that is not there or has not begun to learn; without a sample or an epsilon.
    """

    path: str
    task: int | None = None
    images: int = 200
    samples: int = 3
    epsilons: tuple[float, ...] = (0.001, 0.01, 0.1)
    readers: tuple[int, ...] | None = None


class Interpolate(Question[answers.Mixture], frozen=True):
    """Weights from a mixture of the embeddings of a path's tasks, at every level.

    Parameters
    ----------
    path : str
    shares : dict of int to float
        Share by task, as ``{0: 0.5, 3: 0.5}``; they sum to 1 (below 0 and above 1: beyond a corner).
    on : sequence of int or None
        Tasks on whose test images the result is measured; None: those that are mixed.
    images : int
        The first so many test images of each.
    tensors : sequence of str
        Tensors that come with the answer, by name.

    Returns
    -------
    Mixture
        Accuracies, of the mixture alone, are NaN where there are no test images. At a corner the weights are
        the task's own, bit for bit.

    Raises
    ------
    SessionError
        Where the shares do not sum to 1, a task has not begun, or there is no such tensor.
    """

    path: str
    shares: dict[int, float]
    on: tuple[int, ...] | None = None
    images: int = 200
    tensors: tuple[str, ...] = ()


class Walk(Question[answers.Mixture], frozen=True):
    """Weights along a principal direction of a path's task embeddings (of all levels together).

    Parameters
    ----------
    path : str
    component : int
        Which direction, that of the largest variance first.
    amount : float
        How far, in standard deviations of that component.
    start : int or None
        The task from which to walk; None: the mean of all.
    on, images, tensors
        As for ``interpolate``; ``on`` None: the task from which to walk, or all.

    Returns
    -------
    Mixture

    Raises
    ------
    SessionError
        Where the path has begun fewer than two tasks, or its embeddings span no such direction.
    """

    path: str
    component: int
    amount: float
    start: int | None = None
    on: tuple[int, ...] | None = None
    images: int = 200
    tensors: tuple[str, ...] = ()


class _OfImage(Question[A], frozen=True):
    """A question about an image: an array or, as a tuple, (task, index) of a test image.

    On the wire the one is ``image``, the other ``test_image``; from Python either may be given as ``image``.
    """

    def __post_init__(self) -> None:
        image = self.image  # type: ignore[attr-defined]
        if isinstance(image, tuple):
            msgspec.structs.force_setattr(self, "test_image", image)
            msgspec.structs.force_setattr(self, "image", None)


class Predict(_OfImage[answers.Prediction], frozen=True):
    """What every condition makes of an image.

    Parameters
    ----------
    image : ndarray of uint8, or (task, index) of a test image
        (H, W), (H, W, C) or (C, H, W) with 1, 3 or 4 channels; resized to what the solvers take.
    path, task : str or None, int or None
        The solvers of this path, of this task only.
    test_image : (int, int) or None
        (task, index) of a test image, in place of ``image``.

    Returns
    -------
    Prediction

    Raises
    ------
    DataError
        For what is no image, a test image that is not there, or where nothing has begun to learn.
    """

    image: np.ndarray | None = None
    path: str | None = None
    task: int | None = None
    test_image: tuple[int, int] | None = None


class Features(_OfImage[answers.FeatureMaps], frozen=True):
    """What each convolution of a condition's solver gives for an image, before its activation.

    Parameters
    ----------
    image : ndarray of uint8, or (task, index) of a test image
        As for ``predict``.
    path : str
    task : int
    test_image : (int, int) or None
        (task, index) of a test image, in place of ``image``.

    Returns
    -------
    FeatureMaps
        ``maps``: name of the layer -> (channels, height, width) float32, in the order of the layers.

    Raises
    ------
    SessionError
        For a condition that has not begun to learn.
    DataError
        As for ``predict``.
    """

    image: np.ndarray | None
    path: str
    task: int
    test_image: tuple[int, int] | None = None


class Confusion(Question[answers.Confusion], frozen=True):
    """Confusion matrix of a condition: test images of the task by class and prediction.

    Parameters
    ----------
    path : str
    task : int
    images : int or None
        The first so many test images; None: all.
    readers : sequence of int or None
        Tasks of the path whose solvers read each image, the most certain of them answering; None: as the run
        measured it, in scenario task the task's own, which is told by that, else all that have begun.

    Returns
    -------
    Confusion

    Raises
    ------
    SessionError
        For a condition that has not begun to learn.
    DataError
        Where the test images are not on this machine.
    """

    path: str
    task: int
    images: int | None = None
    readers: tuple[int, ...] | None = None


class TaskConfusion(LongQuestion[answers.TaskConfusion], frozen=True):
    """Which task the entropy of the solvers' outputs picks, for test images of each task of a path.

    Parameters
    ----------
    path : str
    images : int
        The first so many test images of each task.

    Returns
    -------
    TaskConfusion

    Raises
    ------
    DataError
        Where the test images are not on this machine.
    """

    path: str
    images: int = 200


class Images(Question[answers.Images], frozen=True):
    """Test images of a task.

    Parameters
    ----------
    task : int
    indices : sequence of int
        Which, counted from 0 in the task's test set.

    Returns
    -------
    Images

    Raises
    ------
    DataError
        For an index that is not there, or where the test images are not on this machine.
    """

    task: int
    indices: tuple[int, ...]


class Export(Question[answers.Exported], frozen=True):
    """Write generated weights into a file, in the format of its suffix; what is there is replaced.

    Parameters
    ----------
    out : str
        .npz, .safetensors, .pt (a dict of tensors) or .onnx (one solver, ready to run).
    path, task : str or None, int or None
        Of this path, of this task only.

    Returns
    -------
    Exported

    Raises
    ------
    ExportError
        For another suffix, where no such weights are kept, or where the file cannot be written.
    """

    out: str
    path: str | None = None
    task: int | None = None

    @property
    def long(self) -> bool:
        return True


def _leaves(kind: type[Question[Any]]) -> list[type[Question[Any]]]:
    below = kind.__subclasses__()
    return [leaf for one in below for leaf in _leaves(one)] if below else [kind]


KINDS: tuple[type[Question[Any]], ...] = tuple(_leaves(Question))
"""Every question there is."""

AnyQuestion = Union[KINDS]  # type: ignore[valid-type]  # noqa: UP007 - made of what is above
"""For decoders."""


def name_of(kind: type[Question[Any]]) -> str:
    """A question's name on the wire, and of the method that asks it: ``distances_in_time``."""
    return str(kind.__struct_config__.tag)


def answer_of(kind: type[Question[Any]]) -> type[answers.Answer]:
    """The type of a question's answer."""
    (base,) = kind.__orig_bases__  # type: ignore[attr-defined]
    (answer,) = get_args(base)
    return answer
