"""Numbers in words, the same in every view and in a terminal."""

import pytest

from hhstudio.core.formatting import count, duration, rate, rough_duration, short_count, signed, size


def test_thousands_stand_apart_by_a_space_at_which_no_line_breaks():
    assert [count(n) for n in (0, 999, 1000, -1_234_567)] == [
        "0",
        "999",
        "1\u202f000",
        "-1\u202f234\u202f567",
    ]
    assert count(1_234_567, space=" ") == "1 234 567"
    assert rate(12_345.6) == "12\u202f346 steps/s"


@pytest.mark.parametrize(
    ("seconds", "rough", "clock"),
    [
        (0, "0 s", "0:00"),
        (42.4, "42 s", "0:42"),
        (185, "3 min", "3:05"),
        (7800, "2.2 h", "2:10:00"),
        (100_000, "28 h", "27:46:40"),
    ],
)
def test_a_time_is_guessed_or_read_from_a_clock(seconds, rough, clock):
    assert (rough_duration(seconds), duration(seconds)) == (rough, clock)


def test_differences_have_their_sign():
    assert [signed(n) for n in (1380, -1380, 0, None)] == ["+1.38 k", "−1.38 k", "+0", "?"]
    assert signed(-3_400_000, size) == "−3.4 MB"
    assert short_count(999_600) == "1.00 M"
