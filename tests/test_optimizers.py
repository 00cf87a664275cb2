"""Optimizers against the formulas, by hand and in numbers of PyTorch; the hooks."""

import copy
import gc
import inspect
import math
import pickle
import tracemalloc

import numpy as np
import pytest

import dezero
import dezero.layers as L
from dezero import Parameter, Variable, models, optimizers
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
    WarmupCosine,
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


# --- settings -----------------------------------------------------------------

NOT_NEGATIVE = [-1.0, -1e-9, math.nan, math.inf, "0.1", None, True, [0.1], 1j]
BELOW_ONE = [*NOT_NEGATIVE, 1, 1.5]
POSITIVE = [*NOT_NEGATIVE, 0, 0.0]
REFUSED = [
    (SGD, "lr", NOT_NEGATIVE),
    (MomentumSGD, "lr", NOT_NEGATIVE),
    (MomentumSGD, "momentum", BELOW_ONE),
    (AdaGrad, "lr", NOT_NEGATIVE),
    (AdaGrad, "eps", NOT_NEGATIVE),
    (RMSprop, "lr", NOT_NEGATIVE),
    (RMSprop, "rho", BELOW_ONE),
    (RMSprop, "eps", NOT_NEGATIVE),
    (AdaDelta, "rho", BELOW_ONE),
    (AdaDelta, "eps", POSITIVE),
    (Adam, "alpha", NOT_NEGATIVE),
    (Adam, "beta1", BELOW_ONE),
    (Adam, "beta2", BELOW_ONE),
    (Adam, "eps", NOT_NEGATIVE),
    (AdamW, "alpha", NOT_NEGATIVE),
    (AdamW, "beta1", BELOW_ONE),
    (AdamW, "beta2", BELOW_ONE),
    (AdamW, "eps", NOT_NEGATIVE),
    (AdamW, "weight_decay", NOT_NEGATIVE),
    (WeightDecay, "rate", NOT_NEGATIVE),
    (ClipGrad, "max_norm", POSITIVE),
]
OTHERS = {(Adam, "lr"), (AdamW, "lr"), (AdamW, "decays")}  # tests of their own
NEEDED = {WeightDecay: {"rate": 0.1}, ClipGrad: {"max_norm": 1.0}}


def test_every_setting_is_in_the_table():
    table = {(make, name) for make, name, _ in REFUSED}
    for make in [*ALL, WeightDecay, ClipGrad]:
        for name in set(inspect.signature(make).parameters) - {"self"}:
            assert (make, name) in table or (make, name) in OTHERS


@pytest.mark.parametrize("make, name, values", REFUSED)
def test_settings_out_of_range_are_refused(make, name, values):
    limits = "(a (finite )?number |above |at least )"
    expected = rf"{make.__name__}: {name} must be {limits}.*, got .*\(see step 46\)"
    for value in values:
        with pytest.raises((TypeError, ValueError), match=expected):
            make(**{name: value})
        thing = make(**NEEDED.get(make, {}))
        before = getattr(thing, name)
        with pytest.raises((TypeError, ValueError), match=expected):  # and later
            setattr(thing, name, value)
        assert getattr(thing, name) == before


def test_settings_at_their_limits():
    assert SGD(lr=0).lr == 0  # where a warm-up begins
    assert MomentumSGD(momentum=0).momentum == 0
    assert AdamW(beta1=0, beta2=0.0, weight_decay=0).beta1 == 0
    optimizer = SGD(np.float32(0.5))
    optimizer.lr *= 0.5
    assert optimizer.lr == 0.25


@pytest.mark.parametrize("make", [AdaGrad, RMSprop, Adam, AdamW])
def test_without_eps_a_gradient_of_zero_is_no_step(make):
    p = param([1.0, 1.0], [0.0, 2.0])
    settings = {"weight_decay": 0} if make is AdamW else {}
    make(eps=0, **settings).setup(Target(p)).update()
    assert p.data[0] == 1 and p.data[1] < 1


@pytest.mark.parametrize("make", [AdaGrad, RMSprop, Adam, AdamW])
def test_an_eps_that_float16_rounds_to_0(make):
    p = param([1.0, 1.0], [0.0, 2.0], np.float16)
    settings = {"weight_decay": 0} if make is AdamW else {}
    make(eps=1e-8, **settings).setup(Target(p)).update()
    assert p.data.dtype == np.float16
    assert p.data[0] == 1 and p.data[1] < 1


@pytest.mark.parametrize("make", [Adam, AdamW])
def test_lr_is_another_name_for_alpha(make):
    assert make(lr=0.2).alpha == 0.2 and make(0.2).alpha == 0.2
    assert make().alpha == 0.001
    for alpha in 0.2, 0.001:
        with pytest.raises(TypeError, match=f"{make.__name__}: lr .* got both.*46"):
            make(alpha=alpha, lr=0.2)
    with pytest.raises(ValueError, match="alpha must be at least 0, got -1"):
        make(lr=-1)


@pytest.mark.parametrize("make", [*ALL, Optimizer])
def test_the_model_goes_into_setup(make):
    layer = L.Linear(2, in_size=2)
    call = make.__name__ + ("()" if make in (AdaDelta, Optimizer) else "(lr=0.1)")
    advice = rf"pass the model afterwards: {call}.setup(model) (see step 46)"
    for model in layer, layer.params(), list(layer.params()), layer.W, L.Linear:
        for settings in {}, {"lr": 0.1}:
            with pytest.raises(TypeError) as caught:
                make(model, **settings)
            assert str(caught.value).endswith(advice)


def test_an_optimizer_of_ones_own_may_take_what_it_likes():
    class Both(SGD):
        def __init__(self, model, lr=0.1):
            super().__init__(lr)
            self.setup(model)

    layer = L.Linear(2)
    assert Both(layer).target is layer
    assert list(inspect.signature(Both).parameters) == ["model", "lr"]
    assert copy.deepcopy(Both(layer)).lr == 0.1


def test_an_editor_sees_the_settings():
    assert str(inspect.signature(SGD)) == "(lr: float = 0.01)"
    assert list(inspect.signature(Adam).parameters) == [
        *("alpha", "beta1", "beta2", "eps", "lr")
    ]
    assert inspect.signature(Adam).parameters["alpha"].default == 0.001


@pytest.mark.parametrize(
    "target", [None, 5, [], {}, L.Linear, L.Linear(2).params(), np.ones(2)]
)
def test_setup_of_what_has_no_parameters(target):
    optimizer = SGD()
    with pytest.raises(TypeError, match=r"SGD\.setup: expected a Layer or Model, got"):
        optimizer.setup(target)
    assert optimizer.target is None


@pytest.mark.parametrize("hook", [5, None, "decay", WeightDecay, [WeightDecay(0.1)]])
def test_what_is_no_hook(hook):
    optimizer = SGD()
    with pytest.raises(TypeError, match=r"SGD\.add_hook: .* WeightDecay\(1e-4\), got"):
        optimizer.add_hook(hook)
    assert optimizer.hooks == []


def test_freezing_a_class():
    with pytest.raises(TypeError, match="FreezeParam: expected Layers"):
        FreezeParam(L.Linear)


@pytest.mark.parametrize(
    "name, advice",
    [
        ("step", r"optimizer\.update\(\)"),
        ("param_groups", r"optimizer\.lr"),
        ("state_dict", r"optimizer\.save_state"),
        ("load_state_dict", r"optimizer\.load_state"),
        ("cleargrads", r"model\.cleargrads\(\)"),
    ],
)
def test_habits_from_elsewhere(name, advice):
    optimizer = Adam()
    with pytest.raises(
        AttributeError, match=f"Adam has no attribute '{name}'; .*{advice}"
    ):
        getattr(optimizer, name)
    assert not hasattr(optimizer, name)
    with pytest.raises(AttributeError, match="Adam has no attribute 'alfa'"):
        print(optimizer.alfa)


def test_an_optimizer_of_ones_own_without_super_init():
    class Forgetful(Optimizer):
        def __init__(self):
            pass

    with pytest.raises(AttributeError, match=r"'hooks'; .*super\(\)\.__init__\(\)"):
        Forgetful().setup(Target(param(1.0, 1.0))).update()


# --- all or nothing -----------------------------------------------------------


def integers(p):
    p.data = np.ones(p.shape, int)


def no_data(p):
    p.data = None


def another_shape(p):
    p.grad = Variable(np.ones(3))


def integer_gradient(p):
    p.grad = Variable(np.ones(p.shape, int))


def empty_gradient(p):
    p.grad = Variable(None)


def read_only(p):
    p.data.flags.writeable = False


SPOILED = [
    (integers, "the data of b must be an array of floats, got int64"),
    (no_data, "the data of b must be an array of floats, got None"),
    (another_shape, r"the gradient of b must have its shape \(2,\), got \(3,\)"),
    (integer_gradient, "the gradient of b must be an array of floats, got int64"),
    (empty_gradient, "the gradient of b must be an array of floats, got None"),
    (read_only, r"the data of b is read-only.*param\.data\.copy\(\)"),
]


@pytest.mark.parametrize(
    "spoil, message", SPOILED, ids=[f.__name__ for f, _ in SPOILED]
)
@pytest.mark.parametrize("make", ALL)
def test_one_wrong_parameter_and_none_is_updated(make, spoil, message):
    a, b = param([1.0, 2.0], [3.0, 4.0]), param([1.0, 2.0], [3.0, 4.0])
    b.name = "b"
    optimizer = make().setup(Target(a, b))
    optimizer.add_hook(WeightDecay(0.1))
    gradient = a.grad
    spoil(b)
    with pytest.raises((TypeError, ValueError), match=rf"update: {message}.*step 46"):
        optimizer.update()
    assert a.data.tolist() == [1, 2] and a.grad is gradient
    assert getattr(optimizer, "t", 0) == 0
    assert all(not getattr(optimizer, name) for name in WITH_STATE.get(make, []))


class Loose(Parameter):
    """Keeps any gradient, as a class of a program's own may."""

    grad = None


def test_a_gradient_that_is_no_variable():
    a, b = param(1.0, 1.0), Loose(np.array(1.0), name="b")
    vars(b)["grad"] = np.array(1.0)
    with pytest.raises(TypeError, match=r"gradient of b must be a Variable, got .*46"):
        SGD().setup(Target(a, b)).update()
    assert a.data == 1


@pytest.mark.parametrize("make", ALL)
def test_a_hook_that_raises_changes_nothing(make):
    def fail(params):
        raise RuntimeError("the hook")

    p = param([1.0, 2.0], [3.0, 4.0])
    gradient = p.grad
    optimizer = make().setup(Target(p))
    for hook in WeightDecay(0.1), ClipGrad(0.1), FreezeParam(p), fail:
        optimizer.add_hook(hook)
    with pytest.raises(RuntimeError, match="the hook"):
        optimizer.update()
    assert p.grad is gradient and p.grad.data.tolist() == [3, 4]
    assert p.data.tolist() == [1, 2] and getattr(optimizer, "t", 0) == 0


def test_a_hook_that_spoils_a_gradient():
    def double(params):
        for p in params:
            p.grad = Variable(np.ones((2, 2)))

    p = param([1.0, 2.0], [3.0, 4.0])
    optimizer = Adam().setup(Target(p))
    optimizer.add_hook(double)
    with pytest.raises(ValueError, match=r"its shape \(2,\), got \(2, 2\)"):
        optimizer.update()
    assert p.data.tolist() == [1, 2] and p.grad.data.tolist() == [3, 4]
    assert optimizer.t == 0
    optimizer.hooks.clear()
    optimizer.update()
    assert optimizer.t == 1


@pytest.mark.parametrize("make", ALL)
def test_a_float64_gradient_leaves_a_float32_parameter_float32(make):
    p = param([1.0, 2.0], dtype=np.float32)
    same = param([1.0, 2.0], [3.0, 4.0], dtype=np.float32)
    p.grad = Variable(np.array([3.0, 4.0]))
    optimizer = make().setup(Target(p, same))
    optimizer.add_hook(WeightDecay(0.1))
    optimizer.update()
    assert p.dtype == np.float32
    np.testing.assert_allclose(p.data, same.data, rtol=1e-6)
    for name in WITH_STATE.get(make, []):
        assert getattr(optimizer, name)[id(p)].dtype == np.float32


def test_a_parameter_in_a_file_mapped_into_memory(tmp_path):
    array = np.memmap(tmp_path / "w", np.float64, "w+", shape=(2,))
    p = Parameter(array)
    set_grad(p, [1.0, 2.0])
    SGD(lr=1.0).setup(Target(p)).update()
    assert array.tolist() == [-1, -2]


# --- print --------------------------------------------------------------------


def test_optimizers_show_their_settings():
    optimizer = Adam(lr=np.float64(0.01)).setup(Target(param(1.0, 1.0)))
    optimizer.update()
    assert repr(optimizer) == "Adam(alpha=0.01, beta1=0.9, beta2=0.999, eps=1e-08, t=1)"
    optimizer.alpha = 0.5
    assert "alpha=0.5" in str(optimizer)
    assert repr(SGD(0.5)) == "SGD(lr=0.5)"
    assert repr(MomentumSGD()) == "MomentumSGD(lr=0.01, momentum=0.9)"
    assert repr(AdamW()).endswith("weight_decay=0.01, decays=None, t=0)")
    assert "decays=is_matrix" in repr(AdamW(decays=is_matrix))
    assert repr(Optimizer()) == "Optimizer()"


def test_hooks_show_their_settings():
    assert repr(WeightDecay(1e-4)) == "WeightDecay(rate=0.0001)"
    assert repr(ClipGrad(5)) == "ClipGrad(max_norm=5)"
    assert repr(FreezeParam(L.Linear(2))) == "FreezeParam(2 parameters)"


def test_an_optimizer_of_ones_own_shows_its_own_settings():
    class Sign(SGD):
        def __init__(self, lr=0.1, patience=3, unkept=None):
            super().__init__(lr)
            self.patience = patience

    assert repr(Sign(patience=5)) == "Sign(lr=0.1, patience=5)"


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


# --- which parameters decay, how long a step is -------------------------------


def is_matrix(param):
    return param.ndim >= 2


def test_only_what_decays_says_decays():
    """W falls by alpha * weight_decay * W and the step of Adam, b by the step alone."""
    W, b = param([[2.0, -4.0]], [[0.0, 0.0]]), param([2.0, -4.0], [0.0, 0.0])
    AdamW(0.1, weight_decay=0.5, decays=is_matrix).setup(Target(W, b)).update()
    np.testing.assert_allclose(W.data, [[1.9, -3.8]])
    np.testing.assert_allclose(b.data, [2.0, -4.0])


@pytest.mark.parametrize("value", ["matrices", 2, True, Parameter, [is_matrix]])
def test_decays_must_be_a_function(value):
    expected = r"AdamW: decays must be a function or None, got .*\(see step 82\)"
    with pytest.raises(TypeError, match=expected):
        AdamW(decays=value)
    optimizer = AdamW(decays=is_matrix)
    with pytest.raises(TypeError, match=expected):
        optimizer.decays = value
    assert optimizer.decays is is_matrix


def no_return(param):
    param.ndim >= 2  # noqa: B015


def half_a_return(param):
    if param.ndim >= 2:
        return True


@pytest.mark.parametrize(
    "decays, error",
    [
        (no_return, "got None; is a return missing"),
        (half_a_return, "got None; is a return missing"),
        (lambda param: "matrix" if param.ndim >= 2 else True, "got 'matrix'"),
        (lambda param: param.data > 0, "got an object of type ndarray"),
        (lambda param: is_matrix, "got an object of type function"),
        (lambda param: param.ndim, "got 2"),
        (lambda param: float("nan"), "got nan"),
    ],
)
def test_decays_must_say_yes_or_no(decays, error):
    b, W = param([1.0, 2.0], [1.0, 1.0]), param([[1.0, 2.0]], [[0.0, 0.0]])
    optimizer = AdamW(0.1, decays=decays).setup(Target(W, b))
    optimizer.add_hook(ClipGrad(1e-3))
    gradient = b.grad
    with pytest.raises(TypeError, match=rf"AdamW: .*decays.*{error}.*\(see step 82\)"):
        optimizer.update()
    assert optimizer.t == 0 and b.grad is gradient
    assert W.data.tolist() == [[1.0, 2.0]] and b.data.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("kind", [bool, np.bool_, int])
def test_decays_may_say_it_in_any_bool(kind):
    b, W = param([1.0, 2.0], [1.0, 1.0]), param([[1.0, 2.0]], [[0.0, 0.0]])
    decays = lambda param: kind(param.ndim >= 2)  # noqa: E731
    AdamW(0.1, weight_decay=0.5, decays=decays).setup(Target(W, b)).update()
    np.testing.assert_allclose(W.data, [[0.95, 1.9]])
    with pytest.raises(RuntimeError, match="AdamW.update: nothing to update"):
        AdamW(decays=decays).update()


def test_an_adamw_from_before_decays_is_still_read():
    optimizer = AdamW(0.1, weight_decay=0.5)
    del vars(optimizer)["decays"]
    p = param([2.0], [0.0])
    pickle.loads(pickle.dumps(optimizer)).setup(Target(p)).update()
    np.testing.assert_allclose(p.data, [1.9])


@pytest.mark.parametrize(
    "name, value, error",
    [
        ("warmup", 2.0, "warmup must be a whole number of at least 0, got 2.0"),
        ("warmup", None, "warmup must be a whole number of at least 0, got None"),
        ("total", 0, "total must be a whole number of at least 1, got 0"),
        ("total", float("nan"), "total must be a whole number"),
        ("total", 2, "total must be a whole number of at least 3, got 2"),
        ("warmup", 10, "total must be a whole number of at least 11, got 10"),
        ("peak", 0.001, "least must be at least 0 and at most 0.001"),
    ],
)
def test_settings_of_a_schedule_that_are_set_later(name, value, error):
    schedule = WarmupCosine(1.0, 2, 10, least=0.1)
    schedule.warmup, schedule.total = 20, 30  # one after another
    assert schedule(30) == 0.1
    schedule.warmup, schedule.total = 2, 10
    with pytest.raises((TypeError, ValueError), match=f"WarmupCosine: {error}.*82"):
        setattr(schedule, name, value)
        schedule(3)


def test_warm_up_and_cosine_by_hand():
    """Up in four equal parts, half way down in the middle, and then at the bottom."""
    schedule = WarmupCosine(0.4, warmup=4, total=12, least=0.2)
    rates = [schedule(t) for t in (0, 1, 2, 3, 4, 6, 8, 12, 100)]
    half = 0.2 + 0.2 * (1 + math.sqrt(0.5)) / 2  # cos(45 degrees)
    expected = [0.1, 0.2, 0.3, 0.4, 0.4, half, 0.3, 0.2, 0.2]
    np.testing.assert_allclose(rates, expected)
    assert WarmupCosine(1.0, warmup=0, total=2)(0) == 1.0
    assert repr(schedule) == "WarmupCosine(peak=0.4, warmup=4, total=12, least=0.2)"


@pytest.mark.parametrize(
    "settings, error",
    [
        ((-1, 2, 10), r"peak must be at least 0, got -1"),
        ((1, -2, 10), r"warmup must be a whole number of at least 0, got -2"),
        ((1, 10, 10), r"total must be a whole number of at least 11, got 10"),
        ((1, 2.0, 10), r"warmup must be a whole number of at least 0, got 2\.0"),
        (
            (1, 2, 10, "0"),
            r"least must be a number of at least 0 and at most 1, got '0'",
        ),
        ((1, 2, 10, 2), r"least must be at least 0 and at most 1, got 2"),
    ],
)
def test_schedules_that_cannot_be_meant(settings, error):
    match = rf"WarmupCosine: {error} \(see step 82\)"
    with pytest.raises((TypeError, ValueError), match=match):
        WarmupCosine(*settings)
    with pytest.raises((TypeError, ValueError), match="WarmupCosine: t must"):
        WarmupCosine(1, 2, 10)(-1)


# --- checkpoints --------------------------------------------------------------


def train(model, optimizer, updates):
    """Train on data that depends on the count of the update alone."""
    for t in updates:
        x = np.random.default_rng(t).normal(size=(8, 3)).astype(np.float32)
        model.cleargrads()
        (model(x) ** 2).mean().backward()
        optimizer.update()


@pytest.mark.parametrize("make", ALL)
def test_a_checkpoint_goes_on_bit_for_bit(make, tmp_path):
    whole, first, second = (models.MLP((5, 2)) for _ in range(3))
    for model in whole, first, second:
        np.random.seed(0)  # noqa: NPY002
        model(np.ones((1, 3), np.float32))
    train(whole, make().setup(whole), range(8))

    optimizer = make().setup(first)
    train(first, optimizer, range(5))
    first.save_weights(tmp_path / "model")
    optimizer.save_state(tmp_path / "state")

    again = make().setup(second)
    train(second, again, range(2))  # what is there is replaced
    second.load_weights(tmp_path / "model")
    again.load_state(tmp_path / "state")
    train(second, again, range(5, 8))
    for a, b in zip(whole.params(), second.params()):
        assert np.array_equal(a.data, b.data)


def test_the_names_in_a_checkpoint(tmp_path):
    model = models.MLP((2,))
    optimizer = Adam().setup(model)
    train(model, optimizer, range(3))
    optimizer.save_state(tmp_path / "state.npz")
    with np.load(tmp_path / "state.npz", allow_pickle=False) as npz:
        names = {f"{kind}/l0/{p}" for kind in ("ms", "vs") for p in "Wb"}
        assert set(npz.files) == names | {"t", "optimizer"}
        assert npz["t"] == 3 and npz["optimizer"] == "Adam"
        assert np.array_equal(npz["ms/l0/W"], optimizer.ms[id(model.l0.W)])


def test_a_checkpoint_of_a_model_without_names(tmp_path):
    p, q = param([1.0, 2.0], [0.5, 0.5]), param([1.0, 2.0], [0.5, 0.5])
    MomentumSGD().setup(Target(p)).update()
    optimizer = MomentumSGD().setup(Target(q))
    optimizer.update()
    optimizer.save_state(tmp_path / "state")
    fresh = MomentumSGD().setup(Target(q))
    fresh.load_state(tmp_path / "state")
    assert np.array_equal(fresh.vs[id(q)], optimizer.vs[id(q)])


def saved(tmp_path, make=Adam, sizes=(2,)):
    """Return the path of a checkpoint."""
    model = models.MLP(sizes)
    optimizer = make().setup(model)
    train(model, optimizer, range(1))
    optimizer.save_state(tmp_path / "state.npz")
    return tmp_path / "state.npz"


def rewritten(path, **arrays):
    """Change some arrays of a checkpoint, None: leave them out."""
    with np.load(path) as npz:
        kept = {**npz, **{key.replace("_", "/"): a for key, a in arrays.items()}}
    np.savez(path, **{key: a for key, a in kept.items() if a is not None})
    return path


@pytest.mark.parametrize(
    "make_file, error",
    [
        (lambda p: saved(p, SGD), r"holds the state of SGD, expected Adam"),
        (
            lambda p: saved(p, sizes=(3,)),
            r"ms/l0/W must be \(3, 2\) float32, like the parameter, got",
        ),
        (lambda p: saved(p, sizes=(2, 2)), r"has ms/l1/W, which this Adam and its m"),
        (lambda p: rewritten(saved(p), t=None), r"lacks t, the number of updates"),
        (
            lambda p: rewritten(saved(p), t=np.array(-1)),
            r"t in .* is not a number of updates",
        ),
        (
            lambda p: rewritten(saved(p), t=np.array(1.5)),
            r"t in .* is not a number of updates",
        ),
        (
            lambda p: rewritten(saved(p), t=np.ones(2, int)),
            r"t in .* is not a number of updates",
        ),
        (
            lambda p: rewritten(saved(p), optimizer=None),
            "does not hold an optimizer's state",
        ),
        (
            lambda p: rewritten(saved(p), vs_l0_W=np.ones((3, 2))),
            r"vs/l0/W must be .*float32, .*float64",
        ),
        (
            lambda p: rewritten(saved(p), vs_l0_W=np.array([print])),
            r"not a file that save_state wrote, .*allow_pickle=False",
        ),
    ],
)
def test_a_checkpoint_that_does_not_fit_changes_nothing(tmp_path, make_file, error):
    path, model = make_file(tmp_path), models.MLP((2,))
    optimizer = Adam().setup(model)
    train(model, optimizer, range(4))
    before = {key: array.copy() for key, array in optimizer.ms.items()}
    with pytest.raises(ValueError, match=rf"load_state: .*{error}.*\(see step 82\)"):
        optimizer.load_state(path)
    assert optimizer.t == 4
    for key, array in before.items():
        assert np.array_equal(optimizer.ms[key], array)


def test_checkpoints_that_are_cut_or_not_there(tmp_path):
    path, model = saved(tmp_path), models.MLP((2,))
    optimizer = Adam().setup(model)
    for who in "save_state", "load_state":
        with pytest.raises(RuntimeError, match=rf"{who}: l0/W has no values yet"):
            getattr(optimizer, who)(path)
        with pytest.raises(RuntimeError, match=rf"{who}: no parameters yet"):
            getattr(Adam(), who)(path)
    train(model, optimizer, range(1))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(
        ValueError, match="load_state: .* is not a file that save_state wrote"
    ):
        optimizer.load_state(path)
    with pytest.raises(FileNotFoundError, match="load_state: there is no file"):
        optimizer.load_state(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="save_state: there is no folder"):
        optimizer.save_state(tmp_path / "no" / "state")


@pytest.mark.parametrize("name", ["save_state", "load_state"])
@pytest.mark.parametrize("path", ["", "a\0b", None, 5, "folder"])
def test_paths_of_no_checkpoint(tmp_path, monkeypatch, name, path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.npz").mkdir()
    (tmp_path / "folder").mkdir()
    model = models.MLP((2,))
    optimizer = Adam().setup(model)
    train(model, optimizer, range(1))
    error = (TypeError, ValueError, IsADirectoryError)
    with pytest.raises(error, match=rf"^{name}: .*\(see step 82\)"):
        getattr(optimizer, name)(path)


def test_a_checkpoint_with_half_of_a_state(tmp_path):
    path, model = saved(tmp_path), models.MLP((2,))
    optimizer = Adam().setup(model)
    train(model, optimizer, range(4))
    before = {key: array.copy() for key, array in optimizer.ms.items()}
    with pytest.raises(ValueError, match=r"has ms/l0/W, but no vs/l0/W .*step 82"):
        optimizer.load_state(rewritten(path, vs_l0_W=None))
    assert optimizer.t == 4
    assert all((optimizer.ms[key] == array).all() for key, array in before.items())


def test_damage_that_hides_the_rest_of_a_file(tmp_path):
    """The list of names at the end of a zip says how long the comment on each is."""
    model = models.MLP((2,))
    optimizer = MomentumSGD().setup(model)
    train(model, optimizer, range(4))
    optimizer.save_state(tmp_path / "state")
    path = tmp_path / "state.npz"
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\1\2", content.index(b"PK\1\2") + 1)  # the second name
    content[at + 33] = 1  # 256 characters, which are the names behind it
    path.write_bytes(content)
    before = [array.copy() for array in optimizer.vs.values()]
    with pytest.raises(ValueError, match=r"load_state: .*claims \d arrays"):
        optimizer.load_state(path)
    assert all((a == b).all() for a, b in zip(before, optimizer.vs.values()))


# --- the package --------------------------------------------------------------


def test_names_of_the_package():
    assert dezero.optimizers is optimizers


def test_the_class_of_an_old_pickle_is_found():
    """Optimizers were one file once: its names are where they were."""
    for name in "SGD MomentumSGD AdaGrad AdaDelta RMSprop Adam AdamW _States".split():
        old = f"cdezero.optimizers\n{name}\n.".encode()
        assert pickle.loads(old) is getattr(optimizers, name)
