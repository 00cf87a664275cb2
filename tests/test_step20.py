"""Step 20: the operators + and * of two Variables."""

import numpy as np
import pytest

import dezero


@pytest.fixture
def step(load_step):
    return load_step(20)


def slopes(f, data, h=1e-5):
    """Return the central differences of the sum of f at data."""
    slope = np.zeros_like(data)
    for i in np.ndindex(data.shape):
        shift = np.zeros_like(data)
        shift[i] = h
        slope[i] = np.sum(f(data + shift) - f(data - shift)) / (2 * h)
    return slope


def test_by_hand(step):
    a, b, c = (step.Variable(np.array(v)) for v in (3.0, 2.0, 1.0))
    y = a * b + c
    y.backward()
    assert y.data == 7.0
    assert (a.grad, b.grad, c.grad) == (2.0, 3.0, 1.0)


def test_functions_and_operators_build_the_same_graph(step):
    a, b = step.Variable(np.array(3.0)), step.Variable(np.array(2.0))
    for y, func in (
        (a + b, step.Add),
        (step.add(a, b), step.Add),
        (a * b, step.Mul),
        (step.mul(a, b), step.Mul),
    ):
        assert type(y.creator) is func
        assert list(y.creator.inputs) == [a, b]


def test_product_before_sum(step):
    a, b, c = (step.Variable(np.array(v)) for v in (2.0, 3.0, 4.0))
    y = a + b * c
    assert y.data == 14.0
    assert type(y.creator) is step.Add
    assert ((a + b) * c).data == 20.0


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_gradients_of_mul(step, rng, shape):
    p, q = rng.normal(size=shape), rng.normal(size=shape)
    a, b = step.Variable(p), step.Variable(q)
    y = a * b * a
    y.backward()
    np.testing.assert_allclose(y.data, p * q * p)
    np.testing.assert_allclose(a.grad, slopes(lambda v: v * q * v, p), atol=1e-8)
    np.testing.assert_allclose(b.grad, slopes(lambda v: p * v * p, q), atol=1e-8)


def test_a_square_is_a_product(step):
    x = step.Variable(np.array([1.0, -2.0]))
    (x * x).backward()
    np.testing.assert_allclose(x.grad, [2.0, -4.0])


def test_a_gradient_that_arrives_counts(step):
    a, b = step.Variable(np.array(3.0)), step.Variable(np.array(2.0))
    y = a * b
    y.grad = np.array(10.0)
    y.backward()
    assert (a.grad, b.grad) == (20.0, 30.0)


def test_the_name_is_looked_up_when_the_operator_runs(step, monkeypatch):
    a = step.Variable(np.array(3.0))
    monkeypatch.setattr(step, "add", lambda x0, x1: "my own add")
    assert a + a == "my own add"


def test_numbers_have_to_wait(step):
    with pytest.raises(AttributeError, match="'float' object has no attribute"):
        step.Variable(np.array(3.0)) * 3.0


def test_no_grad_holds_for_operators(step):
    x = step.Variable(np.array(3.0))
    with step.no_grad():
        assert (x * x + x).creator is None


def test_agrees_with_dezero(step, rng):
    data = [rng.normal(size=(2, 3)) for _ in range(3)]
    ours = [step.Variable(array) for array in data]
    theirs = [dezero.Variable(array) for array in data]
    results = []
    for a, b, c in (ours, theirs):
        y = a * b + c * a * a
        y.backward()
        results.append(y)
    np.testing.assert_allclose(results[0].data, results[1].data)
    for x, u in zip(ours, theirs):
        np.testing.assert_allclose(x.grad, u.grad.data)


def test_the_numbers_printed(run_step):
    out = run_step(20)
    assert "a * b + c = variable(7.0)" in out
    assert "gradients: a 2.0, b 3.0, c 1.0" in out
