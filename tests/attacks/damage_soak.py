"""Damage of one kind at every place of a small session: ``damage_soak.py KIND FOLDER FIRST STEP DEEP``.

A process of its own, because a damaged file may take HDF5 down. A line of JSON a file: its number, and what
was not answered. Every ``DEEP``-th file is also asked what is computed with the model, and given to the
commands.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from whole_session import DEMO, asked, commanded

BLOCK = 512
PLACES = {"zeroed": BLOCK, "cut": 4096, "bit": 1024, "page": 64}
"""Bytes from one place to the next, by kind."""


def places(kind: str) -> int:
    """How many files there are of a kind of damage."""
    return DEMO.stat().st_size // PLACES[kind]


def damaged(data: bytes, kind: str, number: int) -> bytes:
    """The session with a block of zeros, cut off, or with one bit another."""
    start = number * PLACES[kind]
    if kind == "cut":
        return data[:start]
    changed = bytearray(data)
    if kind == "bit":
        changed[start + random.Random(number).randrange(PLACES[kind])] ^= 1 << number % 8
    else:
        changed[start : start + PLACES[kind]] = bytes(len(data[start : start + PLACES[kind]]))
    return bytes(changed)


def main(arguments: list[str]) -> int:
    kind, folder = arguments[0], Path(arguments[1])
    first, step, deep = map(int, arguments[2:])
    data = DEMO.read_bytes()
    path = folder / "s.h5"
    for number in range(first, places(kind), step):
        content = damaged(data, kind, number)
        if content == data:
            continue
        print(json.dumps({"trying": number}), flush=True)
        for file in folder.iterdir():
            file.unlink()
        path.write_bytes(content)
        deeper = number // step % deep == 0
        failed = asked(path, model=deeper)
        if deeper:
            failed |= commanded(path)
        print(json.dumps({"number": number, "failed": failed}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
