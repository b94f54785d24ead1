"""Functional solver: any module, run with weights that come from elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call

from hhstudio.core.errors import SpecError
from hhstudio.nets.target_spec import TargetSpec


class SolverTarget:
    """Module as the target of a hypernetwork: a spec of its weights, and a way to run with given ones.

    Parameters
    ----------
    module : nn.Module
        Maps (N, C, H, W) to (N, heads * classes_per_head). Its own weights are never used after this.
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
        State that running changes (batch-norm statistics) as it is before any image.
    multiplications : int
        Of one image's forward pass, in linear and convolutional layers.

    Raises
    ------
    SpecError
        For a module without trainable tensors, or that maps otherwise; says what it did instead.
    """

    def __init__(
        self, module: nn.Module, image_shape: tuple[int, int, int], classes_per_head: int, heads: int
    ) -> None:
        self.module = module
        self.spec = TargetSpec.of_module(module)
        self.classes_per_head = classes_per_head
        self.outputs = classes_per_head * heads
        if not self.spec.tensors:
            raise SpecError("the solver has no trainable weights that could be generated")
        self._check_output(image_shape)
        #: Names of state that running changes (batch-norm statistics): kept for each condition.
        self.buffers = {name: b.detach().clone() for name, b in module.named_buffers()}
        module.requires_grad_(False)

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
        return functional_call(self.module, (dict(weights), dict(buffers)), (images,), tie_weights=False)

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
            if t.name.rpartition(".")[0] == owner and t.shape[0] == self.outputs
        }

    def _check_output(self, image_shape: tuple[int, int, int]) -> None:
        size = "x".join(map(str, image_shape))
        was_training = self.module.training
        try:
            with torch.no_grad(), _counting(self.module) as counts:
                logits = self.module.eval()(torch.zeros(2, *image_shape))
        except Exception as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise SpecError(f"the solver does not take images of {size} (C, H, W): {reason}") from None
        finally:
            self.module.train(was_training)
        #: Of one image's forward pass, in linear and convolutional layers.
        self.multiplications = sum(counts) // 2
        if not isinstance(logits, Tensor) or logits.shape != (2, self.outputs):
            shape = tuple(logits.shape[1:]) if isinstance(logits, Tensor) else type(logits).__name__
            raise SpecError(f"the solver gives {shape} for one image of {size}, not {self.outputs} logits")


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
