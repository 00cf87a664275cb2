"""Step 19: a Variable answers what its array would."""

import numpy as np
import pytest

import dezero

ARRAYS = [
    np.array(2.0),
    np.array([1, 2, 3]),
    np.zeros((0,)),
    np.arange(6.0).reshape(2, 3),
    np.arange(24, dtype=np.float32).reshape(2, 3, 4),
]


@pytest.fixture
def step(load_step):
    return load_step(19)


@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: str(a.shape))
def test_the_array_answers(step, array):
    x = step.Variable(array)
    assert x.shape == array.shape
    assert x.ndim == array.ndim
    assert x.size == array.size
    assert x.dtype == array.dtype


def test_they_follow_new_data(step):
    x = step.Variable(np.zeros(3))
    x.data = np.zeros((2, 5), dtype=np.float32)
    assert (x.shape, x.ndim, x.size, x.dtype) == ((2, 5), 2, 10, np.float32)


@pytest.mark.parametrize("member", ["shape", "ndim", "size", "dtype"])
def test_they_are_read_only(step, member):
    x = step.Variable(np.zeros(3))
    with pytest.raises(AttributeError, match="set"):
        setattr(x, member, 1)


def test_len(step):
    assert len(step.Variable(np.zeros((4, 2)))) == 4
    with pytest.raises(TypeError, match="unsized"):
        len(step.Variable(np.array(1.0)))


def test_name(step):
    assert step.Variable(np.array(1.0)).name is None
    assert step.Variable(np.array(1.0), "x").name == "x"
    x = step.Variable(np.array(1.0), name="x")
    x.name = "y"
    assert x.name == "y"
    assert repr(x) == "variable(1.0)"  # the name is not printed


def test_repr_by_hand(step):
    assert repr(step.Variable(None)) == "variable(None)"
    assert repr(step.Variable(np.array(2.0))) == "variable(2.0)"
    assert repr(step.Variable(np.array([1, 2, 3]))) == "variable([1 2 3])"
    matrix = step.Variable(np.array([[1, 2, 3], [4, 5, 6]]))
    assert repr(matrix) == "variable([[1 2 3]\n          [4 5 6]])"
    assert str(matrix) == repr(matrix)


def test_rows_of_a_3d_array_line_up(step):
    lines = repr(step.Variable(np.arange(8).reshape(2, 2, 2))).split("\n")
    assert [line.strip() for line in lines] == [
        "variable([[[0 1]",
        "[2 3]]",
        "",
        "[[4 5]",
        "[6 7]]])",
    ]
    assert lines[1].index("[") == lines[0].index("[[[") + 2
    assert lines[3].index("[") == lines[0].index("[[[") + 1


@pytest.mark.parametrize("array", [None, *ARRAYS], ids=repr)
def test_repr_agrees_with_dezero(step, array):
    assert repr(step.Variable(array)) == repr(dezero.Variable(array))


def test_results_are_alike(step, rng):
    data = rng.normal(size=(2, 3))
    x, u = step.Variable(data, "x"), dezero.Variable(data, "x")
    y, v = step.add(step.square(x), x), u * u + u
    assert (y.shape, y.dtype, y.name) == (v.shape, v.dtype, v.name)
    assert repr(y) == repr(v)
    y.backward()
    v.backward()
    np.testing.assert_allclose(x.grad, u.grad.data)
    np.testing.assert_allclose(x.grad, 2 * data + 1)


def test_the_question_of_the_exercise(step):
    with pytest.raises(TypeError, match="len"):
        bool(step.Variable(np.array(1.0)))


def test_only_ndarrays_as_before(step):
    with pytest.raises(TypeError, match="list is not supported.*step 9"):
        step.Variable([1, 2])


def test_the_lines_printed(run_step):
    out = run_step(19)
    assert "variable([[1. 2. 3.]\n          [4. 5. 6.]])\n" in out
    assert "W: shape (2, 3), ndim 2, size 6, dtype float64, len 2" in out
