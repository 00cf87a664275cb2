"""Step 11: functions of many inputs and outputs, forward only."""

import numpy as np
import pytest

import dezero


def test_add_by_hand(load_step):
    step = load_step(11)
    x0, x1 = step.Variable(np.array([1.0, 2.0])), step.Variable(np.array([10.0, 20.0]))
    ys = step.Add()([x0, x1])
    assert isinstance(ys, list) and len(ys) == 1
    np.testing.assert_array_equal(ys[0].data, [11.0, 22.0])


def test_scalar_results_stay_ndarrays(load_step):
    step = load_step(11)
    two = step.Variable(np.array(2.0))
    for y in step.Add()([two, two]) + step.Polar()([two, two]):
        assert type(y.data) is np.ndarray and y.data.shape == ()


def test_two_outputs_by_hand(load_step):
    step = load_step(11)
    r, angle = step.Variable(np.array(2.0)), step.Variable(np.array(np.pi / 6))
    x, y = step.Polar()([r, angle])
    np.testing.assert_allclose(x.data, np.sqrt(3.0))
    np.testing.assert_allclose(y.data, 1.0)


def test_links_in_both_directions(load_step):
    step = load_step(11)
    inputs = [step.Variable(np.array(2.0)), step.Variable(np.array(0.5))]
    func = step.Polar()
    outputs = func(inputs)
    assert all(output.creator is func for output in outputs)
    assert all(a is b for a, b in zip(func.inputs, inputs, strict=True))
    assert all(a is b for a, b in zip(func.outputs, outputs, strict=True))
    assert all(x.creator is None for x in inputs)


def test_a_function_without_forward_says_who(load_step):
    step = load_step(11)

    class Nothing(step.Function):
        pass

    with pytest.raises(NotImplementedError, match=r"Nothing needs a forward\(xs\)"):
        Nothing()([step.Variable(np.array(1.0))])


def test_a_number_is_no_box(load_step):
    step = load_step(11)
    with pytest.raises(TypeError, match="float is not supported"):
        step.Add()([step.Variable(1.0), step.Variable(np.array(1.0))])


def test_backward_waits_for_step_13(load_step):
    step = load_step(11)
    assert not hasattr(step.Variable, "backward")
    assert hasattr(load_step(13).Variable, "backward")


def test_agrees_with_the_package(load_step, rng):
    step = load_step(11)
    a, b = rng.normal(size=(2, 3, 4))
    [y] = step.Add()([step.Variable(a), step.Variable(b)])
    np.testing.assert_array_equal(
        y.data, (dezero.Variable(a) + dezero.Variable(b)).data
    )
