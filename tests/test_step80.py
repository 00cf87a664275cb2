"""Step 80: GELU and SwiGLU, the norms as layers, the transformer block."""

import math
import re

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, layers
from dezero.gradcheck import check_gradients

# ruff: noqa: NPY002  (first weights are from the legacy generator)


@pytest.fixture
def step(load_step):
    return load_step(80)


@pytest.fixture(autouse=True)
def seed():
    np.random.seed(0)


# PyTorch 2.13, float64: gelu(approximate="tanh") and its gradient; silu likewise
X = [-4.0, -1.5, -0.25, 0.0, 0.5, 2.0]
GELU = (
    [-7.02459481923e-05, -0.10042842302, -0.100324649298, 0.0, 0.345714009825]
    + [1.95459769409],
    [-0.000335123197122, -0.127710793151, 0.304645904849, 0.5, 0.867369903535]
    + [1.08609925662],
)
SILU = (
    [-0.0719448398484, -0.27363828571, -0.109455874779, 0.0, 0.311229665601]
    + [1.76159415596],
    [-0.0526646148911, -0.0412941542991, 0.37628997843, 0.5, 0.739961187303]
    + [1.09078424878],
)


@pytest.mark.parametrize("name, numbers", [("gelu", GELU), ("silu", SILU)])
@pytest.mark.parametrize("create_graph", [False, True])
def test_values_and_gradients_of_torch(step, name, numbers, create_graph):
    for f in getattr(step, name), getattr(F, name):
        x = Variable(np.array(X))
        y = f(x)
        y.backward(create_graph=create_graph)
        np.testing.assert_allclose(y.data, numbers[0], rtol=1e-11)
        np.testing.assert_allclose(x.grad.data, numbers[1], rtol=1e-11)


def test_gelu_is_near_the_normal_probability(step):
    x = np.linspace(-5, 5, 201)
    exact = [v * (1 + math.erf(v / math.sqrt(2))) / 2 for v in x]
    assert 0.0004 < np.abs(step.gelu(x).data - exact).max() < 0.0005


def test_swiglu_by_hand(step):
    """A gate of 0 lets nothing through, one of 2: 2 * sigmoid(2) = 1.7616 of it."""
    for swiglu in step.swiglu, F.swiglu:
        y = swiglu(np.array([3.0, 3.0, 3.0]), np.array([0.0, 2.0, -50.0]))
        np.testing.assert_allclose(y.data, [0, 3 * 1.76159415596, 0], atol=1e-12)


def test_gradients_to_second_order(step, rng):
    x, gate = rng.normal(size=(2, 3, 4))
    check_gradients(step.gelu, x)
    check_gradients(step.silu, x)
    check_gradients(step.swiglu, x, gate)
    check_gradients(F.swiglu, x, gate)


def test_float32_stays(step, rng):
    x = Variable(rng.normal(size=(2, 3)).astype(np.float32))
    for f in step.gelu, step.silu, lambda x: step.swiglu(x, x), F.silu:
        x.cleargrad()
        y = f(x)
        y.backward()
        assert y.dtype == x.grad.dtype == np.float32


def test_the_norms_by_hand(step):
    x = np.array([[1.0, 3.0], [-2.0, 4.0]])
    for place in step, layers:
        y = place.LayerNorm(eps=0)(x).data
        np.testing.assert_allclose(y, [[-1, 1], [-1, 1]])
        y = place.RMSNorm(eps=0)(x).data ** 2
        np.testing.assert_allclose(y, [[0.2, 1.8], [0.4, 1.6]])


@pytest.mark.parametrize("kind, names", [("LayerNorm", 2), ("RMSNorm", 1)])
def test_the_norms_are_trained(step, rng, kind, names):
    x = rng.normal(size=(2, 3, 4)).astype(np.float32)
    ours, theirs = getattr(step, kind)(), getattr(layers, kind)()
    for layer in ours, theirs:
        (layer(x) ** 3).sum().backward()
    for name in ("gamma", "beta")[:names]:
        a, b = getattr(ours, name), getattr(theirs, name)
        assert a.shape == (4,) and a.dtype == np.float32
        np.testing.assert_allclose(a.grad.data, b.grad.data, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(ours(x).data, theirs(x).data, rtol=1e-5, atol=1e-6)


KINDS = [
    {},
    {"causal": False, "norm": "rms"},
    {"rope": True, "norm": "rms", "mlp": "swiglu"},
]


def awake(kind, width=4, **settings):
    """Return a block whose output weights are not 0, the same for each kind."""
    np.random.seed(1)
    block = kind(width, 2, **settings)
    rng = np.random.default_rng(1)
    for layer in block.attention.out, block.down:
        layer.W.data[...] = rng.normal(size=layer.W.shape)
    return block


@pytest.mark.parametrize("settings", KINDS)
def test_a_block_is_that_of_the_package(step, rng, settings):
    x = rng.normal(size=(2, 3, 4))
    found = []
    for kind in step.TransformerBlock, layers.TransformerBlock:
        v = Variable(x)
        y = awake(kind, **settings)(v)
        (y**2).sum().backward()
        found.append((y.data, v.grad.data))
    for a, b in zip(*found):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("settings", KINDS)
def test_gradients_of_a_block(step, rng, settings):
    block = awake(step.TransformerBlock, **settings)
    check_gradients(block, rng.normal(size=(1, 3, 4)), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("settings", KINDS)
def test_at_first_y_is_x(step, rng, settings):
    x = Variable(rng.normal(size=(2, 5, 8)).astype(np.float32))
    y = step.TransformerBlock(8, 2, **settings)(x)
    np.testing.assert_array_equal(y.data, x.data)
    gy = rng.normal(size=x.shape).astype(np.float32)
    y.backward(gradient=gy)
    np.testing.assert_array_equal(x.grad.data, gy)


def test_the_parts_add(step, rng):
    """b of the last layers is all that comes out of either part at first."""
    x = rng.normal(size=(1, 3, 4))
    block = step.TransformerBlock(4, 2)
    block.attention.out.b.data = np.array([1.0, 0, 0, 0])
    block.down.b.data = np.array([0, 0, 0, 10.0])
    np.testing.assert_allclose(block(x).data - x, [[[1, 0, 0, 10]] * 3], atol=1e-12)


def test_the_norms_stand_in_front(step, rng):
    """What is added doesn't depend on the size of x, and the stream keeps its own."""
    x = 100 * rng.normal(size=(1, 3, 4))
    block = awake(step.TransformerBlock)
    block.down.W.data[...] = 0
    added = block(x).data - x
    np.testing.assert_allclose(block(50 * x).data - 50 * x, added, atol=1e-3)
    assert np.abs(added).max() > 0.1


def test_which_parameters_have_a_gradient_at_first(step, rng):
    x, t = rng.normal(size=(2, 1, 3, 4))
    block = step.TransformerBlock(4, 2)
    out, down = block.attention.out, block.down
    F.mean_squared_error(block(x), t).backward()
    reached = {p for p in block.params() if p.grad.data.any()}
    assert reached == {out.W, out.b, down.W, down.b}


def test_dropout_is_of_what_is_added(step):
    x = np.ones((1, 200, 4), np.float32)
    block = step.TransformerBlock(4, 2, dropout=0.5)
    block(x)
    block.down.b.data[...] = 1
    added = block(x).data - 1
    assert set(np.unique(added)) == {0, 2}


def test_what_is_printed(run_step):
    printed = run_step(80)
    assert "y = x: True" in printed
    assert re.search(r"up +0 of 2, 2 of 2", printed)


def test_swiglu_has_about_as_many_weights(step):
    """Three matrices with 8/3 of the width are two with 4 of it."""
    sizes = [
        sum(
            p.size
            for p in step.TransformerBlock(96, 2, mlp=mlp).params()
            if p.data is not None
        )
        for mlp in ("gelu", "swiglu")
    ]
    assert sizes[0] < sizes[1] < 1.01 * sizes[0]
