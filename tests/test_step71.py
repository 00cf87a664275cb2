import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import Variable, func
from dezero.gradcheck import numerical_grad


@pytest.fixture
def step(load_step):
    return load_step(71)


@pytest.fixture
def g(step, rng):
    """A function of four numbers to two, for Duals and for Variables."""
    W = rng.normal(size=(3, 4))

    def g(x):
        h = step.tanh_of(W @ x) + 1.0
        return step.stack_of([h[0] * h[1] - x[2], 2 * h[2] ** 3 - h[0]])

    return g


def test_rules_of_dual_numbers_by_hand(step):
    x = step.Dual(np.array(3.0), np.array(1.0))
    y = step.Dual(np.array(2.0), np.array(10.0))
    for z, value, slope in (
        (x + y, 5, 11),
        (x - y, 1, -9),
        (x * y, 6, 2 + 30),
        (x**2, 9, 6),
        (2 * x + 1, 7, 2),
        (1 + x * 2, 7, 2),
        (step.tanh_of(y), np.tanh(2), 10 * (1 - np.tanh(2) ** 2)),
    ):
        assert (z.value, z.slope) == pytest.approx((value, slope))


def test_a_slope_is_what_finite_differences_measure(step, g, rng):
    x, v = rng.normal(size=(2, 4))
    y, slope = step.forward_mode(g, x, v)
    h = 1e-6
    ahead, behind = (g(Variable(x + sign * h * v)).data for sign in (1, -1))
    np.testing.assert_allclose(slope, (ahead - behind) / (2 * h), rtol=1e-6)
    np.testing.assert_allclose(y, g(Variable(x)).data)


def test_both_directions_and_the_package_agree(step, g, rng):
    x = rng.normal(size=4)
    table = step.jacobian(g, x)
    assert table.shape == (2, 4)
    np.testing.assert_allclose(step.jacobian(g, x, forward=True), table)
    np.testing.assert_allclose(func.jacobian(g)(x).data, table)
    w, v = rng.normal(size=2), rng.normal(size=4)
    np.testing.assert_allclose(step.vjp(g, x)[1](w), w @ table)
    for jvp in step.forward_mode, step.jvp:
        y, slope = jvp(g, x, v)
        np.testing.assert_allclose(y, g(Variable(x)).data)
        np.testing.assert_allclose(slope, table @ v)
        np.testing.assert_allclose(slope, func.jvp(g, x, v)[1].data)


def test_dual_numbers_record_no_graph_and_jvp_does(step, g, rng, monkeypatch):
    """What the text says of dezero.func.jvp: reverse mode, and twice."""
    passes, compute = [], func.gradients_of

    def counted(*args, **options):
        passes.append(args)
        return compute(*args, **options)

    monkeypatch.setattr(func, "gradients_of", counted)
    x, v = rng.normal(size=(2, 4))
    func.jvp(g, x, v)
    assert len(passes) == 2

    def refuse(*args):
        raise AssertionError("a Function of dezero was called")

    monkeypatch.setattr(dezero.Function, "__call__", refuse)
    step.forward_mode(g, x, v)  # of plain arrays
    with pytest.raises(AssertionError):
        step.jvp(g, x, v)


def test_hvp_is_the_hessian_times_v(step, rng):
    x, v = rng.normal(size=(2, 3))

    def f(x):
        return (F.sin(x) * x * x[0]).sum()

    H = func.hessian(f)(x).data
    np.testing.assert_allclose(H, H.T)
    np.testing.assert_allclose(step.hvp(f, x, v), H @ v)
    np.testing.assert_allclose(func.hvp(f, x, v).data, H @ v)
    row = numerical_grad(lambda x: func.grad(f)(x.data)[0], Variable(x))
    np.testing.assert_allclose(H[0], row, rtol=1e-5)


def test_published_lines(run_step):
    lines = [line.strip() for line in run_step(71).splitlines()]
    table = "[[2.0, 1.0], [0.42, -1.0], [6.0, 0.0]]"
    assert lines[1:4] == [
        f"forward, 2 passes: {table}",
        f"reverse, 3 passes: {table}",
        f"func.jacobian:     {table}",
    ]
    assert lines[5] == "[3.0, -0.58, 6.0], [3.0, -0.58, 6.0]"
    assert lines[7] == "both orders and jacobian find the same J: True"
    assert lines[8] == "multiplications, reverse 20,000, forward 1,010,000"


def test_multiplications_are_those_of_the_products(step, rng):
    C, B, A = rng.normal(size=(2, 3)), rng.normal(size=(3, 4)), rng.normal(size=(4, 5))
    J, reverse = step.product([C, B, A], forward=False)
    J2, forward = step.product([C, B, A], forward=True)
    np.testing.assert_allclose(J, C @ B @ A)
    np.testing.assert_allclose(J2, J)
    assert reverse == 2 * 3 * 4 + 2 * 4 * 5
    assert forward == 3 * 4 * 5 + 2 * 3 * 5


def test_the_jacobian_of_an_elementwise_function_is_diagonal(step):
    x = np.array([0.5, -1.0, 2.0])
    expected = np.diag(1 - np.tanh(x) ** 2)
    np.testing.assert_allclose(step.jacobian(step.tanh_of, x), expected)
    np.testing.assert_allclose(step.jacobian(step.tanh_of, x, forward=True), expected)
