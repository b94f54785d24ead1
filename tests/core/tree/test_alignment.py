"""Boxes lined up, and snapping to what stands near."""

import random

import pytest

from hhstudio.core.tree.alignment import ALIGNMENTS, Guide, Snapper, aligned

BOXES = {"a": (0.0, 0.0, 10.0, 10.0), "b": (50.0, 30.0, 20.0, 10.0), "c": (100.0, 70.0, 40.0, 30.0)}


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("left", {"a": (0, 0), "b": (0, 30), "c": (0, 70)}),
        ("right", {"a": (130, 0), "b": (120, 30), "c": (100, 70)}),
        ("centre", {"a": (57.5, 0), "b": (52.5, 30), "c": (42.5, 70)}),
        ("top", {"a": (0, 0), "b": (50, 0), "c": (100, 0)}),
        ("middle", {"a": (0, 40), "b": (50, 40), "c": (100, 30)}),
        ("bottom", {"a": (0, 90), "b": (50, 90), "c": (100, 70)}),
        ("across", {"a": (0, 0), "b": (45, 30), "c": (100, 70)}),
        ("down", {"a": (0, 0), "b": (50, 35), "c": (100, 70)}),
    ],
)
def test_every_alignment(how, expected):
    assert aligned(BOXES, how) == expected


def test_aligning_twice_changes_nothing_more():
    rng = random.Random(3)
    boxes = {str(i): tuple(rng.uniform(1, 99) for _ in range(4)) for i in range(7)}
    for how in ALIGNMENTS.keys() - {"across", "down"}:
        once = {i: (*place, *boxes[i][2:]) for i, place in aligned(boxes, how).items()}
        again = aligned(once, how)
        assert all(again[i] == pytest.approx(once[i][:2]) for i in boxes)


def test_distributing_makes_equal_gaps():
    rng = random.Random(5)
    boxes = {str(i): (rng.uniform(90, 110) * i, 0.0, rng.uniform(10, 60), 5.0) for i in range(8)}
    moved = aligned(boxes, "across")
    gaps = {round(moved[str(i + 1)][0] - moved[str(i)][0] - boxes[str(i)][2], 6) for i in range(7)}
    assert len(gaps) == 1


def test_a_box_snaps_to_the_middle_of_a_neighbour_and_says_along_which_line():
    snap = Snapper([(0, 0, 100, 50)]).snap((300, 3, 100, 50), reach=6, grid=10)
    assert (snap.dx, snap.dy) == (0, -3)
    assert snap.guides == (Guide(0, 25, 400, 25),)


def test_far_from_every_line_it_snaps_to_the_grid():
    snap = Snapper([(0, 0, 100, 50)]).snap((304, 203, 90, 60), reach=6, grid=10)
    assert (snap.dx, snap.dy, snap.guides) == (-4, -3, ())


def test_the_nearest_of_many_lines_wins():
    rng = random.Random(1)
    standing = [(rng.uniform(0, 5000), rng.uniform(0, 5000), 208.0, 92.0) for _ in range(200)]
    snapper = Snapper(standing)
    for _ in range(50):
        box = (rng.uniform(0, 5000), rng.uniform(0, 5000), 208.0, 92.0)
        snap = snapper.snap(box, 8, 10)
        for axis, moved in ((0, snap.dx), (1, snap.dy)):
            ends = (0, box[axis + 2] / 2, box[axis + 2])
            near = min(abs(b[axis] + end - box[axis] - end) for b in standing for end in ends)
            if near <= 8:
                assert abs(moved) == pytest.approx(near)
