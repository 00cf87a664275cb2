"""Step 46: SGD, momentum, Adam, hooks, and six ways through one valley."""

import numpy as np
import pytest
from matplotlib.image import imread

import dezero
from dezero import Layer, Parameter, optimizers


@pytest.fixture
def step(load_step):
    return load_step(46)


class Three(Layer):
    """Parameters of several shapes, and one that gets no gradient."""

    def __init__(self):
        super().__init__()
        self.a = Parameter(np.array([1.0, -2.0]))
        self.idle = Parameter(np.array([5.0]))
        self.b = Parameter(np.array(3.0))


def with_gradients(model, a=(3.0, 4.0), b=12.0):
    model.a.grad = dezero.Variable(np.array(a))
    model.b.grad = dezero.Variable(np.array(b))
    return model


def test_sgd_by_hand(step):
    model = with_gradients(Three())
    step.SGD(lr=0.1).setup(model).update()
    np.testing.assert_allclose(model.a.data, [0.7, -2.4])
    np.testing.assert_allclose(model.b.data, 1.8)
    assert model.idle.data.tolist() == [5]


def test_momentum_by_hand(step):
    """v is -0.3, then 0.5 * -0.3 - 0.3 = -0.45."""
    model = Three()
    optimizer = step.MomentumSGD(lr=0.1, momentum=0.5).setup(model)
    for a in (0.7, 0.25):
        with_gradients(model)
        optimizer.update()
        np.testing.assert_allclose(model.a.data[0], a)


def test_adam_by_hand(step):
    """The gradients 2 and -1, as the text computes with them."""
    layer = Layer()
    layer.w = Parameter(np.array(0.0))
    optimizer = step.Adam(alpha=0.1).setup(layer)
    m_hat, v_hat = 0.08 / 0.19, 0.004996 / 0.001999
    for g, moved in ((2.0, 0.1), (-1.0, 0.1 * m_hat / np.sqrt(v_hat))):
        before = layer.w.data.copy()
        layer.w.grad = dezero.Variable(np.array(g))
        optimizer.update()
        np.testing.assert_allclose(before - layer.w.data, moved, rtol=1e-6)


def test_the_first_step_of_adam_is_alpha_long(step):
    for g in (1e-3, 1.0, 1e3):
        model = with_gradients(Three(), a=(g, -g))
        before = model.a.data.copy()
        step.Adam(0.1).setup(model).update()
        np.testing.assert_allclose(model.a.data - before, [-0.1, 0.1], rtol=1e-3)


def test_lr_is_another_name_for_alpha(step):
    assert step.Adam(lr=0.2).alpha == step.Adam(0.2).alpha == 0.2


def test_an_update_is_in_place(step):
    for optimizer in (step.SGD(0.1), step.MomentumSGD(0.1), step.Adam(0.1)):
        model = with_gradients(Three())
        arrays = model.a.data, model.b.data
        optimizer.setup(model).update()
        assert model.a.data is arrays[0] and model.b.data is arrays[1]


def pairs(step):
    return [
        (step.SGD(0.003), optimizers.SGD(0.003)),
        (step.MomentumSGD(0.001), optimizers.MomentumSGD(0.001)),
        (step.MomentumSGD(0.002, 0.5), optimizers.MomentumSGD(0.002, 0.5)),
        (step.Adam(0.05), optimizers.Adam(0.05)),
        (step.Adam(lr=0.05), optimizers.AdamW(0.05, weight_decay=0)),
    ]


@pytest.mark.parametrize("which", range(5))
@pytest.mark.parametrize("hook", [None, "WeightDecay", "ClipGrad"])
def test_the_package_walks_the_same_way(step, which, hook):
    ours, theirs = pairs(step)[which]
    if hook:
        ours.add_hook(getattr(step, hook)(0.5))
        theirs.add_hook(getattr(optimizers, hook)(0.5))
    expected = step.walk(theirs, 40)
    np.testing.assert_allclose(step.walk(ours, 40), expected, rtol=1e-9, atol=1e-12)


def test_float32_stays(step):
    for optimizer in (step.SGD(), step.MomentumSGD(), step.Adam()):
        model = Layer()
        model.W = Parameter(np.ones((2, 3), np.float32))
        model.W.grad = dezero.Variable(np.full((2, 3), 10, np.float32))
        optimizer.add_hook(step.WeightDecay(0.1))
        optimizer.add_hook(step.ClipGrad(1.0))
        optimizer.setup(model).update()
        assert model.W.dtype == model.W.grad.dtype == np.float32


def test_hooks_in_order_with_the_parameters_that_have_a_gradient(step):
    model, seen = with_gradients(Three()), []
    optimizer = step.SGD(0.1).setup(model)
    optimizer.add_hook(lambda params: seen.append(("first", params)))
    optimizer.add_hook(lambda params: params[0].cleargrad())
    optimizer.add_hook(lambda params: seen.append(("last", params)))
    optimizer.update()
    assert seen == [("first", [model.a, model.b]), ("last", [model.b])]
    assert model.a.data.tolist() == [1, -2]  # its gradient was taken away


def test_weight_decay_by_hand(step):
    model = with_gradients(Three())
    step.WeightDecay(0.5)([model.a, model.b])
    np.testing.assert_allclose(model.a.grad.data, [3.5, 3.0])
    np.testing.assert_allclose(model.b.grad.data, 13.5)


def test_weight_decay_is_a_term_of_the_loss(step):
    """As the text says: rate / 2 * p**2."""
    p, q = Parameter(np.array([1.0, -2.0])), Parameter(np.array([1.0, -2.0]))
    (p**3).sum().backward()
    ((q**3).sum() + 0.7 / 2 * (q**2).sum()).backward()
    step.WeightDecay(0.7)([p])
    np.testing.assert_allclose(p.grad.data, q.grad.data)


def test_clip_by_hand(step):
    """The norm of (3, 4) and 12 together is 13."""
    model = with_gradients(Three())
    step.ClipGrad(20)([model.a, model.b])
    assert model.a.grad.data.tolist() == [3, 4] and model.b.grad.data == 12
    step.ClipGrad(6.5)([model.a, model.b])
    np.testing.assert_allclose(model.a.grad.data, [1.5, 2], rtol=1e-6)
    np.testing.assert_allclose(model.b.grad.data, 6, rtol=1e-6)


def test_setup_returns_the_optimizer(step):
    optimizer, model = step.SGD(), Three()
    assert optimizer.setup(model) is optimizer and optimizer.target is model


def test_the_first_points_of_a_walk(step):
    """The gradient at (0, 2) is (-2, 400)."""
    path = step.walk(step.SGD(0.001), 1)
    np.testing.assert_allclose(path, [[0, 2], [0.002, 1.6]])
    # a step for each number: as long along x as along y
    adagrad = step.walk(optimizers.AdaGrad(0.5), 1)
    np.testing.assert_allclose(adagrad[1], [0.5, 1.5])


def test_what_the_text_says(step):
    """Momentum gets much further, AdamW walks past, and clipping tames SGD."""

    def end(optimizer):
        return np.hypot(*(step.walk(optimizer, 300)[-1] - 1))

    assert end(step.MomentumSGD(0.0015)) < end(step.SGD(0.0015)) / 5
    adam = end(step.Adam(0.05))
    assert adam < 0.15 < end(optimizers.AdamW(0.05, weight_decay=0.05))

    adagrad = step.walk(optimizers.AdaGrad(0.5), 300)
    assert np.hypot(*(adagrad[300] - adagrad[20])) < 0.05  # it hardly moves any more
    rmsprop = step.walk(optimizers.RMSprop(0.05), 300)
    jumps = np.diff(rmsprop[-20:, 0])
    assert (abs(jumps) > 0.02).all() and (jumps[1:] * jumps[:-1] < 0).all()
    momentum = step.walk(step.MomentumSGD(0.0015), 300)
    assert momentum[:, 1].min() < -0.5  # it leaves the picture

    wild = step.walk(step.SGD(0.01), 6)
    assert abs(wild[-1, 0]) > 1e11
    tame = step.SGD(0.01)
    tame.add_hook(step.ClipGrad(5))
    assert abs(step.walk(tame, 300)).max() <= 2


def test_the_exercise(step):
    class AdaGrad(step.Optimizer):
        def __init__(self, lr, keep=None):
            super().__init__()
            self.lr, self.keep, self.hs = lr, keep, {}

        def update_one(self, param):
            p, g, h = step.arrays(param, self.hs)
            h *= self.keep or 1
            h += g * g * (0.01 if self.keep else 1)
            p -= self.lr * g / (np.sqrt(h) + 1e-8)

    for ours, theirs in (
        (AdaGrad(0.5), optimizers.AdaGrad(0.5)),
        (AdaGrad(0.01, keep=0.99), optimizers.RMSprop(0.01)),
    ):
        expected = step.walk(theirs, 30)
        np.testing.assert_allclose(step.walk(ours, 30), expected, rtol=1e-9)


@pytest.mark.long  # what draws is no task, and the program draws the same
def test_the_picture(step, tmp_path):
    paths = {f"way {n}": step.walk(step.SGD(0.001), 5) for n in range(6)}
    file = tmp_path / "paths.png"
    step.draw(paths, file)
    image = imread(file)[..., :3]
    red = (abs(image - [0.839, 0.153, 0.157]).max(axis=2) < 0.05).mean()
    assert 0.0005 < red < 0.1


def test_the_numbers_printed(run_step):
    lines = run_step(46).splitlines()
    assert [line.split()[-1] for line in lines[:2]] == ["-0.1000", "-0.1266"]
    heights = {line.split()[0]: float(line.split()[-1]) for line in lines[3:9]}
    assert list(heights) == "SGD MomentumSGD AdaGrad RMSprop Adam AdamW".split()
    assert min(heights, key=heights.get) == "Adam"
    assert heights["MomentumSGD"] < heights["SGD"] / 50
