"""Step 74: residual connections, the gradient through many blocks, a small ResNet."""

import re

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, layers, models, test_mode
from dezero.gradcheck import check_gradients

# ruff: noqa: NPY002  (first weights are from the legacy generator)


@pytest.fixture
def step(load_step):
    return load_step(74)


@pytest.fixture(autouse=True)
def seed():
    np.random.seed(0)


def images(rng, channels=3):
    return rng.normal(size=(4, channels, 6, 6)).astype(np.float32)


@pytest.mark.parametrize("mode", ["train", "test"])
def test_batch_norm_is_that_of_the_package(step, rng, mode):
    ours, theirs = step.BatchNorm(), layers.BatchNorm()
    for _ in range(3):
        x = images(rng)
        np.testing.assert_allclose(ours(x).data, theirs(x).data, rtol=1e-5, atol=1e-6)
    if mode == "test":
        with test_mode():
            a, b = ours(x), theirs(x)
        np.testing.assert_allclose(a.data, b.data, rtol=1e-5)
    for name in "gamma", "beta", "avg_mean", "avg_var":
        a, b = getattr(ours, name), getattr(theirs, name)
        np.testing.assert_allclose(a.data, b.data, rtol=1e-5)
        assert a.name == name and a.dtype == np.float32


def test_f_that_is_0_leaves_relu_of_x(step, rng):
    """y = relu(x + f(x)); a kernel of zeros makes f 0, also behind a norm."""
    x = images(rng)
    for block, y in (step.BasicBlock(3, 3), x), (step.PlainBlock(3, 3), 0 * x):
        block(x)
        block.conv2.W.data[...] = 0
        np.testing.assert_allclose(block(x).data, np.maximum(y, 0))


def test_the_slope_has_a_1(step, rng):
    x = Variable(np.abs(images(rng)))
    for kind, slope in (step.BasicBlock, 1), (step.PlainBlock, 0):
        block = kind(3, 3)
        block(x)
        block.conv2.W.data[...] = 0
        x.cleargrad()
        block(x).backward()
        np.testing.assert_allclose(x.grad.data, slope)


@pytest.mark.parametrize("out, stride", [(3, 1), (5, 1), (3, 2), (5, 2)])
def test_a_block_is_that_of_the_package(step, rng, out, stride):
    x = images(rng)
    found = []
    for kind in step.BasicBlock, models.BasicBlock:
        np.random.seed(1)
        block = kind(3, out, stride)
        found.append(block(x).data)
        assert (block.conv3 is None) == (stride == 1 and out == 3)
    np.testing.assert_allclose(*found, rtol=1e-4, atol=1e-5)
    assert found[0].shape == (4, out, 6 // stride, 6 // stride)


def test_gradients_of_a_block_to_second_order(step, rng):
    block = step.BasicBlock(1, 1)
    x = rng.normal(size=(2, 1, 3, 3))
    block(x)
    check_gradients(lambda v: F.tanh(block(v)), x, rtol=1e-3, atol=1e-4)


def test_two_blocks_by_hand():
    """(1 + a)(1 + b) = 1 + a + b + ab, with the slopes a and b."""
    x = Variable(np.array(2.0))
    h = x + 0.5 * x
    y = h + 0.1 * h
    y.backward()
    assert float(x.grad.data) == pytest.approx(1 + 0.5 + 0.1 + 0.05)


def test_the_first_gradient(step):
    """It vanishes without the way around, explodes with it, and is tamed by a norm."""
    sizes = {
        kind: [step.first_gradient(blocks, *kind) for blocks in (2, 8, 32)]
        for kind in [(False, False), (True, False), (True, True)]
    }
    plain, around, normed = sizes.values()
    assert plain[0] > plain[1] > plain[2] and plain[2] < 1e-4
    assert around[0] < around[1] < around[2] and around[2] > 100
    assert all(0.5 < size < 5 for size in normed)


def test_a_small_resnet(step, rng):
    for kind in step.BasicBlock, step.PlainBlock:
        model = step.SmallResNet(kind, 2)
        x = rng.normal(size=(3, 1, 28, 28)).astype(np.float32)
        assert model(x).shape == (3, 10)
    sizes = [len(stage.layers) for stage in stages(models.ResNet50())]
    assert sizes == [3, 4, 6, 3]


def stages(net):
    return net.res2, net.res3, net.res4, net.res5


def test_what_is_printed(run_step):
    printed = run_step(74)
    plain, basic = (
        float(re.search(rf"{kind}: .* ([\d.]+) % right", printed)[1])
        for kind in ("PlainBlock", "BasicBlock")
    )
    assert basic > plain + 5
    assert "3 * 16 + 2 = 50 layers" in printed
