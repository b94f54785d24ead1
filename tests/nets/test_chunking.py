"""Layouts and specs are exact bijections between tensors and flat rows."""

from __future__ import annotations

import itertools
import math

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from hhstudio.nets.chunking import ChunkLayout
from hhstudio.nets.target_spec import TargetSpec


@given(st.integers(1, 300), st.integers(1, 64), st.integers(1, 3))
def test_cutting_into_chunks_and_joining_gives_the_same_numbers(size: int, chunk: int, batch: int):
    layout = ChunkLayout(size, chunk)
    flat = torch.arange(batch * size, dtype=torch.float32).view(batch, size) + 1
    pieces = layout.cut(flat)
    assert pieces.shape == (batch, layout.chunks, chunk)
    assert torch.equal(layout.join(pieces), flat)
    assert int((pieces == 0).sum()) == batch * layout.unused


@given(st.lists(st.integers(1, 9), min_size=2, max_size=5), st.booleans())
def test_splitting_a_flat_row_and_joining_gives_the_same_row(widths: list[int], bias: bool):
    module = nn.Sequential(*[nn.Linear(a, b, bias=bias) for a, b in itertools.pairwise(widths)])
    spec = TargetSpec.of_module(module)
    flat = torch.randn(spec.size)
    parts = spec.split(flat)
    assert {name: p.shape for name, p in module.named_parameters()} == {n: t.shape for n, t in parts.items()}
    assert torch.equal(spec.join(parts), flat)


def test_wanted_scales_follow_fan_in_and_norm_scales_stand_at_one():
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(32, 5))
    spec = TargetSpec.of_module(module)
    by_name = {t.name: t for t in spec.tensors}
    assert by_name["0.weight"].sigma == math.sqrt(2 / 27)
    assert by_name["3.weight"].sigma == math.sqrt(1 / 32)
    assert (by_name["1.weight"].role, by_name["1.weight"].mean) == ("scale", 1.0)
    assert spec.mean().sum() == 8
    assert spec.sigma().shape == (spec.size,)
