import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, no_grad
from dezero.graph import get_dot_graph


@pytest.fixture
def step(load_step):
    return load_step(65)


def scalar(value, name=None):
    return Variable(np.array(value), name)


@pytest.fixture
def published():
    """What PyTorch answers for e = (a + b) * d."""
    a, b, d = scalar(2.0, "a"), scalar(3.0, "b"), scalar(4.0, "d")
    c = a + b
    return a, b, c, d, c * d


def ones(y):
    return Variable(np.ones_like(y.data))


def test_published_numbers(step, published):
    a, b, c, d, e = published
    assert e.data == 20
    root = step.Node(e.creator)
    (add, _), (end, _) = root.next_functions
    assert (root.name(), add.name(), end.name()) == (
        "MulBackward0",
        "AddBackward0",
        "AccumulateGrad",
    )
    assert end.variable is d and end.next_functions == ()
    assert [node.variable for node, _ in add.next_functions] == [a, b]
    with no_grad():
        step.run_backward(root, ones(e))
    assert [float(x.grad) for x in (a, b, d)] == [4, 4, 5]
    assert c.grad is None


def test_nodes_are_those_of_the_package(step, published):
    *_, e = published

    def names(node):
        return node.name(), [names(n) for n, _ in node.next_functions]

    assert names(step.Node(e.creator)) == names(e.grad_fn)
    x = scalar(1.0)
    assert step.Node((1 + x).creator).next_functions[0] == (None, 0)
    parts = F.split(Variable(np.arange(4.0)), 2)
    node = step.Node((parts[1] * parts[0]).creator)
    assert [index for _, index in node.next_functions] == [1, 0]


def test_published_lines(run_step):
    lines = [line.strip() for line in run_step(65).splitlines()]
    assert lines[:8] == [
        "e.grad_fn: <MulBackward0>",
        "its next_functions:",
        "((<AddBackward0>, 0), (<AccumulateGrad>, 0))",
        "the next_functions of the first of these:",
        "((<AccumulateGrad>, 0), (<AccumulateGrad>, 0))",
        "the variable of the second is d: True",
        "next_functions when d requires no gradient:",
        "((<AddBackward0>, 0), (None, 0))",
    ]


def test_names_are_those_of_pytorch_and_of_the_package(step, rng):
    x = Variable(rng.normal(size=(2, 2)))
    for y, name in (
        (x @ x, "MmBackward0"),
        (F.max(x), "AmaxBackward0"),
        (F.relu(x), "ReluBackward0"),
        (F.exp(x), "ExpBackward0"),
    ):
        assert step.Node(y.creator).name() == y.grad_fn.name() == name


def test_arrows_are_counted(step):
    x = scalar(3.0)
    y = x * x
    z = y + y * x
    count = step.arrows_to(step.Node(z.creator))
    assert count[step.Node(y.creator)] == 2
    assert count[step.AccumulateGrad(x)] == 3
    assert count[step.Node(z.creator)] == 0


def test_the_same_gradients_as_backward(step, rng):
    x, w = (Variable(rng.normal(size=(3, 3))) for _ in range(2))
    fixed = Variable(rng.normal(size=3), requires_grad=False)
    h = F.tanh(x @ w + fixed)
    y = (h * x + h @ h).sum() * 2
    with no_grad():
        step.run_backward(step.Node(y.creator), ones(y))
    ours = x.grad.data, w.grad.data
    x.cleargrad()
    w.cleargrad()
    y.backward()
    np.testing.assert_allclose(ours[0], x.grad.data)
    np.testing.assert_allclose(ours[1], w.grad.data)
    assert fixed.grad is None


def test_gradients_add_up_over_two_runs(step, published):
    a, *_, e = published
    for expected in (4, 8):
        step.run_backward(step.Node(e.creator), ones(e))
        assert float(a.grad) == expected


def test_a_hook_can_replace_a_gradient_even_by_zero(step, published):
    a, b, c, d, e = published
    add = step.Node(c.creator)
    step.run_backward(step.Node(e.creator), ones(e), {add: lambda g: g * 0})
    assert [float(x.grad) for x in (a, b, d)] == [0, 0, 5]


def test_a_hook_sees_the_complete_gradient_once(step):
    x = scalar(3.0)
    y = x * x
    z = y + y * x  # two arrows to y: its gradient is 1 + x
    seen, hooks = [], {}
    for node in step.Node(y.creator), step.AccumulateGrad(x):
        hooks[node] = lambda g: seen.append(float(g.data))
    with no_grad():
        step.run_backward(step.Node(z.creator), ones(z), hooks)
    assert seen == [4, 4 * 6 + 9]
    assert float(x.grad) == 33


def test_drawn_once_however_often_it_is_used(step):
    x = scalar(3.0, "x")
    y = x * x
    text = step.draw(step.Node(y.creator))
    assert text.count("MulBackward0") == text.count("AccumulateGrad") == 1
    assert text.count("n0 -> n1\n") == 2
    assert 'label="x = 3.0"' in text
    assert get_dot_graph(y).count("->") == 3
