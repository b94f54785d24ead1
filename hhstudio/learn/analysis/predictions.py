"""Trying solvers on images: predictions and their certainty, feature maps, units, confusions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

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
from hhstudio.core.errors import DataError
from hhstudio.learn.analysis.loaded_model import Bench
from hhstudio.nets.hierarchy import Condition

Picture = np.ndarray | tuple[int, int]
"""An image, or (task, index) of a test image."""

_LAYERS = (nn.modules.conv._ConvNd, nn.Linear)
_AFTER = (nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm, nn.ReLU)


def predict(bench: Bench, picture: Picture, path: str | None = None, task: int | None = None) -> Prediction:
    """What every condition (of one path, of one task, if given) makes of an image. Raises DataError."""
    image = image_of(bench, picture)
    conditions = bench.conditions(path, task)
    if not conditions:
        raise DataError("nothing has begun to learn there yet")
    logits = {c: bench.logits(c, bench.weights(c), image[None])[0].double().cpu() for c in conditions}
    entropies = {c: float(torch.special.entr(x.softmax(0)).sum()) for c, x in logits.items()}
    guesses = []
    for condition, found in logits.items():
        rivals = [c for c in conditions if c.solver == condition.solver]
        guesses.append(
            Guess(
                path=bench.path_of(condition),
                task=condition.task,
                classes=bench.outputs(condition.task),
                logits=found.numpy(),
                probabilities=found.softmax(0).numpy(),
                entropy=entropies[condition],
                predicted=int(found.argmax()),
                chosen=condition == min(rivals, key=lambda c: entropies[c]),
            )
        )
    return Prediction(image=_shown(image), truth=_truth(bench, picture), guesses=tuple(guesses))


def features(bench: Bench, picture: Picture, path: str, task: int) -> FeatureMaps:
    """What each convolution of a condition's solver gives for an image, before its activation."""
    condition = bench.condition(path, task)
    image = image_of(bench, picture)
    maps = {
        name: values[0].float().cpu().numpy()
        for name, values in _outputs(bench, condition, image[None], nn.modules.conv._ConvNd).items()
        if values.dim() == 4
    }
    return FeatureMaps(path=path, task=task, image=_shown(image), maps=maps)


def units(bench: Bench, path: str, task: int, images: int = 500) -> Units:
    """Which units never or always answer, on the first test images of the task.

    A layer's values are taken after the normalisation or ReLU that directly follows it; the output layer
    is left out.
    """
    condition = bench.condition(path, task)
    seen, labels = bench.batch(task, images)
    found = _outputs(bench, condition, seen, (*_LAYERS, *_AFTER))
    module = bench.hierarchy.tree.solvers[condition.solver].module
    kinds = dict(module.named_modules())
    hidden: dict[str, Tensor] = {}
    for name, values in found.items():
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


def confusion(bench: Bench, path: str, task: int, images: int | None = None) -> Confusion:
    """The task's test images (the first ``images`` of them) by class and prediction, the task being told."""
    condition = bench.condition(path, task)
    seen, labels = bench.batch(task, images)
    predicted = bench.logits(condition, bench.weights(condition), seen).argmax(1).cpu().numpy()
    wanted = labels.cpu().numpy()
    names = bench.outputs(task)
    matrix = np.zeros((len(names), len(names)), np.int64)
    np.add.at(matrix, (wanted, predicted), 1)
    return Confusion(path=path, task=task, classes=names, matrix=matrix, labels=wanted, predicted=predicted)


def task_confusion(bench: Bench, path: str, images: int = 200) -> TaskConfusion:
    """For test images of every task of a path: which task's solver is the most certain one."""
    conditions = bench.conditions(path)
    matrix = np.zeros((len(conditions), len(conditions)))
    for row, owner in enumerate(conditions):
        seen, _ = bench.batch(owner.task, images)
        logits = [bench.logits(c, bench.weights(c), seen).double() for c in conditions]
        entropies = torch.stack([torch.special.entr(x.softmax(1)).sum(1) for x in logits])
        chosen = entropies.argmin(0).cpu().numpy()
        matrix[row] = np.bincount(chosen, minlength=len(conditions)) / max(1, len(seen))
    return TaskConfusion(path=path, tasks=tuple(c.task for c in conditions), images=images, matrix=matrix)


def images(bench: Bench, task: int, indices: Sequence[int]) -> Images:
    """Test images of a task. Raises DataError for an index that is not there."""
    data = bench.data(task)
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
        classes=bench.outputs(task),
        total=total,
    )


def image_of(bench: Bench, picture: Picture) -> Tensor:
    """(C, H, W) uint8 of the session's image shape: a test image, or any image, resized.

    Arrays are uint8, (height, width), (height, width, 1, 3 or 4) or (1, 3 or 4, height, width); opacity is
    laid over white. Raises DataError.
    """
    if isinstance(picture, tuple):
        task, index = picture
        data = bench.data(task)
        if not 0 <= index < len(data.test_images):
            raise DataError(f"task {task} has {len(data.test_images)} test images, counted from 0")
        return data.test_images[index]
    array = np.asarray(picture)
    if array.dtype != np.uint8:
        raise DataError(f"an image is uint8 from 0 to 255, not {array.dtype}")
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim == 3 and array.shape[2] not in (1, 3, 4) and array.shape[0] in (1, 3, 4):
        array = array.transpose(1, 2, 0)
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4) or 0 in array.shape:
        raise DataError(f"an image of shape {np.shape(picture)} is neither (H, W, C) nor (C, H, W)")
    values = torch.from_numpy(array.astype(np.float32)).permute(2, 0, 1)
    channels, height, width = bench.image_shape
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
    return values.round().clamp(0, 255).to(torch.uint8).to(bench.learner.device)


def _truth(bench: Bench, picture: Picture) -> tuple[int, str]:
    if not isinstance(picture, tuple):
        return -1, ""
    task, index = picture
    return task, bench.outputs(task)[int(bench.data(task).test_labels[index])]


def _shown(image: Tensor) -> np.ndarray:
    return image.permute(1, 2, 0).contiguous().cpu().numpy()


def _outputs(bench: Bench, condition: Condition, images: Tensor, kinds: object) -> dict[str, Tensor]:
    """What modules of some kinds gave while the solver ran, in the order in which they ran."""
    module = bench.hierarchy.tree.solvers[condition.solver].module
    found: dict[str, list[Tensor]] = {}
    hooks = []
    for name, part in module.named_modules():
        if isinstance(part, kinds):  # type: ignore[arg-type]

            def keep(_module: nn.Module, _inputs: object, output: Tensor, name: str = name) -> None:
                # copied: an activation in place would overwrite it
                found.setdefault(name, []).append(output.detach().clone())

            hooks.append(part.register_forward_hook(keep))
    try:
        bench.logits(condition, bench.weights(condition), images)
    finally:
        for hook in hooks:
            hook.remove()
    return {name: torch.cat(parts) for name, parts in found.items()}
