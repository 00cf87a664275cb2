import numpy as np
import pytest

import dezero
from dezero.gradcheck import numerical_grad


@pytest.fixture
def step(load_step):
    return load_step(66)


def test_published_gradients_add_up(step):
    """4.5 everywhere (PyTorch's tutorial), one more is 5.5, cleared first 1."""
    x = step.Variable(np.ones((2, 2)))
    (3 * (x + 2) ** 2 / 4).sum().backward()
    np.testing.assert_array_equal(x.grad.data, np.full((2, 2), 4.5))
    x.sum().backward()
    np.testing.assert_array_equal(x.grad.data, np.full((2, 2), 5.5))
    np.testing.assert_array_equal(step.slope(x.sum(), x), np.ones((2, 2)))


def test_published_data_edited_after_the_graph(step):
    x = step.Variable(np.array(1.0))
    y = 2 * x
    x.data *= 100
    assert (float(x), step.slope(y, x)) == (100, 2)
    y = x * x  # reads x in backward: the gradient is that of the new x
    x.data /= 100
    assert (float(y), step.slope(y, x)) == (10000, 2)


def test_backward_from_a_gradient(step, rng):
    x, w = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    v = step.Variable(x)
    step.backward(v * v * v, w)
    np.testing.assert_allclose(v.grad.data, 3 * x**2 * w)
    expected = numerical_grad(lambda x: (x * x * x * w).sum(), dezero.Variable(x))
    np.testing.assert_allclose(v.grad.data, expected, rtol=1e-6)
    u = dezero.Variable(x)
    (u * u * u).backward(gradient=w)
    np.testing.assert_array_equal(u.grad.data, v.grad.data)


def test_backward_refuses_another_shape(step):
    y = step.Variable(np.ones(3)) * 2
    with pytest.raises(ValueError, match=r"shape \(3,\) of the result, got \(2,\)"):
        step.backward(y, np.ones(2))


def test_detach_is_the_packages(step):
    for cls in step.Variable, dezero.Variable:
        x = cls(np.array(3.0))
        y = 1 * x
        z = cls.detach(y)
        assert z.data is y.data and z.creator is None and not z.requires_grad
        assert step.slope(y * z, x) == 3
        z.data[...] = 5  # the same array
        assert float(y) == 5


def test_requires_grad_in_place_is_the_packages(step):
    for cls in step.Variable, dezero.Variable:
        x = cls(np.array(2.0))
        assert x.requires_grad_(False) is x
        assert not (x * 2).requires_grad
        x.requires_grad_()
        y = x * 2
        with pytest.raises(RuntimeError, match="requires_grad_: .* was computed"):
            cls.requires_grad_(y, False)
        assert cls.requires_grad_(y, True) is y


def test_straight_through_has_round_s_value_and_the_slope_of_x(step):
    data = np.array([-1.6, -0.4, 0.6, 2.3])
    x = step.Variable(data)
    y = step.straight_through(x)
    np.testing.assert_allclose(y.data, [-2, 0, 1, 2])
    np.testing.assert_array_equal(step.slope(y, x), np.ones(4))
    np.testing.assert_array_equal(step.slope(step.Round()(x), x), np.zeros(4))


def test_only_the_one_arrives(step):
    assert set(step.descend(step.Round())) == {0.6}
    path = step.descend(step.straight_through)
    assert round(path[-1]) == 5 and path[-1] == path[-2]
