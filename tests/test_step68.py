"""Step 68: layers, losses and SGD on the engine of step 67."""

import numpy as np
import pytest

import dezero
from dezero import functions as F

# Grokking Deep Learning, chapter 13: the losses of two networks, 8 decimals each
PLAIN = [
    *(2.33428272, 0.06743796, 0.0521849, 0.04079507, 0.03184365),
    *(0.02479336, 0.01925443, 0.01491699, 0.01153118, 0.00889602),
]
ACTIVATED = [
    *(1.06372865, 0.75148144, 0.57384259, 0.39574294, 0.2482279),
    *(0.15515294, 0.10423398, 0.07571169, 0.05837623, 0.04700013),
]
X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
T = X[:, 1:]


@pytest.fixture
def step(load_step):
    return load_step(68)


def activated(step):
    first, second = step.linear_layers()
    return [first, step.Tanh(), second, step.Sigmoid()]


def test_the_published_numbers_are_printed(run_step):
    lines = run_step(68).splitlines()
    assert lines[0] == "Linear, Linear; rate 0.05:"
    assert lines[7] == "Linear, Tanh, Linear, Sigmoid; rate 1:"
    for first, published in (1, PLAIN), (4, PLAIN), (8, ACTIVATED), (11, ACTIVATED):
        name, *numbers = " ".join(lines[first : first + 3]).split()
        assert name == ("here" if first in (1, 8) else "dezero")
        # what was published has 8 decimals, and so has what is printed
        assert [float(x) for x in numbers] == published


def test_the_losses(step):
    """Published with 8 decimals: half a unit of the last is what can be asked."""
    plain = step.train(X, T, step.Sequential(step.linear_layers()), 0.05)
    assert list(plain) == pytest.approx(PLAIN, rel=1e-8, abs=5e-9)
    losses = step.train(X, T, step.Sequential(activated(step)), 1)
    assert list(losses) == pytest.approx(ACTIVATED, rel=1e-8, abs=5e-9)


@pytest.mark.parametrize("rate, make", [(0.05, None), (1, activated)])
def test_dezero_comes_the_same_way(step, rate, make):
    layers = make(step) if make else step.linear_layers()
    twins = dezero.models.Sequential(*[step.twin(layer) for layer in layers])
    theirs = list(step.train_dezero(X, T, twins, rate))
    model = step.Sequential(layers)
    ours = list(step.train(X, T, model, rate))
    assert ours == pytest.approx(theirs, rel=1e-12)
    for p, q in zip(model.parameters(), twins.params()):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-10)


def test_the_first_weights(step):
    first, second = step.linear_layers()
    np.testing.assert_allclose(
        first.W.data[0], [0.74159174, 1.55291372, -2.2683282], atol=5e-9
    )
    assert first.W.data.shape == (2, 3) and second.W.data.shape == (3, 1)
    assert not first.b.data.any() and not second.b.data.any()


def test_a_twin_does_not_share_its_weights(step):
    first, _ = step.linear_layers()
    before = first.W.data.copy()
    step.twin(first).W.data += 1
    np.testing.assert_array_equal(first.W.data, before)


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_activation_functions_have_the_derivatives_of_dezero(step, rng, name):
    data = rng.normal(size=(3, 2))
    x, v = step.Tensor(data, autograd=True), dezero.Variable(data)
    y, u = getattr(x, name)(), getattr(F, name)(v)
    np.testing.assert_allclose(y.data, u.data, rtol=1e-14)
    for _ in range(3):  # first, second, third derivative
        y.backward(create_graph=True)
        u.backward(create_graph=True)
        y, u = x.grad, v.grad
        np.testing.assert_allclose(y.data, u.data, rtol=1e-10)
        x.grad = v.grad = None


def test_results_and_gradients_stay_of_the_class_of_this_step(step):
    x = step.Tensor(np.ones(2), autograd=True)
    y = (x + x).tanh() * x
    y.backward(create_graph=True)
    assert type(y) is type(x.grad) is type((-x.grad).sum(0)) is step.Tensor


def test_sigmoid_far_out(step):
    y = step.Tensor(np.array([-1000.0, -40.0, 0.0, 1000.0])).sigmoid().data
    assert y.tolist() == [0, pytest.approx(np.exp(-40)), 0.5, 1]


def test_linear_by_hand(step, rng):
    layer = step.linear_layers()[0]
    layer.W.data = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    layer.b.data = np.array([10.0, 20.0, 30.0])
    y = layer(step.Tensor(np.array([[1.0, 1.0], [0.0, 2.0]])))
    assert y.data.tolist() == [[15, 27, 39], [18, 30, 42]]
    y.backward()
    assert layer.b.grad.data.tolist() == [2, 2, 2]
    assert layer.W.grad.data.tolist() == [[1, 1, 1], [3, 3, 3]]


def test_squared_error_is_a_sum_not_a_mean(step, rng):
    y, t = rng.normal(size=(2, 4, 3))
    loss = step.SquaredError()(step.Tensor(y), step.Tensor(t))
    assert loss.data.shape == () and loss.data == pytest.approx(((y - t) ** 2).sum())
    assert loss.data == pytest.approx(4 * float(F.mean_squared_error(y, t).data))


def test_parameters_are_found_in_order(step):
    layers = activated(step)
    found = step.Sequential(layers).parameters()
    first, _, second, _ = layers
    assert found == [first.W, first.b, second.W, second.b]
    assert step.Tanh().parameters() == []


def test_sgd(step):
    p = step.Tensor(np.array([1.0, 2.0]), autograd=True)
    unused = step.Tensor(np.array([1.0, 2.0]), autograd=True)
    before = p.data
    (p * p).backward()
    step.SGD([p, unused], 0.25).step()
    assert p.data.tolist() == [0.5, 1.0] and p.grad is None
    assert before.tolist() == [1, 2]  # nobody else's array was changed
    assert unused.data.tolist() == [1, 2]


def test_the_exercise(step):
    """Each pair twice: half the rate brings the losses back, twice as large."""
    twice = np.vstack([X, X])
    model = step.Sequential(step.linear_layers())
    losses = list(step.train(twice, twice[:, 1:], model, 0.025))
    assert losses == pytest.approx([2 * loss for loss in PLAIN], rel=1e-6)
