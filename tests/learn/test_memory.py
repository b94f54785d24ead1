"""Peak memory: of this process, not of the one that started it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import torch

from hhstudio.learn.devices import peak_memory

_CHILD = """
import torch
from hhstudio.learn.devices import peak_memory
print(peak_memory(torch.device("cpu")))
"""


def test_a_process_tells_its_own_peak_and_not_its_parents():
    kept = np.ones(1_000_000_000 // 8)
    own = peak_memory(torch.device("cpu"))
    assert own >= kept.nbytes
    told = subprocess.run([sys.executable, "-c", _CHILD], capture_output=True, text=True, check=True)
    assert 50_000_000 < int(told.stdout) < kept.nbytes
