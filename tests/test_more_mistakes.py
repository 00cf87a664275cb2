"""Mistakes of the same kinds as those in the other files, found by trying others."""

import numpy as np
import pytest

import dezero.functions as F
import dezero.layers as L
from dezero import Parameter, Variable
from dezero.optimizers import SGD


def update(param, g):
    """Let SGD(1.0) change param in place."""
    holder = L.Layer()
    holder.param = param
    param.grad = Variable(np.array(g))
    SGD(1.0).setup(holder).update()
    param.cleargrad()


# --- parameters changed between forward and backward ---


@pytest.mark.parametrize(
    "view",
    [
        lambda W: W.T,
        lambda W: W.reshape(4),
        lambda W: W[:],
        lambda W: F.expand_dims(W, 0),
        lambda W: F.broadcast_to(W, (3, 2, 2)),
        lambda W: F.split(W, [1], axis=1)[0],
        lambda W: W.T.reshape(2, 2, 1)[0],  # a view of a view of a view
    ],
)
def test_a_view_of_a_parameter_changes_with_it(view):
    """Tied weights: W.T shows what an update in place has made of W."""
    W = Parameter(np.array([[1.0, 2.0], [3.0, 4.0]]), name="W")
    v = view(W)
    y = F.sum(v * v)
    update(W, [[1.0, 1.0], [1.0, 1.0]])
    with pytest.raises(
        RuntimeError, match=r"Mul: input \d, a view of the Parameter \(W\)"
    ):
        y.backward()


def test_a_view_of_a_parameter_that_got_another_array_is_what_it_was():
    W = Parameter(np.array([[1.0, 2.0], [3.0, 4.0]]))
    y = F.sum(W.T * W.T)
    W.data = np.zeros((2, 2))
    y.backward()
    np.testing.assert_array_equal(W.grad.data, [[2, 4], [6, 8]])


def test_a_copy_of_a_parameter_does_not_change_with_it():
    W = Parameter(np.array([1.0, 2.0]))
    y = F.sum(W[[0, 1]] * F.exp(W * 0))
    update(W, [5.0, 5.0])
    y.backward()
    np.testing.assert_array_equal(W.grad.data, [1, 1])


@pytest.mark.parametrize("function", [F.maximum, F.minimum])
def test_maximum_and_minimum_need_the_numbers_of_forward(function):
    p = Parameter(np.array([3.0, 0.5]), name="p")
    y = F.sum(function(p, 1.0))
    update(p, [2.5, -2.0])  # now the other one is the larger
    with pytest.raises(RuntimeError, match=r"Maximum|Minimum.*\(p\).* was changed"):
        y.backward()

    x = Variable(np.array([3.0, 0.5]))
    t = x * 1.0
    y = F.sum(function(t, 1.0))
    t.data = None
    with pytest.raises(RuntimeError, match="has no data any more.*step 43"):
        y.backward()
