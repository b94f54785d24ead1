"""``python -m hhstudio`` is the command ``hhstudio``."""

import os
import sys

if not sys.flags.safe_path and sys.path[0] in ("", os.getcwd()):  # noqa: PTH109 - pathlib is not loaded yet
    del sys.path[0]  # anything may lie in the current folder: the command does not look there either

from hhstudio.cli import main

sys.exit(main())
