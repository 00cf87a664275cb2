"""Rope: turned pairs, distances, gradients, mistakes."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable
from dezero.gradcheck import check_gradients


def by_complex_numbers(x, start=0, base=10000.0):
    """Return rope(x): the pair (a, b) is a + bi, and a turn is a factor."""
    T, D = x.shape[-2:]
    z = x[..., : D // 2] + 1j * x[..., D // 2 :]
    i, t = np.arange(D // 2), np.arange(start, start + T)[:, None]
    z = z * np.exp(1j * t * base ** (-2 * i / D))
    return np.concatenate([z.real, z.imag], axis=-1)


def test_a_turn_by_hand():
    """With D = 2 the angle at place t is t."""
    y = F.rope(np.array([[1.0, 2.0], [1.0, 2.0]])).data
    np.testing.assert_allclose(y[0], [1, 2])
    c, s = 0.5403023058681398, 0.8414709848078965  # cos(1), sin(1)
    np.testing.assert_allclose(y[1], [c - 2 * s, s + 2 * c])


def test_numbers_of_complex_multiplication():
    """By Python's cmath: (1 + 3j) * e**(5j), (2 + 4j) * e**(0.5j); base 100, D 4."""
    y = F.rope(np.array([[1.0, 2.0, 3.0, 4.0]]), start=5, base=100.0)
    expected = [3.16043500945, -0.162537030636, -0.107937718273, 4.46918132477]
    np.testing.assert_allclose(y.data, [expected], rtol=1e-11)


@pytest.mark.parametrize("shape", [(3, 2), (2, 5, 4), (2, 3, 7, 6), (2, 0, 4)])
@pytest.mark.parametrize("start", [0, 11])
def test_it_is_a_product_of_complex_numbers(rng, shape, start):
    x = rng.normal(size=shape)
    np.testing.assert_allclose(
        F.rope(x, start).data, by_complex_numbers(x, start), rtol=1e-12, atol=1e-14
    )


def test_a_score_depends_on_the_distance_alone(rng):
    q, k = rng.normal(size=(2, 1, 16))
    scores = [
        (F.rope(q, t).data * F.rope(k, t - 3).data).sum() for t in (3, 50, 1000, 9999)
    ]
    np.testing.assert_allclose(scores, scores[0], rtol=0, atol=1e-12)
    other = (F.rope(q, 3).data * F.rope(k, 1).data).sum()
    assert abs(other - scores[0]) > 0.01


def test_lengths_stay(rng):
    x = rng.normal(size=(4, 6))
    y = F.rope(x).data
    np.testing.assert_allclose((y**2).sum(axis=1), (x**2).sum(axis=1))


def test_the_gradient_is_turned_back(rng):
    x, gy = Variable(rng.normal(size=(3, 4))), rng.normal(size=(3, 4))
    F.rope(x, 2).backward(gradient=gy)
    np.testing.assert_allclose(F.rope(x.grad, 2).data, gy)


@pytest.mark.parametrize("shape", [(3, 2), (2, 3, 4)])
def test_gradients_to_second_order(rng, shape):
    x = rng.normal(size=shape)
    check_gradients(F.rope, x)
    check_gradients(lambda x: F.rope(x, 3, base=7.0) ** 3, x)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtypes(dtype):
    x = Variable(np.ones((3, 4), dtype))
    y = F.rope(x, 10000)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == dtype
    exact = by_complex_numbers(np.ones((3, 4)), 10000)  # angles are never rounded
    np.testing.assert_allclose(y.data, exact, atol=4 * np.finfo(dtype).eps)


def test_integers_become_floats():
    assert F.rope([[1, 2], [3, 4]]).dtype == np.float64


@pytest.mark.parametrize(
    "call, kind, text",
    [
        (
            lambda x: F.rope(x[:, :3]),
            ValueError,
            r"with an even D .*, got \(4, 3\) .see step 7",
        ),
        (lambda x: F.rope(x[0]), ValueError, r"\(\.\.\., T, D\).*, got \(4,\)"),
        (lambda x: F.rope(x, -1), ValueError, "start must be a whole number of at lea"),
        (lambda x: F.rope(x, 0.5), TypeError, "start must be a whole number"),
        (lambda x: F.rope(x, base=0), ValueError, "base must be above 0"),
        (lambda x: F.rope("words"), TypeError, "rope: x"),
    ],
)
def test_mistakes(call, kind, text):
    with pytest.raises(kind, match=text):
        call(np.ones((4, 4)))
