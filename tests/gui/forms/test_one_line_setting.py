"""Adding a setting is one line where it is typed."""

import subprocess
import sys
from pathlib import Path


def test_one_line_in_the_spec_is_a_setting_everywhere():
    script = Path(__file__).with_name("one_more_setting.py")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [
        "on_the_command_line",
        "in_files",
        "among_the_rules",
        "in_sweeps",
        "in_forms",
        "in_the_guide",
    ]
