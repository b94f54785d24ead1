"""Small files that claim to be large are refused before anything is read: in memory, and in time."""

import functools
import json
import os
import subprocess
import sys
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from whole_session import DEMO, copied
from whole_session import __file__ as CHILD

from hhstudio.store.recovery.recover import recover
from hhstudio.store.session.session import open as open_session

PIECE = 4 << 20
MEGABYTES = 400
"""Of memory that may be asked for; each bomb would take a gigabyte."""
GROWN = 200
"""Megabytes that a process may really grow by at one of them."""


@functools.cache
def zeros(nbytes):
    return zlib.compress(bytes(nbytes), 1)


@functools.cache
def more_zeros(megabytes):
    """Zeros that unpack to so much; their checksum is wrong, which is seen only at the end."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return zlib.compress(b"")[:2] + block * megabytes + packer.flush() + bytes(4)


def packed(file, name, shape, kind="f8", piece=PIECE, content=None, **options):
    """A data set of nothing but zeros, a thousandth of their size in the file."""
    if name in file:
        del file[name]
    rows = max(1, piece // (int(np.prod(shape[1:])) * np.dtype(kind).itemsize))
    chunks = (min(rows, shape[0]), *shape[1:])
    dataset = file.create_dataset(name, shape, kind, chunks=chunks, compression="gzip", **options)
    nbytes = int(np.prod(chunks)) * np.dtype(kind).itemsize
    data = content or zeros(nbytes)
    for at in range(0, shape[0], chunks[0]):
        dataset.id.write_direct_chunk((at, *(0 for _ in shape[1:])), data)


def one_long_column(file):
    packed(file, "metrics/value", (1 << 27,))


def five_long_columns(file):
    for name, kind in {"step": "i8", "path": "i4", "task": "i4", "metric": "i4", "value": "f8"}.items():
        packed(file, f"metrics/{name}", (1 << 26,), kind)


def five_long_columns_as_listed(file):
    five_long_columns(file)
    text = json.dumps([["P1", 0, "accuracy", 1 << 26]]).encode()
    del file["tables/curves"]
    file["tables/curves"] = np.array(text, h5py.string_dtype("utf-8", len(text)))


def a_piece_that_becomes_more_than_it_should(file):
    packed(file, "metrics/value", (len(file["metrics/value"]),), content=more_zeros(1024))


def a_piece_as_large_as_it_may_be(file):
    """Half a megabyte that claims to become one, and becomes half a gigabyte."""
    packed(file, "weights/P1/0/features.2.weight", (1 << 17,), piece=1 << 20, content=more_zeros(500))


def packed_weights(file):
    packed(file, "weights/P1/0/features.2.weight", (1 << 18, 8, 8, 8), "f8")


def many_weights_that_are_not_there(file):
    group = file["weights/P1/0"]
    for number in range(1200):
        group.create_dataset(f"t{number}", (1 << 18,), "f4", chunks=(1 << 18,), fillvalue=1.0)


def packed_state(file):
    packed(file, "state/arrays/more", (1 << 27,))


def packed_snapshots(file):
    packed(file, "snapshots/P1/1/features.2.weight", (2, 1 << 22, 4), "f8", piece=1 << 27)


def a_packed_accuracy_matrix(file):
    packed(file, "accuracy/P1", (1 << 14, 1 << 13), "f4")


def a_packed_log(file):
    rows = 1 << 24
    packed(file, "log/time", (rows,))
    for name, width in (("level", 7), ("message", 60)):
        packed(file, f"log/{name}", (rows,), f"S{width}", piece=width << 18)


def one_text_a_thousand_times(file):
    """Texts of any length stand in a heap; many rows may name the same."""
    del file["metrics/names"]
    names = file.create_dataset(
        "metrics/names", (1000,), h5py.string_dtype(), data=["x" * (1 << 20)] + ["y"] * 999
    )
    file.flush()
    place = names.id.get_offset()

    def repeat(path):
        with path.open("r+b") as raw:
            raw.seek(place)
            reference = raw.read(16)
            raw.seek(place)
            raw.write(reference * 1000)

    return repeat


def many_counts(file):
    text = b"[" + b",".join([b"{}"] * 500_000) + b"]"
    del file["tables/parameters"]
    file["tables/parameters"] = np.array(text, h5py.string_dtype("utf-8", len(text)))


BOMBS = {
    one_long_column: "differ in length",
    five_long_columns: "would become",
    five_long_columns_as_listed: "would become",
    a_piece_that_becomes_more_than_it_should: "which cannot be",
    a_piece_as_large_as_it_may_be: "becomes more than",
    packed_weights: "would become",
    many_weights_that_are_not_there: "would become",
    packed_state: "would become",
    packed_snapshots: "would become",
    a_packed_accuracy_matrix: "has the shape",
    a_packed_log: "claims",
    one_text_a_thousand_times: "more text than the file",
    many_counts: "length <=",
}
"""And what they are refused with."""


def hostile(folder, change):
    path = copied(folder, f"{change.__name__}.h5")
    with h5py.File(path, "r+") as file:
        then = change(file)
    if then is not None:
        then(path)
    return path


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="measures memory as Linux does")
def test_what_would_become_gigabytes_is_refused_in_little_memory_and_time(tmp_path):
    files = [hostile(tmp_path, change) for change in BOMBS]
    assert max(file.stat().st_size for file in files) < 16 << 20
    child = subprocess.run(
        [sys.executable, CHILD, str(MEGABYTES), *map(str, files)],
        capture_output=True, text=True, timeout=100, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    results = {Path(r["file"]).stem: r for r in map(json.loads, child.stdout.splitlines())}
    assert list(results) == [change.__name__ for change in BOMBS], child.stderr[-2000:]
    for name, result in results.items():
        print(
            f"{name}: {result['seconds']:.2f} s, {result['grown']:.0f} MB, refused {list(result['failed'])}"
        )
    for (name, result), reason in zip(results.items(), BOMBS.values(), strict=True):
        assert any(reason in text for text in result["failed"].values()), (name, result)
        assert not [text for text in result["failed"].values() if text.startswith("WRONG")], (name, result)
        assert result["grown"] < GROWN, name
        assert result["seconds"] < 5, name


def test_a_column_that_is_a_bomb_costs_only_itself(tmp_path):
    path = hostile(tmp_path, one_long_column)
    report = recover(path)
    assert not [line for line in report.lost if "curves" not in line]
    with open_session(path) as session:
        with open_session(DEMO) as whole:
            kept = {k: len(series) for k, series in session.history.series.items() if k[2] != "memory"}
            assert kept == {k: len(s) for k, s in whole.history.series.items() if k[2] != "memory"}
        assert len(session.available()) == 15
