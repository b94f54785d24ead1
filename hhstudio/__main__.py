"""``python -m hhstudio`` is the command ``hhstudio``."""

import sys

from hhstudio.cli import main

sys.exit(main())
