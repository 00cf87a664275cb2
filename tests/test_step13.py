"""Step 13: backward for many inputs and outputs."""

import numpy as np
import pytest

import dezero


def test_gradients_of_x2_plus_y2_by_hand(load_step):
    step = load_step(13)
    x, y = step.Variable(np.array(2.0)), step.Variable(np.array(3.0))
    z = step.sum_of_squares(x, y)
    z.backward()
    assert (z.data, x.grad, y.grad, z.grad) == (13.0, 4.0, 6.0, 1.0)


def test_polar_by_hand(load_step):
    """Of x = r cos and y = r sin alone, and of their sum."""
    step = load_step(13)
    cos, sin = np.sqrt(3.0) / 2, 0.5
    for gx, gy in [(1.0, 0.0), (0.0, 1.0), (1.0, 1.0)]:
        r, angle = step.Variable(np.array(2.0)), step.Variable(np.array(np.pi / 6))
        x, _ = step.Polar()(r, angle)
        gr, gangle = x.creator.backward(np.array(gx), np.array(gy))
        np.testing.assert_allclose(gr, gx * cos + gy * sin)
        np.testing.assert_allclose(gangle, -gx * 2 * sin + gy * 2 * cos, atol=1e-15)


@pytest.mark.parametrize("name", ["sum_of_squares", "sum_of_coordinates"])
def test_gradients_against_finite_differences(load_step, rng, name):
    step = load_step(13)
    f = getattr(step, name)
    a, b = rng.normal(size=(2, 4))
    x, y = step.Variable(a), step.Variable(b)
    f(x, y).backward()

    def value(p, q):
        return f(step.Variable(p), step.Variable(q)).data

    h = 1e-5
    gx = (value(a + h, b) - value(a - h, b)) / (2 * h)
    gy = (value(a, b + h) - value(a, b - h)) / (2 * h)
    np.testing.assert_allclose(x.grad, gx, rtol=1e-6)
    np.testing.assert_allclose(y.grad, gy, rtol=1e-6)
    np.testing.assert_allclose(step.slopes(f, x, y), [gx, gy], rtol=1e-6)


def test_two_different_gradients_reach_their_inputs(load_step):
    """The order of the gradients is the order of the inputs."""
    step = load_step(13)

    class First(step.Function):
        def forward(self, x0, x1):
            return x0 + 0 * x1

        def backward(self, gy):
            return gy, 0 * gy

    x0, x1 = step.Variable(np.array(5.0)), step.Variable(np.array(7.0))
    First()(x0, x1).backward()
    assert (x0.grad, x1.grad) == (1.0, 0.0)


def test_gradient_set_by_the_caller_is_used(load_step):
    step = load_step(13)
    x, y = step.Variable(np.array(2.0)), step.Variable(np.array(3.0))
    z = step.sum_of_squares(x, y)
    z.grad = np.array(10.0)
    z.backward()
    assert (x.grad, y.grad) == (40.0, 60.0)


def test_leaf_backward(load_step):
    x = load_step(13).Variable(np.array([1.0, 2.0]))
    x.backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])


def test_a_chain_of_sums_needs_no_recursion(load_step):
    step = load_step(13)
    x = y = step.Variable(np.array(1.0))
    for _ in range(3000):
        y = step.add(y, step.Variable(np.array(1.0)))
    y.backward()
    assert (y.data, x.grad) == (3001.0, 1.0)


def test_an_unused_result_needs_a_gradient_of_zero(load_step):
    """Of Polar's two results only x is used: y.grad = 0 says so."""
    step = load_step(13)
    r, angle = step.Variable(np.array(2.0)), step.Variable(np.array(np.pi / 6))
    x, y = step.Polar()(r, angle)
    y.grad = np.array(0.0)
    x.backward()
    np.testing.assert_allclose(r.grad, np.sqrt(3.0) / 2)
    np.testing.assert_allclose(angle.grad, -1.0)


@pytest.mark.ours  # backward may fill in the zeros, as the package does
def test_an_unused_result_without_a_gradient_is_an_error(load_step):
    step = load_step(13)
    r, angle = step.Variable(np.array(2.0)), step.Variable(np.array(np.pi / 6))
    x, _ = step.Polar()(r, angle)
    with pytest.raises(TypeError, match=r"\*: 'NoneType' and 'float'"):
        x.backward()


def test_a_function_without_backward_says_who(load_step):
    step = load_step(13)

    class Half(step.Function):
        def forward(self, x):
            return x / 2

    with pytest.raises(NotImplementedError, match=r"Half needs a backward\(\*gys\)"):
        Half()(step.Variable(np.array(1.0))).backward()


def test_agrees_with_the_package(load_step, rng):
    step = load_step(13)
    a, b = rng.normal(size=(2, 3, 4))
    x, y = step.Variable(a), step.Variable(b)
    z = step.sum_of_squares(x, y)
    z.backward()
    u, v = dezero.Variable(a), dezero.Variable(b)
    w = u**2 + v**2
    w.backward()
    np.testing.assert_allclose(z.data, w.data, rtol=1e-12)
    np.testing.assert_allclose(x.grad, u.grad.data, rtol=1e-12)
    np.testing.assert_allclose(y.grad, v.grad.data, rtol=1e-12)
