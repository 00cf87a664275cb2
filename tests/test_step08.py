import gc
import math
import weakref

import numpy as np
import pytest

import dezero


def chain(step, n, x=1.0):
    """Return x and y = x after n payments, ready for backward."""
    x = step.Variable(np.array(x))
    y = step.grow(x, n)
    y.grad = np.array(1.0)
    return x, y


def test_two_payments_by_hand(load_step):
    x, y = chain(load_step(8), 2)
    y.backward()
    assert y.data == 2.25 and x.grad == 2.25  # 1.5 * 1.5


def test_every_variable_on_the_way_gets_its_gradient(load_step):
    step = load_step(8)
    x, y = chain(step, 4)
    y.backward()
    v, expected = y, 1.0
    for _ in range(4):
        assert v.grad == pytest.approx(expected)
        v, expected = v.creator.input, 1.25 * expected
    assert v is x and x.grad == pytest.approx(expected)


def test_recursion_and_loop_agree(load_step):
    step = load_step(8)
    x, y = chain(step, 100, 0.7)
    step.backward_recursive(y)
    recursive, x.grad = x.grad, None
    y.backward()
    assert x.grad == recursive


def test_ten_thousand_functions(load_step):
    n = 10_000
    step = load_step(8)
    x, y = chain(step, n)
    with pytest.raises(RecursionError):
        step.backward_recursive(y)
    y.backward()
    assert x.grad == pytest.approx((1 + 1 / n) ** n, rel=1e-9)
    assert x.grad == pytest.approx(math.e, rel=1e-4)


def test_a_long_chain_is_freed_without_a_crash(load_step):
    x, y = chain(load_step(8), 10_000)
    y.backward()
    watched = [weakref.ref(v) for v in (x, y, y.creator)]
    del x, y
    gc.collect()  # Function and output point at each other (until step 17)
    assert [ref() for ref in watched] == [None, None, None]


def test_backward_of_a_variable_without_creator_ends_at_once(load_step):
    x = load_step(8).Variable(np.array(1.0))
    x.grad = np.array(1.0)
    x.backward()
    assert x.grad == 1.0


def test_same_as_the_package(load_step):
    x, y = chain(load_step(8), 1000, 0.7)
    y.backward()
    v = dezero.Variable(np.array(0.7))
    w = v
    for _ in range(1000):
        w = (1 + 1 / 1000) * w
    w.backward()
    np.testing.assert_allclose(y.data, w.data, rtol=1e-12)
    np.testing.assert_allclose(x.grad, v.grad.data, rtol=1e-12)


def test_printed(run_step):
    lines = run_step(8).splitlines()
    assert lines[0].endswith("recursion: 2.5937")
    assert lines[1].endswith("loop:      2.5937")
    assert lines[2] == "10000 Functions, recursion: RecursionError"
    assert lines[3] == "10000 Functions, loop:      2.7181"
