"""Step 32: gradients are Variables, here as in dezero.core."""

import gc
import weakref
from collections import Counter

import numpy as np
import pytest

import dezero

FORMULAS = {
    "-x": lambda x: -x,
    "3 - x": lambda x: 3 - x,
    "x * x": lambda x: x * x,
    "x**5": lambda x: x**5,
    "x**-1.5": lambda x: x**-1.5,
    "x**4 - 2 * x**2": lambda x: x**4 - 2 * x**2,
    "1 / x": lambda x: 1 / x,
    "x / (1 + x**2)": lambda x: x / (1 + x**2),
    "(x - 1 / x) / (x + x)": lambda x: (x - 1 / x) / (x + x),
    "x + array": lambda x: (x + np.array([1.0, 2.0])) * x,
    "diamond": lambda x: (x**2) * (x**2) / (1 + x**2),
}
formulas = pytest.mark.parametrize("f", FORMULAS.values(), ids=FORMULAS)


@pytest.fixture
def step(load_step):
    return load_step(32)


def numbers(module, f, data, orders):
    """Return the derivatives of f at data, a list of arrays.

    Where a gradient does not depend on x, the next one is missing: count it 0.
    """
    x = module.Variable(data)
    y, found = f(x), []
    for _ in range(orders):
        x.cleargrad()
        if y is not None:
            y.backward(create_graph=True)
        y = x.grad
        assert y is None or type(y) is module.Variable
        found.append(np.zeros_like(data) if y is None else y.data)
    return found


def functions(y):
    """Return how many Functions of each class lead to y."""
    found, waiting = {}, [y]
    while waiting:
        func = waiting.pop().creator
        if func is not None and id(func) not in found:
            found[id(func)] = func
            waiting += func.inputs
    return Counter(type(func).__name__ for func in found.values())


@formulas
def test_each_order_is_the_slope_of_the_one_before(step, rng, f):
    data, h = rng.uniform(0.5, 2.0, size=2), 1e-5
    found = [f(data), *numbers(step, f, data, 3)]
    ahead, behind = (
        [f(moved), *numbers(step, f, moved, 2)] for moved in (data + h, data - h)
    )
    for n in range(3):
        slope = (ahead[n] - behind[n]) / (2 * h)
        np.testing.assert_allclose(found[n + 1], slope, rtol=1e-7, atol=1e-7)


@formulas
def test_the_package_says_the_same(step, rng, f):
    data = rng.uniform(0.5, 2.0, size=2)
    ours, theirs = (numbers(module, f, data, 4) for module in (step, dezero))
    np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", ["x**5", "x**-1.5", "1 / x", "(x - 1 / x) / (x + x)"])
def test_the_graphs_are_those_of_the_package(step, name):
    x, u = step.Variable(np.array(2.0)), dezero.Variable(np.array(2.0))
    ours = step.derivatives(FORMULAS[name](x), x, 3)
    theirs = step.derivatives(FORMULAS[name](u), u, 3)
    for a, b in zip(ours, theirs):
        assert functions(a) == functions(b)


def test_derivatives(step):
    x = step.Variable(np.array(2.0))
    found = step.derivatives(step.quartic(x), x, 2)
    assert [gx.data for gx in found] == [24.0, 44.0]
    assert x.grad is found[-1]


def test_by_hand(step):
    rows = numbers(step, step.quartic, np.array(2.0), 6)
    np.testing.assert_allclose(rows, [24.0, 44.0, 48.0, 24.0, 0.0, 0.0])


def test_two_inputs_by_hand(step):
    """z = x**2 / y: the mixed derivative is -2 * x / y**2."""
    x, y = step.Variable(np.array(3.0)), step.Variable(np.array(2.0))
    z = x**2 / y
    z.backward(create_graph=True)
    gx, gy = x.grad, y.grad
    assert (gx.data, gy.data) == (3.0, -9 / 4)
    for first, expected in ((gx, (1.0, -1.5)), (gy, (-1.5, 9 / 4))):
        x.cleargrad()
        y.cleargrad()
        first.backward(create_graph=True)
        assert (x.grad.data, y.grad.data) == expected


def test_gradients_add_up_until_they_are_cleared(step):
    x = step.Variable(np.array(2.0))
    step.quartic(x).backward(create_graph=True)
    x.grad.backward()
    assert x.grad.data == 24.0 + 44.0


@pytest.mark.parametrize("retain_grad", [False, True])
def test_a_gradient_is_a_variable(step, retain_grad):
    x = step.Variable(np.array(2.0))
    a = x**2
    y = 3 * a
    y.backward(retain_grad=retain_grad)
    assert type(x.grad) is step.Variable
    assert x.grad.data == 12.0
    kept = [None if v.grad is None else v.grad.data for v in (a, y)]
    assert kept == ([3.0, 1.0] if retain_grad else [None, None])


def test_a_gradient_that_was_set_is_used(step):
    x = step.Variable(np.array(2.0))
    y = x**3
    gy = y.grad = step.Variable(np.array(10.0))
    y.backward(create_graph=True)
    assert x.grad.data == 120.0
    x.grad.backward()
    assert gy.grad.data == 12.0  # it is part of the graph


def test_nothing_is_recorded_unless_asked_for(step):
    x = step.Variable(np.array(2.0))
    y = step.quartic(x)
    y.backward()
    assert x.grad.creator is None
    assert x.grad.generation == 0
    x.cleargrad()
    y.backward(create_graph=True)
    assert x.grad.creator is not None


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("before", [False, True])
def test_the_switch_is_put_back(step, create_graph, before):
    class Broken(step.Function):
        def forward(self, x):
            return x

        def backward(self, gy):
            assert step.Config.enable_backprop is create_graph
            raise ValueError("on purpose")

    x = step.Variable(np.array(2.0))
    y = Broken()(x)
    with step.using_config("enable_backprop", before):
        with pytest.raises(ValueError, match="on purpose"):
            y.backward(create_graph=create_graph)
        assert step.Config.enable_backprop is before
    assert step.Config.enable_backprop is True


@pytest.mark.parametrize("cleared", [False, True])
def test_a_recorded_gradient_is_a_cycle_until_it_is_cleared(step, cleared):
    gc.collect()
    gc.disable()
    try:
        x = step.Variable(np.array(2.0))
        x_alive = weakref.ref(x)
        y = x**2
        y.backward(create_graph=True)
        if cleared:
            x.cleargrad()
        del x, y
        assert (x_alive() is None) is cleared
    finally:
        gc.enable()


def test_a_deep_graph(step):
    x = step.Variable(np.array(1.0))
    y = x
    for _ in range(3000):
        y = y * 1.0
    gx, gxx = step.derivatives(y * x, x, 2)
    assert (gx.data, gxx.data) == (2.0, 2.0)


def test_the_picture(step, monkeypatch):
    """Both graphs, each arrow once; x and 2, which both use, in no frame twice."""
    drawn = []
    monkeypatch.setattr(step, "render_dot", lambda text, file: drawn.append(text))
    x = step.Variable(np.array(2.0), "x")
    y = step.quartic(x)
    y.backward(create_graph=True)
    step.draw(y, x.grad, "nowhere.png")
    lines = drawn[0].splitlines()
    assert lines[0] == "digraph g {" and lines.count("}") == 3
    shown = [line.split('"')[1] for line in lines if " [label=" in line]
    both = functions(y) + functions(x.grad)
    assert Counter(name for name in shown if name in both) == both
    values = ["x", "2", "4", "16", "8", "8"]  # forward
    values += ["1", "-1", "-2", "2", "2", "4", "-8", "8", "4", "32", "32", "24"]
    assert sorted(name for name in shown if name not in both) == sorted(values)
    arrows = [line for line in lines if "->" in line]
    inputs = {"Pow": 1, "Neg": 1, "Mul": 2, "Sub": 2, "Add": 2}
    assert len(arrows) == sum(n * (inputs[name] + 1) for name, n in both.items())


def test_it_runs(run_step):
    lines = run_step(32).splitlines()
    assert "order 2: 12x**2 - 4        44.0000  44.0000" in lines
    assert lines[-1].endswith("24 + 44 = 68")
