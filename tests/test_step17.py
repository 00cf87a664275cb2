"""Step 17: a graph is freed by reference counting alone."""

import gc
import weakref

import numpy as np
import pytest

import dezero


@pytest.fixture
def step(load_step):
    return load_step(17)


@pytest.fixture
def collector_off():
    gc.collect()
    gc.disable()
    yield
    gc.enable()
    gc.collect()


def diamond(step):
    """Return weak references to every node of a graph, and its x and y."""
    x = step.Variable(np.array(2.0))
    a = step.square(x)
    b, c = step.square(a), step.square(a)
    y = step.add(b, c)
    nodes = [a, b, c, y, a.creator, b.creator, c.creator, y.creator]
    return x, y, [weakref.ref(node) for node in nodes]


def left(refs):
    return sum(ref() is not None for ref in refs)


def test_graph_goes_with_its_result(step, collector_off):
    x, y, refs = diamond(step)
    assert left(refs) == 8
    del y
    assert left(refs) == 0
    assert x.data == 2.0


def test_graph_goes_after_backward_too(step, collector_off):
    x, y, refs = diamond(step)
    y.backward()
    assert x.grad == 64.0
    del y
    assert left(refs) == 0


def test_graph_of_step_16_stays(load_step, collector_off):
    x, y, refs = diamond(load_step(16))
    del y
    assert left(refs) == 8
    gc.collect()
    assert left(refs) == 0


def test_the_result_keeps_what_backward_needs(step, collector_off):
    x, y, refs = diamond(step)
    assert left(refs) == 8  # a, b and c have no name here
    y.backward()
    np.testing.assert_allclose(x.grad, 64.0)


def test_a_function_does_not_keep_its_output_alive(step):
    x = step.Variable(np.array(2.0))
    y = step.square(x)
    func = y.creator
    assert func.inputs[0] is x
    assert func.outputs[0]() is y
    del y
    assert func.outputs[0]() is None


def twice(step):
    """Return two Variables that one call has made from x = 3, and x."""

    class Twice(step.Function):
        def forward(self, x):
            return x, x + x

        def backward(self, gy0, gy1):
            return gy0 + 2 * gy1

    x = step.Variable(np.array(3.0))
    return *Twice()(x), x


def test_two_outputs_that_are_kept_and_used(step):
    y0, y1, x = twice(step)
    z = step.add(y0, y1)
    z.backward()
    assert x.grad == 3.0


@pytest.mark.ours  # backward may fill in the zeros, as the package does
def test_a_dropped_output_of_two_is_missed(step):
    y0, _, _ = twice(step)
    del _
    gc.collect()
    with pytest.raises(AttributeError, match="NoneType.*grad"):
        y0.backward()


def test_an_unused_output_of_two_with_zeros(step):
    """Kept, but not used: with a gradient of zeros backward goes on."""
    y0, y1, x = twice(step)
    y1.grad = np.array(0.0)
    y0.backward()
    assert x.grad == 1.0


@pytest.mark.ours  # backward may fill them in
def test_an_unused_output_of_two_needs_zeros(step):
    y0, y1, _ = twice(step)
    with pytest.raises(TypeError, match="NoneType"):
        y0.backward()


@pytest.mark.parametrize("cycle, expected", [(False, 0), (True, 2)])
def test_two_that_hold_each_other(step, cycle, expected):
    assert step.without_collector(step.drop_two, cycle) == expected


def test_memory_held_with_the_cycle(step):
    count, mb = step.without_collector(step.drop_results, step.StrongSquare)
    assert count == 10
    assert mb == pytest.approx(80, abs=1)
    gc.collect()


def test_memory_held_without_the_cycle(step):
    count, mb = step.without_collector(step.drop_results, step.Square)
    assert count == 0
    assert mb < 1


def test_strong_square_computes_the_same(step):
    x = step.Variable(np.array(3.0))
    y = step.StrongSquare()(x)
    y.backward()
    assert (y.data, x.grad) == (9.0, 6.0)


def test_collector_is_off_and_comes_back(step):
    assert gc.isenabled()
    assert step.without_collector(gc.isenabled) is False
    assert gc.isenabled()


def test_collector_comes_back_after_an_error(step):
    with pytest.raises(ZeroDivisionError):
        step.without_collector(lambda: 1 / 0)
    assert gc.isenabled()


def test_collector_stays_off_if_it_was(step, collector_off):
    step.without_collector(gc.isenabled)
    assert not gc.isenabled()


def test_gradient_agrees_with_dezero(step, rng):
    data = rng.normal(size=(3, 2))
    x, u = step.Variable(data), dezero.Variable(data)
    a, b = step.square(x), u * u
    y, v = step.add(step.square(a), a), b * b + b
    y.backward()
    v.backward()
    np.testing.assert_allclose(y.data, v.data)
    np.testing.assert_allclose(x.grad, u.grad.data)


def test_the_numbers_printed(run_step):
    out = run_step(17)
    assert "holding each other: 2" in out
    assert "strong outputs: 10, about 80 MB" in out
    assert "dy/dx = 64" in out
