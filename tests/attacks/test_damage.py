"""Damage at every place of a session: it opens, or says in our words what it is; nothing else, no crash."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections import Counter

import pytest
from damage_soak import PLACES, places
from damage_soak import __file__ as CHILD

SECONDS = 240.0
"""That one file may take, on a busy machine."""


def soak(kind, folder, first=0, step=1, deep=8):
    """Outcomes by name, the files in which something was raised that is not of ours, and those that took the
    process down or kept it for too long."""
    outcomes, wrong, died = Counter(), [], []
    while first < places(kind):
        last = None
        for message in messages(kind, folder, first, step, deep):
            if "trying" in message:
                last = message["trying"]
                continue
            failed, last = message["failed"], None
            bad = {name: text for name, text in failed.items() if text.startswith("WRONG")}
            outcomes["wrong" if bad else "error of ours" if failed else "whole"] += 1
            wrong += [(message["number"], bad)] if bad else []
        if last is None:
            break
        died.append(last)
        first = last + step
    print(f"\n{kind}, every {step} of {places(kind)} places: {dict(outcomes)}, died at {died}")
    return outcomes, wrong, died


def messages(kind, folder, first, step, deep):
    command = [sys.executable, CHILD, kind, str(folder), *map(str, (first, step, deep))]
    # A command that was run in this process may have told all Pythons to leave the script's folder alone.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONSAFEPATH"} | {"OMP_NUM_THREADS": "1"}
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
    lines = queue.Queue()

    def listen():
        with child.stdout:
            for line in child.stdout:
                lines.put(line)
        lines.put(None)

    threading.Thread(target=listen, daemon=True).start()
    try:
        while (line := lines.get(timeout=SECONDS)) is not None:
            yield json.loads(line)
    except queue.Empty:
        pass
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize("kind", ["zeroed", "cut", "bit"])
def test_damage_here_and_there_is_said_in_our_words(kind, tmp_path):
    outcomes, wrong, died = soak(
        kind, tmp_path, first=places(kind) // 60, step=places(kind) // 10, deep=10**6
    )
    assert wrong == []
    assert died == []
    assert outcomes.total() > 3


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("kind", PLACES)
def test_damage_at_every_place_is_said_in_our_words(kind, tmp_path):
    """Zeroed blocks of 512 and of 64 bytes, all of them; cut off at every 4096th byte; a bit in each KiB."""
    _, wrong, died = soak(kind, tmp_path, deep=16)
    assert wrong == []
    assert died == []
