import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero.gradcheck import check_gradients


@pytest.fixture
def step(load_step):
    return load_step(61)


TABLE = np.array(
    [[1, 1, 5, 9, 1], [4, 5, 9, 8, 7], [1, 1, 7, 7, 9], [8, 1, 1, 0, 7]], float
)
OF_COLUMNS = [[0, 0, 0, 1, 0], [0, 1, 1, 0, 0], [0, 0, 0, 0, 1], [1, 0, 0, 0, 0]]
PUBLISHED = {
    "of all": (np.array([3.0, 1, 8, 0, 0, 3, 6, 4]), None, [0, 0, 1, 0, 0, 0, 0, 0]),
    "of columns": (TABLE, 0, OF_COLUMNS),
    "ten tie": (np.ones((2, 5)), None, np.full((2, 5), 0.1)),
    "two of a column tie": (np.ones((2, 5)), 0, np.full((2, 5), 0.5)),
}


@pytest.mark.parametrize("case", PUBLISHED)
def test_published_gradients(step, case):
    data, axis, expected = PUBLISHED[case]
    for cls in step.Variable, dezero.Variable:
        gx = step.gradient(lambda x: x.max(axis=axis, keepdims=True), cls(data))
        np.testing.assert_allclose(gx, expected, rtol=1e-15)


def test_published_value(step):
    y = step.max(TABLE, axis=0, keepdims=True)
    np.testing.assert_array_equal(y.data, [[8, 5, 9, 9, 9]])


def test_published_lines(run_step):
    lines = [line.strip() for line in run_step(61).splitlines()]
    assert lines[:9] == [
        "max of [3 1 8 0 0 3 6 4]:",
        "gradient [0 0 1 0 0 0 0 0]",
        "max of each column, [8 5 9 9 9]:",
        "gradient [[0 0 0 1 0] [0 1 1 0 0] [0 0 0 0 1] [1 0 0 0 0]]",
        "max of ten ones:",
        "gradient 0.1, ten times",
        "max of each column of two rows of ones:",
        "shared [0.5 0.5 0.5 0.5 0.5], twice",
        "the first wins [[1 1 1 1 1] [0 0 0 0 0]]",
    ]


def test_who_shares_and_where_the_first_wins():
    """The table of the text: our max shares, our pooling does not."""
    window = np.array([[[[1.0, 1.0], [2.0, 2.0]]]])
    for f, expected in (
        (F.max, [0, 0, 0.5, 0.5]),
        (lambda x: F.max(x, axis=(2, 3)), [0, 0, 0.5, 0.5]),
        (lambda x: F.pooling(x, 2), [0, 0, 1, 0]),
    ):
        x = dezero.Variable(window)
        f(x).sum().backward()
        assert x.grad.data.ravel().tolist() == expected


def test_pytorch_gives_all_to_the_first(step):
    gx = step.gradient(step.FirstWins(0), step.Variable(np.ones((2, 5))))
    np.testing.assert_array_equal(gx, [[1] * 5, [0] * 5])
    gx = step.gradient(step.FirstWins(1), step.Variable(TABLE))
    np.testing.assert_array_equal(gx.argmax(1), TABLE.argmax(1))
    np.testing.assert_array_equal(gx.sum(1), np.ones(4))


@pytest.mark.parametrize("name", ["max", "min"])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_gradients(step, rng, name, axis, keepdims):
    x = rng.permutation(24).reshape(2, 3, 4) / 4.0
    for f in getattr(step, name), getattr(F, name):
        check_gradients(lambda x, f=f: f(x, axis, keepdims), x, order=3)
        np.testing.assert_array_equal(
            f(x, axis, keepdims).data, getattr(x, name)(axis=axis, keepdims=keepdims)
        )


def test_the_order_of_the_elements_does_not_matter(step, rng):
    data = np.array([1.0, 5, 2, 5, 5])
    order = rng.permutation(5)
    gx = step.gradient(step.max, step.Variable(data))
    shuffled = step.gradient(step.max, step.Variable(data[order]))
    np.testing.assert_array_equal(gx[order], shuffled)
    np.testing.assert_allclose(gx, [0, 1 / 3, 0, 1 / 3, 1 / 3])


def test_the_parts_of_the_gradient_sum_to_one(step, rng):
    x = rng.integers(0, 3, size=(4, 6)).astype(float)
    for f in step.max, step.min:
        gx = step.gradient(lambda x, f=f: f(x, axis=1), step.Variable(x))
        np.testing.assert_allclose(gx.sum(axis=1), np.ones(4))


def test_both_choices_arrive_and_one_goes_straight(step):
    shared = step.descend(step.max)
    assert (shared[:, 0] == shared[:, 1]).all()
    turns = step.descend(step.FirstWins(0))
    assert abs(turns[:, 0] - turns[:, 1]).max() == pytest.approx(0.2)
    assert len(shared) == len(turns) == 21
    for path, length in (shared, 2 * 2**0.5), (turns, 4):
        np.testing.assert_allclose(path[-1], 0, atol=1e-9)
        steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
        assert steps.sum() == pytest.approx(length)
