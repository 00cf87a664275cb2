import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable
from dezero.gradcheck import numerical_grad


@pytest.fixture
def step(load_step):
    return load_step(64)


X = np.arange(1.0, 17).reshape(4, 4)
GY = np.full((2, 2), 0.25)
OF_KERNEL = [[3.5, 4.5, 5.5], [7.5, 8.5, 9.5], [11.5, 12.5, 13.5]]
OF_MAX = np.where(np.isin(X, [11, 12, 15, 16]), 0.25, 0)
OF_AVERAGE = np.outer([1, 2, 2, 1], [1, 2, 2, 1]) / 36


def test_published_lines(run_step):
    lines = run_step(64).splitlines()
    assert lines[1] == "  [3.5, 4.5, 5.5], [7.5, 8.5, 9.5], [11.5, 12.5, 13.5]"
    assert lines[3] == "  0.25 at 11, 12, 15, 16, and 0.0 elsewhere"
    assert lines[5] == "  [1, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2], [1, 2, 2, 1]"
    checks = [line for line in lines if line.endswith((": True", ": False"))]
    assert len(checks) == 5 and all(line.endswith("True") for line in checks)


@pytest.mark.parametrize("seed", range(3))
def test_published_gradient_of_the_kernel(step, seed):
    W = np.random.default_rng(seed).normal(size=(3, 3))  # whatever it holds
    _, gW = step.convolve_backward(X, W, GY)
    np.testing.assert_allclose(gW, OF_KERNEL, rtol=1e-12)
    _, gW = step.framework(F.conv2d, X, W)
    np.testing.assert_allclose(gW, OF_KERNEL, rtol=1e-12)


def test_published_gradient_of_max_pooling(step):
    np.testing.assert_allclose(step.max_backward(X, 3, GY), OF_MAX)
    np.testing.assert_allclose(step.framework(lambda x: F.pooling(x, 3), X)[0], OF_MAX)


def test_published_gradient_of_average_pooling(step):
    np.testing.assert_allclose(step.average_backward(X, 3, GY), OF_AVERAGE)
    gx = step.framework(lambda x: F.average_pooling(x, 3), X)[0]
    np.testing.assert_allclose(gx, OF_AVERAGE)
    assert (gx[0, 0], gx[1, 1]) == pytest.approx((1 / 36, 4 / 36))


def test_published_convolution_as_a_matrix_product(step, rng):
    W = rng.normal(size=(3, 3))
    columns = F.im2col(step.image(X), 3).data
    loops = [(X[window] * W).sum() for _, window in step.windows(X.shape, 3)]
    np.testing.assert_allclose(columns @ W.ravel(), loops)


@pytest.mark.parametrize("shape, size", [((5, 7), 3), ((4, 4), 2), ((3, 6), 1)])
def test_loops_and_framework_on_other_sizes(step, rng, shape, size):
    x, W = rng.normal(size=shape), rng.normal(size=(size, size))
    out = shape[0] - size + 1, shape[1] - size + 1
    gy = rng.normal(size=out)

    def gradients(f, *arrays):
        inputs = [Variable(step.image(a)) for a in arrays]
        f(*inputs).backward(gradient=step.image(gy))
        return [v.grad.data[0, 0] for v in inputs]

    for ours, theirs in zip(
        step.convolve_backward(x, W, gy), gradients(F.conv2d, x, W)
    ):
        np.testing.assert_allclose(ours, theirs)
    (gx,) = gradients(lambda x: F.pooling(x, size), x)
    np.testing.assert_allclose(step.max_backward(x, size, gy), gx)
    (gx,) = gradients(lambda x: F.average_pooling(x, size), x)
    np.testing.assert_allclose(step.average_backward(x, size, gy), gx)


def test_loops_against_finite_differences(step, rng):
    x, W, gy = rng.normal(size=(5, 5)), rng.normal(size=(3, 3)), np.ones((3, 3))

    def convolve(x, W):
        return sum((x[window] * W).sum() for _, window in step.windows(x.shape, 3))

    gx, gW = step.convolve_backward(x, W, gy)
    for ours, f, at in (
        (gx, lambda v: np.array(convolve(v.data, W)), x),
        (gW, lambda v: np.array(convolve(x, v.data)), W),
    ):
        np.testing.assert_allclose(ours, numerical_grad(f, Variable(at)), rtol=1e-6)


def test_both_gradients_are_convolutions(step, rng):
    x, W, gy = rng.normal(size=(6, 5)), rng.normal(size=(3, 3)), rng.normal(size=(4, 3))
    gx, gW = step.convolve_backward(x, W, gy)
    again = F.conv2d(step.image(x), step.image(gy)).data[0, 0]
    np.testing.assert_allclose(again, gW)
    turned = W[::-1, ::-1].copy()
    again = F.conv2d(step.image(np.pad(gy, 2)), step.image(turned)).data[0, 0]
    np.testing.assert_allclose(again, gx)
    deconvolved = F.deconv2d(step.image(gy), step.image(W)).data[0, 0]
    np.testing.assert_allclose(deconvolved, gx)
