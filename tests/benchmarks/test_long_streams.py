"""Ten million points, streamed into a window, and opened from a file.

``pytest tests/benchmarks/test_long_streams.py --benchmark-only -s``; each in a process of its own, so that
nothing else is counted.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(900)
POINTS = 10_000_008
HERE = str(Path(__file__).parent)
BEGIN = f"""
import os, sys, time
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, {HERE!r})
import numpy as np, psutil
from PySide6.QtWidgets import QApplication
from test_curves import _block, _panels, _started
own = lambda: psutil.Process().memory_full_info().uss / 1e6
steps, rng = {POINTS} // 18, np.random.default_rng(0)
"""
STREAM = """
history = _started(steps)
panels = _panels(history)
for start in range(0, steps, 2000):
    history.apply(_block(rng, start, min(2000, steps - start)))
    panels.refresh(history.take_changes())
    QApplication.processEvents()
    if start % 60_000 == 0:
        print(f"{start * 18 / 1e6:.1f}M: {own():.0f} MB", end=", ")
print(f"end: {own():.0f} MB; {len(history.series) * len(next(iter(history.series.values())))} points kept")
"""
WRITE = """
from hhstudio.core.run import events
from hhstudio.store.session.writer import SessionWriter
with SessionWriter(sys.argv[1]) as writer:
    writer.start(_started(steps).run)
    for start in range(0, steps, 2000):
        writer.record(_block(rng, start, min(2000, steps - start)))
    writer.close(events.Finished(state="finished", step=steps * 3, seconds=1.0))
"""
OPEN = """
from hhstudio.store.session.session import open as open_session
_panels(_started(6))
began, own_began = time.perf_counter(), time.process_time()
with open_session(sys.argv[1]) as session:
    history = session.history
    opened, own_opened = time.perf_counter() - began, time.process_time() - own_began
    panels = _panels(history)
    while any(panel.dirty for panel in panels.panels.values()):
        QApplication.processEvents()
drawn, own_drawn = time.perf_counter() - began, time.process_time() - own_began
print(f"read after {opened:.2f} s ({own_opened:.2f} s of CPU), all curves drawn after {drawn:.2f} s "
      f"({own_drawn:.2f} s of CPU); {own():.0f} MB of memory")
"""


def _run(code: str, *arguments: str) -> str:
    program = textwrap.dedent(BEGIN + code)
    found = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    return found.stdout.strip()


def test_memory_of_a_window_that_is_sent_ten_million_points(benchmark):
    print("\nmemory:", benchmark.pedantic(lambda: _run(STREAM), rounds=1))


@pytest.fixture(scope="module")
def long_session(tmp_path_factory):
    path = tmp_path_factory.mktemp("long") / "long.h5"
    _run(WRITE, str(path))
    return path


def test_opening_a_session_of_ten_million_points(benchmark, long_session):
    print("\nopening:", benchmark.pedantic(lambda: _run(OPEN, str(long_session)), rounds=1))
