"""Solvers of one's own, as people write them, named in tests by import path (``own_solvers:Tied``)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations


class Features(nn.Module):
    """Flattened images, and a head on ``width`` features."""

    def __init__(self, image_shape, outputs, width=24):
        super().__init__()
        self.pixels, self.width = int(np.prod(image_shape)), width
        self.head = nn.Linear(width, outputs)

    def features(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x.flatten(1)))


class Frozen(Features):
    """Random features below a learned head, as parameters that are not trained."""

    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs)
        self.random = nn.Linear(self.pixels, self.width).requires_grad_(False)

    def features(self, x):
        return self.random(x).relu()


class RandomBuffer(Features):
    """Random Fourier features, kept as a buffer."""

    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs)
        self.register_buffer("frequencies", 0.3 * torch.randn(self.pixels, self.width))

    def features(self, x):
        return (x @ self.frequencies).cos()


class Unsaved(RandomBuffer):
    """The same, in a buffer that ``state_dict`` leaves out."""

    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs)
        self.register_buffer("frequencies", self.frequencies, persistent=False)


class NumpyDraws(RandomBuffer):
    """Drawn with NumPy's global generator."""

    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs)
        self.frequencies.copy_(torch.from_numpy(0.3 * np.random.randn(self.pixels, self.width)))


class Tied(Features):
    """Two layers that share one weight."""

    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs)
        self.enter = nn.Linear(self.pixels, self.width)
        self.one = nn.Linear(self.width, self.width, bias=False)
        self.two = nn.Linear(self.width, self.width, bias=False)
        self.two.weight = self.one.weight

    def features(self, x):
        return self.two(self.one(self.enter(x).relu()).relu()).relu()


class SharedModule(Features):
    """One layer under two names, which runs twice."""

    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs)
        self.enter = nn.Linear(self.pixels, self.width)
        self.one = nn.Linear(self.width, self.width)
        self.two = self.one

    def features(self, x):
        return self.two(self.one(self.enter(x).relu()).relu()).relu()


class TiedNorm(Features):
    """Two norms with their statistics in common."""

    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs)
        self.enter, self.then = nn.Linear(self.pixels, self.width), nn.Linear(self.width, self.width)
        self.one, self.two = nn.BatchNorm1d(self.width), nn.BatchNorm1d(self.width)
        for name in ("running_mean", "running_var", "num_batches_tracked"):
            self.two._buffers[name] = self.one._buffers[name]

    def features(self, x):
        return self.two(self.then(self.one(self.enter(x)).relu())).relu()


class Bare(nn.Module):
    """Weights without a layer."""

    def __init__(self, image_shape, outputs):
        super().__init__()
        self.w = nn.Parameter(0.1 * torch.randn(int(np.prod(image_shape)), outputs))

    def forward(self, x):
        return x.flatten(1) @ self.w


class Probe(Features):
    """A layer whose output is looked at but not returned."""

    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs)
        self.enter, self.probe = nn.Linear(self.pixels, self.width), nn.Linear(self.width, 3)

    def features(self, x):
        h = self.enter(x).relu()
        self.seen = self.probe(h.detach())
        return h


class Scalar(Features):
    """A learned temperature, a parameter without dimensions, and one number that is not trained."""

    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs)
        self.enter, self.temperature = nn.Linear(self.pixels, self.width), nn.Parameter(torch.tensor(2.0))
        self.floor = nn.Parameter(torch.tensor(-0.5), requires_grad=False)

    def features(self, x):
        return self.enter(x).clamp(min=self.floor)

    def forward(self, x):
        return super().forward(x) * self.temperature


class LayerScale(Features):
    """Vectors that begin at a number other than 0."""

    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs)
        self.enter, self.gamma = nn.Linear(self.pixels, self.width), nn.Parameter(torch.ones(self.width))

    def features(self, x):
        return self.gamma * self.enter(x).relu()


class Auxiliary(Features):
    """Gives (logits, auxiliary logits) while training."""

    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs)
        self.enter, self.aux = nn.Linear(self.pixels, self.width), nn.Linear(self.width, outputs)

    def features(self, x):
        return self.enter(x).relu()

    def forward(self, x):
        logits = super().forward(x)
        return (logits, self.aux(self.features(x.flatten(1)))) if self.training else logits


class Lazy(nn.Module):
    """Layers that learn their sizes from the first image."""

    def __init__(self, outputs):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.LazyLinear(24), nn.LazyBatchNorm1d(), nn.ReLU(), nn.LazyLinear(outputs)
        )

    def forward(self, x):
        return self.layers(x)


class Keywords(nn.Module):
    """Takes whatever it is given by name."""

    def __init__(self, **given):
        super().__init__()
        self.head = nn.Linear(int(np.prod(given["image_shape"])), given["outputs"])

    def forward(self, x):
        return self.head(x.flatten(1))


class Hands(Bare):
    """Hands ``**kwargs`` on to a constructor that does not know all of them."""

    def __init__(self, image_shape, **more):
        super().__init__(image_shape, **more)


class Norm(Features):
    """Batch norm: float statistics and a whole number without dimensions."""

    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs)
        self.enter, self.norm = nn.Linear(self.pixels, self.width), nn.BatchNorm1d(self.width)

    def features(self, x):
        return self.norm(self.enter(x)).relu()


class FrozenNorm(Norm):
    """Batch norm whose scale and shift are not trained."""

    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs)
        self.norm.requires_grad_(False)
        nn.init.normal_(self.norm.bias)


class NoStatistics(Norm):
    """Batch norm that always uses the batch."""

    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs)
        self.norm = nn.BatchNorm1d(self.width, track_running_stats=False)


class Order(Features):
    """A random order of pixels (whole numbers) and a mask of them (bool)."""

    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs)
        self.enter = nn.Linear(self.pixels, self.width)
        self.register_buffer("order", torch.randperm(self.pixels))
        self.register_buffer("mask", torch.rand(self.pixels) < 0.8)

    def features(self, x):
        return self.enter((x * self.mask)[:, self.order]).relu()


class Counter(Features):
    """Counts its batches, and keeps a mean of what it saw: buffers without dimensions."""

    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs)
        self.enter = nn.Linear(self.pixels, self.width)
        self.register_buffer("batches", torch.tensor(70_000))
        self.register_buffer("mean", torch.tensor(0.0))

    def features(self, x):
        if self.training:
            self.batches += 1
            self.mean.lerp_(x.detach().mean(), 0.1)
        return self.enter(x - self.mean).relu()


class WeightNorm(Features):
    """A weight that is computed from two others."""

    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs)
        self.enter = parametrizations.weight_norm(nn.Linear(self.pixels, self.width))

    def features(self, x):
        return self.enter(x).relu()


class Spectral(Features):
    """A weight that is divided by its norm, which is estimated in buffers."""

    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs)
        self.enter = parametrizations.spectral_norm(nn.Linear(self.pixels, self.width))

    def features(self, x):
        return self.enter(x).relu()


class Attention(Features):
    """Rows of the image attend to each other."""

    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs, 8)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def features(self, x):
        rows = x.unflatten(1, (-1, 8))
        return self.attention(rows, rows, rows, need_weights=False)[0].mean(1)


class Recurrent(Features):
    """Rows of the image one after the other."""

    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs)
        self.cell = nn.GRU(8, self.width, batch_first=True)

    def features(self, x):
        return self.cell(x.unflatten(1, (-1, 8)))[0][:, -1]


class Convolutions(nn.Module):
    """Plain, grouped and transposed convolutions with group norm."""

    def __init__(self, image_shape, outputs):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(image_shape[0], 8, 3, stride=2, padding="valid"), nn.GroupNorm(2, 8), nn.ReLU(),
            nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.ReLU(), nn.ConvTranspose2d(8, 4, 2), nn.ReLU(),
            nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, outputs),
        )  # fmt: skip

    def forward(self, x):
        return self.layers(x)


class Embedded(Features):
    """Pixels as words."""

    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs, 16)
        self.words, self.places = nn.Embedding(8, 16), nn.ParameterList([torch.randn(self.pixels, 1)])

    def features(self, x):
        return (self.words((2 * x + 4).long().clamp(0, 7)) * self.places[0]).mean(1)


class Named(nn.Module):
    """Parameters that are called like arguments of what writes them."""

    def __init__(self, image_shape, outputs):
        super().__init__()
        self.file = nn.Parameter(0.1 * torch.randn(int(np.prod(image_shape)), outputs))
        self.allow_pickle = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("args", torch.ones(outputs))

    def forward(self, x):
        return x.flatten(1) @ self.file * self.args + self.allow_pickle


KINDS = [
    kind.__name__
    for kind in (
        Frozen, RandomBuffer, Unsaved, NumpyDraws, Tied, SharedModule, TiedNorm, Bare, Probe, Scalar,
        LayerScale, Auxiliary, Lazy, Keywords, Hands, Norm, FrozenNorm, NoStatistics, Order, Counter,
        WeightNorm, Spectral, Attention, Recurrent, Convolutions, Embedded, Named,
    )
]  # fmt: skip


class Complex(Features):
    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs)
        self.w = nn.Parameter(torch.randn(self.pixels, self.width, dtype=torch.cfloat))

    def features(self, x):
        return (x.to(torch.cfloat) @ self.w).abs()


class ComplexBuffer(Features):
    def __init__(self, image_shape, outputs):
        super().__init__(image_shape, outputs)
        self.register_buffer("turns", torch.polar(torch.ones(self.pixels), torch.arange(float(self.pixels))))

    def features(self, x):
        return (x * self.turns).real[:, : self.width]


class Constant(Features):
    """Its weights do not reach what it gives."""

    def features(self, x):
        return x[:, : self.width]

    def forward(self, x):
        return super().forward(x).detach()


class FixedBatch(Bare):
    """Takes the number of images as a plain number, which ONNX cannot follow."""

    def forward(self, x):
        return super().forward(x.view(len(x), -1))
