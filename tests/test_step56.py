"""Step 56: channels, batches and pooling, by loops."""

import numpy as np
import pytest
from matplotlib.image import imread

import dezero.functions as F
from dezero import utils

SETTINGS = [  # x's H and W, kernel, stride, pad
    ((5, 5), (3, 3), 1, 0),
    ((5, 6), (3, 2), 2, 1),
    ((7, 4), (2, 3), (3, 1), (0, 2)),
    ((3, 3), (3, 3), 1, 1),
    ((2, 1), (1, 1), 1, 0),
]


@pytest.fixture
def step(load_step):
    return load_step(56)


def test_convolution_by_hand(step):
    """Two pictures of two channels; the second kernel swaps them."""
    x = np.array([[[[1, 2, 3]], [[10, 20, 30]]], [[[4, 5, 6]], [[0, 0, 0]]]])
    W = np.array([[[[1, -1]], [[0, 1]]], [[[0, 1]], [[1, -1]]]])
    y = step.conv2d_loops(x, W, b=np.array([100, 0]))
    assert y.shape == (2, 2, 1, 2)
    # 1 - 2 + 20, 2 - 3 + 30; 2 + 10 - 20, 3 + 20 - 30
    assert y[0].tolist() == [[[119, 129]], [[-8, -7]]]
    assert y[1].tolist() == [[[99, 99]], [[5, 6]]]


def test_pooling_by_hand(step):
    x = np.array([[[[1.0, 2.0, 5.0], [3.0, 4.0, 0.0]], [[-1.0, -2.0, -3.0]] * 2]])
    y = step.pooling_loops(x, 2)
    assert y.tolist() == [[[[4, 5]], [[-1, -2]]]]
    y = step.average_pooling_loops(x, 2)
    assert y.tolist() == [[[[2.5, 2.75]], [[-1.5, -2.5]]]]


def test_padding_never_wins_but_counts_in_the_mean(step):
    x = np.full((1, 1, 2, 2), -1.0)
    np.testing.assert_array_equal(step.pooling_loops(x, 2, 1, 1), -1)
    y = step.average_pooling_loops(x, 2, 1, 1)
    assert y[0, 0].tolist() == [[-0.25, -0.5, -0.25], [-0.5, -1, -0.5]] + [
        [-0.25, -0.5, -0.25]
    ]


@pytest.mark.parametrize("size, kernel, stride, pad", SETTINGS)
def test_convolution_by_the_formula(step, rng, size, kernel, stride, pad):
    """Seven loops over the formula of the text."""
    x, W = rng.normal(size=(2, 3, *size)), rng.normal(size=(4, 3, *kernel))
    b = rng.normal(size=4)
    (SH, SW), (PH, PW) = utils.pair(stride), utils.pair(pad)
    y = step.conv2d_loops(x, W, b, stride, pad)
    assert y.shape == (2, 4, *step.out_size(x.shape, kernel, stride, pad))
    padded = np.pad(x, ((0, 0), (0, 0), (PH, PH), (PW, PW)))
    expected = np.zeros(y.shape)
    for n, k, i, j in np.ndindex(y.shape):
        expected[n, k, i, j] = b[k]
        for c, p, q in np.ndindex(3, *kernel):
            pixel = padded[n, c, i * SH + p, j * SW + q]
            expected[n, k, i, j] += pixel * W[k, c, p, q]
    np.testing.assert_allclose(y, expected, atol=1e-12)


@pytest.mark.parametrize("size, kernel, stride, pad", SETTINGS)
def test_against_the_package(step, rng, size, kernel, stride, pad):
    x, W = rng.normal(size=(2, 3, *size)), rng.normal(size=(4, 3, *kernel))
    b = rng.normal(size=4)
    for y, expected in [
        (step.conv2d_loops(x, W, b, stride, pad), F.conv2d(x, W, b, stride, pad)),
        (step.conv2d_loops(x, W, None, stride, pad), F.conv2d(x, W, None, stride, pad)),
        (
            step.average_pooling_loops(x, kernel, stride, pad),
            F.average_pooling(x, kernel, stride, pad),
        ),
    ]:
        np.testing.assert_allclose(y, expected.data, atol=1e-12)
    pad = tuple(min(p, k - 1) for p, k in zip(utils.pair(pad), kernel))
    y = step.pooling_loops(x, kernel, stride, pad)
    np.testing.assert_array_equal(y, F.pooling(x, kernel, stride, pad).data)


def test_dtype(step, rng):
    x, W = (rng.normal(size=(1, 2, 3, 3)).astype(np.float32) for _ in range(2))
    for y in (
        step.conv2d_loops(x, W, np.ones(1, np.float32), pad=1),
        step.pooling_loops(x, 2, pad=1),
        step.average_pooling_loops(x, 2, pad=1),
    ):
        assert y.dtype == np.float32


def test_one_channel_is_step_55(step, load_step, rng):
    x, W = rng.normal(size=(5, 6)), rng.normal(size=(3, 2))
    y = step.conv2d_loops(x[None, None], W[None, None], None, 2, 1)
    np.testing.assert_allclose(y[0, 0], load_step(55).convolve(x, W, 2, 1))


@pytest.mark.parametrize("shape", [(2, 3, 3), (2, 4, 3, 3)])
def test_channels_that_do_not_fit(step, shape):
    with pytest.raises(ValueError, match=r"same C, got \(1, 3, 5, 5\) and \(2, .*3\)"):
        step.conv2d_loops(np.ones((1, 3, 5, 5)), np.ones(shape))


def test_multiplications(step, monkeypatch):
    """What the table says: each weight once in each place."""
    count = 0

    class Counting(np.ndarray):
        def __mul__(self, other):
            nonlocal count
            count += self.size
            return np.asarray(self) * np.asarray(other)

    monkeypatch.setattr(
        step,
        "pad_images",
        lambda x, pad: np.pad(x, [(0, 0)] * 2 + [(pad, pad)] * 2).view(Counting),
    )
    x, W = np.ones((1, 3, 32, 32)), np.ones((2, 3, 3, 3))
    step.conv2d_loops(x, W, pad=1)
    assert count == W.size * 32 * 32  # with 16 kernels: 442,368
    assert 16 * 3 * 3 * 3 * 32 * 32 == 442_368
    assert 3 * 32 * 32 * 16 * 32 * 32 == 50_331_648


def test_pooling_of_everything_does_not_see_a_move(step, rng):
    x = rng.normal(size=(1, 2, 6, 6))
    moved = np.roll(x, 1, axis=3)
    whole = step.pooling_loops(x, 6)
    assert step.change(x, moved) > 50
    assert step.change(whole, step.pooling_loops(moved, 6)) == 0
    assert step.change(np.array([3.0, -1.0]), np.array([2.0, 0.0])) == 50


def test_pictures(step, rng, tmp_path):
    x, W = rng.integers(0, 4, (1, 2, 4, 6)), rng.integers(-1, 2, (2, 2, 3, 3))
    step.draw_channels(x, W, (0, 1), tmp_path / "channels.png")
    step.draw_pooling({"a": x[0, 0] * 1.0, "b": x[0, 1] * 1.0}, tmp_path / "pool.png")
    for name in "channels", "pool":
        picture = imread(tmp_path / f"{name}.png")[..., :3]
        orange = abs(picture - np.array([255, 127, 14]) / 255).max(axis=2) < 0.01
        assert orange.sum() > 1000  # the frames


def test_printed(run_step):
    lines = run_step(56).splitlines()
    assert lines[0].endswith("y (1, 2, 3, 3)") and lines[1].endswith("[4, 8]")
    rows = [line.split() for line in lines[3:5]]
    assert [row[-2:] for row in rows] == [["432", "442,368"], ["50,331,648"] * 2]
    table = np.array([line.replace("%", "").split() for line in lines[6:9]], float)
    assert (np.diff(table[:, 1:], axis=1) < 0).all()  # less from pool to pool
    assert (np.diff(table[:, 1:4], axis=0) > 0).all() and not table[:, 4].any()
