"""Functional solver: any module, run with weights that come from elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from hhstudio.core.errors import SpecError
from hhstudio.nets.seeding import drawing
from hhstudio.nets.target_spec import TargetSpec


class SolverTarget:
    """Module as the target of a hypernetwork: a spec of its weights, and a way to run with given ones.

    Weights are generated: every trainable parameter, once where it goes by several names. State is what
    running changes (batch-norm statistics) and is kept for each condition: every buffer. Constants are the
    same for all conditions: parameters that are not trainable.

    Parameters
    ----------
    module : nn.Module
        Maps (N, C, H, W) to (N, heads * classes_per_head), or to a tuple or list that begins with these
        logits (further ones are not used). Its own trainable weights are never used after this.
    image_shape : tuple of int
        C, H, W.
    classes_per_head, heads : int
        Logits of one output head, and number of heads; head after head in the output.

    Attributes
    ----------
    spec : TargetSpec
        The module's trainable tensors.
    outputs : int
        heads * classes_per_head.
    buffers : dict of str to Tensor
        State that running changes as it is before any image.
    constants : dict of str to Tensor
        Parameters that are not trainable: the module's own.
    image_shape : tuple of int
    multiplications : int
        Of one image's forward pass, in linear and convolutional layers.

    Raises
    ------
    SpecError
        For a module without trainable tensors, with complex numbers, or that maps otherwise; says what it did
        instead.
    """

    def __init__(
        self, module: nn.Module, image_shape: tuple[int, int, int], classes_per_head: int, heads: int
    ) -> None:
        self.module, self.image_shape = module, image_shape
        for name, tensor in (*module.named_parameters(), *module.named_buffers()):
            if tensor.is_complex():
                raise SpecError(
                    f"the solver's {name} is complex, and what is generated and recorded is real: keep its "
                    "two parts as a real tensor (torch.view_as_complex in its forward)"
                )
        self.spec = TargetSpec.of_module(module)
        self.classes_per_head = classes_per_head
        self.outputs = classes_per_head * heads
        if not self.spec.tensors:
            raise SpecError("the solver has no trainable weights that could be generated")
        self._check_output(image_shape)
        self.buffers = {name: b.detach().clone() for name, b in module.named_buffers()}
        self.constants = {n: p.detach() for n, p in module.named_parameters() if not p.requires_grad}
        self._other_names, self._recorded = _names(module)
        for generated in self.spec.tensors:
            self._recorded.setdefault(generated.name, [generated.name])
        module.requires_grad_(False)

    @property
    def shared(self) -> set[str]:
        """First names of tensors that several layers share."""
        return set(self._other_names.values())

    def to(self, device: torch.device | str, dtype: torch.dtype) -> None:
        """Move constants and state; numbers that are no whole ones take the type.

        Parameters
        ----------
        device : torch.device or str
        dtype : torch.dtype
        """
        self.module.to(device, dtype)
        self.constants = {n: p for n, p in self.module.named_parameters() if n in self.constants}
        self.buffers = {n: b.to(dtype) if b.is_floating_point() else b for n, b in self.buffers.items()}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Take constants, and state as it is before any image, from elsewhere.

        Parameters
        ----------
        tensors : mapping of str to Tensor
            By name; what the module does not have, or has in another shape, is left alone.
        """
        for own in (self.constants, self.buffers):
            for name, tensor in own.items():
                if name in tensors and tensors[name].numel() == tensor.numel():
                    tensor.copy_(tensors[name].view(tensor.shape))

    def state_dict(self, weights: Mapping[str, Tensor], buffers: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Every tensor of the module with given weights and state, as its own ``state_dict`` names them.

        Parameters
        ----------
        weights : mapping of str to Tensor
        buffers : mapping of str to Tensor

        Returns
        -------
        dict of str to Tensor
            Weights first, then constants, then state. A shared tensor stands under every name.
        """
        tensors = {**weights, **self.constants, **self.buffers, **buffers}
        return {name: tensors[own] for own in tensors for name in self.recorded_names(own)}

    def recorded_names(self, name: str) -> list[str]:
        """Names of a tensor in :meth:`state_dict`, from its first one.

        Parameters
        ----------
        name : str

        Returns
        -------
        list of str
            None for state that the module does not save.
        """
        return self._recorded.get(name, [])

    def fresh_buffers(self, device: torch.device | str) -> dict[str, Tensor]:
        """Copy of the state that running changes, as it is before any image.

        Parameters
        ----------
        device : torch.device or str

        Returns
        -------
        dict of str to Tensor
            By name, on ``device``.
        """
        return {name: b.clone().to(device) for name, b in self.buffers.items()}

    def run(
        self,
        weights: Mapping[str, Tensor],
        buffers: Mapping[str, Tensor],
        images: Tensor,
        training: bool,
    ) -> Tensor:
        """Logits for a batch of images.

        Parameters
        ----------
        weights : mapping of str to Tensor
            By name, of the shapes in :attr:`spec`.
        buffers : mapping of str to Tensor
            Batch-norm statistics and the like. With ``training`` they are updated in place.
        images : Tensor, shape (N, C, H, W)
            Normalised.
        training : bool
            Whether batch norm and dropout work as in training.

        Returns
        -------
        Tensor, shape (N, outputs)
        """
        if self.module.training != training:
            self.module.train(training)
        tensors = {**weights, **buffers}
        for name, own in self._other_names.items():
            if own in tensors:
                tensors[name] = tensors[own]
        return first_result(functional_call(self.module, tensors, (images,), tie_weights=False))

    def check_training(self, batch: int) -> None:
        """Try a pass as in training, on images without content.

        Parameters
        ----------
        batch : int
            Images in the smallest batch there will be.

        Raises
        ------
        SpecError
            Where that fails, or gives something else.
        """
        images = torch.zeros(min(batch, 2), *self.image_shape, device=self._device, dtype=self._dtype)
        weights = {
            t.name: torch.full(t.shape, t.mean, device=self._device, dtype=self._dtype, requires_grad=True)
            for t in self.spec.tensors
        }
        try:
            with drawing(0):
                logits = self.run(weights, self.fresh_buffers(self._device), images, True)
        except Exception as error:
            hint = ""
            if batch == 1 and any(
                isinstance(m, nn.modules.batchnorm._BatchNorm) for m in self.module.modules()
            ):
                hint = "; batch norm needs training.batch_size 2 or more, and two images a task"
            raise SpecError(
                f"the solver cannot be trained on {_count(len(images))}: {_line(error)}{hint}"
            ) from None
        if not isinstance(logits, Tensor) or logits.shape != (len(images), self.outputs):
            raise SpecError(
                f"the solver gives {_shape(logits)} for one image while training, not {self.outputs} logits"
            )
        if not logits.requires_grad:
            raise SpecError("the solver's outputs do not depend on its weights, so nothing can be learned")

    def other_heads(self, head: int | None) -> Tensor:
        """Mask of the weights that serve other heads than this one.

        Parameters
        ----------
        head : int or None
            None: all heads serve.

        Returns
        -------
        Tensor, shape (size,), bool
            True where a number of the flat row belongs to another head's rows of the output layer.
        """
        mask = torch.zeros(self.spec.size, dtype=torch.bool)
        if head is None or self.outputs == self.classes_per_head:
            return mask
        lo, hi = head * self.classes_per_head, (head + 1) * self.classes_per_head
        for tensor, offset in zip(self.spec.tensors, self.spec.offsets, strict=True):
            if tensor.name in self._output_tensors:
                rows = mask[offset : offset + tensor.size].view(self.outputs, -1)
                rows[:lo] = True
                rows[hi:] = True
        return mask

    @property
    def _output_tensors(self) -> set[str]:
        """The last weight matrix and its bias, when they have one row an output."""
        matrices = [t for t in self.spec.tensors if len(t.shape) > 1]
        if not matrices or matrices[-1].shape[0] != self.outputs:
            return set()
        owner = matrices[-1].name.rpartition(".")[0]
        return {
            t.name
            for t in self.spec.tensors
            if t.name.rpartition(".")[0] == owner and t.shape[:1] == (self.outputs,)
        }

    @property
    def _device(self) -> torch.device:
        return next(self.module.parameters()).device

    @property
    def _dtype(self) -> torch.dtype:
        own = (p.dtype for p in self.module.parameters() if p.is_floating_point())
        return next(own, torch.float32)

    def _check_output(self, image_shape: tuple[int, int, int]) -> None:
        size = "x".join(map(str, image_shape))
        was_training = self.module.training
        try:
            with torch.no_grad(), _counting(self.module) as counts, drawing(0):
                logits = first_result(self.module.eval()(torch.zeros(2, *image_shape)))
        except Exception as error:
            raise SpecError(f"the solver does not take images of {size} (C, H, W): {_line(error)}") from None
        finally:
            self.module.train(was_training)
        #: Of one image's forward pass, in linear and convolutional layers.
        self.multiplications = sum(counts) // 2
        if not isinstance(logits, Tensor) or logits.shape != (2, self.outputs):
            raise SpecError(
                f"the solver gives {_shape(logits)} for one image of {size}, not {self.outputs} logits"
            )


def first_result(result: Any) -> Any:
    """Logits among what a module gives: the first of several results, others are auxiliary.

    Parameters
    ----------
    result : Tensor, tuple or list

    Returns
    -------
    Tensor
        Or whatever else the module gives.
    """
    return result[0] if isinstance(result, (tuple, list)) and result else result


def _names(module: nn.Module) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Further names of shared tensors, with the first one of each; and for each first name, those under which
    ``state_dict`` has the tensor."""
    first: dict[int, str] = {}
    others: dict[str, str] = {}
    for prefix, owner in module.named_modules():
        for name, tensor in (*owner._parameters.items(), *owner._buffers.items()):
            if tensor is not None:
                full = f"{prefix}.{name}" if prefix else name
                if first.setdefault(id(tensor), full) != full:
                    others[full] = first[id(tensor)]
    recorded: dict[str, list[str]] = {}
    for name, tensor in module.state_dict(keep_vars=True).items():
        if isinstance(tensor, Tensor) and id(tensor) in first:
            recorded.setdefault(first[id(tensor)], []).append(name)
    return others, recorded


def _shape(result: object) -> object:
    return tuple(result.shape[1:]) if isinstance(result, Tensor) else type(result).__name__


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _count(images: int) -> str:
    return "one image at a time" if images == 1 else f"{images} images"


@contextlib.contextmanager
def _counting(module: nn.Module) -> Iterator[list[int]]:
    """Multiplications of every linear and convolutional layer that runs meanwhile."""
    counts: list[int] = []

    def count(layer: nn.Module, _: object, result: object) -> None:
        weight = layer.weight
        if isinstance(weight, Tensor) and isinstance(result, Tensor):
            counts.append(weight.numel() * (result.numel() // len(weight)))

    kinds = (nn.Linear, nn.modules.conv._ConvNd)
    handles = [m.register_forward_hook(count) for m in module.modules() if isinstance(m, kinds)]
    try:
        yield counts
    finally:
        for handle in handles:
            handle.remove()
