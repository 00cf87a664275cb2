"""Optimizers against the formulas, by hand and in numbers of PyTorch; the hooks."""

import copy
import gc
import pickle
import tracemalloc

import numpy as np
import pytest

import dezero
import dezero.layers as L
from dezero import Parameter, Variable, optimizers
from dezero.optimizers import (
    SGD,
    AdaDelta,
    AdaGrad,
    Adam,
    AdamW,
    ClipGrad,
    FreezeParam,
    MomentumSGD,
    Optimizer,
    RMSprop,
    WeightDecay,
)

ALL = [SGD, MomentumSGD, AdaGrad, AdaDelta, Adam, AdamW, RMSprop]
WITH_STATE = {
    MomentumSGD: ["vs"],
    AdaGrad: ["hs"],
    AdaDelta: ["msg", "msdx"],
    Adam: ["ms", "vs"],
    AdamW: ["ms", "vs"],
    RMSprop: ["hs"],
}


class Target:
    """Stands for a model: has parameters."""

    def __init__(self, *params):
        self._params = params

    def params(self):
        yield from self._params


def param(value, grad=None, dtype=np.float64):
    p = Parameter(np.array(value, dtype))
    if grad is not None:
        set_grad(p, grad)
    return p


def set_grad(p, grad):
    p.grad = Variable(np.array(grad, p.dtype))


# --- values -------------------------------------------------------------------


def test_sgd_by_hand():
    p = param([1.0, 2.0], [10.0, -20.0])
    SGD(lr=0.1).setup(Target(p)).update()
    np.testing.assert_allclose(p.data, [0.0, 4.0])


def test_momentum_by_hand():
    p = param(1.0)
    optimizer = MomentumSGD(lr=0.1, momentum=0.5).setup(Target(p))
    for expected in 1 - 0.2, 1 - 0.2 - 0.3:  # v: -0.2, then -0.1 - 0.2
        set_grad(p, 2.0)
        optimizer.update()
        np.testing.assert_allclose(p.data, expected)
    np.testing.assert_allclose(optimizer.vs[id(p)], -0.3)


@pytest.mark.parametrize("grad", [1e-3, -2.0, 1e3])
def test_the_first_step_of_adam_is_alpha_whatever_the_gradient(grad):
    p = param(0.0, grad)
    Adam(alpha=0.5).setup(Target(p)).update()
    np.testing.assert_allclose(p.data, -0.5 * np.sign(grad), rtol=1e-3)


# torch.optim of PyTorch 2.13.0, float64, three steps: the same optimizer and options,
# there named SGD(momentum=), Adagrad, RMSprop(alpha=) and Adadelta(lr=1).
START = [1.0, -2.0, 3.0]
GRADS = [[0.5, -1.0, 2.0], [-0.25, 3.0, 0.125], [1.5, 0.0, -4.0]]
PYTORCH = [
    (SGD(lr=0.1), [0.825, -2.2, 3.1875]),
    (MomentumSGD(lr=0.1), [0.762, -2.299, 2.83425]),
    (AdaGrad(lr=0.1), [0.851017104202198, -1.9948683305050514, 2.9831699727121044]),
    (
        RMSprop(lr=0.1, rho=0.9),
        [0.5317378333037395, -1.9852835855306223, 2.9512535401150606],
    ),
    (AdaDelta(), [0.9919331771326471, -2.0015429291310944, 3.000773806249776]),
    # eps stands elsewhere in PyTorch's Adam, hence 0
    (
        Adam(alpha=0.1, eps=0),
        [0.8063162395170242, -1.9876200006751947, 2.8608641833422044],
    ),
    (
        AdamW(alpha=0.1, eps=0, weight_decay=0.05),
        [0.7925217830368545, -1.9585201557585463, 2.817443904932998],
    ),
]


@pytest.mark.parametrize(
    "optimizer, expected", PYTORCH, ids=[type(o).__name__ for o, _ in PYTORCH]
)
def test_numbers_of_pytorch(optimizer, expected):
    optimizer = copy.deepcopy(optimizer)
    p = param(START)
    optimizer.setup(Target(p))
    for grad in GRADS:
        set_grad(p, grad)
        optimizer.update()
    np.testing.assert_allclose(p.data, expected, rtol=1e-12)


# The formulas once more, on whole arrays.
def formulas(optimizer, p, g, t, **s):
    """Return p and the states after one update of these."""
    o = optimizer
    if isinstance(o, SGD):
        return p - o.lr * g, {}
    if isinstance(o, MomentumSGD):
        v = o.momentum * s["vs"] - o.lr * g
        return p + v, {"vs": v}
    if isinstance(o, AdaGrad):
        h = s["hs"] + g * g
        return p - o.lr * g / (np.sqrt(h) + o.eps), {"hs": h}
    if isinstance(o, RMSprop):
        h = o.rho * s["hs"] + (1 - o.rho) * g * g
        return p - o.lr * g / (np.sqrt(h) + o.eps), {"hs": h}
    if isinstance(o, AdaDelta):
        msg = o.rho * s["msg"] + (1 - o.rho) * g * g
        dx = np.sqrt((s["msdx"] + o.eps) / (msg + o.eps)) * g
        return p - dx, {"msg": msg, "msdx": o.rho * s["msdx"] + (1 - o.rho) * dx * dx}
    if isinstance(o, AdamW):
        p = p - o.alpha * o.weight_decay * p
    m = s["ms"] + (1 - o.beta1) * (g - s["ms"])
    v = s["vs"] + (1 - o.beta2) * (g * g - s["vs"])
    lr = o.alpha * np.sqrt(1 - o.beta2**t) / (1 - o.beta1**t)
    return p - lr * m / (np.sqrt(v) + o.eps), {"ms": m, "vs": v}


SHAPES = [(), (1,), (0,), (3, 4), (2 * optimizers._PIECE + 5,), (2, 0, 3)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("make", ALL)
def test_the_formulas(rng, make, shape, dtype):
    p = param(rng.normal(size=shape), dtype=dtype)
    data = p.data
    optimizer = make().setup(Target(p))
    expected = p.data.astype(np.float64)
    states = {name: np.zeros(shape) for name in WITH_STATE.get(make, [])}
    for t in range(1, 4):
        set_grad(p, rng.normal(size=shape))
        g = p.grad.data.astype(np.float64)
        expected, states = formulas(optimizer, expected, g, t, **states)
        optimizer.update()

    tolerance = {"rtol": 1e-5, "atol": 1e-6} if dtype is np.float32 else {}
    assert p.data is data and p.dtype == dtype
    np.testing.assert_allclose(p.data, expected, **tolerance)
    for name, state in states.items():
        kept = getattr(optimizer, name)
        assert isinstance(kept, dict) and kept.keys() == {id(p)}
        assert kept[id(p)].dtype == dtype
        np.testing.assert_allclose(kept[id(p)], state, **tolerance)


VIEWS = {
    "transposed": lambda a: a.T,
    "every other": lambda a: a[:, ::2],
    "backwards": lambda a: a[::-1],
    "column": lambda a: a[:, 0],
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@pytest.mark.parametrize("make", ALL)
def test_arrays_with_gaps_and_other_orders(rng, make, view):
    """The parameter, the gradient or both are views of something larger."""
    whole = rng.normal(size=(200, 400))
    gradient = view(rng.normal(size=(200, 400)))
    p = Parameter(view(whole))
    plain = param(view(whole).copy(), gradient.copy())
    untouched = whole.copy()
    view(untouched)[...] = 0
    for _ in range(2):
        optimizer = make()
        p.grad = Variable(gradient)
        optimizer.setup(Target(p, plain)).update()
    np.testing.assert_array_equal(p.data, plain.data)
    assert np.shares_memory(p.data, whole)
    np.testing.assert_array_equal(view(whole), plain.data)
    view(whole)[...] = 0
    np.testing.assert_array_equal(whole, untouched)


@pytest.mark.parametrize("make", ALL)
def test_gradients_are_only_read(make, rng):
    gradient = np.broadcast_to(np.float64(3.0), (4, 5))
    p = param(rng.normal(size=(4, 5)))
    p.grad = Variable(gradient)
    make().setup(Target(p)).update()
    assert p.grad.data is gradient and (gradient == 3).all()


@pytest.mark.parametrize("make", ALL)
def test_a_numpy_number_as_rate_keeps_float32(make, rng):
    """It counts as a Python number, to the last digit: float64 would be slow."""
    data, grad = rng.normal(size=(2, 100))
    p, expected = (param(data, grad, dtype=np.float32) for _ in range(2))
    for target, number in (p, np.float64), (expected, float):
        optimizer = make()
        name = "rho" if make is AdaDelta else "alpha" if "Adam" in str(make) else "lr"
        setattr(optimizer, name, number(0.1))
        optimizer.setup(Target(target)).update()
    assert p.dtype == np.float32
    np.testing.assert_array_equal(p.data, expected.data)


@pytest.mark.parametrize("make", ALL)
def test_an_update_makes_no_large_arrays(make):
    p = param(np.ones(500_000), np.ones(500_000), dtype=np.float32)
    optimizer = make().setup(Target(p))
    optimizer.update()  # the states come
    tracemalloc.start()
    optimizer.update()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < p.data.nbytes / 4


@pytest.mark.parametrize("make", ALL)
def test_every_optimizer_goes_downhill(make):
    layer = L.Layer()
    layer.p = param([3.0, -2.0])
    optimizer = make().setup(layer)
    for _ in range(30):
        layer.cleargrads()
        loss = (layer.p * layer.p).sum()
        loss.backward()
        optimizer.update()
    assert loss.data < 13


def test_adamw_decays_apart_from_the_gradient():
    p = param([1.0, -4.0], [0.0, 0.0])
    AdamW(alpha=0.1, weight_decay=0.5).setup(Target(p)).update()
    np.testing.assert_allclose(p.data, [0.95, -3.8])


# --- the optimizer ------------------------------------------------------------


def test_setup_returns_the_optimizer():
    optimizer, target = SGD(), Target()
    assert optimizer.target is None and optimizer.hooks == []
    assert optimizer.setup(target) is optimizer and optimizer.target is target


def test_parameters_without_a_gradient_stay():
    p, q = param(1.0, 1.0), param(1.0)
    optimizer = Adam().setup(Target(p, q))
    optimizer.update()
    assert p.data != 1 and q.data == 1 and q.grad is None
    assert optimizer.ms.keys() == {id(p)}


def test_one_parameter_under_two_names_is_updated_once():
    layer = L.Layer()
    layer.a = layer.b = param(1.0, 1.0)
    SGD(lr=0.5).setup(layer).update()
    assert layer.a.data == 0.5


def test_lr_of_adam():
    p = param(1.0, 1.0)
    optimizer = Adam(alpha=0.2, beta1=0.9, beta2=0.99).setup(Target(p))
    assert (optimizer.t, optimizer.alpha) == (0, 0.2)
    with pytest.raises(RuntimeError, match=r"Adam\.lr: .* first update.*alpha.*46"):
        print(optimizer.lr)
    for t in 1, 2, 3:
        optimizer.update()
        assert optimizer.t == t
        expected = 0.2 * np.sqrt(1 - 0.99**t) / (1 - 0.9**t)
        assert optimizer.lr == pytest.approx(expected, rel=1e-14)
    with pytest.raises(AttributeError, match=r"AdamW\.lr: .* set alpha instead"):
        AdamW().lr = 0.1


def test_an_optimizer_of_ones_own():
    class Sign(Optimizer):
        def update_one(self, param):
            param.data -= np.sign(param.grad.data)

    p = param([1.0, 1.0], [5.0, -5.0])
    Sign().setup(Target(p)).update()
    np.testing.assert_array_equal(p.data, [0, 2])
    with pytest.raises(NotImplementedError, match=r"Optimizer: write update_one.*46"):
        Optimizer().setup(Target(p)).update()


def test_errors_say_what_to_do():
    with pytest.raises(RuntimeError, match=r"SGD\.update: .*setup\(model\).*step 46"):
        SGD().update()
    with pytest.raises(TypeError, match=r"Adam\.setup: .* got list .*step 46"):
        Adam().setup([param(1.0)])
    p = Parameter(np.zeros((2, 3)), name="W")
    p.grad = Variable(np.zeros(3))
    with pytest.raises(ValueError, match=r"gradient of W .*\(2, 3\), got \(3,\)"):
        SGD().setup(Target(p)).update()


# --- what is kept for each parameter ------------------------------------------


@pytest.mark.parametrize("make", WITH_STATE)
def test_a_new_parameter_does_not_inherit(make):
    """Even if it gets the id of one that is gone."""
    old = param([1.0, 2.0], [3.0, 4.0])
    optimizer = make().setup(Target(old))
    optimizer.update()
    new = param([1.0, 2.0], [3.0, 4.0])
    for name in WITH_STATE[make]:  # as if new stood where old stood
        states = getattr(optimizer, name)
        states[id(new)] = states.pop(id(old))
        states._owners[id(new)] = states._owners.pop(id(old))
    optimizer.setup(Target(new))
    del old
    gc.collect()
    optimizer.t = 0
    optimizer.update()

    fresh = param([1.0, 2.0], [3.0, 4.0])
    make().setup(Target(fresh)).update()
    np.testing.assert_array_equal(new.data, fresh.data)


def test_what_belonged_to_the_dead_is_dropped():
    optimizer = Adam()
    for _ in range(20):
        p = param(np.ones(100), np.ones(100))
        optimizer.setup(Target(p)).update()
    assert len(optimizer.ms) <= 2  # the last one, and the one just before
    assert id(p) in optimizer.ms


def test_the_state_can_be_set():
    p = param(1.0, 0.0)
    optimizer = MomentumSGD(momentum=0.5).setup(Target(p))
    optimizer.vs[id(p)] = np.array(8.0)
    optimizer.update()
    assert p.data == 5.0


@pytest.mark.parametrize("make", WITH_STATE)
def test_the_state_may_be_a_plain_dict(make):
    p, expected = param([1.0, 2.0]), param([1.0, 2.0])
    own, theirs = make().setup(Target(p)), make().setup(Target(expected))
    for name in WITH_STATE[make]:
        setattr(own, name, {})
    for _ in range(2):
        set_grad(p, [3.0, -4.0])
        set_grad(expected, [3.0, -4.0])
        own.update()
        theirs.update()
    np.testing.assert_array_equal(p.data, expected.data)
    for name in WITH_STATE[make]:
        state = getattr(own, name)
        assert type(state) is dict and state.keys() == {id(p)}


def test_a_parameter_of_another_shape_starts_afresh():
    p = param([1.0, 2.0], [3.0, 4.0])
    optimizer = MomentumSGD(lr=1).setup(Target(p))
    optimizer.update()
    p.data = np.zeros(3)
    set_grad(p, [1.0, 1.0, 1.0])
    optimizer.update()
    np.testing.assert_array_equal(p.data, [-1, -1, -1])


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))]
)
@pytest.mark.parametrize("make", ALL)
def test_a_copy_continues_where_the_original_was(make, duplicate):
    layer = L.Linear(3, in_size=4)
    optimizer = make().setup(layer)
    optimizer.add_hook(WeightDecay(0.1))

    def step(optimizer):
        layer = optimizer.target
        layer.cleargrads()
        y = layer(np.ones((2, 4), np.float32))
        (y * y).sum().backward()
        optimizer.update()
        return [p.data.copy() for p in layer.params()]

    step(optimizer)
    twin = duplicate(optimizer)
    expected = step(optimizer), step(optimizer)
    for got, one in zip((step(twin), step(twin)), expected):
        for a, b in zip(got, one):
            np.testing.assert_array_equal(a, b)


# --- hooks --------------------------------------------------------------------


def test_hooks_are_called_in_order_with_the_list_of_parameters():
    p, q, r = param(1.0, 1.0), param(1.0), param(1.0, 1.0)
    calls = []
    optimizer = SGD().setup(Target(p, q, r))
    optimizer.add_hook(lambda params: calls.append(("first", params)))
    optimizer.add_hook(lambda params: calls.append(("second", params)))
    optimizer.update()
    assert calls == [("first", [p, r]), ("second", [p, r])]
    assert all(type(params) is list for _, params in calls)


def sum_backward(*params):
    total = params[0]
    for p in params[1:]:
        total = total + p
    total.sum().backward()


def test_weight_decay():
    p, q = param(1.0), param(10.0)
    sum_backward(p, q)
    WeightDecay(0.1)([p, q])
    np.testing.assert_allclose([p.grad.data, q.grad.data], [1.1, 2.0])
    np.testing.assert_array_equal([p.data, q.data], [1, 10])


def test_clip_grad():
    # torch.nn.utils.clip_grad_norm_ of PyTorch 2.13.0 gives these numbers
    p = param([1.0, 2.0], [3.0, 4.0], np.float32)
    q = param([[3.0]], [[12.0]], np.float32)
    ClipGrad(2.0)([p, q])
    np.testing.assert_allclose(p.grad.data, [0.461538434, 0.615384579], rtol=1e-7)
    np.testing.assert_allclose(q.grad.data, [[1.846153736]], rtol=1e-7)


def test_clip_grad_leaves_short_gradients_alone():
    p = param([1.0, 2.0], [3.0, 4.0])
    gradient = p.grad
    ClipGrad(5.1)([p])
    assert p.grad is gradient
    np.testing.assert_array_equal(p.grad.data, [3, 4])
    ClipGrad(1.0)([])


def test_clip_grad_of_parameters_that_had_one_gradient():
    p, q = param(1.0), param(1.0)
    ((p + q) * 10).backward()
    ClipGrad(1.0)([p, q])
    norm = np.sqrt(p.grad.data**2 + q.grad.data**2)
    np.testing.assert_allclose(norm, 1, rtol=1e-6)


def test_clip_grad_of_huge_float32():
    p = param([3e30, 4e30], [3e30, 4e30], np.float32)
    ClipGrad(1.0)([p])
    np.testing.assert_allclose(p.grad.data, [0.6, 0.8], rtol=1e-6)


@pytest.mark.parametrize("hook", [WeightDecay(0.5), ClipGrad(0.5)])
def test_hooks_write_into_no_array_of_others(hook):
    p, q = param([4.0, 4.0]), param([4.0, 4.0])
    shared = np.broadcast_to(np.float64(3.0), 2)
    p.grad = q.grad = Variable(shared)
    hook([p, q])
    assert (shared == 3).all()
    np.testing.assert_array_equal(p.grad.data, q.grad.data)
    expected = 3 + 0.5 * 4 if isinstance(hook, WeightDecay) else 3 * 0.5 / 6
    np.testing.assert_allclose(p.grad.data, expected, rtol=1e-6)
    assert not np.shares_memory(p.grad.data, q.grad.data)


@pytest.mark.parametrize("hook", [WeightDecay(0.5), ClipGrad(0.5)])
@pytest.mark.parametrize("shape", [(), (2, 3), (0,)])
def test_hooks_keep_float32(hook, shape):
    p = param(np.ones(shape), np.ones(shape), np.float32)
    hook([p])
    assert p.grad.dtype == np.float32 and p.grad.shape == shape
    SGD().setup(Target(p)).update()
    assert p.dtype == np.float32


@pytest.mark.parametrize("hook", [WeightDecay(0.1), ClipGrad(1e-3)])
@pytest.mark.parametrize("make", ALL)
def test_hooks_take_part_in_the_update(make, hook):
    p, by_hand = (param([1.0, -2.0], [3.0, 4.0]) for _ in range(2))
    optimizer = make().setup(Target(p))
    optimizer.add_hook(hook)
    optimizer.update()
    hook([by_hand])
    make().setup(Target(by_hand)).update()
    np.testing.assert_array_equal(p.data, by_hand.data)


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_frozen_parameters_stay(make, place):
    layer = L.Layer()
    layer.base, layer.head = L.Linear(3), L.Linear(2)
    layer.scale = param(2.0, dtype=np.float32)
    x = np.ones((4, 5), np.float32)
    layer.head(layer.base(x))
    before = {key: p.data.copy() for key, p in layer._named_params().items()}
    hooks = [WeightDecay(0.1), ClipGrad(0.1)]
    hooks.insert(place, FreezeParam(layer.base, layer.scale))
    assert hooks[place].freeze_params == [layer.base.W, layer.base.b, layer.scale]

    optimizer = make().setup(layer)
    for hook in hooks:
        optimizer.add_hook(hook)
    for _ in range(2):
        layer.cleargrads()
        (layer.head(layer.base(x)) * layer.scale).sum().backward()
        optimizer.update()
    for key, p in layer._named_params().items():
        frozen = not key.startswith("head")
        assert np.array_equal(p.data, before[key]) == frozen, key


def test_freezing_takes_a_whole_layer_or_a_parameter():
    layer = L.Linear(2)
    assert FreezeParam(layer).freeze_params == [layer.W, layer.b]
    assert FreezeParam(layer.b).freeze_params == [layer.b]
    assert FreezeParam().freeze_params == []
    with pytest.raises(TypeError, match=r"FreezeParam: .* got list \(see step 46\)"):
        FreezeParam([layer])


# --- the package --------------------------------------------------------------


def test_names_of_the_package():
    assert dezero.optimizers is optimizers
