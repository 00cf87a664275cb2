"""The stand-in for CuPy refuses what it should; on a GPU, CuPy does so too."""

import copy
import pickle

import fake_cupy as cp
import numpy as np
import pytest


@pytest.fixture
def x():
    return cp.asarray(np.arange(6.0).reshape(2, 3))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x + np.ones(3),
        lambda x: np.ones(3) + x,
        lambda x: np.float64(1) * x + np.array(1.0),
        lambda x: x @ np.ones((3, 2)),
        lambda x: np.ones((2, 2)) @ x,
        lambda x: x < np.ones(3),
        lambda x: np.maximum(x, np.zeros(3)),
        lambda x: cp.maximum(x, np.zeros(3)),
        lambda x: cp.where(x > 0, x, np.zeros(3)),
        lambda x: np.concatenate([x, np.ones((1, 3))]),
        lambda x: x[np.array([0, 1])],
        lambda x: x[:, np.array([0, 1])],
        lambda x: x.__setitem__(0, np.ones(3)),
        lambda x: x.__iadd__(np.ones(3)),
        lambda x: x == None,  # noqa: E711
        lambda x: x + [1.0, 2.0, 3.0],
    ],
)
def test_nothing_else_mixes_with_it(x, f):
    with pytest.raises(TypeError, match="Unsupported type"):
        f(x)


def test_numpy_cannot_write_into_it(x):
    a = np.ones((2, 3))
    with pytest.raises(TypeError, match="must be of ArrayType"):
        np.exp(x, out=a)
    with pytest.raises(TypeError, match="Unsupported type"):
        a += x


@pytest.mark.parametrize(
    "f", [np.asarray, np.array, lambda x: np.array([x, x]), lambda x: np.sum([x, x])]
)
def test_no_conversion_unless_asked_for(x, f):
    with pytest.raises(TypeError, match="Implicit conversion to a NumPy array"):
        f(x)
    for array in (x.get(), cp.asnumpy(x)):
        assert type(array) is np.ndarray
        array[...] = 9  # a copy
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_what_it_does_not_know(x):
    for f in (
        lambda: cp.vander,
        lambda: cp.ndim,
        lambda: x.flags.writeable,
        lambda: x.partition,
        lambda: x.setflags,
        lambda: cp.random.default_rng,
    ):
        with pytest.raises(AttributeError):
            f()
    for f in (
        lambda: np.ndim(x),
        lambda: np.vander(x),
        lambda: np.add.reduce(x),
        lambda: np.add.reduceat(x, [0]),
        lambda: np.fmod(x, 2),
        lambda: np.lib.stride_tricks.sliding_window_view(x, 2),
        lambda: np.linalg.norm(x),
    ):
        with pytest.raises(TypeError, match="returned NotImplemented|no implementa"):
            f()
    for f in (
        lambda: x.sum(where=x > 0),
        lambda: x.max(initial=0),
        lambda: cp.argsort(x, kind="stable"),
        lambda: cp.maximum(x, 0, where=x > 0),
        lambda: hash(x),
    ):
        with pytest.raises(TypeError, match="unexpected keyword|unhashable"):
            f()
    with pytest.raises(IndexError, match="Unsupported type .*list"):
        x[[0, 1]]
    with pytest.raises(NotImplementedError, match="multiply.at"):
        cp.multiply.at(x, 0, 2)
    with pytest.raises(ValueError, match="Unsupported dtype object"):
        cp.array([None])


def test_results_stay(x):
    results = [
        x + 1,
        np.float64(2) * x,
        2 / (x + 1),
        -x,
        x**2,
        x @ x.T,
        x > 1,
        abs(x),
        np.exp(x),
        np.sum(x),
        np.where(x > 1, x, 0.0),
        np.empty_like(x),
        x.sum(),
        x.max(axis=0),
        x[0, 0],
        x[x > 1],
        x[0, 0] + x[0, 1],
        x.argmax(),
        cp.einsum("ij->", x),
        *cp.split(x, [1]),
        *x,
        cp.random.rand(2, dtype=np.float32),
        cp.random.rand(),
        copy.deepcopy(x),
        pickle.loads(pickle.dumps(x)),
    ]
    assert {type(y) for y in results} == {cp.ndarray}
    assert x.sum().shape == x[0, 0].shape == ()


def test_views_and_writing(x):
    assert x.base is None and x.copy().base is None and (x + 0).base is None
    assert x.T.base is x[0].base is x.reshape(-1)[1:].base is x
    assert cp.asarray(x) is x and x.astype(float, copy=False) is x
    assert x.astype(float) is not x
    y = x[0]
    y += 1
    np.multiply(y, 2, out=y)
    assert x.tolist() == [[2, 4, 6], [3, 4, 5]]
    cp.add.at(x, (0, cp.array([1, 1])), cp.ones(2))
    assert x.tolist() == [[2, 6, 6], [3, 4, 5]]
    with pytest.raises(ValueError, match="read-only"):  # CuPy: all rows would change
        cp.broadcast_to(cp.zeros(()), (2, 3))[0] = 1


def test_it_gives_way_to_variables(x):
    class Taker:
        __array_priority__ = 200

        def __array_ufunc__(self, ufunc, *inputs):
            return "taken"

    assert x + Taker() == x @ Taker() == "taken"
    for f in (lambda: x < Taker(), lambda: np.maximum(x, Taker())):
        with pytest.raises(TypeError, match="Unsupported type"):
            f()
