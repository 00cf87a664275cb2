"""Step 55: the places of a kernel, and what it sees there."""

import numpy as np
import pytest
from matplotlib.image import imread

import dezero.functions as F
from dezero import utils

STROKE = np.array([[0, 0, 1, 2, 3], [0, 1, 2, 3, 2], [1, 2, 3, 2, 1], [2, 3, 2, 1, 0]])
RIGHT = np.array([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]])

SETTINGS = [  # shape, kernel, stride, pad
    ((4, 5), (3, 3), 1, 0),
    ((4, 5), (3, 3), 2, 1),
    ((5, 4), (2, 3), (2, 1), (0, 2)),
    ((6, 7), (1, 4), (3, 2), (1, 1)),
    ((1, 1), (1, 1), 1, 0),
]


@pytest.fixture
def step(load_step):
    return load_step(55)


def test_values_by_hand(step):
    """The picture in the text: 1-0 + 2-0 + 3-1 = 5."""
    assert step.convolve(STROKE, RIGHT).tolist() == [[5, 4, 0], [4, 0, -4]]
    y = step.convolve(STROKE, RIGHT, stride=2, pad=1)
    assert y.tolist() == [[1, 4, -5], [6, 0, -6]]


@pytest.mark.parametrize("shape, kernel, stride, pad", SETTINGS)
def test_against_four_loops(step, rng, shape, kernel, stride, pad):
    x, W = rng.normal(size=shape), rng.normal(size=kernel)
    (SH, SW), (PH, PW) = utils.pair(stride), utils.pair(pad)
    y = step.convolve(x, W, stride, pad)
    for i, j in np.ndindex(y.shape):
        total = 0.0
        for a, b in np.ndindex(kernel):
            row, column = i * SH + a - PH, j * SW + b - PW
            if 0 <= row < shape[0] and 0 <= column < shape[1]:
                total += x[row, column] * W[a, b]
        assert y[i, j] == pytest.approx(total)


@pytest.mark.parametrize("shape, kernel, stride, pad", SETTINGS)
def test_against_the_package(step, rng, shape, kernel, stride, pad):
    x, W = rng.normal(size=shape), rng.normal(size=kernel)
    expected = F.conv2d(x[None, None], W[None, None], None, stride, pad)
    y = step.convolve(x, W, stride, pad)
    np.testing.assert_allclose(y, expected.data[0, 0], atol=1e-12)


@pytest.mark.parametrize("shape, kernel, stride, pad", SETTINGS)
def test_a_linear_layer_does_the_same(step, rng, shape, kernel, stride, pad):
    x, W = rng.normal(size=shape), rng.normal(size=kernel)
    table = step.as_table(W, shape, stride, pad)
    y = step.convolve(x, W, stride, pad)
    assert table.shape == (x.size, y.size)
    np.testing.assert_allclose(x.ravel() @ table, y.ravel(), atol=1e-12)
    weights = set(table[table != 0])
    assert weights <= set(W.ravel())
    if pad == 0 and stride == 1:
        assert weights == set(W.ravel())


@pytest.mark.parametrize("size", [5, 6, 7, 28])
@pytest.mark.parametrize("k, s, p", [(1, 1, 0), (3, 1, 1), (3, 2, 0), (4, 3, 2)])
def test_sizes(step, size, k, s, p):
    """As many places as there are; and one pixel less has one place less."""
    starts = [i for i in range(-p, size + p) if (i + p) % s == 0 and i + k <= size + p]
    out = step.get_conv_outsize(size, k, s, p)
    assert out == len(starts) == utils.get_conv_outsize(size, k, s, p)
    least = step.get_deconv_outsize(out, k, s, p)
    assert least == utils.get_deconv_outsize(out, k, s, p)
    assert least <= size < least + s
    assert step.get_conv_outsize(least, k, s, p) == out
    assert step.get_conv_outsize(least - 1, k, s, p) == out - 1


def test_pair(step):
    for x in (3, (1, 2)):
        assert step.pair(x) == utils.pair(x)


def test_windows(step):
    """In order, within the padded picture; the lowest row is in none of them."""
    places = dict(step.windows((4, 5), 3, stride=2, pad=1))
    assert list(places) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    assert places[1, 2] == (slice(2, 5), slice(4, 7))
    seen = np.zeros((6, 7), bool)
    for window in places.values():
        assert seen[window].shape == (3, 3)
        seen[window] = True
    assert seen[:5].all() and not seen[5].any()


def test_a_picture_that_moves_moves_the_result(step, rng):
    x, W = np.zeros((8, 8)), rng.normal(size=(3, 3))
    x[2:5, 2:5] = rng.normal(size=(3, 3))
    y = step.convolve(x, W, pad=1)
    moved = step.convolve(np.roll(x, (1, 2), axis=(0, 1)), W, pad=1)
    np.testing.assert_allclose(moved, np.roll(y, (1, 2), axis=(0, 1)))


def test_a_kernel_that_does_not_fit(step):
    with pytest.raises(ValueError, match=r"\(3, 3\) must fit into x \(2, 5\).*step 55"):
        step.convolve(np.ones((2, 5)), np.ones((3, 3)))
    assert step.convolve(np.ones((2, 5)), np.ones((3, 3)), pad=1).shape == (2, 5)


def test_scene(step):
    x = step.scene(32)
    assert x.shape == (32, 32) and x.min() >= 0 and x.max() == 1


@pytest.mark.long  # what draws is no task, and the program draws the same
def test_pictures(step, tmp_path):
    x = step.scene(32)
    step.draw_windows(STROKE, RIGHT, 2, 1, tmp_path / "windows.png")
    step.draw_edges(x, {"a": np.ones((1, 1)), "b": RIGHT}, tmp_path / "edges.png")
    for name in "windows", "edges":
        picture = imread(tmp_path / f"{name}.png")[..., :3]
        blue = picture[..., 2] - picture[..., 0] > 0.2
        red = picture[..., 0] - picture[..., 2] > 0.2
        assert blue.any() and red.any()  # numbers above 0, and below


def test_windows_are_framed(step):
    """Every window in its own panel, where the slices say."""
    seen = []

    class Figure(step.Figure):
        def savefig(self, *args, **kwargs):
            seen.extend(self.axes)

    step.Figure = Figure
    step.draw_windows(STROKE, RIGHT, 2, 1, None)
    frames = [
        patch.get_xy() for axes in seen for patch in axes.patches if not patch.fill
    ]
    places = [(x, y) for y in (-0.45, 1.55) for x in (-0.45, 1.55, 3.55)]
    assert frames == places
    titles = [axes.get_title() for axes in seen]
    assert titles[:2] == ["y[0, 0] = 1", "y[0, 1] = 4"] and titles[6] == "y[1, 2] = -6"


def test_a_kernel_is_learned(step, rng):
    """From pairs of pictures, whatever the kernel was, also one that is not square."""
    for secret in (RIGHT, rng.normal(size=(2, 4))):
        pictures = rng.normal(size=(60, 10, 12))
        pairs = [(x, step.convolve(x, secret)) for x in pictures]
        found = step.learn_kernel(pairs, secret.shape)
        np.testing.assert_allclose(found, secret, atol=0.01)


@pytest.mark.parametrize("stride, side", [(1, 5), (2, 7)])
def test_the_receptive_field_of_two_convolutions(step, stride, side):
    """Which pixels a number of the second depends on: 5 x 5, or 7 x 7."""
    W, seen = np.ones((3, 3)), np.zeros((12, 12), bool)
    for at in np.ndindex(seen.shape):
        x = np.zeros(seen.shape)
        x[at] = 1
        seen[at] = step.convolve(step.convolve(x, W, stride), W)[0, 0] != 0
    expected = np.zeros(seen.shape, bool)
    expected[:side, :side] = True
    np.testing.assert_array_equal(seen, expected)


def test_cross_correlation_is_convolution_with_a_turned_kernel(step, rng):
    x, W = rng.normal(size=7), rng.normal(size=3)
    y = step.convolve(x[np.newaxis], W[::-1][np.newaxis])
    np.testing.assert_allclose(y[0], np.convolve(x, W, "valid"))


def test_printed(run_step):
    lines = run_step(55).splitlines()
    assert lines[1].endswith("y [[1, 4, -5], [6, 0, -6]]")
    assert [int(line.split()[4]) for line in lines[3:7]] == [26, 28, 14, 14]
    assert lines[7].endswith("2,304 weights,")
    assert lines[8].split() == ["324", "not", "0,", "9", "different"]
    assert lines[9].endswith("True")
    assert lines[11].strip() == str([[-1.0, 0.0, 1.0]] * 3)
