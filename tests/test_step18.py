"""Step 18: no_grad, using_config, retain_grad, and the memory they save."""

import weakref

import numpy as np
import pytest

import dezero


@pytest.fixture
def step(load_step):
    return load_step(18)


def test_no_grad_records_nothing(step):
    x = step.Variable(np.array(3.0))
    func = step.Square()
    with step.no_grad():
        y = func(x)
    assert y.data == 9.0
    assert y.creator is None
    assert y.generation == 0
    assert not hasattr(func, "inputs")
    assert not hasattr(func, "outputs")


def test_recording_is_on_outside(step):
    x = step.Variable(np.array(3.0))
    with step.no_grad():
        pass
    y = step.square(x)
    assert type(y.creator) is step.Square
    assert y.generation == 1


def test_no_grad_frees_what_is_on_the_way(step):
    x = step.Variable(np.array(3.0))
    with step.no_grad():
        a = step.square(x)
        y = step.square(a)
        ref = weakref.ref(a)
        del a
        assert ref() is None
    assert y.data == 81.0


def test_the_switch_returns_after_an_error(step):
    with pytest.raises(ValueError, match="on purpose"):
        with step.no_grad():
            assert step.Config.enable_backprop is False
            raise ValueError("on purpose")
    assert step.Config.enable_backprop is True


def test_blocks_nest(step):
    with step.no_grad():
        with step.using_config("enable_backprop", True):
            assert step.square(step.Variable(np.array(1.0))).creator
        assert step.Config.enable_backprop is False
        with step.no_grad():
            pass
        assert step.Config.enable_backprop is False
    assert step.Config.enable_backprop is True


def test_using_config_refuses_an_unknown_switch(step):
    with pytest.raises(AttributeError, match="enable_backpop"):
        with step.using_config("enable_backpop", False):
            pass
    assert not hasattr(step.Config, "enable_backpop")


def test_gradients_stay_only_in_leaves(step):
    x = step.Variable(np.array(3.0))
    a = step.square(x)
    y = step.square(a)
    y.backward()
    assert x.grad == 108.0  # 4 * x**3
    assert a.grad is None
    assert y.grad is None


def test_retain_grad_keeps_them(step):
    x = step.Variable(np.array(3.0))
    a = step.square(x)
    y = step.square(a)
    y.backward(retain_grad=True)
    assert (x.grad, a.grad, y.grad) == (108.0, 18.0, 1.0)


def test_gradients_of_leaves_add_up_over_two_passes(step):
    x = step.Variable(np.array(3.0))
    y = step.square(x)
    y.backward()
    y.backward()
    assert x.grad == 12.0


def test_a_gradient_is_an_ndarray(step):
    x = step.Variable(np.array(3.0))
    step.square(step.square(x)).backward()
    assert type(x.grad) is np.ndarray
    assert x.grad.shape == ()


def test_backward_of_a_leaf(step):
    x = step.Variable(np.array([1.0, 2.0]))
    x.backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])


def test_a_result_of_no_grad_is_like_a_leaf(step):
    x = step.Variable(np.array(3.0))
    with step.no_grad():
        y = step.square(x)
    y.backward()
    assert y.grad == 1.0
    assert x.grad is None


def test_memory_of_the_modes(step):
    x = step.Variable(np.ones(125_000))
    forward = step.peak(step.squares, x)
    with step.no_grad():
        lean = step.peak(step.squares, x)
    everything = step.peak(step.train, x, True)
    leaves = step.peak(step.train, x, False)
    assert forward == pytest.approx(100, abs=2)
    assert lean == pytest.approx(2, abs=0.5)
    assert everything == pytest.approx(202, abs=3)
    assert leaves == pytest.approx(103, abs=3)


def test_peak_stops_tracing_after_an_error(step):
    import tracemalloc

    with pytest.raises(ZeroDivisionError):
        step.peak(lambda: 1 / 0)
    assert not tracemalloc.is_tracing()


@pytest.mark.parametrize("mb, text", [(103.2, "100"), (2.06, "2"), (196.0, "200")])
def test_about(step, mb, text):
    assert step.about(mb) == f"about {text} MB"


@pytest.mark.parametrize("retain_grad", [False, True])
def test_agrees_with_dezero(step, rng, retain_grad):
    data = rng.normal(size=4)
    x, u = step.Variable(data), dezero.Variable(data)
    a, b = step.square(x), u * u
    y, v = step.square(a), b * b
    y.backward(retain_grad=retain_grad)
    v.backward(retain_grad=retain_grad)
    np.testing.assert_allclose(x.grad, u.grad.data)
    for ours, theirs in ((a, b), (y, v)):
        assert (ours.grad is None) == (theirs.grad is None) == (not retain_grad)
        if retain_grad:
            np.testing.assert_allclose(ours.grad, theirs.grad.data)


def test_no_grad_is_the_one_of_dezero(step):
    x = dezero.Variable(np.array(3.0))
    with dezero.no_grad():
        y = x * x
    assert (y.creator, y.generation) == (None, 0)
    with dezero.using_config("enable_backprop", False):
        assert (x * x).creator is None
    with pytest.raises(RuntimeError, match="step 18"):
        y.backward()


def test_the_numbers_printed(run_step):
    out = run_step(18)
    assert "under no_grad:  about 2 MB" in out
    assert "all retained: about 200 MB" in out
    assert "gradients: x 108.0, a None, y None" in out
