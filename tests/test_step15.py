"""Step 15: the simple loop visits a diamond in the wrong order."""

import numpy as np
import pytest

import dezero


def letters(funcs, order):
    names = dict(zip(funcs, "ABCD", strict=True))
    return "".join(names[func] for func in order)


def diamond(step, value=2.0):
    x = step.Variable(np.array(value))
    y, funcs = step.diamond(x)
    return x, y, funcs


def test_the_diamond_itself(load_step):
    _, y, (A, B, C, D) = diamond(load_step(15))
    assert y.data == 32.0
    assert y.creator is D
    assert [v.creator for v in D.inputs] == [B, C]
    assert B.inputs[0] is C.inputs[0] is A.outputs[0]


def test_simple_loop_by_hand(load_step):
    """C sends 8 to a, A sends 8 * 4 to x; then B, and A again: (8 + 8) * 4 more."""
    step = load_step(15)
    x, y, funcs = diamond(step)
    order = step.simple_loop(y)
    assert letters(funcs, order) == "DCABA"
    assert x.grad == 32.0 + 64.0


def test_each_function_once_is_not_enough(load_step):
    step = load_step(15)
    x, y, funcs = diamond(step)
    order = step.simple_loop(y, once=True)
    assert letters(funcs, order) == "DCAB"
    assert x.grad == 32.0


@pytest.mark.parametrize("order", ["DCBA", "DBCA"])
def test_the_right_orders(load_step, order):
    step = load_step(15)
    x, y, funcs = diamond(step)
    by_name = dict(zip("ABCD", funcs, strict=True))
    step.in_this_order(y, [by_name[letter] for letter in order])
    assert x.grad == 64.0


def test_simple_loop_is_step_14s_backward(load_step, monkeypatch):
    """The loop that keeps a record does what Variable.backward does."""
    step = load_step(15)
    visited = []
    for cls in (step.Square, step.Add):

        def spy(self, gy, original=cls.backward):
            visited.append(self)
            return original(self, gy)

        monkeypatch.setattr(cls, "backward", spy)
    x, y, funcs = diamond(step)
    y.backward()
    by_method, gradient = letters(funcs, visited), x.grad
    x, y, funcs = diamond(step)
    assert letters(funcs, step.simple_loop(y)) == by_method
    assert x.grad == gradient == 96.0


@pytest.mark.parametrize("times", [1, 2, 3, 8])
def test_visits_double_with_every_diamond(load_step, times):
    step = load_step(15)
    x = step.Variable(np.array(1.0))
    t, funcs = step.doubled(x, times)
    assert t.data == 2**times
    visited = step.simple_loop(t)
    assert len(visited) == 2**times - 1
    assert sum(func is funcs[-1] for func in visited) == 2 ** (times - 1)
    assert (x.grad == 2**times) == (times == 1)

    x.cleargrad()
    t, funcs = step.doubled(x, times)
    assert len(step.in_this_order(t, funcs)) == times
    assert x.grad == 2**times


def test_the_exercise(load_step):
    """Oldest first: right for the diamond, wrong for a + a**2 with a = x**2."""
    step = load_step(15)

    def oldest_first(y):
        y.grad = np.ones_like(y.data)
        waiting, seen = [y.creator], {y.creator}
        while waiting:
            func = waiting.pop(0)
            step.push_back(func)
            for x in func.inputs:
                if x.creator is not None and x.creator not in seen:
                    seen.add(x.creator)
                    waiting.append(x.creator)

    x, y, _ = diamond(step)
    oldest_first(y)
    assert x.grad == 64.0

    x = step.Variable(np.array(2.0))
    a = step.square(x)
    oldest_first(step.add(a, step.square(a)))
    assert x.grad != 2 * 2.0 + 4 * 2.0**3


def test_the_numbers_printed(run_step):
    out = run_step(15)
    assert "D C A B A:         96, wrong" in out
    assert "D C B A:           64, right" in out
    assert "simple loop: 1023 visits, dt/dx = 2345233639424" in out


def test_right_order_agrees_with_the_package(load_step, rng):
    step = load_step(15)
    a = rng.normal(size=4)
    x, v = step.Variable(a), dezero.Variable(a)
    y, (A, B, C, D) = step.diamond(x)
    step.in_this_order(y, [D, C, B, A])
    b = v**2
    w = b**2 + b**2
    w.backward()
    np.testing.assert_allclose(y.data, w.data, rtol=1e-12)
    np.testing.assert_allclose(x.grad, v.grad.data, rtol=1e-12)
