"""Tensors cut into tiles and put together as one image: every weight is where it says it is."""

import numpy as np
import pytest

from hhstudio.gui.widgets.colormap import signed_colors
from hhstudio.gui.widgets.filter_tiles import cut, statistics
from hhstudio.gui.widgets.mosaic import assemble


def _numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def test_three_input_channels_are_colours_unless_told_otherwise():
    tensor = _numbers(8, 3, 5, 5)
    assert cut(tensor).values.shape == (8, 5, 5, 3)
    assert cut(tensor).values[2, 1, 4].tolist() == tensor[2, :, 1, 4].tolist()
    assert (cut(tensor, channel=1, color=False).values == tensor[:, 1]).all()


def test_deeper_filters_are_shown_at_one_channel_or_all_kernels_in_rows():
    tensor = _numbers(4, 6, 3, 3)
    assert (cut(tensor, channel=5).values == tensor[:, 5]).all()
    every = cut(tensor)
    assert every.columns == 6
    assert every.names[7] == "filter 1, input 1"
    assert (every.values[7] == tensor[1, 1]).all()


def test_dense_rows_become_images_where_their_input_is_the_image():
    tensor = _numbers(10, 64)
    shown = cut(tensor, image_shape=(1, 8, 8))
    assert shown.kind == "neurons"
    assert (shown.values[3] == tensor[3].reshape(8, 8)).all()
    assert cut(_numbers(10, 100), image_shape=(1, 8, 8)).kind == "matrix"
    assert cut(_numbers(10, 3072), image_shape=(3, 32, 32)).colored


def test_biases_are_one_row():
    assert cut(_numbers(7)).values.shape == (1, 1, 7)
    assert cut(np.float32(3.0)).values.shape == (1, 1, 1)


@pytest.mark.parametrize("shape", [(5, 1, 3, 3), (6, 4, 3, 2), (64, 64, 3, 3), (10, 64), (3, 17), (9,)])
def test_every_pixel_has_the_colour_of_the_weight_that_it_claims_to_be(shape):
    tiles = cut(_numbers(*shape))
    mosaic = assemble(tiles, common=True, dark=False)
    found = 0
    for y in range(mosaic.image.shape[0]):
        for x in range(mosaic.image.shape[1]):
            at = mosaic.tile_at(x, y)
            if at is None:
                continue
            found += 1
            if found % 37 == 1:
                expected = signed_colors(tiles.values[at], mosaic.limits[0], dark=False)
                assert mosaic.image[y, x].tolist() == [*expected.tolist(), 255]
    assert found == tiles.values.size


def test_a_common_scale_is_symmetric_and_an_own_scale_reaches_the_ends_in_every_tile():
    tensor = np.stack([np.full((1, 2, 2), 1.0), np.full((1, 2, 2), -4.0)]).astype(np.float32)
    common = assemble(cut(tensor), common=True, dark=False)
    assert common.limits.tolist() == [4.0, 4.0]
    own = assemble(cut(tensor), common=False, dark=False)
    assert own.limits.tolist() == [1.0, 4.0]
    red = signed_colors(np.float32(1.0), 1.0, dark=False).tolist()
    x, y, _, _ = own.rect_of(0)
    assert own.image[y, x, :3].tolist() == red
    x, y, _, _ = common.rect_of(0)
    assert common.image[y, x, :3].tolist() != red


def test_weights_that_are_not_finite_do_not_break_the_picture():
    tensor = _numbers(4, 1, 3, 3)
    tensor[0, 0, 0, 0], tensor[1, 0, 0, 0] = np.nan, np.inf
    mosaic = assemble(cut(tensor), common=True, dark=True)
    assert np.isfinite(mosaic.limits).all()
    x, y, _, _ = mosaic.rect_of(0)
    assert mosaic.image[y, x, :3].tolist() == [128, 128, 128]


def test_statistics_are_those_of_numpy():
    tensor = _numbers(3, 4)
    row = statistics("w", tensor)
    assert (row.shape, row.size) == ((3, 4), 12)
    assert row.mean == pytest.approx(float(tensor.mean()), rel=1e-5)
    assert row.std == pytest.approx(float(tensor.std()), rel=1e-5)
    assert row.norm == pytest.approx(float(np.sqrt((tensor.astype(float) ** 2).sum())))
    assert np.isnan(statistics("none", np.empty((0, 3))).mean)
