import numpy as np
import pytest

from hhstudio.core.analysis import geometry, weight_statistics
from hhstudio.core.analysis.answers import Point
from hhstudio.core.analysis.vector_map import vector_map

RNG = np.random.default_rng(3)
VECTORS = RNG.normal(size=(7, 40)) + 2.0


def test_relative_distances_are_those_of_the_vectors_themselves():
    apart = geometry.distances(geometry.gram(VECTORS))
    for i, a in enumerate(VECTORS):
        for j, b in enumerate(VECTORS):
            scale = np.sqrt((a @ a + b @ b) / 2)
            assert apart[i, j] == pytest.approx(np.linalg.norm(a - b) / scale, abs=1e-7)
    assert (np.diag(apart) == 0).all()


def test_cosine_distances_do_not_depend_on_lengths():
    longer = VECTORS * np.arange(1, 8)[:, None]
    plain = geometry.distances(geometry.gram(VECTORS), "cosine")
    np.testing.assert_allclose(geometry.distances(geometry.gram(longer), "cosine"), plain, atol=1e-12)
    a, b = VECTORS[0], VECTORS[1]
    assert plain[0, 1] == pytest.approx(1 - a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_unrelated_vectors_are_the_square_root_of_two_apart_and_opposite_ones_two():
    apart = geometry.distances(geometry.gram(np.array([[1.0, 0.0], [0.0, 3.0], [-1.0, 0.0]])))
    assert apart[0, 1] == pytest.approx(np.sqrt(2))
    assert apart[0, 2] == pytest.approx(2)


def test_a_vector_that_is_not_finite_has_no_distance_and_zero_vectors_are_equal():
    apart = geometry.distances(geometry.gram(np.array([[0.0, 0.0], [0.0, 0.0], [np.nan, 1.0]])))
    assert apart[0, 1] == 0
    assert np.isnan(apart[2]).all()


def test_products_of_pieces_add_up_to_those_of_the_whole():
    pieces = np.split(VECTORS, [3, 17, 18], axis=1)
    np.testing.assert_allclose(geometry.gram_of(pieces, 7), geometry.gram(VECTORS), rtol=1e-12)


def test_principal_components_are_those_of_numpys_singular_values():
    centred = VECTORS - VECTORS.mean(0)
    left, singular, right = np.linalg.svd(centred, full_matrices=False)
    found = geometry.principal(geometry.gram(VECTORS), 3)
    np.testing.assert_allclose(found.share, singular[:3] ** 2 / (singular**2).sum(), rtol=1e-9)
    np.testing.assert_allclose(np.abs(found.coordinates), np.abs(left * singular)[:, :3], atol=1e-9)
    np.testing.assert_allclose(found.spread, singular[:3] / np.sqrt(6), rtol=1e-9)
    directions = found.combination @ VECTORS
    np.testing.assert_allclose(np.abs((directions * right[:3]).sum(1)), 1, atol=1e-9)
    np.testing.assert_allclose(centred @ directions.T, found.coordinates, atol=1e-9)


def test_the_sign_of_a_component_does_not_depend_on_the_library():
    found = geometry.principal(geometry.gram(VECTORS), 3).coordinates
    largest = found[np.abs(found).argmax(0), np.arange(3)]
    assert (largest > 0).all()


def test_vectors_on_a_line_have_one_component_and_equal_ones_none():
    line = np.outer(np.arange(5.0), np.ones(3))
    assert len(geometry.principal(geometry.gram(line)).share) == 1
    assert len(geometry.principal(geometry.gram(np.ones((4, 3)))).share) == 0


def test_neighbours_are_nearest_first_and_never_oneself():
    line = np.array([[0.0], [1.0], [3.0], [7.0]]) + 10
    near = geometry.neighbours(geometry.distances(geometry.gram(line)), 2)
    assert near.tolist() == [[1, 2], [0, 2], [1, 0], [2, 1]]


def test_a_map_of_one_point_is_a_map():
    found = vector_map("one", [Point(title="a")], geometry.gram(np.ones((1, 3))))
    assert found.coordinates.shape == (1, 0)
    assert found.neighbours.shape == (1, 0)


def test_a_map_by_tsne_is_the_same_every_time():
    pytest.importorskip("sklearn")
    points = [Point(title=str(k)) for k in range(7)]
    first, again = (vector_map("", points, geometry.gram(VECTORS), nearby=True).nearby for _ in range(2))
    assert first.shape == (7, 2)
    np.testing.assert_array_equal(first, again)


def test_a_row_of_the_table_leaves_out_what_is_not_finite():
    values = np.array([[1.0, np.nan], [3.0, np.inf]])
    row = weight_statistics.tensor_row("w", values, "weight", sigma=2.0)
    assert (row.mean, row.low, row.high, row.finite) == (2.0, 1.0, 3.0, 0.5)
    assert row.scale == pytest.approx(np.sqrt(5) / 2)


def test_units_whose_weights_are_next_to_nothing_are_quiet():
    weights = np.ones((4, 3))
    weights[2] *= 1e-4
    assert weight_statistics.quiet_units(weights) == (4, 1)


def test_histograms_count_every_finite_value_once():
    values = np.append(RNG.normal(size=500), [np.nan, np.inf])
    edges = weight_statistics.common_edges(-1.0, 0.5)
    counts = weight_statistics.histogram(values, edges)
    assert counts.sum() == 500
    assert edges[0] == -edges[-1]
    inner = (values > -0.9) & (values < 0.9)
    assert counts[2:-2].sum() == pytest.approx(inner.sum(), abs=60)


def test_figures_of_rows_are_those_of_numpy_for_short_and_long_ones():
    random = np.random.default_rng(3)
    for size in (50, weight_statistics.EXACT + 7):
        rows = random.normal(size=(4, size)).astype(np.float16)
        rows[2, :5] = np.nan, np.inf, -np.inf, 0, 0
        low, high = weight_statistics.ends(rows)
        edges = weight_statistics.common_edges(low, high, 64)
        counts, spans, mean, std, norm = weight_statistics.rows_in_figures(rows, edges)
        for at, row in enumerate(rows.astype(np.float64)):
            known = row[np.isfinite(row)]
            assert counts[at].sum() == known.size
            assert (
                np.abs(np.cumsum(counts[at] - weight_statistics.histogram(known, edges))).max() <= 0.01 * size
            )
            width = (edges[1] - edges[0]) / 16
            assert np.allclose(spans[at], np.quantile(known, weight_statistics.QUANTILES), atol=width)
            assert (mean[at], std[at]) == pytest.approx((known.mean(), known.std()))
            assert norm[at] == pytest.approx(np.linalg.norm(known))
    assert np.isnan(weight_statistics.rows_in_figures(np.full((1, 3), np.nan), edges)[1]).all()
