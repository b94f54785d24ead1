"""Set before anything imports Qt: a screen is never needed, except by tests marked xvfb."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
