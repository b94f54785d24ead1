"""How long it takes from the start of the process to a painted window (budget 1.5 s; printed, not asserted).

The import of NumPy alone is printed beside it: about 0.1 s on an idle machine, so that a busy one shows.
"""

import statistics
import subprocess
import sys
import time

_WINDOW = """
import os
os.environ["QT_QPA_PLATFORM"] = "offscreen"
import sys
from PySide6.QtCore import QSettings
from hhstudio.gui.app import application
from hhstudio.gui.main_window import MainWindow
from hhstudio.gui.preferences import Preferences
from hhstudio.gui.studio import Studio
from hhstudio.gui.theming import Theming
app = application()
preferences = Preferences(QSettings(sys.argv[1], QSettings.Format.IniFormat))
studio = Studio(preferences)
window = MainWindow(studio, Theming(app, preferences))
window.place()
window.show()
app.processEvents()
assert window.isVisible() and "torch" not in sys.modules
os._exit(0)
"""


def seconds(code, *words):
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code, *words], check=True, timeout=60)
    return time.perf_counter() - began


def test_a_window_is_on_screen_soon(benchmark, tmp_path):
    settings = str(tmp_path / "settings.ini")
    seconds(_WINDOW, settings)  # byte code and disk cache
    benchmark.pedantic(seconds, args=(_WINDOW, settings), rounds=5, iterations=1)
    numpy = statistics.median(seconds("import numpy") for _ in range(3))
    shown = benchmark.stats.stats.median
    print(f"\nwindow painted after {shown:.2f} s (median of 5); import of NumPy alone {numpy:.2f} s")
