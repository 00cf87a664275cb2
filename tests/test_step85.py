"""Step 85: a GPT of scalars is the GPT of arrays, and so is the compiled one."""

import math
import re

import numpy as np
import pytest

import dezero.functions as F
from dezero.core_simple import Variable
from dezero.gradcheck import numerical_grad
from dezero.models import GPT


@pytest.fixture
def step(load_step):
    return load_step(85)


@pytest.fixture
def model():
    """Return a small GPT in float64 whose parts all do something."""
    gpt, rng = GPT(5, 6, width=8, depth=1, heads=2), np.random.default_rng(0)
    gpt(np.zeros((1, 1), int))
    for p in gpt.params():
        p.data = rng.normal(0, 0.4, p.shape)
    return gpt


def scalar(x):
    return Variable(np.array(x))


def numbers(xs):
    return [float(x.data) for x in xs]


@pytest.mark.parametrize(
    "name, x, y, gx",
    [("ScalarExp", 0.0, 1.0, 1.0), ("ScalarLog", 2.0, math.log(2), 0.5)],
)
def test_exp_and_log_by_hand(step, name, x, y, gx):
    x = scalar(x)
    found = getattr(step, name)()(x)
    step.backward(found)
    assert float(found.data) == pytest.approx(y)
    assert float(x.grad) == pytest.approx(gx)


def test_sums_and_products_of_lists(step):
    x, y = step.scalars(np.array([1.0, 2.0, 3.0])), step.scalars(np.array([4.0, 5, 6]))
    assert float(step.dot(x, y).data) == 32
    columns = step.scalars(np.array([[1.0, 0, 0], [1, 1, 1]]))
    assert numbers(step.times(x, columns, step.scalars(np.array([10.0, 20])))) == [
        11,
        26,
    ]


def test_parts_are_those_of_the_package(step, rng):
    x, gamma = rng.normal(size=(2, 6))
    ours = numbers(step.normed(step.scalars(x), step.scalars(gamma)))
    np.testing.assert_allclose(ours, F.rms_norm(x[None], gamma).data[0])
    ours = numbers(step.shares(step.scalars(x)))
    np.testing.assert_allclose(ours, F.softmax(x[None]).data[0])
    assert sum(numbers(step.shares(step.scalars(1000 * x)))) == pytest.approx(1)
    for t in (0, 1, 7):
        ours = numbers(step.turned(step.scalars(x), t))
        np.testing.assert_allclose(ours, F.rope(x[None], start=t).data[0], atol=1e-12)


def test_attention_is_that_of_the_package(step, rng):
    q, k, v = rng.normal(size=(3, 1, 2, 4, 6))  # two heads, four places
    rows = np.concatenate(
        [x[0].transpose(1, 0, 2).reshape(4, 12) for x in (q, k, v)], 1
    )
    ours = [numbers(y) for y in step.attend(step.scalars(rows), heads=2)]
    y = F.attention(F.rope(q), F.rope(k), v, causal=True).data
    np.testing.assert_allclose(ours, y[0].transpose(1, 0, 2).reshape(4, 12))


def test_the_loss_and_all_gradients_are_those_of_the_arrays(step, model):
    ids, targets = [0, 3, 1, 3], [3, 1, 3, 2]
    gpt = step.ScalarGPT(model)
    ours = gpt.loss(ids, targets)
    step.backward(ours)
    loss = F.softmax_cross_entropy(model(np.array([ids]))[0], np.array(targets))
    loss.backward()
    assert float(ours.data) == pytest.approx(float(loss.data), rel=1e-10)

    def grads(x):
        if isinstance(x, Variable):
            return 0.0 if x.grad is None else float(x.grad)
        return [grads(part) for part in x]

    (block,) = model.blocks.layers
    for mine, param in [
        (gpt.W, model.embedding.W),
        *zip(gpt.norms, (n.gamma for n in (block.norm1, block.norm2, model.norm))),
    ]:
        np.testing.assert_allclose(grads(mine), param.grad.data, rtol=1e-8, atol=1e-12)
    maps = [block.attention.qkv, block.attention.out, block.up, block.gate, block.down]
    for (columns, b), layer in zip(gpt.maps, maps):
        np.testing.assert_allclose(grads(b), layer.b.grad.data, rtol=1e-8, atol=1e-12)
        W = np.array(grads(columns)).T
        np.testing.assert_allclose(W, layer.W.grad.data, rtol=1e-8, atol=1e-12)


def test_backward_visits_each_function_once_and_in_order(step):
    x = scalar(2.0)
    a = x * x
    y = a * a + a  # a is used three times
    assert step.backward(y) == 3
    assert float(x.grad) == 4 * 2**3 + 2 * 2  # x**4 + x**2
    assert x.grad == pytest.approx(numerical_grad(lambda x: x**4 + x**2, np.array(2.0)))


def test_what_is_printed(run_step):
    printed = run_step(85)
    losses = re.findall(r"(scalars|arrays|compiled) +loss (\d\.\d+)", printed)
    assert len(losses) == 3 and len({loss for _, loss in losses}) == 1
    assert float(losses[0][1]) == pytest.approx(math.log(27), rel=0.05)
    assert "the same gradients: True" in printed
    assert float(re.search(r"1000 updates: loss (\S+)", printed)[1]) < 2.4
    names = printed.splitlines()[-2:]
    assert sum(len(line.split()) for line in names) == 10
