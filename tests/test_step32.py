"""Step 32: gradients are Variables, here as in dezero.core."""

import gc
import re
import weakref
from collections import Counter

import numpy as np
import pytest
from graphs import functions_behind

import dezero
from dezero import core_simple

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
    """The step, with its methods in step 22's engine until the test ends."""
    step = load_step(32)
    old = step.install(step.NEW)
    yield step
    step.install(old)


@pytest.fixture
def engine(step):
    """The engine of step 22 with the new methods."""
    return core_simple


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
    return Counter(type(func).__name__ for func in functions_behind(y))


@formulas
def test_each_order_is_the_slope_of_the_one_before(engine, rng, f):
    data, h = rng.uniform(0.5, 2.0, size=2), 1e-5
    found = [f(data), *numbers(engine, f, data, 3)]
    ahead, behind = (
        [f(moved), *numbers(engine, f, moved, 2)] for moved in (data + h, data - h)
    )
    for n in range(3):
        slope = (ahead[n] - behind[n]) / (2 * h)
        np.testing.assert_allclose(found[n + 1], slope, rtol=1e-7, atol=1e-7)


@formulas
def test_the_package_says_the_same(engine, rng, f):
    data = rng.uniform(0.5, 2.0, size=2)
    ours, theirs = (numbers(module, f, data, 4) for module in (engine, dezero))
    np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-11)


@pytest.mark.ours  # -gy * a / b**2 is as good
@pytest.mark.parametrize("name", ["x**5", "x**-1.5", "1 / x", "(x - 1 / x) / (x + x)"])
def test_the_graphs_are_those_of_the_package(step, engine, name):
    x, u = engine.Variable(np.array(2.0)), dezero.Variable(np.array(2.0))
    ours = step.derivatives(FORMULAS[name](x), x, 3)
    theirs = step.derivatives(FORMULAS[name](u), u, 3)
    for a, b in zip(ours, theirs):
        assert functions(a) == functions(b)


def test_derivatives(step, engine):
    x = engine.Variable(np.array(2.0))
    found = step.derivatives(step.quartic(x), x, 2)
    assert [gx.data for gx in found] == [24.0, 44.0]
    assert x.grad is found[-1]


def test_by_hand(step, engine):
    rows = numbers(engine, step.quartic, np.array(2.0), 6)
    np.testing.assert_allclose(rows, [24.0, 44.0, 48.0, 24.0, 0.0, 0.0])


def test_two_inputs_by_hand(engine):
    """z = x**2 / y: the mixed derivative is -2 * x / y**2."""
    x, y = engine.Variable(np.array(3.0)), engine.Variable(np.array(2.0))
    z = x**2 / y
    z.backward(create_graph=True)
    gx, gy = x.grad, y.grad
    assert (gx.data, gy.data) == (3.0, -9 / 4)
    for first, expected in ((gx, (1.0, -1.5)), (gy, (-1.5, 9 / 4))):
        x.cleargrad()
        y.cleargrad()
        first.backward(create_graph=True)
        assert (x.grad.data, y.grad.data) == expected


def test_gradients_add_up_until_they_are_cleared(step, engine):
    x = engine.Variable(np.array(2.0))
    step.quartic(x).backward(create_graph=True)
    x.grad.backward()
    assert x.grad.data == 24.0 + 44.0


@pytest.mark.parametrize("retain_grad", [False, True])
def test_a_gradient_is_a_variable(engine, retain_grad):
    x = engine.Variable(np.array(2.0))
    a = x**2
    y = 3 * a
    y.backward(retain_grad=retain_grad)
    assert type(x.grad) is engine.Variable
    assert x.grad.data == 12.0
    kept = [None if v.grad is None else v.grad.data for v in (a, y)]
    assert kept == ([3.0, 1.0] if retain_grad else [None, None])


def test_a_gradient_that_was_set_is_used(engine):
    x = engine.Variable(np.array(2.0))
    y = x**3
    gy = y.grad = engine.Variable(np.array(10.0))
    y.backward(create_graph=True)
    assert x.grad.data == 120.0
    x.grad.backward()
    assert gy.grad.data == 12.0  # it is part of the graph


def test_nothing_is_recorded_unless_asked_for(step, engine):
    x = engine.Variable(np.array(2.0))
    y = step.quartic(x)
    y.backward()
    assert x.grad.creator is None
    assert x.grad.generation == 0
    x.cleargrad()
    y.backward(create_graph=True)
    assert x.grad.creator is not None


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("before", [False, True])
def test_the_switch_is_put_back(engine, create_graph, before):
    class Broken(engine.Function):
        def forward(self, x):
            return x

        def backward(self, gy):
            assert engine.Config.enable_backprop is create_graph
            raise ValueError("on purpose")

    x = engine.Variable(np.array(2.0))
    y = Broken()(x)
    with engine.using_config("enable_backprop", before):
        with pytest.raises(ValueError, match="on purpose"):
            y.backward(create_graph=create_graph)
        assert engine.Config.enable_backprop is before
    assert engine.Config.enable_backprop is True


@pytest.mark.parametrize("cleared", [False, True])
def test_a_recorded_gradient_is_a_cycle_until_it_is_cleared(engine, cleared):
    gc.collect()
    gc.disable()
    try:
        x = engine.Variable(np.array(2.0))
        x_alive = weakref.ref(x)
        y = x**2
        y.backward(create_graph=True)
        if cleared:
            x.cleargrad()
        del x, y
        assert (x_alive() is None) is cleared
    finally:
        gc.enable()


def test_a_deep_graph(step, engine):
    x = engine.Variable(np.array(1.0))
    y = x
    for _ in range(3000):
        y = y * 1.0
    gx, gxx = step.derivatives(y * x, x, 2)
    assert (gx.data, gxx.data) == (2.0, 2.0)


def test_nothing_is_left_changed(load_step):
    """Before and after install, a gradient is an array, as in step 22."""
    step = load_step(32)

    def kind_of_gradient():
        x = core_simple.Variable(np.array(2.0))
        step.quartic(x).backward()
        return type(x.grad)

    assert kind_of_gradient() is np.ndarray
    old = step.install(step.NEW)
    assert kind_of_gradient() is core_simple.Variable
    step.install(old)
    assert kind_of_gradient() is np.ndarray


def test_the_exercise(load_step):
    """Without Pow: None where x is lost, and 8 instead of 12 where half of it is."""
    step = load_step(32)
    old = step.install({c: f for c, f in step.NEW.items() if c is not core_simple.Pow})
    try:
        x = core_simple.Variable(np.array(2.0))
        first, second = step.derivatives(step.quartic(x), x, 2)
        assert (first.data, second) == (24.0, None)
        with pytest.raises(AttributeError, match="backward"):
            step.derivatives(step.quartic(x), x, 3)
        x = core_simple.Variable(np.array(2.0))
        first, second = step.derivatives(x * x**2, x, 2)
        assert (first.data, second.data) == (12.0, 8.0)
    finally:
        step.install(old)


def test_the_picture(step, engine, tmp_path):
    """Both graphs; x and 2, which both use, are drawn once."""
    x = engine.Variable(np.array(2.0), "x")
    y = step.quartic(x)
    y.backward(create_graph=True)
    step.draw_graphs({"y": y, "dy/dx": x.grad}, tmp_path / "both.svg")
    drawn = (tmp_path / "both.svg").read_text(encoding="utf-8")
    both = functions(y) + functions(x.grad)
    shown = Counter(re.findall(r">(Pow|Mul|Neg|Sub|Add)<", drawn))
    assert shown == both
    arity = {"Pow": 1, "Neg": 1, "Mul": 2, "Sub": 2, "Add": 2}
    arrows = sum(n * (arity[name] + 1) for name, n in both.items())
    assert drawn.count('class="edge"') == arrows
    assert drawn.count(">x<") == 1


def test_it_runs(run_step):
    lines = run_step(32).splitlines()
    assert "order 2: 12x**2 - 4         44.00   44.00" in lines
    assert lines[-1].endswith("24 + 44 = 68")
