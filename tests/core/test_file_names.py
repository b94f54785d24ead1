"""Names as names of files: told apart on every file system."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hhstudio.core.file_names import folder_names


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["P1", "P2-0"], ["P1", "P2-0"]),
        (["P 1", "P_1"], ["P_1-2", "P_1"]),
        (["a b", "a/b"], ["a_b", "a_b-2"]),
        (["p1", "P1"], ["p1", "P1-2"]),
        (["P1", "p1", "p1-2"], ["P1", "p1-2", "p1-2-2"]),
        (["é", "e\u0301"], ["é", "e_"]),
        (["..", ""], ["__", "_"]),
    ],
)
def test_names_that_would_be_one_are_told_apart(names, wanted):
    assert folder_names(names) == wanted


def test_names_that_no_disk_takes_are_cut_and_still_told_apart():
    folders = folder_names(["語" * 100 + "1", "語" * 100 + "2"])
    assert len(set(folders)) == 2
    assert all(len(name.encode()) < 210 for name in folders)


@given(st.lists(st.text(max_size=4), unique=True, max_size=8))
def test_whatever_the_names_no_two_folders_are_one(names):
    found = folder_names(names)
    assert len({name.casefold() for name in found}) == len(names)
    assert not any(set(name) & set("/\\. \0") for name in found)
