"""Predictions of solvers on images: logits and entropies, feature maps, idle units, confusions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from hhstudio.core.analysis import questions as q
from hhstudio.core.analysis.answers import (
    Confusion,
    FeatureMaps,
    Guess,
    Images,
    LayerUnits,
    Prediction,
    TaskConfusion,
    Units,
)
from hhstudio.core.analysis.registry import answers
from hhstudio.core.errors import DataError
from hhstudio.learn.analysis.loaded_model import LoadedModel
from hhstudio.learn.task_inference import log_entropy, most_certain
from hhstudio.nets.stored import Condition

TestImage = tuple[int, int]
"""(task, index) of a test image."""

_LAYERS = (nn.modules.conv._ConvNd, nn.Linear)
_AFTER = (nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm, nn.ReLU)


@answers(q.Predict)
@torch.no_grad()
def predict(
    model: LoadedModel,
    image: np.ndarray | None,
    path: str | None,
    task: int | None,
    test_image: TestImage | None,
) -> Prediction:
    """Logits of every condition, and of each path the task whose solver is the most certain.

    Parameters
    ----------
    model : LoadedModel
    image : ndarray of uint8, or None
        As for :func:`pixels_of`.
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
    pixels = pixels_of(model, image, test_image)
    conditions = model.conditions(path, task)
    if not conditions:
        raise DataError("nothing has begun to learn there yet")
    owners = {c: c.task if test_image is None else test_image[0] for c in conditions}
    logits = {
        c: model.logits(c, model.weights(c), pixels[None], owner, c.task)[0].double().cpu()
        for c, owner in owners.items()
    }
    entropies = {c: float(torch.special.entr(x.softmax(0)).sum()) for c, x in logits.items()}
    certainty = {c: float(log_entropy(x[None])[0]) for c, x in logits.items()}
    guesses = []
    for condition, own in logits.items():
        rivals = [c for c in conditions if c.solver == condition.solver]
        guesses.append(
            Guess(
                path=model.path_of(condition),
                task=condition.task,
                classes=model.outputs(condition.task),
                logits=own.numpy(),
                probabilities=own.softmax(0).numpy(),
                entropy=entropies[condition],
                predicted=int(own.argmax()),
                chosen=condition == min(rivals, key=lambda c: certainty[c]),
            )
        )
    return Prediction(image=_shown(pixels), truth=_truth(model, test_image), guesses=tuple(guesses))


@answers(q.Features)
def features(
    model: LoadedModel, image: np.ndarray | None, path: str, task: int, test_image: TestImage | None
) -> FeatureMaps:
    """Outputs of the convolutions, in the order in which they ran.

    Parameters
    ----------
    model : LoadedModel
    image : ndarray of uint8, or None
        As for :func:`pixels_of`.
    path : str
    task : int
    test_image : (int, int) or None
        (task, index) of a test image, in place of ``image``.

    Returns
    -------
    FeatureMaps

    Raises
    ------
    SessionError
        For a condition that has not begun to learn.
    DataError
        As for :func:`predict`.
    """
    condition = model.condition(path, task)
    pixels = pixels_of(model, image, test_image)
    maps = {
        name: values[0].float().cpu().numpy()
        for name, values in _outputs(model, condition, pixels[None], nn.modules.conv._ConvNd).items()
        if values.dim() == 4
    }
    return FeatureMaps(path=path, task=task, image=_shown(pixels), maps=maps)


@answers(q.Units)
def units(model: LoadedModel, path: str, task: int, images: int) -> Units:
    """Units that never or always answer.

    A layer's values are taken after the normalisation or ReLU that directly follows it; the output layer
    is left out.

    Parameters
    ----------
    model : LoadedModel
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
    condition = model.condition(path, task)
    seen, labels = model.batch(task, images)
    outputs = _outputs(model, condition, seen, (*_LAYERS, *_AFTER))
    module = model.hierarchy.tree.solvers[condition.solver].module
    kinds = dict(module.named_modules())
    hidden: dict[str, Tensor] = {}
    for name, values in outputs.items():
        if isinstance(kinds[name], _LAYERS):
            hidden[name] = values
        elif hidden and next(reversed(hidden.values())).shape == values.shape:
            hidden[next(reversed(hidden))] = values
    layers = []
    for name, values in list(hidden.items())[:-1]:
        wide = values.transpose(0, 1).flatten(1)
        layers.append(
            LayerUnits(
                name=name,
                dead=(wide.amax(1) <= 0).cpu().numpy(),
                saturated=(wide.amin(1) > 0).cpu().numpy(),
                active=(wide > 0).float().mean(1).cpu().numpy(),
            )
        )
    return Units(path=path, task=task, images=len(labels), layers=tuple(layers))


@answers(q.Confusion)
def confusion(
    model: LoadedModel, path: str, task: int, images: int | None, readers: Sequence[int] | None
) -> Confusion:
    """Test images by class (rows) and prediction (columns).

    Parameters
    ----------
    model : LoadedModel
    path : str
    task : int
    images : int or None
        The first so many test images; None: all.
    readers : sequence of int or None
        As for :meth:`~hhstudio.learn.analysis.loaded_model.LoadedModel.readers`.

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
    condition = model.condition(path, task)
    seen, labels = model.batch(task, images)
    reading = model.readers(condition, readers)
    predicted = model.predicted({c: model.weights(c) for c in reading}, seen, task).cpu().numpy()
    wanted = labels.cpu().numpy()
    # in scenario class a solver of a later task knows more classes, and may take an image for one of those
    names = max((model.outputs(t) for t in (task, *(c.task for c in reading))), key=len)
    matrix = np.zeros((len(names), len(names)), np.int64)
    np.add.at(matrix, (wanted, predicted), 1)
    return Confusion(
        path=path,
        task=task,
        classes=names,
        matrix=matrix,
        labels=wanted,
        predicted=predicted,
        readers=tuple(c.task for c in reading),
    )


@answers(q.TaskConfusion)
def task_confusion(model: LoadedModel, path: str, images: int) -> TaskConfusion:
    """For test images of every task of a path, the task whose solver has the least entropy.

    Parameters
    ----------
    model : LoadedModel
    path : str
    images : int
        The first so many test images of each task.

    Returns
    -------
    TaskConfusion
        ``matrix[i, j]``: share, 0 to 1, of the images of task i for which task j is chosen.

    Raises
    ------
    DataError
        Where the test images are not on this machine.
    """
    conditions = model.conditions(path)
    matrix = np.zeros((len(conditions), len(conditions)))
    for row, owner in enumerate(conditions):
        seen, _ = model.batch(owner.task, images)
        logits = [model.logits(c, model.weights(c), seen, owner.task, c.task).double() for c in conditions]
        chosen = most_certain(logits).cpu().numpy()
        matrix[row] = np.bincount(chosen, minlength=len(conditions)) / max(1, len(seen))
    return TaskConfusion(path=path, tasks=tuple(c.task for c in conditions), images=images, matrix=matrix)


@answers(q.Images)
def images(model: LoadedModel, task: int, indices: Sequence[int]) -> Images:
    """Pixels and labels of test images.

    Parameters
    ----------
    model : LoadedModel
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
    data = model.data(task)
    chosen = np.asarray(indices, np.int64).ravel()
    total = len(data.test_labels)
    if chosen.size and not (chosen.min() >= 0 and chosen.max() < total):
        raise DataError(f"task {task} has {total} test images, counted from 0")
    at = torch.from_numpy(chosen)
    return Images(
        task=task,
        indices=chosen,
        images=data.test_images[at].permute(0, 2, 3, 1).contiguous().cpu().numpy(),
        labels=data.test_labels[at].cpu().numpy(),
        classes=model.outputs(task),
        total=total,
    )


def pixels_of(model: LoadedModel, image: np.ndarray | None, test_image: TestImage | None) -> Tensor:
    """An image as the solvers take it.

    Parameters
    ----------
    model : LoadedModel
    image : ndarray of uint8, or None
        (H, W), (H, W, 1, 3 or 4) or (1, 3 or 4, H, W); opacity is laid over white, colours become grey or
        grey becomes colour as the solvers want it, and the size is theirs (bilinear, antialiased).
    test_image : (int, int) or None
        (task, index) of a test image, instead.

    Returns
    -------
    Tensor (C, H, W) of uint8
        Of the session's image shape, on the model's device.

    Raises
    ------
    DataError
        Where not exactly one of the two is given, or it is no such image.
    """
    if test_image is not None and image is None:
        task, index = test_image
        data = model.data(task)
        if not 0 <= index < len(data.test_images):
            raise DataError(f"task {task} has {len(data.test_images)} test images, counted from 0")
        return data.test_images[index]
    if image is None or test_image is not None:
        raise DataError("one image is looked at: an array, or a test image")
    array = np.asarray(image)
    if array.dtype != np.uint8:
        raise DataError(f"an image is uint8 from 0 to 255, not {array.dtype}")
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim == 3 and array.shape[2] not in (1, 3, 4) and array.shape[0] in (1, 3, 4):
        array = array.transpose(1, 2, 0)
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4) or 0 in array.shape:
        raise DataError(f"an image of shape {np.shape(image)} is neither (H, W, C) nor (C, H, W)")
    values = torch.from_numpy(array.astype(np.float32)).permute(2, 0, 1)
    channels, height, width = model.image_shape
    if len(values) == 4:
        share = values[3:] / 255
        values = values[:3] * share + 255 * (1 - share)
    if len(values) == 3 and channels == 1:
        values = (values * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(0, keepdim=True)
    elif len(values) == 1 and channels == 3:
        values = values.expand(3, -1, -1)
    if len(values) != channels:
        raise DataError(f"the solvers take {channels} channels, the image has {len(values)}")
    if values.shape[1:] != (height, width):
        values = functional.interpolate(
            values[None], (height, width), mode="bilinear", align_corners=False, antialias=True
        )[0]
    return values.round().clamp(0, 255).to(torch.uint8).to(model.learner.device)


def _truth(model: LoadedModel, test_image: TestImage | None) -> tuple[int, str]:
    if test_image is None:
        return -1, ""
    task, index = test_image
    return task, model.outputs(task)[int(model.data(task).test_labels[index])]


def _shown(image: Tensor) -> np.ndarray:
    return image.permute(1, 2, 0).contiguous().cpu().numpy()


def _outputs(model: LoadedModel, condition: Condition, images: Tensor, kinds: object) -> dict[str, Tensor]:
    """What modules of some kinds gave while the solver ran, in the order in which they ran."""
    module = model.hierarchy.tree.solvers[condition.solver].module
    outputs: dict[str, list[Tensor]] = {}
    hooks = []
    for name, part in module.named_modules():
        if isinstance(part, kinds):  # type: ignore[arg-type]

            def keep(_module: nn.Module, _inputs: object, output: Tensor, name: str = name) -> None:
                # copied: an activation in place would overwrite it
                outputs.setdefault(name, []).append(output.detach().clone())

            hooks.append(part.register_forward_hook(keep))
    try:
        model.logits(condition, model.weights(condition), images)
    finally:
        for hook in hooks:
            hook.remove()
    return {name: torch.cat(parts) for name, parts in outputs.items()}
