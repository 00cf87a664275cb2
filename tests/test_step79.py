"""Step 79: places of words, by sines and by turns."""

import re

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable
from dezero.gradcheck import check_gradients
from dezero.layers import MultiHeadAttention

# ruff: noqa: NPY002  (first weights are from the legacy generator)


@pytest.fixture
def step(load_step):
    return load_step(79)


def by_complex_numbers(x, start=0, base=10000.0):
    """Return rope(x): the pair (a, b) is a + bi, and a turn is a factor."""
    T, D = x.shape[-2:]
    z = x[..., : D // 2] + 1j * x[..., D // 2 :]
    i, t = np.arange(D // 2), np.arange(start, start + T)[:, None]
    z = z * np.exp(1j * t * base ** (-2 * i / D))
    return np.concatenate([z.real, z.imag], axis=-1)


def test_the_table_by_hand(step):
    table = step.sinusoid(3, 4, base=100.0)  # speeds 1 and 1/10
    np.testing.assert_allclose(table[0], [0, 0, 1, 1])
    np.testing.assert_allclose(
        table[2], [np.sin(2), np.sin(0.2), np.cos(2), np.cos(0.2)]
    )


def test_a_turn_by_hand(step):
    """With D = 2 the angle at place t is t."""
    c, s = np.cos(1.0), np.sin(1.0)
    for rope in step.rope, F.rope:
        y = rope(np.array([[1.0, 2.0], [1.0, 2.0]])).data
        np.testing.assert_allclose(y, [[1, 2], [c - 2 * s, s + 2 * c]])


def test_numbers_of_complex_multiplication(step):
    """By Python's cmath: (1 + 3j) * e**(5j), (2 + 4j) * e**(0.5j); base 100, D 4."""
    expected = [3.16043500945, -0.162537030636, -0.107937718273, 4.46918132477]
    for rope in step.rope, F.rope:
        y = rope(np.array([[1.0, 2.0, 3.0, 4.0]]), start=5, base=100.0)
        np.testing.assert_allclose(y.data, [expected], rtol=1e-11)


@pytest.mark.parametrize("shape", [(3, 2), (2, 5, 4), (2, 3, 7, 6)])
@pytest.mark.parametrize("start", [0, 11])
def test_it_is_a_product_of_complex_numbers(step, rng, shape, start):
    x = rng.normal(size=shape)
    for rope in step.rope, F.rope:
        np.testing.assert_allclose(
            rope(x, start).data, by_complex_numbers(x, start), rtol=1e-12, atol=1e-14
        )


def test_a_score_depends_on_the_distance_alone(step, rng):
    q, k = rng.normal(size=(2, 1, 16))
    for rope in step.rope, F.rope:
        scores = [
            (rope(q, t).data * rope(k, t - 3).data).sum() for t in (3, 50, 1000, 9999)
        ]
        np.testing.assert_allclose(scores, scores[0], rtol=0, atol=1e-12)
        other = (rope(q, 3).data * rope(k, 1).data).sum()
        assert abs(other - scores[0]) > 0.01


@pytest.mark.parametrize("shape", [(3, 2), (2, 3, 4)])
def test_gradients_to_second_order(step, rng, shape):
    x = rng.normal(size=shape)
    check_gradients(step.rope, x)
    check_gradients(lambda x: step.rope(x, 3, base=7.0) ** 3, x)


def test_the_gradient_is_turned_back(step, rng):
    x, gy = Variable(rng.normal(size=(3, 4))), rng.normal(size=(3, 4))
    step.rope(x, 2).backward(gradient=gy)
    np.testing.assert_allclose(step.rope(x.grad, 2).data, gy)


def test_float32_stays_and_places_far_on_are_exact(step):
    x = np.ones((3, 4), np.float32)
    y = step.rope(x, 10**6)
    assert y.dtype == np.float32
    exact = by_complex_numbers(x.astype(float), 10**6)
    np.testing.assert_allclose(y.data, exact, atol=1e-6)


def test_without_places_shuffled_words_give_shuffled_answers(rng):
    np.random.seed(0)
    layer = MultiHeadAttention(8, heads=2)
    x, order = rng.normal(size=(1, 6, 8)), [3, 0, 5, 1, 4, 2]
    y = layer(x).data
    np.testing.assert_allclose(layer(x[:, order]).data, y[:, order], atol=1e-12)


@pytest.mark.parametrize(
    "way, notices",
    [
        ("none", False),
        ("RoPE", True),
        ("table of sines", True),
        ("learned table", True),
    ],
)
def test_only_with_places_a_model_notices_an_exchange(step, way, notices):
    """The letters 0 .. 2 change places; the last one sees all of them."""
    np.random.seed(0)
    model = step.Reader(way)
    y = model(np.array([[0, 1, 2, 3]])).data[0, -1]
    exchanged = model(np.array([[2, 0, 1, 3]])).data[0, -1]
    assert np.allclose(y, exchanged) != notices


def test_what_is_printed(run_step):
    printed = run_step(79)
    scores = re.findall(r"q at .*: score (\S+)", printed)
    assert scores[0][:12] == scores[1][:12] == scores[2][:12] != scores[3][:12]
    found = {
        name: [float(v) for v in re.search(rf"{name} +([\d. ]+)", printed)[1].split()]
        for name in ("none", "table of sines", "learned table", "RoPE")
    }
    assert found["none"][0] < 40 and found["none"][1] < 30
    assert found["table of sines"][0] > 95 > 70 > found["table of sines"][1]
    assert found["learned table"][0] > 95
    assert min(found["RoPE"]) > 90


def test_remembered_tables_are_those_that_were_asked_for(step, rng):
    x = rng.normal(size=(2, 5, 4))
    asked = [(0, 1e4, float), (3, 1e4, float), (3, 1e2, float), (3, 1e2, np.float32)]
    for start, base, dtype in 2 * asked:
        y, expected = (f(x.astype(dtype), start, base) for f in (F.rope, step.rope))
        assert y.dtype == dtype
        np.testing.assert_array_equal(y.data, expected.data)
