import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable


@pytest.fixture
def step(load_step):
    return load_step(62)


TABLE = np.array([[3, 8, 8, 4, 0], [0, 5, 6, 9, 6], [6, 8, 8, 1, 8], [2, 5, 1, 8, 7.0]])


def test_published_slice(step):
    x = Variable(TABLE)
    np.testing.assert_array_equal(x[2, :].data, [6, 8, 8, 1, 8])
    expected = np.zeros((4, 5))
    expected[2] = 1
    np.testing.assert_array_equal(step.gradient(lambda x: x[2, :], x), expected)


def test_published_reshape(step):
    x = Variable(np.zeros((4, 6)))
    gx = step.gradient(lambda x: x.reshape(3, 8), x)
    np.testing.assert_array_equal(gx, np.ones((4, 6)))


def test_published_transpose(step, rng):
    assert tuple(np.argsort((2, 0, 1))) == (1, 2, 0)
    x = Variable(np.arange(24.0).reshape(2, 3, 4))
    y = x.transpose(2, 0, 1)
    assert y.shape == (4, 2, 3)
    np.testing.assert_array_equal(y.transpose(1, 2, 0).data, x.data)
    w = rng.normal(size=y.shape)
    gx = step.gradient(lambda x: x.transpose(2, 0, 1) * w, x)
    np.testing.assert_array_equal(gx, w.transpose(1, 2, 0))


SLICES = {
    "row": 1,
    "column": np.s_[:, 2],
    "steps": np.s_[::2, 1:],
    "repeated": [0, 2, 0],
    "pairs": (np.array([0, 1, 1]), np.array([3, 0, 0])),
    "mask": np.arange(12).reshape(3, 4) % 3 == 0,
}


@pytest.mark.parametrize("slices", SLICES.values(), ids=SLICES)
def test_a_slice_is_a_product_with_a_selection(step, rng, slices):
    data = rng.normal(size=(3, 4))
    S = step.selection(data.shape, slices)
    assert set(S.ravel()) <= {0, 1} and (S.sum(axis=1) == 1).all()
    x = Variable(data)
    y = x[slices]
    np.testing.assert_array_equal((S @ data.ravel()).reshape(y.shape), y.data)
    w = rng.normal(size=y.shape)
    gx = step.gradient(lambda x: x[slices] * w, x)
    np.testing.assert_allclose(gx.ravel(), S.T @ w.ravel())


def test_reshape_and_transpose_are_selections_of_everything(step, rng):
    data = rng.normal(size=(2, 3))
    S = step.selection((2, 3), np.s_[...])
    np.testing.assert_array_equal(S, np.eye(6))  # reshape keeps the row of numbers
    T = np.eye(6)[np.arange(6).reshape(2, 3).T.ravel()]
    np.testing.assert_array_equal(T @ data.ravel(), data.T.ravel())
    np.testing.assert_array_equal(T.T @ T, np.eye(6))


def test_published_lines(run_step):
    lines = [line.strip() for line in run_step(62).splitlines()]
    assert lines[:7] == [
        "x[2, :] of 4 rows: the gradient is 1 in row 2, 0 elsewhere",
        "picked by S: [6 8 8 1 8]",
        "x[[2, 0, 2]]: the gradient is [1 0 2], by S.T also [1 0 2]",
        "reshape (4, 6) to (3, 8): the gradient has the shape (4, 6)",
        "transpose (2, 3, 4) by (2, 0, 1): the shape is (4, 2, 3)",
        "back by argsort (1, 2, 0): the same numbers, True",
        "gradient of y * w: w transposed back, True",
    ]


def test_published_image(step):
    image = step.paint()
    assert image.shape == (157, 210, 3) and image.dtype == np.uint8
    turned, sheared = image.transpose(1, 0, 2), image.reshape(210, 157, 3)
    assert turned.shape == sheared.shape
    assert step.roughness(turned) == pytest.approx(step.roughness(image))
    assert step.roughness(sheared) > 5 * step.roughness(image)
    # Each row of 157 starts 53 = 210 - 157 pixels later in a line of the image.
    np.testing.assert_array_equal(sheared[1, :53], image[0, 157:])
    np.testing.assert_array_equal(sheared[1, 53:], image[1, :104])


def test_the_function_of_the_package_does_the_same(step, rng):
    data = rng.normal(size=(3, 4))
    for slices in SLICES.values():
        S = step.selection(data.shape, slices)
        y = F.get_item(data, slices)
        np.testing.assert_array_equal(y.data.ravel(), S @ data.ravel())
