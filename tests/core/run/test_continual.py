"""The figures of continual learning, against their definitions computed by hand."""

import itertools

import numpy as np
import pytest

from hhstudio.core.run.continual import DEFINITIONS, Summary, summary, with_end

NAN = np.nan
MATRIX = np.array([[0.9, NAN, NAN], [0.7, 0.8, 0.1], [0.8, 0.6, 0.5]])


def test_a_full_matrix_gives_the_textbook_figures():
    found = summary(MATRIX, untrained=np.array([0.1, 0.1, 0.2]))
    assert found.final == pytest.approx((0.8, 0.6, 0.5))
    assert found.average == pytest.approx((0.8 + 0.6 + 0.5) / 3)
    assert found.backward_transfer == pytest.approx(((0.8 - 0.9) + (0.6 - 0.8)) / 2)
    assert found.forgetting == pytest.approx(((0.9 - 0.8) + (0.8 - 0.6)) / 2)
    assert found.forward_transfer == pytest.approx(0.1 - 0.2)


def test_a_run_in_its_middle_is_judged_by_its_last_finished_task():
    matrix = MATRIX.copy()
    matrix[2] = NAN
    found = summary(matrix)
    assert found.average == pytest.approx((0.7 + 0.8) / 2)
    assert found.backward_transfer == pytest.approx(0.7 - 0.9)
    assert found.forward_transfer is None


def test_nothing_measured_gives_no_figures():
    assert summary(np.full((2, 2), NAN)) == Summary((None, None), None, None, None, None)


def test_one_task_has_an_average_and_nothing_to_forget():
    found = summary(np.array([[0.5]]))
    assert found.average == 0.5
    assert found.backward_transfer is None
    assert found.forgetting is None


def test_a_matrix_that_is_not_square_is_refused():
    with pytest.raises(ValueError, match="square"):
        summary(np.zeros((2, 3)))


def test_every_figure_has_its_definition_for_the_screen():
    assert set(DEFINITIONS) == set(Summary._fields) - {"final"}


def test_forgetting_takes_the_best_before_the_last_row_and_may_be_negative():
    assert summary(np.array([[0.8, NAN], [0.9, 0.9]])).forgetting == pytest.approx(-0.1)
    three = np.array([[0.7, NAN, NAN], [0.9, 0.6, NAN], [0.8, 0.9, 0.5]])
    assert summary(three).forgetting == pytest.approx(((0.9 - 0.8) + (0.6 - 0.9)) / 2)


def test_joint_training_has_accuracies_and_no_transfer_and_no_forgetting():
    found = summary(MATRIX, untrained=np.array([0.1, 0.1, 0.2]), joint=True)
    assert found.average == summary(MATRIX).average
    assert found.final == summary(MATRIX).final
    assert (found.backward_transfer, found.forward_transfer, found.forgetting) == (None, None, None)


@pytest.mark.parametrize("learned", [(0, 2), (1, 3), (0, 1, 3)])
def test_a_path_that_leaves_tasks_out_is_measured_by_those_that_it_learns(learned):
    rows = np.random.default_rng(4).random((4, 4))
    matrix = np.full((4, 4), NAN)
    for row in learned:
        matrix[row, list(learned)] = rows[row, list(learned)]
    untrained = np.array([0.1, 0.2, 0.3, 0.4])
    found = summary(matrix, untrained)
    small = summary(matrix[np.ix_(learned, learned)], untrained[list(learned)])
    assert found[1:] == pytest.approx(small[1:])
    wanted = np.mean([rows[i, k] - untrained[k] for i, k in itertools.pairwise(learned)])
    assert found.forward_transfer == pytest.approx(wanted)


def test_the_change_through_other_paths_is_a_figure_of_its_own():
    alone = summary(MATRIX)
    end = np.array([0.75, 0.4, 0.5])
    found = with_end(alone, end)
    assert found[:5] == alone[:5]
    assert found.end_average == pytest.approx(0.55)
    assert found.left == found.end_average
    assert found.through_other_paths == pytest.approx(((0.75 - 0.8) + (0.4 - 0.6) + 0.0) / 3)
    assert with_end(alone, None) == alone
    assert alone.left == alone.average
