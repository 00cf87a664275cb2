"""Step 12: add(x0, x1) instead of Add()([x0, x1])[0]."""

import numpy as np
import pytest

import dezero


def test_add_gives_a_bare_variable(load_step):
    step = load_step(12)
    x0, x1 = step.Variable(np.array(2)), step.Variable(np.array(3))
    y = step.add(x0, x1)
    assert isinstance(y, step.Variable)
    assert y.data == 5
    assert type(y.data) is np.ndarray


def test_several_results_come_as_a_list(load_step):
    step = load_step(12)
    r, angle = step.Variable(np.array(2.0)), step.Variable(np.array(np.pi / 6))
    outputs = step.Polar()(r, angle)
    assert isinstance(outputs, list)
    np.testing.assert_allclose([y.data for y in outputs], [np.sqrt(3.0), 1.0])
    assert outputs[0].creator is outputs[1].creator


def test_links_in_both_directions(load_step):
    step = load_step(12)
    x0, x1 = step.Variable(np.array(2.0)), step.Variable(np.array(3.0))
    y = step.add(x0, x1)
    assert list(y.creator.inputs) == [x0, x1]
    assert y.creator.outputs == [y]


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_any_number_of_inputs(load_step, count):
    step = load_step(12)

    class Total(step.Function):
        def forward(self, *xs):
            return sum(xs)

    y = Total()(*[step.Variable(np.array(float(n))) for n in range(count)])
    assert y.data == count * (count - 1) / 2


def test_a_list_of_results_is_refused(load_step):
    step = load_step(12)

    class Pair(step.Function):
        def forward(self, x):
            return [x, x]

    with pytest.raises(TypeError, match="list is not supported"):
        Pair()(step.Variable(np.array(1.0)))


def test_a_function_without_forward_says_who(load_step):
    step = load_step(12)

    class Nothing(step.Function):
        pass

    with pytest.raises(NotImplementedError, match=r"Nothing needs a forward\(\*xs\)"):
        Nothing()(step.Variable(np.array(1.0)))


@pytest.mark.parametrize("name", ["Add", "Polar"])
def test_the_same_call_before_and_after(load_step, rng, name):
    """Step 11's lists and step 12's arguments give the same numbers."""
    step11, step12 = load_step(11), load_step(12)
    a, b = rng.normal(size=(2, 5))
    before = getattr(step11, name)()([step11.Variable(a), step11.Variable(b)])
    after = getattr(step12, name)()(step12.Variable(a), step12.Variable(b))
    after = after if isinstance(after, list) else [after]
    for x, y in zip(before, after, strict=True):
        np.testing.assert_array_equal(x.data, y.data)


def test_the_numbers_printed(run_step):
    out = run_step(12)
    assert "add(x0, x1) gives a Variable: 2 + 3 = 5" in out
    assert "Polar gives a list of 2: x = 1.7321, y = 1.0000" in out


def test_agrees_with_the_package(load_step, rng):
    step = load_step(12)
    a, b = rng.normal(size=(2, 3, 4))
    y = step.add(step.Variable(a), step.Variable(b))
    np.testing.assert_array_equal(
        y.data, (dezero.Variable(a) + dezero.Variable(b)).data
    )
